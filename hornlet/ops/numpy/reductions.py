"""Sums, products, extremes and truth over axes, running sums, and their NaN-skipping forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.engine.emit import emit
from hornlet.ops.arguments import axes_of, axis_of, cast_to, operand, size_of, tensor
from hornlet.ops.function import op


def widened(x):
    """``x`` in the dtype in which Keras adds up: small integers and booleans become 32 bits."""
    if x.dtype.kind in "bi" and x.dtype.itemsize < 4:
        return cast_to(x, "int32")
    if x.dtype.kind == "u" and x.dtype.itemsize < 4:
        return cast_to(x, "uint32")
    return x


def reduce(name, x, axis, keepdims):
    return emit(name, x, axis=axes_of(axis, x.ndim), keepdims=bool(keepdims))


@op
def sum(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The sum over ``axis`` (None: all axes). Small integers and booleans give 32-bit integers.

    >>> keras.ops.sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    array([4., 6.])
    """
    return reduce("sum", widened(tensor(x)), axis, keepdims)


@op
def prod(
    x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False, dtype: Any = None
) -> Any:
    """The product over ``axis`` (None: all axes), computed in ``dtype`` if given.

    >>> keras.ops.prod(np.array([2.0, 3.0]))
    array(6.)
    """
    x = tensor(x)
    x = widened(x) if dtype is None else cast_to(x, numpy_dtype(standardize_dtype(dtype)))
    return reduce("prod", x, axis, keepdims)


def extreme(name, x, axis, keepdims, initial):
    x = tensor(x)
    axes = axes_of(axis, x.ndim)
    if initial is not None:
        initial = cast_to(tensor(initial, "initial"), x.dtype)
    empty = 0 in [x.shape[a] for a in axes]
    if empty and initial is None:
        raise ValueError(
            f"Cannot take the {name} over an empty axis of a tensor of shape {x.shape} without "
            "an `initial` value."
        )
    if empty:
        shape = tuple(
            1 if a in axes else n for a, n in enumerate(x.shape) if keepdims or a not in axes
        )
        return emit("broadcast_to", initial, shape=shape)
    y = emit(name, x, axis=axes, keepdims=bool(keepdims))
    return y if initial is None else emit(name + "imum", y, initial)


@op
def max(
    x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False, initial: Any = None
) -> Any:
    """The largest value over ``axis`` (None: all axes), at least ``initial``.

    >>> keras.ops.max(np.array([[1, 5], [3, 2]]), axis=1)
    array([5, 3])
    """
    return extreme("max", x, axis, keepdims, initial)


@op
def min(
    x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False, initial: Any = None
) -> Any:
    """The smallest value over ``axis`` (None: all axes), at most ``initial``.

    >>> keras.ops.min(np.array([[1, 5], [3, 2]]), axis=1)
    array([1, 2])
    """
    return extreme("min", x, axis, keepdims, initial)


