"""`grad` and `value_and_grad`: by arrays, numbers, variables and nests of them, of any order."""

import numpy as np
import pytest

import hornlet
from hornlet import ops
from hornlet.engine import Compiled

X = np.array([0.5, -1.0, 2.0])


def cubes(x):
    return ops.sum(x**3)


def test_of_arrays_in_every_order():
    first = hornlet.grad(cubes)
    second = hornlet.grad(lambda x: ops.sum(first(x)))
    third = hornlet.grad(lambda x: ops.sum(second(x)))
    np.testing.assert_allclose(first(X), 3 * X**2)
    np.testing.assert_allclose(second(X), 6 * X)
    np.testing.assert_allclose(third(X), [6, 6, 6])


def test_compiled_equals_eager():
    value, slope = Compiled(hornlet.value_and_grad(cubes))(X)
    np.testing.assert_allclose(value, (X**3).sum())
    np.testing.assert_allclose(slope, 3 * X**2)


def test_by_several_arguments_and_nests():
    def function(a, scale, b):
        return ops.sum(a["x"] * b[0] * scale) + ops.sum(b[1])

    a, b = {"x": X, "unused": np.ones(2)}, [2 * X, np.ones(())]
    value, (da, db) = hornlet.value_and_grad(function, argnums=(0, -1))(a, 3.0, b)
    assert float(value) == pytest.approx(6 * (X**2).sum() + 1)
    np.testing.assert_allclose(da["x"], 6 * X)
    np.testing.assert_array_equal(da["unused"], np.zeros(2))
    np.testing.assert_allclose(db[0], 3 * X)
    assert float(db[1]) == 1


def test_by_variables_of_a_model():
    model = hornlet.Sequential([hornlet.Input((3,)), hornlet.layers.Dense(1, use_bias=False)])
    x = np.ones((2, 3), "float32")
    loss, slopes = hornlet.value_and_grad(lambda weights: ops.sum(model(x)))(
        model.trainable_variables
    )
    np.testing.assert_allclose(slopes[0], [[2], [2], [2]])
    assert type(loss) is np.ndarray and type(slopes[0]) is np.ndarray


def test_aux():
    def function(x):
        return ops.sum(x), {"twice": x * 2}

    (value, aux), slope = hornlet.value_and_grad(function, has_aux=True)(X)
    same, other = hornlet.grad(function, has_aux=True)(X)
    assert float(value) == X.sum()
    np.testing.assert_array_equal(slope, same)
    np.testing.assert_array_equal(aux["twice"], other["twice"])
    assert type(aux["twice"]) is np.ndarray


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: hornlet.grad(lambda x: x * 2)(X), ValueError, r"one number.*\(3,\)"),
        (lambda: hornlet.grad(cubes, argnums=1)(X), ValueError, "names argument 1.*1 positional"),
        (lambda: hornlet.grad(cubes)(np.arange(3)), TypeError, "dtype int64.*pass floats"),
    ],
)
def test_mistakes_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
