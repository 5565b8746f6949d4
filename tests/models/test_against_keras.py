"""The same models in both libraries: configs, JSON, summaries, weights, outputs."""

import json

import numpy as np
import pytest

import hornlet
from hornlet.base import names
from tests.models import architectures

keras = pytest.importorskip("keras")
each = pytest.mark.parametrize("make", architectures.ALL, ids=lambda f: f.__name__)


@pytest.fixture(autouse=True)
def _fresh_names():
    names.reset()
    keras.utils.clear_session(free_memory=False)


def inputs_for(model, rng):
    def draw(x):
        if "int" in x.dtype:
            return rng.integers(0, 4, (3, *x.shape[1:])).astype(x.dtype)
        return rng.normal(size=(3, *x.shape[1:])).astype(x.dtype)

    if hasattr(model, "_inputs_struct"):
        return hornlet.tree.map_structure(draw, model._inputs_struct)
    return draw(model.inputs[0])


def outputs_of(model, x, library):
    return [library.ops.convert_to_numpy(y) for y in library.tree.flatten(model(x))]


def in_json(config):
    return json.loads(json.dumps(config))


@each
def test_json_equals_that_of_keras(make):
    ours, theirs = make(hornlet), make(keras)
    assert json.loads(ours.to_json()) == json.loads(theirs.to_json())
    assert in_json(ours.get_config()) == in_json(theirs.get_config())


@each
def test_outputs_and_weights(make):
    ours, theirs = make(hornlet), make(keras)
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    assert [tuple(w.shape) for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    for name in ("trainable_weights", "non_trainable_weights", "variables"):
        ours_paths = [v.path for v in getattr(ours, name)]
        assert ours_paths == [v.path for v in getattr(theirs, name)], name
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]
    assert ours.count_params() == theirs.count_params()
    ours.set_weights(theirs.get_weights())
    x = inputs_for(ours, np.random.default_rng(0))
    for y, z in zip(outputs_of(ours, x, hornlet), outputs_of(theirs, x, keras)):
        np.testing.assert_allclose(y, z, rtol=2e-5, atol=2e-6)


@each
def test_json_of_each_library_is_read_by_the_other(make):
    ours, theirs = make(hornlet), make(keras)
    values = theirs.get_weights()
    ours.set_weights(values)
    x = inputs_for(ours, np.random.default_rng(1))
    expected = outputs_of(ours, x, hornlet)
    read = hornlet.models.model_from_json(theirs.to_json())
    read.set_weights(values)
    for y, z in zip(outputs_of(read, x, hornlet), expected):
        np.testing.assert_allclose(y, z, rtol=1e-5, atol=1e-6)
    back = keras.models.model_from_json(ours.to_json())
    back.set_weights(values)
    for y, z in zip(outputs_of(back, x, keras), expected):
        np.testing.assert_allclose(y, z, rtol=2e-5, atol=2e-6)


@each
@pytest.mark.parametrize(
    "options",
    [{}, {"expand_nested": True, "show_trainable": True}, {"line_length": 70}],
    ids=["plain", "full", "narrow"],
)
def test_summary_text(make, options):
    ours, theirs = [], []
    make(hornlet).summary(print_fn=ours.append, **options)
    make(keras).summary(print_fn=theirs.append, **options)
    assert "".join(ours) == "".join(theirs)


@pytest.mark.parametrize("error", [NotImplementedError, ValueError])
def test_summary_of_a_layer_whose_shapes_are_not_known(error):
    class Odd(hornlet.layers.Layer):
        def compute_output_shape(self, input_shape):
            raise error("not from here")

        def call(self, x):
            return x

    class Outer(hornlet.Model):
        def __init__(self):
            super().__init__()
            self.odd = Odd()

        def call(self, x):
            return self.odd(x)

    model, lines = Outer(), []
    model(np.ones((1, 2)))
    model.summary(print_fn=lines.append)
    row = next(line for line in "".join(lines).splitlines() if "odd" in line)
    assert "?" in row


@each
def test_clone(make):
    model = make(hornlet)
    twin = hornlet.models.clone_model(model)
    assert [w.shape for w in twin.weights] == [w.shape for w in model.weights]
    assert not {id(w) for w in twin.weights} & {id(w) for w in model.weights}
    twin.set_weights(model.get_weights())
    x = inputs_for(model, np.random.default_rng(2))
    for y, z in zip(outputs_of(twin, x, hornlet), outputs_of(model, x, hornlet)):
        np.testing.assert_array_equal(y, z)


@each
def test_predict_equals_call(make):
    model = make(hornlet)
    x = inputs_for(model, np.random.default_rng(3))
    predicted = hornlet.tree.flatten(model.predict(x, verbose=0))
    for y, z in zip(predicted, outputs_of(model, x, hornlet)):
        np.testing.assert_allclose(y, z, rtol=1e-5, atol=1e-6)


@each
def test_pickle_and_deepcopy(make):
    import copy
    import pickle

    model = make(hornlet)
    x = inputs_for(model, np.random.default_rng(4))
    expected = outputs_of(model, x, hornlet)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        for y, z in zip(outputs_of(twin, x, hornlet), expected):
            np.testing.assert_array_equal(y, z)


def doubled(x):
    return x + x


OPS = {  # ops of classes that Keras names, or keeps, in another way than the functions
    "layer_normalization": lambda k, x: k.ops.layer_normalization(x),
    "rms_scaling": lambda k, x: k.ops.layer_normalization(x, rms_scaling=True),
    "rms_normalization": lambda k, x: k.ops.rms_normalization(x),
    "batch_normalization": lambda k, x: k.ops.batch_normalization(
        x, np.zeros(4, "float32"), np.ones(4, "float32"), -1, scale=np.full(4, 2.0, "float32")
    ),
    "average": lambda k, x: k.ops.average(x, axis=1, weights=np.arange(4.0, dtype="float32")),
    "pad": lambda k, x: k.ops.pad(x, ((0, 0), (1, 0), (0, 1)), constant_values=2.0),
    "squareplus": lambda k, x: k.ops.squareplus(x, 2),
    "swish": lambda k, x: k.ops.swish(x),
    "svd": lambda k, x: k.ops.svd(x, full_matrices=False)[1],
    "rfft": lambda k, x: k.ops.rfft(x)[0],
    "fft2": lambda k, x: k.ops.fft2((x, x))[1],
    "polar": lambda k, x: k.ops.real(k.ops.polar(k.ops.abs(x), x)),
    "searchsorted": lambda k, x: k.ops.searchsorted(np.array([0.0, 1.0], "float32"), x),
    "vectorized_map": lambda k, x: k.ops.vectorized_map(doubled, x),
    "map": lambda k, x: k.ops.map(doubled, x),
}


@pytest.mark.parametrize("name", OPS)
def test_ops_go_both_ways_in_configs(name):
    x = np.random.default_rng(0).normal(size=(2, 4, 4)).astype("float32")
    models = {}
    for library in (hornlet, keras):
        tensor = library.Input((4, 4))
        models[library] = library.Model(tensor, OPS[name](library, tensor))
    expected = outputs_of(models[keras], x, keras)[0]
    for library, other in ((hornlet, keras), (keras, hornlet), (hornlet, hornlet)):
        config = models[library].get_config()
        with other.saving.CustomObjectScope({"doubled": doubled}):
            again = other.Model.from_config(config)
        y = outputs_of(again, x, other)[0]
        np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5, err_msg=other.__name__)
