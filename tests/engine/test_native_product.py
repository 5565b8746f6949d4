"""Products in C give what NumPy gives, to rounding, wherever the numbers of the matrices lie."""

import numpy as np
import pytest

from hornlet.engine import Compiled, emit
from hornlet.engine.native import product

needs_kernel = pytest.mark.skipif(
    not product.is_there(np.dtype("f"), 64, 128, 64),
    reason="no kernel here",
)
SIZES = [
    (32, 784, 128),
    (64, 256, 256),
    (1, 700, 400),
    (700, 1, 400),
    (300, 1000, 1),
    (37, 301, 45),
]


def turned(x):
    return np.ascontiguousarray(x.T).T


def spread(x):
    wide = np.full((2 * x.shape[0], 3 * x.shape[1]), np.nan, x.dtype)
    wide[::2, ::3] = x
    return wide[::2, ::3]


def reversed_(x):
    return np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1]


@needs_kernel
@pytest.mark.parametrize("layout_b", [np.array, turned, spread, reversed_])
@pytest.mark.parametrize("layout_a", [np.array, turned, spread, reversed_])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_it_equals_numpys(sizes, layout_a, layout_b):
    m, k, n = sizes
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=s).astype("float32") for s in [(m, k), (k, n)])
    around = np.full(m * n + 64, 7, "float32")  # to be left as it is
    out = around[32:-32].reshape(m, n)
    product.product_call(layout_a(a), layout_b(b), out)()
    expected = a.astype("float64") @ b
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5 * np.sqrt(k))
    assert (around[:32] == 7).all() and (around[-32:] == 7).all()


@needs_kernel
def test_what_is_not_finite_comes_through():
    a, b = np.ones((64, 128), "float32"), np.ones((128, 100), "float32")
    a[3, 5], b[9, 7] = np.nan, np.inf
    out = np.empty((64, 100), "float32")
    product.product_call(a, b, out)()
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(out, a @ b)


@needs_kernel
def test_it_serves_wherever_the_numbers_lie():
    a, b = np.ones((64, 128), "float32"), np.ones((128, 100), "float32")
    for layout in (np.array, turned, spread, reversed_):
        assert product.fits(layout(a), layout(b), np.empty((64, 100), "float32"))


def test_other_matrices_are_left_to_numpy():
    a = np.ones((64, 128), "float32")
    out = np.empty((64, 100), "float32")
    assert not product.fits(a.astype("float64"), np.ones((128, 100)), out.astype("float64"))
    assert not product.fits(
        a, np.ones((128, 100), "float32"), np.empty((64, 200), "float32")[:, ::2]
    )
    assert not product.fits(a[:2], np.ones((128, 100), "float32"), out[:2])
    packed = np.ones((128, 100), [("flag", "i1"), ("x", "f4")])["x"]
    assert not product.fits(a, packed, out)
    row, column = np.ones((1, 4000), "float32"), np.ones((4000, 1), "float32")
    assert not product.fits(row, np.ones((4000, 100), "float32"), np.empty((1, 100), "float32"))
    assert not product.fits(np.ones((90, 4000), "float32"), column, np.empty((90, 1), "float32"))
    large = np.ones((1000, 1000), "float32")
    assert not product.fits(large, large, large.copy())


@needs_kernel
def test_a_program_binds_it():
    x, w = np.ones((48, 200), "float32"), np.ones((200, 96), "float32")
    function = Compiled(lambda x, w: emit("matmul", x, w))
    assert (function(x, w) == 200).all()
    (call,) = function.executable((x, w)).check_out().calls
    assert hasattr(call, "owners")
