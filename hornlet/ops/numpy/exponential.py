"""Elementwise powers, roots, exponentials and logarithms."""

from __future__ import annotations

import math
from typing import Any

from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, dtype_name, floating, operand, promoted, tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.arithmetic import (
    binary,
)


@op
def power(x1: Any, x2: Any) -> Any:
    """``x1`` to the power ``x2``, elementwise with broadcasting.

    >>> keras.ops.power(np.array([2.0, 3.0]), 2)
    array([4., 9.])
    """
    if dtype_name(operand(x1)) == dtype_name(operand(x2)) == "bool":
        x1 = cast_to(tensor(x1), "int32")
    return binary("power", x1, x2)


@op
def sqrt(x: Any) -> Any:
    """The square root of ``x``, NaN where it is negative.

    >>> keras.ops.sqrt(np.array([4.0, 9.0]))
    array([2., 3.])
    """
    return emit("sqrt", floating(x))


@op
def cbrt(x: Any) -> Any:
    """The real cube root of ``x``.

    >>> keras.ops.cbrt(np.array([8.0, -27.0])).round(6)
    array([ 2., -3.])
    """
    return emit("cbrt", floating(x))


@op
def reciprocal(x: Any) -> Any:
    """``1 / x``.

    >>> keras.ops.reciprocal(np.array([2.0, 4.0]))
    array([0.5 , 0.25])
    """
    return emit("reciprocal", floating(x))


@op
def exp(x: Any) -> Any:
    """``e ** x``.

    >>> keras.ops.exp(np.array([0.0]))
    array([1.])
    """
    return emit("exp", floating(x))


@op
def exp2(x: Any) -> Any:
    """``2 ** x``.

    >>> keras.ops.exp2(np.array([3.0]))
    array([8.])
    """
    return emit("power", 2.0, floating(x))


@op
def expm1(x: Any) -> Any:
    """``exp(x) - 1``, precise for small ``x``.

    >>> keras.ops.expm1(np.array([0.0]))
    array([0.])
    """
    return emit("expm1", floating(x))


@op
def log(x: Any) -> Any:
    """The natural logarithm of ``x``.

    >>> keras.ops.log(np.array([1.0]))
    array([0.])
    """
    return emit("log", floating(x))


@op
def log10(x: Any) -> Any:
    """The logarithm of ``x`` to base 10.

    >>> keras.ops.log10(np.array([100.0]))
    array([2.])
    """
    return emit("log10", floating(x))


@op
def log1p(x: Any) -> Any:
    """``log(1 + x)``, precise for small ``x``.

    >>> keras.ops.log1p(np.array([0.0]))
    array([0.])
    """
    return emit("log1p", floating(x))


@op
def log2(x: Any) -> Any:
    """The logarithm of ``x`` to base 2.

    >>> keras.ops.log2(np.array([8.0]))
    array([3.])
    """
    return emit("log2", floating(x))


@op
def logaddexp(x1: Any, x2: Any) -> Any:
    """``log(exp(x1) + exp(x2))`` without overflow.

    >>> keras.ops.logaddexp(np.array([1000.0]), 1000.0).round(4)
    array([1000.6931])
    """
    x1, x2 = promoted(x1, x2)
    return emit("logaddexp", floating(x1), floating(x2))


@op
def logaddexp2(x1: Any, x2: Any) -> Any:
    """``log2(2 ** x1 + 2 ** x2)`` without overflow.

    >>> keras.ops.logaddexp2(np.array([3.0]), 3.0)
    array([4.])
    """
    x1, x2 = (floating(x) for x in promoted(x1, x2))
    larger, smaller = emit("maximum", x1, x2), emit("minimum", x1, x2)
    gap = emit("multiply", emit("subtract", smaller, larger), math.log(2.0))
    extra = emit("multiply", emit("log1p", emit("exp", gap)), 1 / math.log(2.0))
    return emit("add", larger, extra)


@op
def hypot(x1: Any, x2: Any) -> Any:
    """``sqrt(x1 ** 2 + x2 ** 2)`` without overflow.

    >>> keras.ops.hypot(np.array([3.0]), 4.0)
    array([5.])
    """
    x1, x2 = promoted(x1, x2)
    return emit("hypot", floating(x1), floating(x2))


@op
def ldexp(x1: Any, x2: Any) -> Any:
    """``x1 * 2 ** x2`` for integers ``x2``.

    >>> keras.ops.ldexp(np.array([0.75]), np.array([3]))
    array([6.])
    """
    x1, x2 = tensor(x1, "x1"), tensor(x2, "x2")
    if x2.dtype.kind not in "iub":
        raise TypeError(f"ldexp exponent must be an integer type. Received: x2 dtype={x2.dtype}")
    x1 = floating(x1)
    return emit("multiply", x1, emit("power", 2.0, cast_to(x2, x1.dtype)))
