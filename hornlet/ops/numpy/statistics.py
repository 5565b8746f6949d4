"""Means, variances, quantiles, histograms, differences, correlations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype, result_type
from hornlet.base.names import one_of
from hornlet.engine.emit import emit
from hornlet.engine.tensor import Tensor
from hornlet.ops.arguments import (
    axes_of,
    axis_of,
    cast_to,
    floating,
    integer,
    operand,
    promoted,
    size_of,
    tensor,
    wide,
)
from hornlet.ops.function import op
from hornlet.ops.numpy.logic import where
from hornlet.ops.numpy.products import matmul
from hornlet.ops.numpy.reductions import without_nan
from hornlet.ops.numpy.shapes import part, spread


def averaged(x, axes, keepdims):
    """The mean; a sum of half precision would overflow, and is one of float32."""
    n = size_of(x.shape[a] for a in axes)
    x, dtype = wide(x)
    total = emit("sum", x, axis=axes, keepdims=keepdims)
    return cast_to(emit("multiply", total, 1.0 / n) if n else emit("divide", total, 0.0), dtype)


@op
def mean(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The mean over ``axis`` (None: all axes); integers give a float.

    >>> keras.ops.mean(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    array([2., 3.])
    """
    x = floating(x)
    return averaged(x, axes_of(axis, x.ndim), bool(keepdims))


def deviation(x, axes):
    """``x`` minus its mean over ``axes``."""
    return emit("subtract", x, averaged(x, axes, True))


