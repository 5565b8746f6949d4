"""Rows of a softmax in C give what NumPy gives, to rounding."""

import numpy as np
import pytest

from hornlet.engine.native import softmax
from hornlet.engine.native.library import library
from hornlet.engine.ops.reduce import _softmax, _softmax_calls

needs_kernels = pytest.mark.skipif(library() is None, reason="built without a compiler")


def _both(x, axis=-1):
    axis %= x.ndim
    row = np.empty([1 if i == axis else n for i, n in enumerate(x.shape)], x.dtype)
    expected, found = np.empty_like(x), np.empty_like(x)
    with np.errstate(invalid="ignore"):
        _softmax(x, expected, axis, (row,))
        for call in _softmax_calls(x, found, axis, (row,)):
            call()
    return expected, found


@needs_kernels
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 1), (32, 10), (5, 16), (7, 33), (2, 3, 31), (4, 3000)])
def test_rows_sum_to_one_as_numpys(shape, dtype):
    x = (np.random.default_rng(0).normal(size=shape) * 9).astype(dtype)
    expected, found = _both(x)
    np.testing.assert_allclose(found, expected, rtol=40 * np.finfo(dtype).eps)
    np.testing.assert_allclose(found.sum(-1), 1, rtol=40 * np.finfo(dtype).eps)
    assert softmax.fits(x, found, x.ndim - 1)


@needs_kernels
@pytest.mark.parametrize("columns", [3, 16, 20])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_what_is_not_finite_ends_where_numpy_puts_it(columns, place):
    x = np.random.default_rng(1).normal(size=(4, columns)).astype("float32")
    x[0, place], x[1, place], x[2, place] = np.nan, np.inf, -np.inf
    expected, found = _both(x)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.isnan(found[:2]).all() and np.isfinite(found[2:]).all()


@needs_kernels
def test_a_softmax_over_its_own_input():
    x = np.random.default_rng(2).normal(size=(6, 18)).astype("float32")
    expected, _ = _both(x)
    for call in softmax.softmax_calls(x, x):
        call()
    np.testing.assert_allclose(x, expected, rtol=1e-5)


def test_other_axes_orders_and_dtypes_are_numpys():
    x = np.random.default_rng(3).normal(size=(4, 6)).astype("float32")
    assert not softmax.fits(x, x, 0)
    assert not softmax.fits(x.T, np.empty((6, 4), "float32"), 1)
    assert not softmax.fits(x.astype("float16"), x.astype("float16"), 1)
    for expected, found in (_both(x, 0), _both(x.astype("float16"))):
        np.testing.assert_array_equal(found, expected)
