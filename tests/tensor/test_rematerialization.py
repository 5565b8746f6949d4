"""Marks for rematerialization and symbols change neither values nor gradients."""

import keras
import numpy as np
import pytest

import hornlet

X = np.array([[1.0, -2.0, 3.0]])


def test_values_and_gradients_are_those_of_the_function():
    def f(x):
        return hornlet.ops.sum(hornlet.ops.tanh(x) ** 2)

    marked = hornlet.remat(f)
    assert marked.__name__ == "f"
    np.testing.assert_array_equal(marked(X), f(X))
    np.testing.assert_array_equal(hornlet.grad(marked)(X), hornlet.grad(f)(X))
    layer = hornlet.layers.Dense(2)
    np.testing.assert_array_equal(hornlet.remat(layer)(X), layer(X))
    with pytest.raises(TypeError, match="`f`"):
        hornlet.remat(3)


@pytest.mark.parametrize("package", [keras, hornlet], ids=["keras", "hornlet"])
def test_scopes_keep_their_arguments(package):
    with package.RematScope("list_of_layers", layer_names=["dense"]) as scope:
        with package.RematScope(None):
            package.layers.Dense(2, name="dense")(X)
    assert (scope.mode, scope.output_size_threshold) == ("list_of_layers", 1024)
    assert scope.layer_names == ["dense"] and package.RematScope().layer_names == []
    with pytest.raises(ValueError, match="some"):
        package.RematScope("some")


@pytest.mark.parametrize("package", [keras, hornlet], ids=["keras", "hornlet"])
def test_symbols_in_a_symbolic_scope(package):
    with package.SymbolicScope():
        y = package.layers.Dropout(0.5)(package.KerasTensor((2, 3)), training=True)
    assert y.shape == (2, 3)
