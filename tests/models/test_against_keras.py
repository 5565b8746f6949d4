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
    keras.utils.clear_session()


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
