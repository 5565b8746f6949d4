"""Elementwise primitives: a NumPy ufunc is a kernel, the gradient stands beside it."""

from __future__ import annotations

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.primitive import binary, broadcast_shapes, primitive, unary
from hornlet.engine.spec import Spec

LOG_2, LOG_10 = float(np.log(2)), float(np.log(10))


def _select(mask, dy):
    return emit("multiply", dy, emit("cast", mask, dtype=dy.dtype))


unary("negative", np.negative, vjp=lambda dy, y, x: -dy)


def _abs_vjp(dy, y, x):
    if x.dtype.kind != "c":
        return dy * emit("sign", x)
    still = emit("equal", y, 0)
    return emit("conj", x) * emit("where", still, 0, dy / emit("where", still, 1, y))


primitive(
    "abs",
    shape=lambda x: Spec(x.shape, np.empty(0, x.dtype).real.dtype),
    kernel=np.absolute,
    vjp=_abs_vjp,
    elementwise=True,
    inplace=(0,),
)
unary("sign", np.sign)
unary("exp", np.exp, promote="float", vjp=lambda dy, y, x: dy * y)
unary("expm1", np.expm1, promote="float", vjp=lambda dy, y, x: dy * (y + 1))
unary("log", np.log, promote="float", vjp=lambda dy, y, x: dy / x)
unary("log1p", np.log1p, promote="float", vjp=lambda dy, y, x: dy / (x + 1))
unary("log2", np.log2, promote="float", vjp=lambda dy, y, x: dy / (x * LOG_2))
unary("log10", np.log10, promote="float", vjp=lambda dy, y, x: dy / (x * LOG_10))
unary("sqrt", np.sqrt, promote="float", vjp=lambda dy, y, x: dy * 0.5 / y)
unary("cbrt", np.cbrt, promote="float", vjp=lambda dy, y, x: dy / (y * y * 3))
unary("square", np.square, vjp=lambda dy, y, x: dy * (x * 2))
unary("reciprocal", np.reciprocal, promote="float", vjp=lambda dy, y, x: -dy * (y * y))
unary("sin", np.sin, promote="float", vjp=lambda dy, y, x: dy * emit("cos", x))
unary("cos", np.cos, promote="float", vjp=lambda dy, y, x: -dy * emit("sin", x))
unary("tan", np.tan, promote="float", vjp=lambda dy, y, x: dy * (1 + y * y))
unary("arcsin", np.arcsin, promote="float", vjp=lambda dy, y, x: dy / emit("sqrt", 1 - x * x))
unary("arccos", np.arccos, promote="float", vjp=lambda dy, y, x: -dy / emit("sqrt", 1 - x * x))
unary("arctan", np.arctan, promote="float", vjp=lambda dy, y, x: dy / (1 + x * x))
unary("sinh", np.sinh, promote="float", vjp=lambda dy, y, x: dy * emit("cosh", x))
unary("cosh", np.cosh, promote="float", vjp=lambda dy, y, x: dy * emit("sinh", x))
unary("tanh", np.tanh, promote="float", vjp=lambda dy, y, x: dy * (1 - y * y))
unary("arcsinh", np.arcsinh, promote="float", vjp=lambda dy, y, x: dy / emit("sqrt", x * x + 1))
unary("arccosh", np.arccosh, promote="float", vjp=lambda dy, y, x: dy / emit("sqrt", x * x - 1))
unary("arctanh", np.arctanh, promote="float", vjp=lambda dy, y, x: dy / (1 - x * x))
unary("floor", np.floor)
unary("ceil", np.ceil)
unary("trunc", np.trunc)
unary("isnan", np.isnan, dtype="bool")
unary("isinf", np.isinf, dtype="bool")
unary("isfinite", np.isfinite, dtype="bool")
unary("logical_not", np.logical_not, dtype="bool")
unary("invert", np.invert)
primitive(
    "real",
    shape=lambda x: Spec(x.shape, np.empty(0, x.dtype).real.dtype),
    kernel=lambda x, out: np.copyto(out, x.real),
    vjp=lambda dy, y, x: emit("cast", dy, dtype=x.dtype),
    elementwise=True,
)
primitive(
    "imag",
    shape=lambda x: Spec(x.shape, np.empty(0, x.dtype).real.dtype),
    kernel=lambda x, out: np.copyto(out, x.imag),
    vjp=lambda dy, y, x: emit("cast", dy, dtype=x.dtype) * -1j if x.dtype.kind == "c" else None,
    elementwise=True,
)
unary("conj", np.conjugate, vjp=lambda dy, y, x: emit("conj", dy))


