"""Functional models: structures of inputs and outputs, sharing, sub-models, errors."""

import numpy as np
import pytest

import hornlet
from hornlet import layers, ops

keras = pytest.importorskip("keras")
ONES = np.ones((2, 3), "float32")


def two_inputs(struct=list):
    a, b = hornlet.Input((3,), name="a"), hornlet.Input((3,), name="b")
    inputs = {"a": a, "b": b} if struct is dict else struct([a, b])
    return hornlet.Model(inputs, a - 2 * b)


@pytest.mark.parametrize(
    "make, given",
    [
        (list, [ONES, ONES]),
        (list, (ONES, ONES)),
        (tuple, [ONES, ONES]),
        (list, {"a": ONES, "b": ONES}),
        (list, {"b": ONES, "a": ONES, "unused": ONES}),
        (dict, {"b": ONES, "a": ONES}),
        (dict, [ONES, ONES]),
    ],
    ids=["list", "tuple", "list for tuple", "dict for list", "more", "dict", "list for dict"],
)
def test_structures_of_inputs(make, given):
    np.testing.assert_array_equal(two_inputs(make)(given), -ONES)


def test_structures_of_outputs():
    x = hornlet.Input((3,))
    outputs = {"y": x + 1, "z": [x + 2, (x + 3,)]}
    found = hornlet.Model(x, outputs)(ONES)
    assert set(found) == {"y", "z"} and isinstance(found["z"][1], tuple)
    np.testing.assert_array_equal(found["z"][1][0], 4 * ONES)
    assert isinstance(hornlet.Model(x, [x + 1])(ONES), np.ndarray)


@pytest.mark.parametrize(
    "given",
    [[ONES], [ONES, ONES, ONES], {"a": ONES}, [ONES, np.ones((2, 4))], [ONES, np.ones((2, 3, 3))]],
    ids=["one", "three", "key missing", "width", "rank"],
)
def test_wrong_inputs(given):
    model = two_inputs()
    with pytest.raises(ValueError, match=r"input|incompatible"):
        model(given)


def test_a_last_axis_of_one_comes_and_goes():
    x = hornlet.Input((3, 1))
    model = hornlet.Model(x, layers.Flatten()(x))
    assert model(np.ones((2, 3))).shape == (2, 3)
    assert model(np.ones((2, 3, 1))).shape == (2, 3)


def test_inputs_take_the_dtype_of_the_symbol():
    x = hornlet.Input((2,), dtype="int32")
    assert hornlet.Model(x, x + 1)(np.ones((1, 2))).dtype == "int32"


def test_optional_input():
    class Either(layers.Layer):
        def call(self, a, b=None):
            return a if b is None else a + b

    a, b = hornlet.Input((3,)), hornlet.Input((3,), optional=True)
    model = hornlet.Model([a, b], Either()(a, b))
    np.testing.assert_array_equal(model([ONES, None]), ONES)
    np.testing.assert_array_equal(model([ONES, ONES]), 2 * ONES)
    with pytest.raises(ValueError, match="optional"):
        model([None, ONES])


def test_a_layer_called_twice_shares_its_weights():
    x = hornlet.Input((3,))
    layer = layers.Dense(3)
    model = hornlet.Model(x, layer(layer(x)))
    assert len(model.weights) == 2 and len(model.layers) == 2
    k, b = model.get_weights()
    np.testing.assert_allclose(model(ONES), (ONES @ k + b) @ k + b, rtol=1e-5)


def test_parts_of_a_model_are_models():
    x = hornlet.Input((3,))
    h = layers.Dense(4, name="h")(x)
    y = layers.Dense(2)(h)
    whole = hornlet.Model(x, y)
    head = hornlet.Model(whole.inputs, whole.get_layer("h").output)
    tail = hornlet.Model(h, y)
    np.testing.assert_allclose(tail(head(ONES)), whole(ONES), rtol=1e-6)
    assert tail.weights[0] is whole.weights[2]
    assert tail.get_config()["layers"][0]["class_name"] == "InputLayer"


def test_model_called_on_another_shape():
    x = hornlet.Input((None, 3))
    model = hornlet.Model(x, layers.Dense(2)(x))
    assert model(hornlet.Input((7, 3))).shape == (None, 7, 2)
    assert model.compute_output_shape((5, 9, 3)) == (5, 9, 2)
    assert (model.input_shape, model.output_shape) == ((None, None, 3), (None, None, 2))


def test_training_reaches_the_layers():
    def build(k):
        x = k.Input((4,))
        return k.Model(x, k.layers.Dropout(0.5)(x, training=True))

    x = np.ones((2, 4), "float32")
    for k in (hornlet, keras):
        model = build(k)
        given = k.ops.convert_to_numpy(model(x, training=False))
        np.testing.assert_array_equal(given, x)
        assert not np.array_equal(k.ops.convert_to_numpy(model(x)), x)


