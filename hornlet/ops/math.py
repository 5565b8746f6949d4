"""Mathematics beyond NumPy's names: segments, top-k, log-sum-exp, error functions, distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.spec import SizeError, differing
from hornlet.engine.tensor import Tensor
from hornlet.ops.arguments import (
    axes_of,
    cast_to,
    floating,
    integer,
    promoted,
    square_matrices,
    tensor,
)
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import part


@op
def logsumexp(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
    """``log(sum(exp(x)))`` over ``axis``, without overflow.

    >>> keras.ops.logsumexp(np.array([[0.0, 0.0]]), axis=1).round(4)
    array([0.6931])
    """
    x = floating(x)
    axes = axes_of(axis, x.ndim)
    if any(x.shape[a] == 0 for a in axes):
        return emit("log", emit("sum", x, axis=axes, keepdims=bool(keepdims)))
    top = emit("max", x, axis=axes, keepdims=True)
    top = emit("stop_gradient", emit("where", emit("isfinite", top), top, 0.0))
    rest = emit("sum", emit("exp", emit("subtract", x, top)), axis=axes, keepdims=True)
    y = emit("add", emit("log", rest), top)
    if keepdims:
        return y
    return emit("reshape", y, shape=tuple(n for a, n in enumerate(x.shape) if a not in axes))


@op
def logdet(x: Any) -> Any:
    """The logarithms of the absolute values of determinants; no overflow for large matrices.

    Args:
        x: shape ``(..., M, M)``.

    >>> keras.ops.logdet(np.eye(3) * np.e)
    array(3.)
    """
    return emit("slogdet", square_matrices(x))[1]


@op
def erf(x: Any) -> Any:
    """The error function, ``2 / sqrt(pi)`` times the integral of ``exp(-t ** 2)`` up to ``x``.

    >>> keras.ops.erf(np.array([0.0]))
    array([0.])
    """
    return emit("erf", floating(x))


@op
def erfc(x: Any) -> Any:
    """``1 - erf(x)``, precise for large ``x``.

    >>> keras.ops.erfc(np.array([0.0]))
    array([1.])
    """
    return emit("erfc", floating(x))


@op
def erfinv(x: Any) -> Any:
    """The number whose error function is ``x``.

    >>> keras.ops.erfinv(np.array([0.0]))
    array([0.])
    """
    return emit("erfinv", floating(x))


@op
def rsqrt(x: Any) -> Any:
    """``1 / sqrt(x)``.

    >>> keras.ops.rsqrt(np.array([4.0]))
    array([0.5])
    """
    return emit("rsqrt", floating(x))


@op
def top_k(x: Any, k: Any, sorted: bool = True) -> Any:
    """The ``k`` largest values along the last axis and their positions.

    >>> keras.ops.top_k(np.array([3, 1, 2]), 2)
    (array([3, 2]), array([0, 2], dtype=int32))
    """
    x = tensor(x)
    if x.ndim == 0 or not 0 <= k <= x.shape[-1]:
        raise ValueError(
            f"Argument `k`={k} must be between 0 and the size of the last axis of `x` "
            f"(shape {x.shape})."
        )
    values, places = emit("top_k", x, k=int(k))
    return values, cast_to(places, "int32")


@op
def in_top_k(targets: Any, predictions: Any, k: Any) -> Any:
    """True where the score of the target class is among the ``k`` largest of its row.

    >>> keras.ops.in_top_k(np.array([1]), np.array([[0.1, 0.7, 0.2]]), 1)
    array([ True])
    """
    targets = cast_to(integer(targets, "targets"), "int32")
    scores = floating(predictions, "predictions")
    if scores.ndim < 1 or targets.shape != scores.shape[:-1]:
        raise ValueError(
            "`targets` must have the shape of `predictions` without its last axis. "
            f"Received: targets.shape={targets.shape}, predictions.shape={scores.shape}"
        )
    n = scores.shape[-1]
    column = emit("reshape", targets, shape=(*targets.shape, 1))
    known = emit("logical_and", emit("greater_equal", column, 0), emit("less", column, n))
    own = emit("take_along_axis", scores, emit("where", known, column, 0), axis=scores.ndim - 1)
    better = cast_to(emit("greater", scores, own), "int32")
    rank = emit("sum", better, axis=(scores.ndim - 1,), keepdims=True)
    fine = emit("logical_and", emit("isfinite", own), known)
    found = emit("logical_and", emit("less", rank, int(k)), fine)
    return emit("reshape", found, shape=targets.shape)


def segments(data, segment_ids, num_segments):
    data, ids = tensor(data, "data"), integer(segment_ids, "segment_ids")
    if ids.ndim != 1:
        raise ValueError(
            "Argument `segment_ids` should be an 1-D vector, got shape: "
            f"{ids.shape}. Consider either flatten input with segment_ids.reshape((-1)) and "
            "data.reshape((-1, ) + data.shape[len(segment_ids.shape):]) or vectorize with vmap."
        )
    if data.shape[:1] != ids.shape:
        raise SizeError(
            f"`segment_ids` must name a segment for each of the {data.shape[:1]} rows of `data`. "
            f"Received: segment_ids.shape={ids.shape}",
            *differing(data.shape[:1], ids.shape),
        )
    if num_segments is None:
        if isinstance(ids, Tensor):
            raise ValueError("Argument `num_segments` must be set when the function is traced.")
        num_segments = int(ids.max()) + 1 if ids.size else 0
    return data, cast_to(ids, "int32"), int(num_segments)


@op
def segment_sum(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The sums of the rows of ``data`` that carry the same segment number.

    Args:
        data: tensor; axis 0 is divided into segments.
        segment_ids: the segment of each row.
        num_segments: how many segments there are; needed in a traced function.
        sorted: whether the numbers rise; accepted as a hint.

    >>> keras.ops.segment_sum(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]))
    array([3., 3.])
    """
    data, ids, n = segments(data, segment_ids, num_segments)
    # Rows whose number is out of range belong to no segment: they go to one more, cut off.
    out = emit("logical_or", emit("less", ids, 0), emit("greater_equal", ids, n))
    ids = emit("where", out, np.asarray(n, ids.dtype), ids)
    sums = emit("take_add", data, ids, shape=(n + 1, *data.shape[1:]), axis=0)
    return part(sums, 0, 0, n)