@op
def var(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The variance over ``axis``: the mean squared distance from the mean.

    >>> keras.ops.var(np.array([1.0, 3.0]))
    array(1.)
    """
    x = floating(x)
    axes = axes_of(axis, x.ndim)
    if x.dtype.kind == "c":
        d = deviation(x, axes)
        d = emit("real", emit("multiply", d, emit("conj", d)))
        return averaged(d, axes, bool(keepdims))
    x, dtype = wide(x)
    return cast_to(averaged(emit("square", deviation(x, axes)), axes, bool(keepdims)), dtype)


@op
def std(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The standard deviation over ``axis``: the square root of the variance.

    >>> keras.ops.std(np.array([1.0, 3.0]))
    array(1.)
    """
    x = floating(x)
    root = emit("sqrt", var(wide(x)[0], axis, keepdims))
    return cast_to(root, x.dtype) if x.dtype.itemsize == 2 else root


@op
def average(x: Any, axis: int | Sequence[int] | None = None, weights: Any = None) -> Any:
    """The mean over ``axis``, each value counted by its weight.

    >>> keras.ops.average(np.array([1.0, 3.0]), weights=np.array([3.0, 1.0]))
    array(1.5)
    """
    if weights is None:
        return mean(x, axis)
    x, w = (floating(v) for v in promoted(x, weights))
    axes = axes_of(axis, x.ndim)
    if w.shape != x.shape:
        if w.ndim != 1 or len(axes) != 1 or w.shape[0] != x.shape[axes[0]]:
            raise ValueError(
                "Argument `weights` must have the shape of `x`, or one weight per element of "
                f"`axis`. Received: weights.shape={w.shape}, x.shape={x.shape}, axis={axis}"
            )
        w = emit("reshape", w, shape=tuple(n if a in axes else 1 for a, n in enumerate(x.shape)))
    total = emit("sum", emit("multiply", x, w), axis=axes, keepdims=False)
    w = spread(w, x.shape)
    return emit("divide", total, emit("sum", w, axis=axes, keepdims=False))


def known(x, axis, keepdims):
    """``x`` with NaN as 0, and how many values over ``axis`` are numbers."""
    x = floating(x)
    y, missing = without_nan(x, 0)
    axes = axes_of(axis, x.ndim)
    there = cast_to(emit("logical_not", missing), x.dtype)
    return y, there, axes, emit("sum", there, axis=axes, keepdims=keepdims)


@op
def nanmean(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The mean over ``axis`` of the values that are not NaN.

    >>> keras.ops.nanmean(np.array([1.0, np.nan, 3.0]))
    array(2.)
    """
    y, _, axes, n = known(x, axis, bool(keepdims))
    return emit("divide", emit("sum", y, axis=axes, keepdims=bool(keepdims)), n)


@op
def nanvar(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The variance over ``axis`` of the values that are not NaN.

    >>> keras.ops.nanvar(np.array([1.0, np.nan, 3.0]))
    array(1.)
    """
    y, there, axes, n = known(x, axis, True)
    center = emit("divide", emit("sum", y, axis=axes, keepdims=True), n)
    d = emit("multiply", emit("square", emit("subtract", y, center)), there)
    n = emit("sum", there, axis=axes, keepdims=bool(keepdims))
    return emit("divide", emit("sum", d, axis=axes, keepdims=bool(keepdims)), n)


@op
def nanstd(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """The standard deviation over ``axis`` of the values that are not NaN.

    >>> keras.ops.nanstd(np.array([1.0, np.nan, 3.0]))
    array(1.)
    """
    return emit("sqrt", nanvar(x, axis, keepdims))


@op
def bincount(x: Any, weights: Any = None, minlength: Any = 0, sparse: bool | None = False) -> Any:
    """How often (or with what total weight) each number from 0 up occurs in ``x``.

    Args:
        x: integers not below 0, of rank 1 or 2 (rows are counted apart).
        weights: one weight per element of ``x``.
        minlength: the least length of the result; in a traced function, its length.
        sparse: must be false.

    >>> keras.ops.bincount(np.array([0, 2, 2]))
    array([1, 0, 2], dtype=int32)
    """
    if sparse:
        raise ValueError("Unsupported value `sparse=True`; sparse tensors are not supported.")
    x = integer(x, "x")
    if x.ndim not in (1, 2):
        raise ValueError(f"`x` must be of rank 1 or 2. Received: x.shape={x.shape}")
    n = int(minlength)
    if not isinstance(x, Tensor):
        if x.size and x.min() < 0:
            raise ValueError("`x` must not hold negative numbers.")
        n = max(n, int(x.max()) + 1 if x.size else 0)
    given = x.dtype
    x = cast_to(x, "int32")
    inside = emit("logical_and", emit("greater_equal", x, 0), emit("less", x, n))
    if weights is None:
        dtype, weights = np.dtype("int32"), cast_to(inside, "int32")
    else:
        weights = tensor(weights, "weights")
        dtype = numpy_dtype(result_type(given, weights.dtype))
        weights = cast_to(weights, numpy_dtype(result_type(weights.dtype, "int32")))
        weights = emit("where", inside, weights, np.zeros((), weights.dtype))
    lead, rows = x.shape[:-1], size_of(x.shape[:-1])
    if not n:
        return np.zeros((*lead, 0), dtype)
    # What is out of range adds nothing to the first bin of its row.
    places = emit("where", inside, x, np.zeros((), "int32"))
    if lead:
        places = emit("add", places, n * np.arange(rows, dtype="int32")[:, None])
    places, weights = (emit("reshape", v, shape=(size_of(x.shape),)) for v in (places, weights))
    sums = emit("take_add", weights, places, shape=(rows * n,), axis=0)
    return emit("reshape", cast_to(sums, dtype), shape=(*lead, n))


@op
def histogram(x: Any, bins: Any = 10, range: Any = None) -> Any:
    """How many values of ``x`` fall into each of ``bins`` equal intervals, and their edges.

    >>> keras.ops.histogram(np.array([1.0, 2.0, 2.5]), bins=2)[0]
    array([1., 2.])
    """
    if not isinstance(bins, int) or isinstance(bins, bool) or bins <= 0:
        raise ValueError(
            "Argument `bins` should be a non-negative integer above 0. "
            f"Received: bins={bins}"
        )
    if range is not None and (len(range) < 2 or not isinstance(range, (tuple, list))):
        raise ValueError(f"Argument `range` must be a tuple of two elements. Received: {range}")
    if range is not None and range[1] < range[0]:
        raise ValueError(
            f"The second element of `range` must not be below the first. Received: range={range}"
        )
    x = floating(x)
    if x.ndim != 1:
        raise ValueError(f"Argument `x` must have one axis. Received: x.shape={x.shape}")
    if range is None:
        low = emit("min", x, axis=(0,), keepdims=True)
        high = emit("max", x, axis=(0,), keepdims=True)
    else:
        low, high = (np.full((1,), v, x.dtype) for v in range)
    even = emit("equal", low, high)
    low = emit("where", even, emit("subtract", low, 0.5), low)
    high = emit("where", even, emit("add", high, 0.5), high)
    shares = np.linspace(0.0, 1.0, bins + 1).astype(x.dtype)
    edges = emit("add", low, emit("multiply", emit("subtract", high, low), shares))
    edges = emit("concatenate", part(edges, 0, 0, bins), high, axis=0)
    place = emit("subtract", emit("searchsorted", edges, x, side="right"), 1)
    place = cast_to(place, "int32")
    place = emit("where", emit("equal", x, high), bins - 1, place)
    inside = emit("logical_and", emit("greater_equal", x, low), emit("less_equal", x, high))
    place = emit("where", inside, place, np.zeros((), "int32"))
    return emit("take_add", cast_to(inside, x.dtype), place, shape=(bins,), axis=0), edges


@op
def diff(a: Any, n: Any = 1, axis: int = -1) -> Any:
    """Differences of neighbours along ``axis``, taken ``n`` times.

    >>> keras.ops.diff(np.array([1, 4, 9]))
    array([3, 5])
    """
    x = tensor(a, "a")
    if n < 0:
        raise ValueError(f"Order `n` must be non-negative. Received: n={n}")
    axis = axis_of(axis, x.ndim)
    for _ in range(n):
        size = x.shape[axis]
        if size == 0:
            break
        rule = "logical_xor" if x.dtype.kind == "b" else "subtract"
        x = emit(rule, part(x, axis, 1, size), part(x, axis, 0, size - 1))
    return x


@op
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of ``y`` along ``axis`` by the trapezoidal rule.

    >>> keras.ops.trapezoid(np.array([0.0, 1.0, 2.0]))
    array(2.)
    """
    y = floating(y, "y")
    axis = axis_of(axis, y.ndim)
    n = y.shape[axis]
    pairs = emit("add", part(y, axis, 1, n), part(y, axis, 0, n - 1))
    if x is not None:
        x = floating(x)
        step = diff(x, 1, axis if x.ndim == y.ndim else -1)
        if x.ndim == 1 and y.ndim > 1:
            step = emit("reshape", step, shape=tuple(n - 1 if a == axis else 1
                                                     for a in range(y.ndim)))
    else:
        step = operand(dx, "dx")
    area = emit("multiply", emit("multiply", pairs, step), 0.5)
    return emit("sum", area, axis=(axis,), keepdims=False)


@op
def corrcoef(x: Any) -> Any:
    """Pearson's correlation of the rows of ``x`` with each other.

    >>> keras.ops.corrcoef(np.array([[1.0, 2.0], [2.0, 1.0]])).round(4)
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    x = floating(x)
    if x.ndim < 2:
        return emit("divide", var(x), var(x))
    if x.ndim > 2:
        raise ValueError(f"`x` must be of rank 1 or 2. Received: x.shape={x.shape}")
    d = deviation(x, (1,))
    covariance = matmul(d, emit("transpose", d, axes=(1, 0)))
    spread_of = emit("sqrt", emit("sum", emit("square", d), axis=(1,), keepdims=True))
    scale = matmul(spread_of, emit("transpose", spread_of, axes=(1, 0)))
    r = emit("divide", covariance, scale)
    return emit("minimum", emit("maximum", r, -1.0), 1.0)


@op
def correlate(x1: Any, x2: Any, mode: Any = "valid") -> Any:
    """The sliding sum of products of two vectors.

    >>> keras.ops.correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]))
    array([2., 3.])
    """
    one_of("mode", mode, ("valid", "same", "full"))
    x1, x2 = (floating(x) for x in promoted(x1, x2))
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"`correlate` takes vectors. Received shapes: {x1.shape}, {x2.shape}")
    n, m = x1.shape[0], x2.shape[0]
    padded = emit("pad", x1, widths=((m - 1, m - 1),), value=0)
    rows = np.arange(n + m - 1)[:, None] + np.arange(m)[None]
    full = matmul(emit("take", padded, rows.astype("int32"), axis=0), x2)
    if mode == "full":
        return full
    if mode == "same":
        long, short = max(n, m), min(n, m)
        begin = (short - 1) // 2 if n >= m else m - 1 - (m - 1) // 2 - (n - 1) // 2 - 0
        begin = (m - 1) // 2 + (0 if n >= m else 0) if n >= m else short - 1 - (short - 1) // 2
        return part(full, 0, begin, begin + long)
    short, long = min(n, m), max(n, m)
    return part(full, 0, short - 1, long)


@op
def i0(x: Any) -> Any:
    """The modified Bessel function of the first kind, order 0.

    Abramowitz and Stegun's polynomials (9.8.1, 9.8.2) are too coarse for float64, so the power
    series is summed up to 15 and the asymptotic series beyond.

    >>> keras.ops.i0(np.array([0.0]))
    array([1.])
    """
    x = emit("abs", floating(x))
    small = emit("minimum", x, 15.0)
    quarter = emit("multiply", emit("square", small), 0.25)
    term = total = emit("add", emit("multiply", quarter, 0.0), 1.0)
    for k in range(1, 45):
        term = emit("multiply", emit("multiply", term, quarter), 1.0 / (k * k))
        total = emit("add", total, term)
    large = emit("maximum", x, 15.0)
    step = series = emit("add", emit("multiply", large, 0.0), 1.0)
    for k in range(1, 25):
        step = emit("divide", emit("multiply", step, (2 * k - 1) ** 2 / (8.0 * k)), large)
        series = emit("add", series, step)
    scale = emit("sqrt", emit("multiply", large, 2 * math.pi))
    series = emit("divide", emit("multiply", emit("exp", large), series), scale)
    return where(emit("less_equal", x, 15.0), total, series)


def vectorize(pyfunc: Any, *, excluded: Any = None, signature: Any = None) -> Any:
    """A function of scalars (or of the shapes in ``signature``) made one of tensors.

    It calls ``pyfunc`` once per element, as `np.vectorize` does.

    >>> keras.ops.vectorize(lambda a: a + 1)(np.array([1, 2]))
    array([2, 3])
    """
    if not callable(pyfunc):
        raise ValueError(f"Argument `pyfunc` must be callable. Received: {pyfunc}")
    return np.vectorize(pyfunc, excluded=excluded, signature=signature)