def test_deep_models():
    x = y = hornlet.Input((2,))
    for _ in range(1200):
        y = layers.Identity()(y)
    model = hornlet.Model(x, y)
    assert len(model.layers) == 1201
    np.testing.assert_array_equal(model.predict(np.ones((1, 2)), verbose=0), [[1, 1]])


def test_many_outputs_of_one_layer():
    class Split(layers.Layer):
        def call(self, x):
            return {"low": x - 1, "high": [x + 1, x + 2]}

    x = hornlet.Input((3,))
    parts = Split()(x)
    model = hornlet.Model(x, parts["high"][1] - parts["low"])
    np.testing.assert_array_equal(model(ONES), 3 * ONES)


ERRORS = {
    "output that is no symbol": lambda k, x: k.Model(x, 3),
    "input that is no symbol": lambda k, x: k.Model(np.zeros(3), x),
    "a name twice": lambda k, x: k.Model(
        x, k.layers.Dense(2, name="d")(k.layers.Dense(2, name="d")(x))
    ),
    "get_layer of an unknown name": lambda k, x: k.Model(x, x + 1).get_layer("no"),
    "get_layer of an unknown place": lambda k, x: k.Model(x, x + 1).get_layer(index=9),
    "get_layer of nothing": lambda k, x: k.Model(x, x + 1).get_layer(),
    "no shape": lambda k, x: k.Input(),
    "both shapes": lambda k, x: k.Input((2,), batch_shape=(1, 2)),
    "negative shape": lambda k, x: k.Input((-2,)),
    "float shape": lambda k, x: k.Input((2.5,)),
}


@pytest.mark.parametrize("case", ERRORS, ids=lambda name: name.replace(" ", "_"))
def test_errors_are_of_keras_types(case):
    for k in (hornlet, keras):
        with pytest.raises(ValueError):
            ERRORS[case](k, k.Input((3,)))


def test_an_output_that_needs_another_input():
    x, other = hornlet.Input((3,)), hornlet.Input((3,))
    with pytest.raises(ValueError, match="Graph disconnected"):
        hornlet.Model(x, layers.Add()([x, other]))


def test_broken_configs_are_clear_errors():
    x = hornlet.Input((3,), name="x")
    config = hornlet.Model(x, layers.Dense(2, name="d")(x)).get_config()
    node = config["layers"][1]["inbound_nodes"][0]["args"][0]["config"]
    for place in (["nobody", 0, 0], ["x", 5, 0], ["x", 0, 5], ["d", 0, 0], "x", None):
        node["keras_history"] = place
        with pytest.raises(ValueError):
            hornlet.Model.from_config(config)
    with pytest.raises(ValueError, match="lacks"):
        hornlet.models.Functional.from_config({"name": "m"})
    for text in ("{", "[]", '{"class_name": "Functional"}'):
        with pytest.raises(ValueError):
            model = hornlet.models.model_from_json(text)
            assert not isinstance(model, hornlet.Model)
            raise ValueError


def test_unknown_op_in_a_config():
    x = hornlet.Input((3,))
    config = hornlet.Model(x, ops.relu(x)).get_config()
    config["layers"][1]["class_name"] = "Rellu"
    with pytest.raises(ValueError, match="relu"):
        hornlet.Model.from_config(config)


def test_an_input_of_unknown_length_takes_the_length_one():
    """A last axis of one is dropped only where the ranks differ."""
    x = hornlet.Input((None,), dtype="int32")
    model = hornlet.Model(x, layers.Embedding(5, 3)(x))
    assert model(np.zeros((4, 1), "int32")).shape == (4, 1, 3)
    assert model.predict(np.zeros((4, 1), "int32"), verbose=0).shape == (4, 1, 3)
    y = hornlet.Input((3,))
    with pytest.raises(ValueError, match="incompatible"):
        hornlet.Model(y, layers.Dense(2)(y))(np.zeros((4, 1)))


class Plain(hornlet.Model):
    """A class without a constructor of its own: a file describes it by its graph."""


class Sized(hornlet.Model):
    """A class that makes its graph itself: a file describes it by the constructor's arguments."""

    def __init__(self, *, n=3, name="sized", **kwargs):
        x = hornlet.Input((2,))
        super().__init__(inputs=x, outputs=layers.Dense(n)(x), name=name, **kwargs)
        self.n = n

    def get_config(self):
        return {**super().get_config(), "n": self.n}

    @classmethod
    def from_config(cls, config):
        return super().from_config(config)