def extreme(name, data, segment_ids, num_segments, empty):
    data, ids, n = segments(data, segment_ids, num_segments)
    return emit(name, data, ids, n=n, empty=empty(data.dtype))


def lowest(dtype):
    return -np.inf if dtype.kind not in "iub" else (np.iinfo(dtype).min if dtype.kind != "b" else 0)


def highest(dtype):
    return np.inf if dtype.kind not in "iub" else (np.iinfo(dtype).max if dtype.kind != "b" else 1)


@op
def segment_max(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The largest of the rows of ``data`` that carry the same segment number.

    An empty segment gives the lowest value of the dtype.

    >>> keras.ops.segment_max(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]))
    array([2., 3.])
    """
    return extreme("segment_max", data, segment_ids, num_segments, lowest)


@op
def segment_min(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The smallest of the rows of ``data`` that carry the same segment number.

    >>> keras.ops.segment_min(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]))
    array([1., 3.])
    """
    return extreme("segment_min", data, segment_ids, num_segments, highest)


@op
def segment_prod(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The products of the rows of ``data`` that carry the same segment number.

    >>> keras.ops.segment_prod(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]))
    array([2., 3.])
    """
    data, ids, n = segments(data, segment_ids, num_segments)
    mine = emit("equal", np.arange(n, dtype="int32")[:, None], ids)
    mine = emit("reshape", mine, shape=(*mine.shape, *(1 for _ in data.shape[1:])))
    return emit("prod", emit("where", mine, data, np.ones((), data.dtype)), axis=(1,))


@op
def cdist(x: Any, y: Any) -> Any:
    """The Euclidean distances of the rows of ``x`` from the rows of ``y``.

    >>> keras.ops.cdist(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]))
    array([[5.]])
    """
    x, y = (floating(v) for v in promoted(x, y))
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-1]:
        raise ValueError(
            "`x` and `y` must be matrices of rows of one length. "
            f"Received: x.shape={x.shape}, y.shape={y.shape}"
        )
    x = emit("reshape", x, shape=(*x.shape[:-1], 1, x.shape[-1]))
    y = emit("reshape", y, shape=(*y.shape[:-2], 1, *y.shape[-2:]))
    gaps = emit("square", emit("subtract", x, y))
    return emit("sqrt", emit("sum", gaps, axis=(gaps.ndim - 1,), keepdims=False))


@op
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    """Overlapping pieces of the last axis, of ``sequence_length``, every ``sequence_stride``.

    >>> keras.ops.extract_sequences(np.arange(5), 3, 2)
    array([[0, 1, 2],
           [2, 3, 4]])
    """
    x = tensor(x)
    count = (x.shape[-1] - sequence_length) // sequence_stride + 1
    if count < 1:
        raise ValueError(
            f"Argument `sequence_length`={sequence_length} exceeds the last axis of `x` "
            f"(shape {x.shape})."
        )
    places = np.arange(count)[:, None] * sequence_stride + np.arange(sequence_length)[None]
    return emit("take", x, places.astype("int32"), axis=x.ndim - 1)


