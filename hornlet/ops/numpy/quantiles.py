"""Quantiles, percentiles and medians."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hornlet.base.names import one_of
from hornlet.engine.emit import emit
from hornlet.ops.arguments import (
    axes_of,
    cast_to,
    floating,
    size_of,
    tensor,
)
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import moved, spread

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def at_quantile(x, q, axis, method, keepdims, skip_nan):
    """Values at the shares ``q`` of the sorted order along ``axis``."""
    one_of("method", method, METHODS)
    x = floating(x)
    q = cast_to(tensor(q, "q"), x.dtype)
    if q.ndim > 1:
        raise ValueError(f"Argument `q` must be a number or one-dimensional. Received: {q.shape}")
    axes = axes_of(axis, x.ndim)
    kept = tuple(1 if a in axes else n for a, n in enumerate(x.shape))
    rest = tuple(n for a, n in enumerate(x.shape) if a not in axes)
    y = moved(x, axes, tuple(range(len(axes))))
    y = emit("sort", emit("reshape", y, shape=(size_of(x.shape[a] for a in axes), *rest)), axis=0)
    n = y.shape[0]
    shares = emit("reshape", q, shape=(*q.shape, *(1 for _ in rest)))
    if skip_nan:
        there = cast_to(emit("logical_not", emit("isnan", y)), x.dtype)
        count = emit("sum", there, axis=(0,), keepdims=False)
        last = emit("maximum", emit("subtract", count, 1), 0)
        shares = emit("multiply", shares, last)
    else:
        shares = emit("multiply", shares, float(n - 1))
    result = interpolated(y, shares, method, q.ndim, (*q.shape, *rest))
    if skip_nan:
        result = emit("where", emit("equal", count, 0), math.nan, result)
    else:
        spoilt = emit("any", emit("isnan", y), axis=(0,), keepdims=False)
        result = emit("where", spoilt, math.nan, result)
    return emit("reshape", result, shape=(*q.shape, *kept)) if keepdims else result


def interpolated(y, place, method, rank, shape):
    """Rows of the sorted ``y`` at the fractional places, between the two nearest ones."""
    low, high = emit("floor", place), emit("ceil", place)
    if method == "nearest":
        low = high = emit("round", place, decimals=0)

    def rows(at):
        at = spread(cast_to(at, "int32"), shape)
        if rank:
            flat_at = emit("reshape", at, shape=(shape[0], *shape[1:]))
            return emit("take_along_axis", y, flat_at, axis=0)
        return emit("reshape", emit("take_along_axis", y, expand(at), axis=0), shape=shape)

    def expand(at):
        return emit("reshape", at, shape=(1, *shape))

    if method in ("lower", "nearest"):
        return rows(low)
    if method == "higher":
        return rows(high)
    below, above = rows(low), rows(high)
    if method == "midpoint":
        return emit("multiply", emit("add", below, above), 0.5)
    weight = emit("subtract", place, low)
    return emit("add", below, emit("multiply", emit("subtract", above, below), weight))


@op
def quantile(
    x: Any,
    q: Any,
    axis: int | Sequence[int] | None = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """The values below which the shares ``q`` (0 to 1) of ``x`` lie, along ``axis``.

    >>> keras.ops.quantile(np.array([1.0, 2.0, 4.0]), 0.75)
    array(3.)
    """
    return at_quantile(x, q, axis, method, keepdims, False)


@op
def percentile(
    x: Any,
    q: Any,
    axis: int | Sequence[int] | None = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """Like `quantile`, with ``q`` from 0 to 100.

    >>> keras.ops.percentile(np.array([1.0, 2.0, 4.0]), 75)
    array(3.)
    """
    share = emit("multiply", floating(q, "q"), 0.01)
    return at_quantile(x, share, axis, method, keepdims, False)


@op
def nanquantile(
    x: Any,
    q: Any,
    axis: int | Sequence[int] | None = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """Like `quantile`, of the values that are not NaN.

    >>> keras.ops.nanquantile(np.array([1.0, np.nan, 3.0]), 0.5)
    array(2.)
    """
    return at_quantile(x, q, axis, method, keepdims, True)


@op
def nanpercentile(
    x: Any,
    q: Any,
    axis: int | Sequence[int] | None = None,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """Like `percentile`, of the values that are not NaN.

    >>> keras.ops.nanpercentile(np.array([1.0, np.nan, 3.0]), 50)
    array(2.)
    """
    share = emit("multiply", floating(q, "q"), 0.01)
    return at_quantile(x, share, axis, method, keepdims, True)


@op
def median(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The middle value over ``axis``, or the mean of the two in the middle.

    >>> keras.ops.median(np.array([1.0, 2.0, 9.0]))
    array(2.)
    """
    return at_quantile(x, 0.5, axis, "linear", keepdims, False)


@op
def nanmedian(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The median over ``axis`` of the values that are not NaN.

    >>> keras.ops.nanmedian(np.array([1.0, np.nan, 3.0]))
    array(2.)
    """
    return at_quantile(x, 0.5, axis, "linear", keepdims, True)