@op
def amax(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The largest value over ``axis``; another name of `max`."""
    return extreme("max", x, axis, keepdims, None)


@op
def amin(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The smallest value over ``axis``; another name of `min`."""
    return extreme("min", x, axis, keepdims, None)


@op
def ptp(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The largest minus the smallest value over ``axis``.

    >>> keras.ops.ptp(np.array([3, 8, 5]))
    array(5)
    """
    x = tensor(x)
    return emit("subtract", max(x, axis, keepdims), min(x, axis, keepdims))


@op
def any(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """True where some value over ``axis`` is true.

    >>> keras.ops.any(np.array([[True, False], [False, False]]), axis=1)
    array([ True, False])
    """
    return reduce("any", cast_to(tensor(x), "bool"), axis, keepdims)


@op
def all(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """True where every value over ``axis`` is true.

    >>> keras.ops.all(np.array([[True, False], [True, True]]), axis=1)
    array([False,  True])
    """
    return reduce("all", cast_to(tensor(x), "bool"), axis, keepdims)


@op
def count_nonzero(x: Any, axis: int | Sequence[int] | None = None) -> Any:
    """How many values over ``axis`` are not zero, as int32.

    >>> keras.ops.count_nonzero(np.array([0, 3, 4]))
    array(2, dtype=int32)
    """
    return reduce("sum", cast_to(cast_to(tensor(x), "bool"), "int32"), axis, False)


def position(name, x, axis, keepdims):
    x = tensor(x)
    shape = x.shape
    if axis is None:
        x, axis = emit("reshape", x, shape=(size_of(x.shape),)), 0
        kept = (1,) * len(shape)
    else:
        axis = axis_of(axis, x.ndim)
        kept = (*shape[:axis], 1, *shape[axis + 1:])
    if x.shape[axis] == 0:
        raise ValueError(f"`{name}` of an empty axis. Received: x.shape={shape}, axis={axis}")
    y = emit(name, x, axis=axis)
    return emit("reshape", y, shape=kept) if keepdims else y


@op
def argmax(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The position of the largest value along ``axis`` (None: in the flattened tensor).

    >>> keras.ops.argmax(np.array([[1, 5], [3, 2]]), axis=1)
    array([1, 0], dtype=int32)
    """
    return position("argmax", x, axis, keepdims)


@op
def argmin(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The position of the smallest value along ``axis`` (None: in the flattened tensor).

    >>> keras.ops.argmin(np.array([[1, 5], [3, 2]]), axis=1)
    array([0, 1], dtype=int32)
    """
    return position("argmin", x, axis, keepdims)


def running(name, x, axis, dtype):
    x = tensor(x)
    if dtype is not None:
        x = cast_to(x, numpy_dtype(standardize_dtype(dtype)))
    elif x.dtype.kind == "b":
        x = cast_to(x, "int32")
    if axis is None:
        x, axis = emit("reshape", x, shape=(size_of(x.shape),)), 0
    return emit(name, x, axis=axis_of(axis, x.ndim), reverse=False)


@op
def cumsum(x: Any, axis: int | Sequence[int] | None = None, dtype: Any = None) -> Any:
    """The running sum along ``axis`` (None: of the flattened tensor).

    >>> keras.ops.cumsum(np.array([1, 2, 3]))
    array([1, 3, 6])
    """
    return running("cumsum", x, axis, dtype)


@op
def cumprod(x: Any, axis: int | Sequence[int] | None = None, dtype: Any = None) -> Any:
    """The running product along ``axis`` (None: of the flattened tensor).

    >>> keras.ops.cumprod(np.array([1, 2, 3]))
    array([1, 2, 6])
    """
    return running("cumprod", x, axis, dtype)


def without_nan(x, value):
    """``x`` with NaN replaced by ``value``, and where NaN stood (None for exact dtypes)."""
    x = tensor(x)
    if x.dtype.kind in "iub":
        return x, None
    missing = emit("isnan", x)
    return emit("where", missing, operand(value), x), missing


@op
def nansum(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The sum over ``axis``, NaN counted as 0.

    >>> keras.ops.nansum(np.array([1.0, np.nan]))
    array(1.)
    """
    return sum(without_nan(x, 0)[0], axis, keepdims)


@op
def nanprod(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The product over ``axis``, NaN counted as 1.

    >>> keras.ops.nanprod(np.array([2.0, np.nan]))
    array(2.)
    """
    return prod(without_nan(x, 1)[0], axis, keepdims)


def nanextreme(name, x, axis, keepdims, start):
    y, missing = without_nan(x, start)
    if missing is None:
        return reduce(name, y, axis, keepdims)
    nothing = reduce("all", missing, axis, keepdims)
    return emit("where", nothing, float("nan"), reduce(name, y, axis, keepdims))


@op
def nanmax(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The largest value over ``axis`` that is not NaN.

    >>> keras.ops.nanmax(np.array([1.0, np.nan]))
    array(1.)
    """
    return nanextreme("max", x, axis, keepdims, -np.inf)


@op
def nanmin(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The smallest value over ``axis`` that is not NaN.

    >>> keras.ops.nanmin(np.array([1.0, np.nan]))
    array(1.)
    """
    return nanextreme("min", x, axis, keepdims, np.inf)


def nanposition(name, x, axis, keepdims, start):
    y, missing = without_nan(x, start)
    at = position(name, y, axis, keepdims)
    if missing is None:
        return at
    return emit("where", reduce("all", missing, axis, keepdims), -1, at)


@op
def nanargmax(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The position of the largest value that is not NaN; -1 where all are.

    >>> keras.ops.nanargmax(np.array([np.nan, 2.0, 1.0]))
    array(1, dtype=int32)
    """
    return nanposition("argmax", x, axis, keepdims, -np.inf)


@op
def nanargmin(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The position of the smallest value that is not NaN; -1 where all are.

    >>> keras.ops.nanargmin(np.array([np.nan, 2.0, 1.0]))
    array(2, dtype=int32)
    """
    return nanposition("argmin", x, axis, keepdims, np.inf)


@op
def nancumsum(x: Any, axis: int | Sequence[int] | None = None, dtype: Any = None) -> Any:
    """The running sum along ``axis``, NaN counted as 0.

    >>> keras.ops.nancumsum(np.array([1.0, np.nan, 2.0]))
    array([1., 1., 3.])
    """
    return cumsum(without_nan(x, 0)[0], axis, dtype)


@op
def nancumprod(x: Any, axis: int | Sequence[int] | None = None, dtype: Any = None) -> Any:
    """The running product along ``axis``, NaN counted as 1.

    >>> keras.ops.nancumprod(np.array([2.0, np.nan, 3.0]))
    array([2., 2., 6.])
    """
    return cumprod(without_nan(x, 1)[0], axis, dtype)


