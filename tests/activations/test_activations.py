"""Laws of activations: values as Keras's, gradients, symbols, names."""

import keras
import numpy as np
import pytest

import hornlet.activations as activations
from hornlet.engine.tape import GradientTape
from hornlet.tensor.keras_tensor import KerasTensor

from .cases import CASES

by_case = pytest.mark.parametrize("name, arguments", CASES)


def inputs(seed=0):
    return 2 * np.random.default_rng(seed).normal(size=(4, 6))


@by_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_equal_keras(name, arguments, dtype):
    x = inputs().astype(dtype)
    ours = getattr(activations, name)(x, **arguments)
    theirs = getattr(keras.activations, name)(keras.ops.convert_to_tensor(x), **arguments)
    assert ours.dtype == dtype
    if name == "sparsemax":
        pytest.skip("wrong in Keras on jax for more than one row; see the next test")
    tolerance = 1e-6 if dtype == "float32" else 1e-7
    np.testing.assert_allclose(
        ours, keras.ops.convert_to_numpy(theirs), rtol=10 * tolerance, atol=tolerance
    )


def test_sparsemax_is_the_projection_on_the_probabilities():
    x = inputs()
    y = activations.sparsemax(x)
    np.testing.assert_allclose(y.sum(-1), 1.0)
    for row, p in zip(x, y):
        shift = (row - p)[p > 0]
        np.testing.assert_allclose(shift, shift[0])
        assert (row[p == 0] <= shift[0] + 1e-12).all()


@by_case
def test_gradient_is_the_directional_difference(name, arguments):
    function = getattr(activations, name)
    x, direction = inputs(1), inputs(2)
    weight = inputs(3)[: function(x, **arguments).shape[0], : function(x, **arguments).shape[1]]
    with GradientTape() as tape:
        tape.watch(x)
        y = activations.linear(function(x, **arguments) * weight)
    if name == "linear":
        return
    dx = tape.gradient(y, x)
    h = 1e-6
    ahead, behind = (np.sum(function(x + s * h * direction, **arguments) * weight) for s in (1, -1))
    assert np.sum(dx * direction) == pytest.approx((ahead - behind) / (2 * h), rel=1e-5, abs=1e-6)


@by_case
def test_symbols_have_the_shape_of_values(name, arguments):
    symbol = getattr(activations, name)(KerasTensor((4, 6)), **arguments)
    values = getattr(activations, name)(inputs().astype("float32"), **arguments)
    assert symbol.shape == values.shape


@by_case
def test_names(name, arguments):
    function = getattr(activations, name)
    assert activations.get(name) is function
    assert activations.get(function) is function
    assert activations.serialize(function) == keras.activations.serialize(
        getattr(keras.activations, name)
    )
    assert activations.deserialize(activations.serialize(function)) is function


def test_get_others():
    assert activations.get(None) is activations.linear
    with pytest.raises(ValueError, match="relu"):
        activations.get("rellu")
    with pytest.raises(ValueError):
        activations.get(3)


def test_every_function_has_a_row():
    named = set(activations.__all__) - {"get", "serialize", "deserialize"}
    assert named == {name for name, _ in CASES}