class Alone(Sized):
    """Its config is the constructor's argument and nothing else."""

    def get_config(self):
        return {"n": self.n}


@pytest.mark.parametrize("cls", [Sized, Alone])
def test_a_class_that_makes_its_graph_itself_comes_back_by_its_constructor(cls, tmp_path):
    model = cls(n=4)
    assert not {"inputs", "outputs", "layers"} & set(model.get_config())
    model.save(tmp_path / "m.keras")
    again = hornlet.saving.load_model(tmp_path / "m.keras", {cls.__name__: cls})
    assert type(again) is cls and again.n == 4
    x = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(again(x), model(x))


class Tagged(Sized):
    """Its config holds more than its constructor, and so the base's, knows."""

    def get_config(self):
        return {"n": self.n, "tag": "a"}


def test_what_a_functional_model_does_not_take_is_left_with_a_warning(tmp_path):
    model = Tagged(n=4)
    model.save(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match="tag.*constructor of Tagged"):
        again = hornlet.saving.load_model(tmp_path / "m.keras", {"Tagged": Tagged})
    x = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(again(x), model(x))
    with pytest.raises(ValueError, match="Unrecognized keyword"):
        layers.Dense(2, tag="a")


def test_a_class_comes_back_by_its_graph_before_the_first_instance(tmp_path):
    """A process that only loads has made no instance, so the class is not functional yet."""

    class Late(hornlet.Model):
        pass

    x = hornlet.Input((2,))
    model = Plain(x, layers.Dense(3)(x))
    model.save(tmp_path / "m.keras")
    again = hornlet.saving.load_model(tmp_path / "m.keras", {"Plain": Late})
    assert type(again) is Late
    np.testing.assert_array_equal(again(np.ones((1, 2))), model(np.ones((1, 2))))


def test_a_function_of_several_symbols_that_no_layer_made():
    a, b = hornlet.KerasTensor((2, 3)), hornlet.KerasTensor((2, 3))
    f = hornlet.Function([a, b], {"sum": a + b, "square": a**2})
    y = f([np.ones((2, 3)), np.full((2, 3), 2.0)])
    assert (y["sum"] == 3).all() and (y["square"] == 1).all()
    assert f([a, b])["sum"].shape == (2, 3)


@pytest.mark.parametrize("shape", [(1,), (5,), (5, 1), (1, 1, 1), (5, 1, 1)])
def test_a_last_axis_of_one_may_be_there_or_not(shape):
    x = hornlet.Input((1,))
    model = hornlet.Model(x, hornlet.layers.Dense(2)(x))
    assert model(np.ones(shape)).shape == (shape[0], 2)
    with pytest.raises(ValueError):
        model(np.ones((5, 3)))


def _with_frozen_inside(library, outer):
    """A model around a model, each of whose layers is frozen or not on its own."""
    dense = library.layers.Dense
    inner = library.Sequential([library.Input((3,)), dense(4), dense(2, trainable=False)])
    x = library.Input((3,))
    model = library.Model(x, dense(1)(inner(x)))
    model.trainable = outer
    inner.layers[0].trainable, inner.layers[1].trainable = False, True
    return model


@pytest.mark.parametrize("outer", [True, False])
@pytest.mark.parametrize("kind", ["keras", "h5", "json", "clone"])
def test_what_is_frozen_inside_comes_back(kind, outer, tmp_path):
    found = []
    # Keras orders a frozen model's weights anew when it reads the old format, and fails itself.
    for library in (hornlet,) if kind == "h5" else (hornlet, keras):
        model, models = _with_frozen_inside(library, outer), library.models
        if kind == "clone":
            again = models.clone_model(model)
        elif kind == "json":
            again = models.model_from_json(model.to_json())
        else:
            model.save(tmp_path / f"{library.__name__}.{kind}")
            again = models.load_model(tmp_path / f"{library.__name__}.{kind}")
        flags = [layer.trainable for layer in again.layers[1].layers]
        assert flags == [False, True]
        found.append((again.trainable, len(again.trainable_weights)))
    assert found[0] == found[-1]
    assert kind == "clone" or found[0] == (outer, 4 if outer else 0)


@pytest.mark.parametrize("trainable", [True, False])
def test_the_argument_trainable_is_the_models_own(trainable):
    x = hornlet.Input((3,))
    model = hornlet.Model(x, layers.Dense(2, trainable=not trainable)(x), trainable=trainable)
    assert model.trainable is trainable and model.layers[1].trainable is not trainable
    assert model.trainable_weights == []
    model.trainable = True  # set afterwards, it reaches the layers
    assert len(model.trainable_weights) == 2
