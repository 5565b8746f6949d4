"""Laws of convolution and pooling over their rows: values, gradients of two orders, dtypes, out."""

import numpy as np
import pytest

import hornlet.engine  # noqa: F401  (fills the table of primitives)
from hornlet.engine.emit import emit
from hornlet.engine.ops import conv as conv_rows
from hornlet.engine.ops import pool as pool_rows
from hornlet.engine.primitive import PRIMITIVES
from hornlet.engine.spec import as_specs, spec_of

from .cases_conv import CONV, conv
from .cases_pool import POOL, pool
from .differences import check_gradients, with_gradients

random = np.random.default_rng(5)
REDUCTIONS = {"max_pool": np.nanmax, "avg_pool": np.nanmean}


def draw(shape, dtype="float64"):
    return random.standard_normal(shape).astype(dtype)


def conv_of(case):
    return lambda x, w: emit("conv", x, w, **case.attributes)


@pytest.fixture(params=["whole", "cut"])
def blocks(request, monkeypatch):
    """Each case in one block, and cut into many."""
    if request.param == "cut":
        for module in (conv_rows, pool_rows):
            monkeypatch.setattr(module, "CACHE", 500)
        monkeypatch.setattr(conv_rows, "ROWS", 3)
    conv_rows.geometry.cache_clear()
    yield request.param
    conv_rows.geometry.cache_clear()


@pytest.mark.parametrize("case", CONV, ids=repr)
def test_conv_is_its_definition(case, blocks):
    x, w = draw(case.x), draw(case.w)
    y = emit("conv", x, w, **case.attributes)
    np.testing.assert_allclose(y, conv(x, w, **case.attributes), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", [c for c in CONV if c.x[0]], ids=repr)
def test_conv_gradients(case, blocks):
    check_gradients(conv_of(case), draw(case.x), draw(case.w))


def test_conv_gradients_of_an_empty_batch_are_empty_and_zero():
    case = next(c for c in CONV if not c.x[0])
    x, w = draw(case.x), draw(case.w)
    _, gradients = with_gradients(conv_of(case), (x, w), (0, 1))
    dx, dw = gradients(x, w)
    assert dx.shape == x.shape
    assert not np.any(dw)


@pytest.mark.parametrize("case", [c for c in CONV if c.x[0]], ids=repr)
def test_transposed_convolution_is_the_adjoint(case):
    x, w = draw(case.x), draw(case.w)
    y = emit("conv", x, w, **case.attributes)
    dy = draw(y.shape)
    back = emit("conv_input_grad", dy, w, shape=x.shape, **case.attributes)
    assert np.sum(y * dy) == pytest.approx(np.sum(back * x))


@pytest.mark.parametrize("name", sorted(REDUCTIONS))
@pytest.mark.parametrize("case", POOL, ids=repr)
def test_pool_is_its_definition(case, name, blocks):
    x = draw(case.x)
    y = emit(name, x, **case.attributes)
    np.testing.assert_allclose(y, pool(x, REDUCTIONS[name], **case.attributes), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(REDUCTIONS))
@pytest.mark.parametrize("case", [c for c in POOL if c.x[0]], ids=repr)
def test_pool_gradients(case, name, blocks):
    check_gradients(lambda x: emit(name, x, **case.attributes), draw(case.x))


@pytest.mark.parametrize("case", [c for c in POOL if c.x[0]], ids=repr)
def test_max_pool_gradient_goes_to_the_first_of_equals(case):
    x = np.zeros(case.x)
    y = emit("max_pool", x, **case.attributes)
    dx = emit("max_pool_grad", x, y, np.ones_like(y), **case.attributes)
    assert dx.sum() == y.size
    v = draw(x.shape)
    taken = emit("max_pool_take", x, y, v, **case.attributes)
    assert np.sum(taken) == pytest.approx(np.sum(dx * v))


def test_max_pool_keeps_integers_and_averages_refuse_them():
    attributes = {"window": (2,), "strides": (2,), "padding": ((0, 0),)}
    x = np.arange(8, dtype="int32").reshape(1, 8, 1)
    assert emit("max_pool", x, **attributes).ravel().tolist() == [1, 3, 5, 7]
    with pytest.raises(ValueError, match="floating"):
        emit("avg_pool", x, **attributes)


def rows():
    c, p = CONV[4], POOL[4]
    x, w = draw(c.x), draw(c.w)
    y = emit("conv", x, w, **c.attributes)
    yield "conv", (x, w), c.attributes
    yield "conv_input_grad", (y, w), {**c.attributes, "shape": x.shape}
    yield "conv_filter_grad", (x, y), {**c.attributes, "shape": w.shape}
    depthwise = CONV[13]
    yield "conv", (draw(depthwise.x), draw(depthwise.w)), depthwise.attributes
    x = draw(p.x)
    y = emit("max_pool", x, **p.attributes)
    yield "max_pool", (x,), p.attributes
    yield "max_pool_grad", (x, y, draw(y.shape)), p.attributes
    yield "max_pool_take", (x, y, draw(x.shape)), p.attributes
    yield "avg_pool", (x,), p.attributes
    yield "avg_pool_grad", (draw(y.shape),), {**p.attributes, "shape": x.shape}


@pytest.mark.parametrize(
    "name,xs,attributes", list(rows()), ids=lambda v: v if isinstance(v, str) else ""
)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_kernels_take_what_they_are_given(name, xs, attributes, dtype):
    """Strided inputs and strided `out` give what contiguous ones do; the shape rule is true."""
    row = PRIMITIVES[name]
    xs = [x.astype(dtype) for x in xs]
    expected = emit(name, *xs, **attributes)
    specs = [spec_of(x) for x in xs]
    result = row.shape(*specs, **attributes)
    assert (result.shape, result.dtype) == (expected.shape, np.dtype(dtype))
    strided = []
    for x in xs:
        room = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), dtype)
        room[..., ::2] = x
        strided.append(room[..., ::2])
    out = np.full((*result.shape, 2), 7, dtype)
    keywords = dict(attributes)
    if row.scratch is not None:
        # scratch holds rubbish when a kernel gets it
        keywords["scratch"] = tuple(
            np.full(s.shape, True if s.dtype == bool else np.nan, s.dtype)
            for s in as_specs(row.scratch(*specs, **attributes))
        )
    row.kernel(*strided, out=out[..., 0], **keywords)
    bound = 1e-2 if dtype == "float16" else 1e-5
    np.testing.assert_allclose(out[..., 0], expected, rtol=bound, atol=bound)
    assert (out[..., 1] == 7).all()
    exact = emit(name, *[x.astype("float64") for x in xs], **attributes)
    if not name.startswith("max_pool_"):  # there rounding may move the maximum
        np.testing.assert_allclose(expected, exact, rtol=bound, atol=bound)


@pytest.mark.parametrize(
    "x,w,changes,message",
    [
        ((2, 5, 3), (3, 4, 2), {}, "input channels"),
        ((2, 5, 3), (3, 3, 3, 2), {}, "1 to 3 spatial axes"),
        ((2, 2, 3), (3, 3, 2), {}, "smaller than its window"),
        ((2, 5, 4), (3, 2, 3), {"groups": 2}, "groups"),
        ((2, 5, 3), (3, 3, 2), {"strides": (1, 1)}, "strides"),
        ((2, 5, 3), (3, 3, 2), {"strides": (0,)}, ">= 1"),
    ],
)  # fmt: skip
def test_wrong_shapes_are_named(x, w, changes, message):
    attributes = {"strides": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1, **changes}
    with pytest.raises(ValueError, match=message):
        emit("conv", draw(x), draw(w), **attributes)