def _complex_shape(re, im):
    shape = broadcast_shapes("complex", re.shape, im.shape)
    return Spec(shape, np.dtype("complex128" if re.dtype == np.float64 else "complex64"))


def _complex(re, im, out):
    out.real, out.imag = re, im


primitive(
    "complex",
    shape=_complex_shape,
    kernel=_complex,
    vjp=lambda dy, y, re, im: (emit("real", dy), -emit("imag", dy)),
    promote="float",
    elementwise=True,
)


def _rsqrt(x, out):
    np.sqrt(x, out)
    np.reciprocal(out, out)


def _sigmoid(x, out):
    # Overflow of exp(-x) is right: 1 / inf is the limit. The tails keep their relative precision,
    # which the cheaper tanh(x / 2) form loses.
    with np.errstate(over="ignore"):
        np.negative(x, out)
        np.exp(out, out)
        np.add(out, _number(1, out.dtype), out)
        np.reciprocal(out, out)


def _softplus(x, out):
    """max(x, 0) + log1p(exp(-|x|)), many times as fast as NumPy's logaddexp."""
    n = x.size
    if n <= _BLOCK or not (x.flags.c_contiguous and out.flags.c_contiguous):
        small = np.empty(x.shape, x.dtype)
        np.absolute(x, small)
        np.negative(small, small)
        np.exp(small, small)
        np.log1p(small, small)
        _relu(x, out)
        np.add(out, small, out)
        return
    x, out = x.reshape(-1), out.reshape(-1)
    for i in range(0, n, _BLOCK):
        _softplus(x[i : i + _BLOCK], out[i : i + _BLOCK])


_NUMBERS: dict = {}  # 0-d arrays, which ufuncs take faster than Python's numbers


def _number(value, dtype):
    key = (value, dtype)
    if key not in _NUMBERS:
        _NUMBERS[key] = np.asarray(value, dtype)
    return _NUMBERS[key]


_BLOCK = 1 << 14
_ZEROS = {np.dtype(d): np.zeros(_BLOCK, d) for d in ("float32", "float64")}


def _relu(x, out):
    """NumPy's maximum of two arrays is four times as fast as that of an array and a number."""
    zeros = _ZEROS.get(x.dtype)
    if zeros is None or not (x.flags.c_contiguous and out.flags.c_contiguous):
        np.maximum(x, _number(0, x.dtype), out=out)
        return
    n = x.size
    x, out = x.reshape(-1), out.reshape(-1)
    if n <= _BLOCK:
        np.maximum(x, zeros[:n], out=out)
        return
    for i in range(0, n, _BLOCK):
        j = min(i + _BLOCK, n)
        np.maximum(x[i:j], zeros[: j - i], out=out[i:j])


def _relu_grad(dy, y, out):
    np.multiply(dy, np.greater(y, _number(0, y.dtype)), out)


unary("rsqrt", _rsqrt, promote="float", vjp=lambda dy, y, x: dy * (-0.5 * y * y * y))
unary("sigmoid", _sigmoid, promote="float", vjp=lambda dy, y, x: dy * (y * (1 - y)))
unary("softplus", _softplus, promote="float", vjp=lambda dy, y, x: dy * emit("sigmoid", x))
unary("relu", _relu, vjp=lambda dy, y, x: emit("relu_grad", dy, y))
binary("relu_grad", _relu_grad, vjp=lambda ddx, dx, dy, y: (emit("relu_grad", ddx, y), None))

primitive(
    "round",
    shape=lambda x, decimals=0: x,
    kernel=lambda x, out, decimals=0: np.round(x, decimals, out),
    elementwise=True,
    inplace=(0,),
)


def _cast(x, out, dtype):
    """The real part of complex numbers, where real ones are asked for."""
    np.copyto(out, x.real if x.dtype.kind == "c" and dtype.kind in "fV" else x, casting="unsafe")


