"""Elementwise arithmetic: sums, products, powers, roots, rounding, logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hornlet.base.config import floatx
from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, floating, operand, promoted, tensor
from hornlet.ops.function import alias, op


def binary(name, x1, x2):
    return emit(name, operand(x1, "x1"), operand(x2, "x2"))


@op
def add(x1: Any, x2: Any) -> Any:
    """``x1 + x2``, elementwise with broadcasting.

    >>> keras.ops.add(np.array([1, 2]), 3)
    array([4, 5])
    """
    return binary("add", x1, x2)


@op
def subtract(x1: Any, x2: Any) -> Any:
    """``x1 - x2``, elementwise with broadcasting.

    >>> keras.ops.subtract(np.array([1, 2]), 3)
    array([-2, -1])
    """
    return binary("subtract", x1, x2)


@op
def multiply(x1: Any, x2: Any) -> Any:
    """``x1 * x2``, elementwise with broadcasting.

    >>> keras.ops.multiply(np.array([1, 2]), 3)
    array([3, 6])
    """
    return binary("multiply", x1, x2)


@op
def divide(x1: Any, x2: Any) -> Any:
    """``x1 / x2``, elementwise with broadcasting; integers are divided as floats.

    >>> keras.ops.divide(np.array([1, 2]), 2)
    array([0.5, 1. ], dtype=float32)
    """
    return binary("divide", x1, x2)


@op
def true_divide(x1: Any, x2: Any) -> Any:
    """``x1 / x2``; another name of `divide`."""
    return binary("divide", x1, x2)


@op
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """``x1 / x2``, and 0 where ``x2`` is 0.

    >>> keras.ops.divide_no_nan(np.array([1.0, 2.0]), np.array([0.0, 4.0]))
    array([0. , 0.5])
    """
    x1, x2 = (floating(x) for x in promoted(x1, x2))
    zero = emit("equal", x2, 0)
    quotient = emit("divide", x1, emit("where", zero, 1, x2))
    return emit("where", zero, 0, quotient)


@op
def floor_divide(x1: Any, x2: Any) -> Any:
    """The largest integer not above ``x1 / x2``.

    >>> keras.ops.floor_divide(np.array([7, -7]), 2)
    array([ 3, -4])
    """
    x1, x2 = promoted(x1, x2)
    if x1.dtype.kind == "b":
        x1, x2 = cast_to(x1, "int32"), cast_to(x2, "int32")
    return emit("floor_divide", x1, x2)


@op
def mod(x1: Any, x2: Any) -> Any:
    """The remainder of ``x1 / x2``, with the sign of ``x2``.

    >>> keras.ops.mod(np.array([7, -7]), 4)
    array([3, 1])
    """
    x1, x2 = promoted(x1, x2)
    if x1.dtype.kind == "b":
        x1, x2 = cast_to(x1, "int32"), cast_to(x2, "int32")
    return emit("remainder", x1, x2)


alias("remainder", mod)


@op
def fmod(x1: Any, x2: Any) -> Any:
    """The remainder of ``x1 / x2``, with the sign of ``x1``.

    >>> keras.ops.fmod(np.array([7, -7]), 4)
    array([ 3, -3])
    """
    x1, x2 = promoted(x1, x2)
    if x1.dtype.kind == "b":
        x1, x2 = cast_to(x1, "int32"), cast_to(x2, "int32")
    return emit("fmod", x1, x2)


@op
def maximum(x1: Any, x2: Any) -> Any:
    """The larger of ``x1`` and ``x2``, elementwise; NaN where either is NaN.

    >>> keras.ops.maximum(np.array([1, 5]), 3)
    array([3, 5])
    """
    return binary("maximum", x1, x2)


@op
def minimum(x1: Any, x2: Any) -> Any:
    """The smaller of ``x1`` and ``x2``, elementwise; NaN where either is NaN.

    >>> keras.ops.minimum(np.array([1, 5]), 3)
    array([1, 3])
    """
    return binary("minimum", x1, x2)


@op
def fmax(x1: Any, x2: Any) -> Any:
    """The larger of ``x1`` and ``x2``, elementwise; a NaN loses against a number.

    >>> keras.ops.fmax(np.array([1.0, np.nan]), 3.0)
    array([3., 3.])
    """
    x1, x2 = promoted(x1, x2)
    if x1.dtype.kind in "biu":
        return emit("maximum", x1, x2)
    larger = emit("maximum", x1, x2)
    larger = emit("where", emit("isnan", x1), x2, larger)
    return emit("where", emit("isnan", x2), x1, larger)


@op
def fmin(x1: Any, x2: Any) -> Any:
    """The smaller of ``x1`` and ``x2``, elementwise; a NaN loses against a number.

    >>> keras.ops.fmin(np.array([1.0, np.nan]), 3.0)
    array([1., 3.])
    """
    x1, x2 = promoted(x1, x2)
    if x1.dtype.kind in "biu":
        return emit("minimum", x1, x2)
    smaller = emit("minimum", x1, x2)
    smaller = emit("where", emit("isnan", x1), x2, smaller)
    return emit("where", emit("isnan", x2), x1, smaller)


@op
def negative(x: Any) -> Any:
    """``-x``.

    >>> keras.ops.negative(np.array([1, -2]))
    array([-1,  2])
    """
    return emit("negative", tensor(x))


@op
def absolute(x: Any) -> Any:
    """The absolute value of ``x``.

    >>> keras.ops.absolute(np.array([1, -2]))
    array([1, 2])
    """
    x = tensor(x)
    return x if x.dtype.kind in "bu" else emit("abs", x)


@op
def abs(x: Any) -> Any:
    """The absolute value of ``x``; a short name of `absolute`."""
    return absolute(x)


@op
def fabs(x: Any) -> Any:
    """The absolute value of ``x`` as a float.

    >>> keras.ops.fabs(np.array([1, -2]))
    array([1., 2.], dtype=float32)
    """
    return emit("abs", floating(x))


@op
def sign(x: Any) -> Any:
    """-1, 0 or 1 by the sign of ``x``.

    >>> keras.ops.sign(np.array([-3, 0, 5]))
    array([-1,  0,  1])
    """
    x = tensor(x)
    if x.dtype.kind == "b":
        return cast_to(emit("sign", cast_to(x, "int32")), "int32")
    return emit("sign", x)


@op
def square(x: Any) -> Any:
    """``x * x``.

    >>> keras.ops.square(np.array([2, 3]))
    array([4, 9])
    """
    x = tensor(x)
    return emit("square", cast_to(x, "int32") if x.dtype.kind == "b" else x)


@op
def floor(x: Any) -> Any:
    """The largest integer not above ``x``, as a float.

    >>> keras.ops.floor(np.array([1.5, -1.5]))
    array([ 1., -2.])
    """
    return emit("floor", floating(x))


@op
def ceil(x: Any) -> Any:
    """The smallest integer not below ``x``, as a float.

    >>> keras.ops.ceil(np.array([1.5, -1.5]))
    array([ 2., -1.])
    """
    return emit("ceil", floating(x))


@op
def trunc(x: Any) -> Any:
    """``x`` without its fraction.

    >>> keras.ops.trunc(np.array([1.5, -1.5]))
    array([ 1., -1.])
    """
    x = tensor(x)
    return x if x.dtype.kind in "biu" else emit("trunc", x)


@op
def round(x: Any, decimals: int = 0) -> Any:
    """``x`` rounded to ``decimals`` places, halves to the even neighbour.

    >>> keras.ops.round(np.array([0.5, 1.5, 2.26]), 1)
    array([0.5, 1.5, 2.3])
    """
    x = tensor(x)
    if x.dtype.kind in "iub":
        whole = cast_to(x, "int32") if x.dtype.kind == "b" else x
        if decimals >= 0:
            return whole
        y = emit("round", cast_to(whole, floatx()), decimals=decimals)
        return cast_to(y, whole.dtype)
    return emit("round", x, decimals=decimals)


@op
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """``x`` moved into the interval from ``x_min`` to ``x_max`` (None is no bound).

    >>> keras.ops.clip(np.array([-1, 2, 7]), 0, 5)
    array([0, 2, 5])
    """
    x = tensor(x)
    if x.dtype.kind == "b":
        x = cast_to(x, "int32")
    bounds = [("maximum", x_min), ("minimum", x_max)]
    for rule, bound in bounds:
        if bound is not None:
            x = emit(rule, x, operand(bound))
    return x


@op
def nan_to_num(x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """``x`` with NaN and the infinities replaced (by default by the dtype's extremes).

    >>> keras.ops.nan_to_num(np.array([np.nan, 1.0]))
    array([0., 1.])
    """
    x = tensor(x)
    if x.dtype.kind in "iub":
        return x
    top = float(np.finfo(x.dtype).max) if x.dtype.kind == "f" else 3.3895313892515355e38
    x = emit("where", emit("isnan", x), nan, x)
    x = emit("where", emit("equal", x, math.inf), top if posinf is None else posinf, x)
    return emit("where", emit("equal", x, -math.inf), -top if neginf is None else neginf, x)


@op
def nextafter(x1: Any, x2: Any) -> Any:
    """The floating-point number next to ``x1`` towards ``x2``.

    >>> keras.ops.nextafter(np.array([0.0]), 1.0) > 0
    array([ True])
    """
    x1, x2 = promoted(x1, x2)
    return emit("nextafter", floating(x1), floating(x2))


@op
def gcd(x1: Any, x2: Any) -> Any:
    """The greatest common divisor of the integers ``x1`` and ``x2``.

    >>> keras.ops.gcd(np.array([12, 18]), 8)
    array([4, 2])
    """
    a, b = (emit("abs", x) if x.dtype.kind == "i" else x for x in whole_numbers(x1, x2, "gcd"))
    # Euclid's algorithm; 1.45 * bits steps suffice for any pair.
    for _ in range(int(1.45 * 8 * a.dtype.itemsize)):
        done = emit("equal", b, 0)
        rest = emit("remainder", a, emit("where", done, 1, b))
        a, b = emit("where", done, a, b), emit("where", done, 0, rest)
    return a


@op
def lcm(x1: Any, x2: Any) -> Any:
    """The least common multiple of the integers ``x1`` and ``x2``.

    >>> keras.ops.lcm(np.array([4, 6]), 6)
    array([12,  6])
    """
    x1, x2 = whole_numbers(x1, x2, "lcm")
    divisor = gcd(x1, x2)
    share = emit("floor_divide", x1, emit("where", emit("equal", divisor, 0), 1, divisor))
    return absolute(emit("multiply", share, x2))


def whole_numbers(x1, x2, name):
    x1, x2 = promoted(x1, x2)
    if x1.dtype.kind not in "iub":
        raise TypeError(f"`{name}` takes integers. Received dtype: {x1.dtype}")
    if x1.dtype.kind == "b":
        raise TypeError(f"`{name}` takes integers, not booleans.")
    return x1, x2
