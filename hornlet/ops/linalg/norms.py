"""Norms of vectors and matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.engine.emit import emit
from hornlet.ops.arguments import axes_of, axis_of, floating
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import moved


def total(x, axes, keepdims):
    return emit("sum", x, axis=axes, keepdims=keepdims)


@op
def norm(
    x: Any, ord: Any = None, axis: int | Sequence[int] | None = None, keepdims: bool = False
) -> Any:
    """The norm of vectors (one axis) or matrices (two axes).

    Args:
        x: tensor.
        ord: for vectors a number, ``inf``, ``-inf`` or 0 (how many are not zero); for matrices
            "fro", "nuc" (the sum of the singular values), 2 or -2 (the largest or smallest of
            them), 1, -1, ``inf``, ``-inf``. None is the root of the sum of squares.
        axis: None (the whole tensor), one axis, or two.
        keepdims: keep the axes with size 1.

    >>> keras.ops.norm(np.array([3.0, 4.0]))
    array(5.)
    """
    x = floating(x)
    keepdims = bool(keepdims)
    if axis is None:
        every = tuple(range(x.ndim))
        if ord is None:
            return emit("sqrt", total(squared(x), every, keepdims))
        axis = every
    axes: Sequence[int] = axis if isinstance(axis, (list, tuple)) else (axis,)
    axes = tuple(axis_of(a, x.ndim) for a in axes)
    if len(axes) == 1:
        return vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return matrix_norm(x, ord, axes, keepdims)
    raise ValueError(
        f"`norm` takes one axis (vectors) or two (matrices). Received: axis={axis}, "
        f"x.shape={x.shape}"
    )


def squared(x):
    if x.dtype.kind == "c":
        return emit("real", emit("multiply", x, emit("conj", x)))
    return emit("square", x)


def vector_norm(x, ord, axes, keepdims):
    if ord is None or ord == 2:
        return emit("sqrt", total(squared(x), axes, keepdims))
    if isinstance(ord, str):
        raise ValueError(f"Invalid `ord` argument for vector norm. Received: ord={ord}")
    size = emit("abs", x)
    if ord == np.inf:
        return emit("max", size, axis=axes, keepdims=keepdims)
    if ord == -np.inf:
        return emit("min", size, axis=axes, keepdims=keepdims)
    if ord == 0:
        there = emit("cast", emit("not_equal", x, 0), dtype=size.dtype)
        return total(there, axes, keepdims)
    if ord == 1:
        return total(size, axes, keepdims)
    return emit("power", total(emit("power", size, ord), axes, keepdims), 1.0 / ord)


def matrix_norm(x, ord, axes, keepdims):
    if ord is None or ord == "fro":
        return emit("sqrt", total(squared(x), axes_of(axes, x.ndim), keepdims))
    first, second = axes
    if ord in (1, -1, np.inf, -np.inf):
        if abs(ord) != 1:
            first, second = second, first
        sums = total(emit("abs", x), (first,), True)
        y = emit("max" if ord > 0 else "min", sums, axis=(second,), keepdims=True)
    elif ord in (2, -2, "nuc"):
        values = emit("svdvals", moved(x, axes, (x.ndim - 2, x.ndim - 1)))
        rule = {2: "max", -2: "min", "nuc": "sum"}[ord]
        y = emit(rule, values, axis=(values.ndim - 1,), keepdims=False)
    else:
        raise ValueError(
            "Argument `ord` of a matrix norm must be None, 'fro', 'nuc', 1, -1, 2, -2, inf or "
            f"-inf. Received: ord={ord}"
        )
    shape = tuple(1 if a in axes else n for a, n in enumerate(x.shape) if keepdims or a not in axes)
    return emit("reshape", y, shape=shape)
