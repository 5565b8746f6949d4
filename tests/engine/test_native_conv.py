"""The C kernels of convolution and pooling equal NumPy's to rounding, wherever they take over."""

import numpy as np
import pytest

import hornlet.engine  # noqa: F401  (fills the table of primitives)
from hornlet.engine.compiled import Compiled
from hornlet.engine.emit import emit
from hornlet.engine.native import convolution as native
from hornlet.engine.native import library, pooling
from hornlet.engine.native.library import is_wide
from hornlet.engine.ops.conv import geometry

from .cases_conv import Conv
from .cases_pool import POOL

random = np.random.default_rng(3)
CASES = [
    Conv((9,), (3,), 12, 16),
    Conv((40,), (5,), 16, 48, stride=2, padding=(2, 1), n=5),
    Conv((7, 8), (3, 3), 4, 16),
    Conv((7, 8), (3, 3), 16, 32, padding=(1, 1), n=3),
    Conv((9, 6), (2, 3), 16, 80, padding=(0, 1)),
    Conv((9, 9), (3, 3), 32, 64, gap=2, padding=(2, 2), n=3),
    Conv((9, 9), (3, 3), 16, 112, stride=2, padding=(1, 0)),
    Conv((20, 20), (3, 3), 48, 64, padding=(1, 1), n=7),
    Conv((13, 13), (3, 3), 32, 64, n=9),
    Conv((5, 5), (5, 5), 16, 96, n=1),
    Conv((6, 6), (3, 3), 5, 16),
]
pytestmark = pytest.mark.skipif(not is_wide(), reason="no C kernels here")


def geometry_of(case):
    return geometry(case.x, case.w, np.dtype("float32"), *case.attributes.values())


def draw(shape):
    return random.standard_normal(shape).astype("float32")


def check(name, xs, attributes):
    """Twice, with memory that other things have used, against NumPy in float64."""
    exact = emit(name, *[x.astype("float64") for x in xs], **attributes)
    bound = 2e-6 * np.sqrt(xs[0].size) + 1e-5
    compiled = Compiled(lambda *xs: emit(name, *xs, **attributes))
    for y in (emit(name, *xs, **attributes), compiled(*xs), compiled(*xs)):
        assert y.dtype == "float32"
        np.testing.assert_allclose(y, exact, rtol=1e-4, atol=bound)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_equals_numpy(case, monkeypatch):
    x, w, a = draw(case.x), draw(case.w), case.attributes
    assert native.forward(geometry_of(case)) is not None
    check("conv", (x, w), a)
    dy = draw(emit("conv", x, w, **a).shape)
    check("conv_filter_grad", (x, dy), {**a, "shape": w.shape})
    check("conv_input_grad", (dy, w), {**a, "shape": x.shape})
    monkeypatch.setattr(native, "CACHE", 3000)  # few images at a time
    monkeypatch.setattr(native, "THREADED", 1)
    check("conv", (x, w), a)
    check("conv_filter_grad", (x, dy), {**a, "shape": w.shape})
    check("conv_input_grad", (dy, w), {**a, "shape": x.shape})


def test_input_gradients_run_in_c_too():
    taken = [native.input_grad(geometry_of(case)) is not None for case in CASES]
    assert sum(taken) >= 5


def test_strided_inputs():
    case = CASES[3]
    x, w = draw((*case.x[:-1], 2 * case.x[-1]))[..., ::2], draw(case.w)
    check("conv", (x, w), case.attributes)


def test_switched_off_numpy_serves(monkeypatch):
    monkeypatch.setattr(library, "_found", [None])
    case = CASES[3]
    assert native.forward(geometry_of(case)) is None
    check("conv", (draw(case.x), draw(case.w)), case.attributes)


@pytest.mark.parametrize("case", POOL, ids=repr)
@pytest.mark.parametrize("ties", [False, True])
def test_max_pool_gradient_equals_numpy(case, ties, monkeypatch):
    x, a = draw(case.x), case.attributes
    x = np.round(x) + np.float32(0) if ties else x  # + 0: the signs of zeros may break ties
    y = emit("max_pool", x, **a)
    dy = draw(y.shape)
    assert pooling.fits(x.dtype, len(a["window"])) == (x.ndim < 5)
    results = [emit("max_pool_grad", x, y, dy, **a)]
    monkeypatch.setattr(pooling, "THREADED", 1)
    results.append(emit("max_pool_grad", x, y, dy, **a))
    monkeypatch.setattr(pooling, "library", lambda: None)
    expected = emit("max_pool_grad", x, y, dy, **a)
    for dx in results:
        np.testing.assert_allclose(dx, expected, rtol=1e-6, atol=1e-6)
