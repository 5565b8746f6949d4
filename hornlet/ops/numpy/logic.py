"""Comparisons, logic, bits, and tests for NaN and infinity: their results are true or false."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hornlet.base.config import floatx
from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, operand, promoted, tensor
from hornlet.ops.function import alias, op
from hornlet.ops.numpy.arithmetic import binary
from hornlet.ops.numpy.shapes import writable
from hornlet.tensor.keras_tensor import KerasTensor


@op
def equal(x1: Any, x2: Any) -> Any:
    """``x1 == x2``, elementwise.

    >>> keras.ops.equal(np.array([1, 2]), 2)
    array([False,  True])
    """
    return binary("equal", x1, x2)


@op
def not_equal(x1: Any, x2: Any) -> Any:
    """``x1 != x2``, elementwise.

    >>> keras.ops.not_equal(np.array([1, 2]), 2)
    array([ True, False])
    """
    return binary("not_equal", x1, x2)


@op
def less(x1: Any, x2: Any) -> Any:
    """``x1 < x2``, elementwise.

    >>> keras.ops.less(np.array([1, 2]), 2)
    array([ True, False])
    """
    return binary("less", x1, x2)


@op
def less_equal(x1: Any, x2: Any) -> Any:
    """``x1 <= x2``, elementwise.

    >>> keras.ops.less_equal(np.array([1, 2]), 1)
    array([ True, False])
    """
    return binary("less_equal", x1, x2)


@op
def greater(x1: Any, x2: Any) -> Any:
    """``x1 > x2``, elementwise.

    >>> keras.ops.greater(np.array([1, 2]), 1)
    array([False,  True])
    """
    return binary("greater", x1, x2)


@op
def greater_equal(x1: Any, x2: Any) -> Any:
    """``x1 >= x2``, elementwise.

    >>> keras.ops.greater_equal(np.array([1, 2]), 2)
    array([False,  True])
    """
    return binary("greater_equal", x1, x2)


def truth(x):
    return cast_to(tensor(x), "bool")


@op
def logical_and(x1: Any, x2: Any) -> Any:
    """True where both ``x1`` and ``x2`` are true (not zero).

    >>> keras.ops.logical_and(np.array([True, False]), True)
    array([ True, False])
    """
    return emit("logical_and", truth(x1), truth(x2))


@op
def logical_or(x1: Any, x2: Any) -> Any:
    """True where ``x1`` or ``x2`` is true (not zero).

    >>> keras.ops.logical_or(np.array([True, False]), False)
    array([ True, False])
    """
    return emit("logical_or", truth(x1), truth(x2))


@op
def logical_xor(x1: Any, x2: Any) -> Any:
    """True where exactly one of ``x1`` and ``x2`` is true (not zero).

    >>> keras.ops.logical_xor(np.array([True, False]), True)
    array([False,  True])
    """
    return emit("logical_xor", truth(x1), truth(x2))


@op
def logical_not(x: Any) -> Any:
    """True where ``x`` is false (zero).

    >>> keras.ops.logical_not(np.array([True, False]))
    array([False,  True])
    """
    return emit("logical_not", truth(x))


def bits(name, x, y):
    x, y = promoted(x, y)
    if x.dtype.kind not in "iub":
        raise TypeError(f"`{name}` takes integers or booleans. Received dtype: {x.dtype}")
    if x.dtype.kind == "b" and name.endswith("shift"):
        x, y = cast_to(x, "int32"), cast_to(y, "int32")
    return emit(name, x, y)


@op
def bitwise_and(x: Any, y: Any) -> Any:
    """The bits set in both ``x`` and ``y``.

    >>> keras.ops.bitwise_and(np.array([6]), 3)
    array([2])
    """
    return bits("bitwise_and", x, y)


@op
def bitwise_or(x: Any, y: Any) -> Any:
    """The bits set in ``x`` or ``y``.

    >>> keras.ops.bitwise_or(np.array([6]), 3)
    array([7])
    """
    return bits("bitwise_or", x, y)


@op
def bitwise_xor(x: Any, y: Any) -> Any:
    """The bits set in exactly one of ``x`` and ``y``.

    >>> keras.ops.bitwise_xor(np.array([6]), 3)
    array([5])
    """
    return bits("bitwise_xor", x, y)


@op
def bitwise_not(x: Any) -> Any:
    """``x`` with every bit turned over.

    >>> keras.ops.bitwise_not(np.array([6]))
    array([-7])
    """
    x = tensor(x)
    if x.dtype.kind not in "iub":
        raise TypeError(f"`bitwise_not` takes integers or booleans. Received dtype: {x.dtype}")
    return emit("invert", x)


@op
def bitwise_invert(x: Any) -> Any:
    """``x`` with every bit turned over; another name of `bitwise_not`."""
    return bitwise_not(x)


alias("invert", bitwise_not)


@op
def left_shift(x: Any, y: Any) -> Any:
    """The bits of ``x`` moved up by ``y`` places.

    >>> keras.ops.left_shift(np.array([3]), 2)
    array([12])
    """
    return bits("left_shift", x, y)


@op
def right_shift(x: Any, y: Any) -> Any:
    """The bits of ``x`` moved down by ``y`` places.

    >>> keras.ops.right_shift(np.array([12]), 2)
    array([3])
    """
    return bits("right_shift", x, y)


@op
def bitwise_left_shift(x: Any, y: Any) -> Any:
    """The bits of ``x`` moved up by ``y`` places; another name of `left_shift`."""
    return bits("left_shift", x, y)


@op
def bitwise_right_shift(x: Any, y: Any) -> Any:
    """The bits of ``x`` moved down by ``y`` places; another name of `right_shift`."""
    return bits("right_shift", x, y)


def constant_like(x, value):
    return writable(emit("broadcast_to", np.asarray(value), shape=x.shape), x)


@op
def isnan(x: Any) -> Any:
    """True where ``x`` is not a number.

    >>> keras.ops.isnan(np.array([1.0, np.nan]))
    array([False,  True])
    """
    x = tensor(x)
    return constant_like(x, False) if x.dtype.kind in "iub" else emit("isnan", x)


@op
def isinf(x: Any) -> Any:
    """True where ``x`` is infinite.

    >>> keras.ops.isinf(np.array([1.0, -np.inf]))
    array([False,  True])
    """
    x = tensor(x)
    return constant_like(x, False) if x.dtype.kind in "iub" else emit("isinf", x)


@op
def isfinite(x: Any) -> Any:
    """True where ``x`` is neither infinite nor NaN.

    >>> keras.ops.isfinite(np.array([1.0, np.nan]))
    array([ True, False])
    """
    x = tensor(x)
    return constant_like(x, True) if x.dtype.kind in "iub" else emit("isfinite", x)


@op
def isposinf(x: Any) -> Any:
    """True where ``x`` is positive infinity.

    >>> keras.ops.isposinf(np.array([np.inf, -np.inf]))
    array([ True, False])
    """
    return emit("equal", tensor(x), math.inf)


@op
def isneginf(x: Any) -> Any:
    """True where ``x`` is negative infinity.

    >>> keras.ops.isneginf(np.array([np.inf, -np.inf]))
    array([False,  True])
    """
    return emit("equal", tensor(x), -math.inf)


@op
def isreal(x: Any) -> Any:
    """True where ``x`` has no imaginary part.

    >>> keras.ops.isreal(np.array([1j, 2.0]))
    array([False,  True])
    """
    x = tensor(x)
    if x.dtype.kind != "c":
        return constant_like(x, True)
    return emit("equal", emit("imag", x), 0)


@op
def signbit(x: Any) -> Any:
    """True where the sign of ``x`` is negative (of -0.0 too).

    >>> keras.ops.signbit(np.array([-1.0, -0.0, 0.0]))
    array([ True,  True, False])
    """
    x = tensor(x)
    if x.dtype.kind in "ub":
        return constant_like(x, False)
    if x.dtype.kind == "i":
        return emit("less", x, 0)
    return emit("less", emit("copysign", 1.0, x), 0)


@op
def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """True where ``|x1 - x2| <= atol + rtol * |x2|``.

    >>> keras.ops.isclose(np.array([1.0, 2.0]), np.array([1.0, 2.1]))
    array([ True, False])
    """
    x1, x2 = promoted(x1, x2)
    same = emit("equal", x1, x2)
    if x1.dtype.kind in "iub":
        x1, x2 = cast_to(x1, "float64"), cast_to(x2, "float64")
    gap = emit("abs", emit("subtract", x1, x2))
    limit = emit("add", emit("multiply", emit("abs", x2), rtol), atol)
    near = emit("logical_and", emit("less_equal", gap, limit), emit("isfinite", x2))
    near = emit("logical_or", same, near)
    if equal_nan:
        near = emit("logical_or", near, emit("logical_and", isnan(x1), isnan(x2)))
    return near


@op
def allclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """True if ``isclose`` holds everywhere.

    >>> bool(keras.ops.allclose(np.array([1.0]), np.array([1.0])))
    True
    """
    near = isclose(x1, x2, rtol, atol, equal_nan)
    return emit("all", near, axis=tuple(range(near.ndim)), keepdims=False)


@op
def heaviside(x1: Any, x2: Any) -> Any:
    """0 where ``x1`` is negative, 1 where it is positive, ``x2`` where it is 0.

    Integers give ``keras.config.floatx()``, those of 64 bits float64.

    >>> keras.ops.heaviside(np.array([-1.0, 0.0, 2.0]), 0.5)
    array([0. , 0.5, 1. ])
    """
    x1, x2 = promoted(x1, x2)
    if x1.dtype.kind in "biu":
        wide = "float64" if x1.dtype.itemsize == 8 else floatx()
        dtype = "int32" if x1.dtype.kind == "b" else wide
        x1, x2 = cast_to(x1, dtype), cast_to(x2, dtype)
    step = emit("where", emit("equal", x1, 0), x2, cast_to(emit("greater", x1, 0), x1.dtype))
    return emit("where", isnan(x1), x1, step)


@op
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """``x1`` where ``condition`` holds, else ``x2``, elementwise with broadcasting.

    With ``condition`` alone: the positions where it holds, one array per axis.

    >>> keras.ops.where(np.array([True, False]), np.array([1, 2]), 0)
    array([1, 0])
    """
    if (x1 is None) != (x2 is None):
        raise ValueError("`x1` and `x2` either both should be `None` or both should have value.")
    if x1 is None:
        return nonzero(condition)
    return emit("where", truth(condition), operand(x1, "x1"), operand(x2, "x2"))


@op
def nonzero(x: Any) -> Any:
    """The positions where ``x`` is not zero, one integer array per axis.

    Their number depends on the values, so this cannot be traced.

    >>> keras.ops.nonzero(np.array([0, 3, 4]))
    (array([1, 2], dtype=int32),)
    """
    return tuple(i.astype("int32") for i in np.nonzero(np.asarray(tensor(x))))


nonzero.output_spec = lambda x: tuple(KerasTensor((None,), dtype="int32") for _ in x.shape)


@op
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """For each element, the choice of the first condition that holds, else ``default``.

    >>> keras.ops.select([np.array([True, False])], [np.array([1, 2])], 9)
    array([1, 9])
    """
    if len(condlist) != len(choicelist):
        raise ValueError(
            "`condlist` and `choicelist` must be of one length. Received: "
            f"{len(condlist)} conditions, {len(choicelist)} choices."
        )
    y = operand(default, "default")
    for condition, choice in zip(reversed(condlist), reversed(choicelist)):
        y = emit("where", truth(condition), operand(choice, "choicelist"), y)
    return y
