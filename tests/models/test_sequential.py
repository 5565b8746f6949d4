"""Sequential and subclassed models."""

import numpy as np
import pytest

import hornlet
from hornlet import layers
from hornlet.base.registry import CustomObjectScope

keras = pytest.importorskip("keras")
ONES = np.ones((2, 3), "float32")


def test_built_by_the_first_call():
    model = hornlet.Sequential([layers.Dense(4), layers.Dense(2)])
    assert not model.built and model.weights == []
    with pytest.raises(AttributeError):
        _ = model.output_shape
    assert model(ONES).shape == (2, 2)
    assert model.built and len(model.weights) == 4 and model.input_shape == (2, 3)


def test_built_by_fit():
    model = hornlet.Sequential([layers.Dense(4), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(ONES, np.ones((2, 1)), verbose=0)
    assert model.predict(ONES, verbose=0).shape == (2, 1)
    assert model.predict(np.ones((5, 3)), verbose=0).shape == (5, 1)


def test_add_and_pop():
    model = hornlet.Sequential()
    model.add(hornlet.Input((3,)))
    model.add(layers.Dense(4))
    assert model.output_shape == (None, 4)
    model.add(layers.Dense(2))
    assert model(ONES).shape == (2, 2)
    assert isinstance(model.pop(), layers.Dense)
    assert model(ONES).shape == (2, 4) and len(model.layers) == 1


def test_nest_as_input_falls_back_to_one_layer_after_another():
    model = hornlet.Sequential([layers.Add(), layers.Dense(2)])
    assert model([ONES, ONES]).shape == (2, 2)


ERRORS = {
    "no layer": (ValueError, lambda k: k.Sequential([3])),
    "a name twice": (
        ValueError,
        lambda k: k.Sequential([k.layers.Dense(2, name="d"), k.layers.Dense(2, name="d")]),
    ),
    "two inputs": (ValueError, lambda k: k.Sequential([k.Input((2,)), k.Input((2,))])),
    "built empty": (ValueError, lambda k: k.Sequential().build((None, 3))),
    "another shape": (
        ValueError,
        lambda k: k.Sequential([k.Input((2,)), k.layers.Dense(2)]).build((None, 3)),
    ),
    "several arguments": (
        ValueError,
        lambda k: k.Sequential(
            [k.Input((3, 2)), k.layers.MultiHeadAttention(1, 2), k.layers.Dense(2)]
        ),
    ),
    "output before it is built": (AttributeError, lambda k: k.Sequential().output_shape),
    "config without layers": (ValueError, lambda k: k.Sequential.from_config({})),
    "layers are reserved": (
        AttributeError,
        lambda k: setattr(k.Sequential(), "layers", []),
    ),
}


@pytest.mark.parametrize("case", ERRORS, ids=lambda name: name.replace(" ", "_"))
def test_errors_are_of_keras_types(case):
    error, action = ERRORS[case]
    for k in (hornlet, keras):
        with pytest.raises(error):
            action(k)


class Residual(hornlet.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.blocks = [layers.Dense(units, "relu"), layers.Dense(units)]
        self.head = layers.Dense(1)
        self.drop = layers.Dropout(0.5)

    def call(self, x, training=None):
        for block in self.blocks:
            x = x + block(x)
        return self.head(self.drop(x, training=training))


def test_subclassed_model():
    model = Residual(3)
    assert model(ONES).shape == (2, 1)
    assert [layer.name for layer in model.layers][:2] == [b.name for b in model.blocks]
    assert len(model.trainable_weights) == 6 and model.count_params() == 28
    model.compile("adam", "mse")
    history = model.fit(ONES, np.ones((2, 1)), epochs=3, verbose=0).history
    assert len(history["loss"]) == 3
    again = Residual.from_config(model.get_config())
    again.build((None, 3))
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(again(ONES), model(ONES), rtol=1e-6)


def test_subclassed_model_inside_a_functional_one():
    x = hornlet.Input((3,))
    model = hornlet.Model(x, Residual(3)(layers.Dense(3)(x)))
    assert model.output_shape == (None, 1) and len(model.weights) == 8
    config = model.get_config()
    with CustomObjectScope({"Residual": Residual}):
        again = hornlet.Model.from_config(config)
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(again(ONES), model(ONES), rtol=1e-6)


def test_subclass_that_hands_over_symbols():
    class Own(hornlet.Model):
        def __init__(self, width):
            x = hornlet.Input((3,))
            super().__init__(x, layers.Dense(width)(x))
            self.width = width

    model = Own(5)
    assert isinstance(model, hornlet.Functional) and model.output_shape == (None, 5)
    assert model(ONES).shape == (2, 5) and type(hornlet.Model.__mro__[0]) is type
    assert not isinstance(Residual(2), hornlet.Functional)


def test_plain_python_if_on_values_names_the_ways_out():
    class Branches(hornlet.Model):
        def call(self, x):
            if np.sum(x) > 0:
                return x
            return -x

    model = Branches()
    assert model(ONES).shape == (2, 3)
    with pytest.raises(TypeError, match="run_eagerly"):
        model.predict(ONES, verbose=0)


def test_frozen_as_a_whole_its_layers_keep_their_own_flags():
    model = hornlet.Sequential([layers.Dense(4), layers.Dense(2)])
    model.trainable = False
    model.layers[1].trainable = True
    again = hornlet.Sequential.from_config(model.get_config())
    assert again.trainable is False
    assert [layer.trainable for layer in again.layers] == [False, True]
