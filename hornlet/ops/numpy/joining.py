"""Tensors joined into one, and one cut into several."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype, result_type
from hornlet.engine.emit import emit
from hornlet.engine.spec import SizeError, differing
from hornlet.ops.arguments import (
    axis_of,
    cast_to,
    size_of,
    tensor,
)
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import expanded, flat, part


def common(xs, name="xs"):
    """A list of tensors in their common dtype."""
    xs = list(xs) if isinstance(xs, (list, tuple)) else unstacked(tensor(xs, name))
    if not xs:
        raise ValueError(f"Argument `{name}` must hold at least one tensor. Received: {xs}")
    xs = [tensor(x, name) for x in xs]
    dtype = xs[0].dtype
    if builtins.any(x.dtype != dtype for x in xs):
        dtype = numpy_dtype(result_type(*[x.dtype for x in xs]))
    return [cast_to(x, dtype) for x in xs]


def unstacked(x):
    return [part(x, 0, i, i + 1, keep=False) for i in range(x.shape[0])]


@op
def concatenate(xs: Any, axis: int = 0) -> Any:
    """The tensors ``xs`` joined along ``axis``; their other sizes must agree.

    >>> keras.ops.concatenate([np.array([1, 2]), np.array([3])])
    array([1, 2, 3])
    """
    return joined(common(xs), axis)


def others(shape, axis):
    return (*shape[:axis], *shape[axis + 1:])


def joined(xs, axis):
    ndim = xs[0].ndim
    if ndim == 0:
        raise ValueError("Cannot concatenate tensors of rank 0; use `stack`.")
    axis = axis_of(axis, ndim)
    for x in xs:
        if x.ndim != ndim or builtins.any(
            n != m for a, (n, m) in enumerate(zip(x.shape, xs[0].shape)) if a != axis
        ):
            raise SizeError(
                f"Tensors to concatenate must agree in every axis but {axis}. "
                f"Received shapes: {[tuple(x.shape) for x in xs]}",
                *differing(others(x.shape, axis), others(xs[0].shape, axis))[:1],
            )
    return xs[0] if len(xs) == 1 else emit("concatenate", *xs, axis=axis)


@op
def append(x1: Any, x2: Any, axis: int | Sequence[int] | None = None) -> Any:
    """``x2`` joined to the end of ``x1`` along ``axis`` (None: both flattened).

    >>> keras.ops.append(np.array([1, 2]), np.array([3]))
    array([1, 2, 3])
    """
    xs = common([x1, x2])
    if axis is None:
        return joined([flat(x) for x in xs], 0)
    return joined(xs, axis)


@op
def stack(x: Any, axis: int = 0) -> Any:
    """The tensors ``x``, all of one shape, joined along a new axis.

    >>> keras.ops.stack([np.array([1, 2]), np.array([3, 4])])
    array([[1, 2],
           [3, 4]])
    """
    return stacked(common(x, "x"), axis)


def stacked(xs, axis=0):
    shape = xs[0].shape
    if builtins.any(x.shape != shape for x in xs):
        raise ValueError(
            f"Tensors to stack must be of one shape. Received: {[tuple(x.shape) for x in xs]}"
        )
    axis = axis_of(axis, len(shape) + 1)
    return joined([expanded(x, axis) for x in xs], axis)


@op
def hstack(xs: Any) -> Any:
    """The tensors joined along axis 1, or along axis 0 when they have one axis.

    >>> keras.ops.hstack([np.array([1]), np.array([2])])
    array([1, 2])
    """
    xs = [expanded(x, 0) if x.ndim == 0 else x for x in common(xs)]
    return joined(xs, 0 if xs[0].ndim == 1 else 1)


@op
def vstack(xs: Any) -> Any:
    """The tensors joined along axis 0, those of one axis as rows.

    >>> keras.ops.vstack([np.array([1, 2]), np.array([3, 4])]).shape
    (2, 2)
    """
    xs = [emit("reshape", x, shape=(1, size_of(x.shape))) if x.ndim < 2 else x for x in common(xs)]
    return joined(xs, 0)


@op
def dstack(xs: Any) -> Any:
    """The tensors joined along axis 2, with axes added to reach rank 3.

    >>> keras.ops.dstack([np.array([1, 2]), np.array([3, 4])]).shape
    (1, 2, 2)
    """
    deep = []
    for x in common(xs):
        if x.ndim < 2:
            x = emit("reshape", x, shape=(1, size_of(x.shape)))
        deep.append(expanded(x, 2) if x.ndim == 2 else x)
    return joined(deep, 2)


@op
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """``x`` cut along ``axis`` into equal sections, or at the given positions, as a list.

    >>> keras.ops.split(np.arange(4), 2)
    [array([0, 1]), array([2, 3])]
    """
    x = tensor(x)
    axis = axis_of(axis, x.ndim)
    n = x.shape[axis]
    if hasattr(indices_or_sections, "__index__") and np.ndim(indices_or_sections) == 0:
        sections = int(indices_or_sections)
        if sections < 1 or n % sections:
            raise ValueError(
                f"Axis {axis} of size {n} cannot be split into {sections} equal sections."
            )
        cuts = [n // sections * i for i in range(1, sections)]
    else:
        cuts = [int(i) for i in indices_or_sections]
    return cut(x, axis, cuts)


def cut(x, axis, cuts):
    n = x.shape[axis]
    edges = [0, *(builtins.min(builtins.max(i + n if i < 0 else i, 0), n) for i in cuts), n]
    return [part(x, axis, i, builtins.max(i, j)) for i, j in zip(edges, edges[1:])]


@op
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Like `split`, but the sections need not be equal.

    >>> [len(part) for part in keras.ops.array_split(np.arange(5), 2)]
    [3, 2]
    """
    x = tensor(x)
    axis = axis_of(axis, x.ndim)
    if not isinstance(indices_or_sections, int):
        return cut(x, axis, [int(i) for i in indices_or_sections])
    each, more = divmod(x.shape[axis], indices_or_sections)
    sizes = [each + 1] * more + [each] * (indices_or_sections - more)
    return cut(x, axis, [int(i) for i in np.cumsum(sizes)[:-1]])


@op
def hsplit(x: Any, indices_or_sections: Any) -> Any:
    """`split` along axis 1 (axis 0 for one axis).

    >>> len(keras.ops.hsplit(np.zeros((2, 4)), 2))
    2
    """
    x = tensor(x)
    return split(x, indices_or_sections, 0 if x.ndim == 1 else 1)


@op
def vsplit(x: Any, indices_or_sections: Any) -> Any:
    """`split` along axis 0.

    >>> len(keras.ops.vsplit(np.zeros((4, 2)), 2))
    2
    """
    return split(x, indices_or_sections, 0)


@op
def dsplit(x: Any, indices_or_sections: Any) -> Any:
    """`split` along axis 2.

    >>> len(keras.ops.dsplit(np.zeros((1, 2, 4)), 2))
    2
    """
    return split(x, indices_or_sections, 2)