primitive(
    "cast",
    shape=lambda x, dtype: Spec(x.shape, np.dtype(dtype)),
    kernel=_cast,
    vjp=lambda dy, y, x, dtype: emit("cast", dy, dtype=x.dtype) if y.dtype.kind in "fVc" else None,
    elementwise=True,
)
primitive(
    "stop_gradient",
    shape=lambda x: x,
    kernel=lambda x, out: np.copyto(out, x),
    view=lambda x: x.view(),
    elementwise=True,
)


def _no_gradient(*_):
    return (None, None)


def _above(a, b, out):
    """1 where a > b, 1/2 where they are equal, else 0."""
    more, least = np.greater(a, b), np.greater_equal(a, b)  # out may be a or b
    np.add(more, least, out, dtype=out.dtype)
    np.multiply(out, _number(0.5, out.dtype), out)


def _power_vjp(dy, y, a, b):
    zero = emit("equal", b, 0)
    base = emit("power", a, emit("where", zero, 1, b - 1))
    da = dy * emit("where", zero, 0, b * base)
    positive = emit("greater", a, 0)
    db = dy * emit("where", positive, y * emit("log", emit("where", positive, a, 1)), 0)
    return da, db


def _logaddexp_vjp(dy, y, a, b):
    return dy * emit("exp", a - y), dy * emit("exp", b - y)


def _copysign_vjp(dy, y, a, b):
    kept = emit("equal", emit("copysign", 1.0, a), emit("copysign", 1.0, b))
    return emit("where", kept, dy, -dy), None


def _arctan2_vjp(dy, y, a, b):
    square = a * a + b * b
    return dy * b / square, -dy * a / square


binary("add", np.add, vjp=lambda dy, y, a, b: (dy, dy))
binary("subtract", np.subtract, vjp=lambda dy, y, a, b: (dy, -dy))
binary("multiply", np.multiply, vjp=lambda dy, y, a, b: (dy * b, dy * a))
binary("divide", np.true_divide, vjp=lambda dy, y, a, b: (dy / b, -dy * y / b), promote="float")
binary("floor_divide", np.floor_divide, vjp=_no_gradient)
binary("remainder", np.remainder, vjp=lambda dy, y, a, b: (dy, -dy * emit("floor", a / b)))
binary("power", np.power, vjp=_power_vjp)
# The gradient of a maximum or minimum goes half and half where the two are equal.
binary("above", _above, promote="float")
binary(
    "maximum", np.maximum,
    vjp=lambda dy, y, a, b: (dy * emit("above", a, b), dy * emit("above", b, a)),
)  # fmt: skip
binary(
    "minimum", np.minimum,
    vjp=lambda dy, y, a, b: (dy * emit("above", b, a), dy * emit("above", a, b)),
)  # fmt: skip
binary("arctan2", np.arctan2, vjp=_arctan2_vjp, promote="float")
binary("hypot", np.hypot, vjp=lambda dy, y, a, b: (dy * a / y, dy * b / y), promote="float")
binary("logaddexp", np.logaddexp, vjp=_logaddexp_vjp, promote="float")
binary("fmod", np.fmod, vjp=lambda dy, y, a, b: (dy, -dy * emit("trunc", a / b)))
binary("nextafter", np.nextafter, promote="float", vjp=lambda dy, y, a, b: (dy, None))
binary("copysign", np.copysign, promote="float", vjp=_copysign_vjp)
for _name in (
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and",
    "logical_or", "logical_xor",
):  # fmt: skip
    binary(_name, getattr(np, _name), dtype="bool")
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"):
    binary(_name, getattr(np, _name))


def _where(condition, a, b, out):
    if np.may_share_memory(out, condition):
        out[...] = np.where(condition, a, b)
        return
    np.copyto(out, b)
    np.copyto(out, a, where=condition)


def _where_vjp(dy, y, condition, a, b):
    zero = np.zeros((), dy.dtype)
    return None, emit("where", condition, dy, zero), emit("where", condition, zero, dy)


primitive(
    "where",
    shape=lambda condition, a, b: Spec(
        broadcast_shapes("where", condition.shape, a.shape, b.shape), a.dtype
    ),
    kernel=_where,
    vjp=_where_vjp,
    promote="same",
    unpromoted=1,
    elementwise=True,
)
