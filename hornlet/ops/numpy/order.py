"""Elements laid out again: repeated, turned round, rolled, padded, spread over grids."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.base.names import one_of
from hornlet.engine.emit import emit
from hornlet.engine.spec import SizeError
from hornlet.engine.tensor import Tensor
from hornlet.ops.arguments import (
    axes_of,
    axis_of,
    shape_tuple,
    tensor,
)
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import (
    flat,
    part,
    spread,
    swapaxes,
    writable,
)


@op
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Every element repeated along ``axis`` (None: of the flattened tensor).

    >>> keras.ops.repeat(np.array([1, 2]), 2)
    array([1, 1, 2, 2])
    """
    x = tensor(x)
    if axis is None:
        x, axis = flat(x), 0
    axis = axis_of(axis, x.ndim)
    repeats = np.asarray(repeats)
    if repeats.size == 1:
        k = int(repeats.reshape(()))
        shape = x.shape
        y = emit("reshape", x, shape=(*shape[:axis + 1], 1, *shape[axis + 1:]))
        y = spread(y, (*shape[:axis + 1], k, *shape[axis + 1:]))
        wide = (*shape[:axis], shape[axis] * k, *shape[axis + 1:])
        return writable(emit("reshape", y, shape=wide), x)
    if repeats.shape != (x.shape[axis],):
        raise SizeError(
            f"Argument `repeats` must be one number or one per element of axis {axis} (size "
            f"{x.shape[axis]}). Received: {repeats.shape}",
            (x.shape[axis], repeats.size),
        )
    places = np.repeat(np.arange(x.shape[axis], dtype="int32"), repeats)
    return emit("take", x, places, axis=axis)


@op
def tile(x: Any, repeats: Any) -> Any:
    """``x`` laid out ``repeats[i]`` times along axis i.

    >>> keras.ops.tile(np.array([1, 2]), 2)
    array([1, 2, 1, 2])
    """
    x, repeats = tensor(x), shape_tuple(repeats, "repeats")
    rank = builtins.max(x.ndim, len(repeats))
    shape = (1,) * (rank - x.ndim) + x.shape
    repeats = (1,) * (rank - len(repeats)) + repeats
    y = emit("reshape", x, shape=tuple(m for n in shape for m in (1, n)))
    y = spread(y, tuple(m for n, k in zip(shape, repeats) for m in (k, n)))
    return writable(emit("reshape", y, shape=tuple(n * k for n, k in zip(shape, repeats))), x)


@op
def flip(x: Any, axis: int | Sequence[int] | None = None) -> Any:
    """``x`` with the order along ``axis`` (None: every axis) reversed.

    >>> keras.ops.flip(np.array([1, 2, 3]))
    array([3, 2, 1])
    """
    x = tensor(x)
    for a in axes_of(axis, x.ndim):
        x = emit("flip", x, axis=a)
    return x


@op
def fliplr(x: Any) -> Any:
    """``x`` reversed along axis 1.

    >>> keras.ops.fliplr(np.array([[1, 2]]))
    array([[2, 1]])
    """
    return flip(x, 1)


@op
def flipud(x: Any) -> Any:
    """``x`` reversed along axis 0.

    >>> keras.ops.flipud(np.array([1, 2]))
    array([2, 1])
    """
    return flip(x, 0)


@op
def roll(x: Any, shift: Any, axis: int | Sequence[int] | None = None) -> Any:
    """``x`` moved by ``shift`` along ``axis`` (None: flattened); the end comes round.

    >>> keras.ops.roll(np.array([1, 2, 3]), 1)
    array([3, 1, 2])
    """
    x = tensor(x)
    if axis is None:
        return emit("reshape", roll(flat(x), shift, 0), shape=x.shape)
    axes = axis if isinstance(axis, (list, tuple)) else (axis,)
    shifts = shift if isinstance(shift, (list, tuple)) else (shift,) * len(axes)
    if len(shifts) != len(axes):
        raise ValueError(
            f"Arguments `shift` and `axis` must be of one length. Received: {shift}, {axis}"
        )
    for a, s in zip(axes, shifts):
        a = axis_of(a, x.ndim)
        n = x.shape[a]
        k = int(s) % n if n else 0
        if k:
            x = emit("concatenate", part(x, a, n - k, n), part(x, a, 0, n - k), axis=a)
    return x


@op
def rot90(array: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    """``array`` turned ``k`` quarter turns in the plane of ``axes``.

    >>> keras.ops.rot90(np.array([[1, 2], [3, 4]]))
    array([[2, 4],
           [1, 3]])
    """
    x = tensor(array, "array")
    if x.ndim < 2:
        raise ValueError(
            f"Input array must have at least 2 dimensions. Received: array.ndim={x.ndim}"
        )
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ValueError(f"Invalid axes: {axes}. Axes must be a tuple of two different dimensions.")
    i, j = (axis_of(a, x.ndim, "axes") for a in axes)
    k %= 4
    if k == 2:
        return emit("flip", emit("flip", x, axis=i), axis=j)
    if k == 1:
        return swapaxes(emit("flip", x, axis=j), i, j)
    return emit("flip", swapaxes(x, i, j), axis=j) if k else x


@op
def pad(x: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = None) -> Any:
    """``x`` with elements added at the edges of its axes.

    Args:
        x: tensor.
        pad_width: an integer, ``(before, after)``, or one such pair per axis.
        mode: "constant", "reflect", "symmetric", "edge", "wrap".
        constant_values: what "constant" fills in, 0 by default.

    >>> keras.ops.pad(np.array([1, 2]), (1, 2))
    array([0, 1, 2, 0, 0])
    """
    x = tensor(x)
    widths = pad_pairs(pad_width, x.ndim)
    if mode == "constant":
        value = 0 if constant_values is None else constant_values
        if isinstance(value, Tensor) or np.ndim(value):
            raise ValueError(f"Argument `constant_values` must be a number. Received: {value}")
        return emit("pad", x, widths=widths, value=np.asarray(value).item())
    if constant_values is not None:
        raise ValueError(
            "Argument `constant_values` can only be provided when `mode == 'constant'`. "
            f"Received: mode={mode}"
        )
    one_of("mode", mode, ("constant", "reflect", "symmetric", "edge", "wrap", "empty"))
    for axis, (before, after) in enumerate(widths):
        if before or after:
            places = np.pad(np.arange(x.shape[axis], dtype="int32"), (before, after), mode=mode)
            x = emit("take", x, places, axis=axis)
    return x


def pad_pairs(pad_width, ndim):
    pairs = np.asarray(pad_width)
    try:
        pairs = np.broadcast_to(pairs, (ndim, 2))
    except ValueError:
        raise ValueError(
            f"Argument `pad_width` must be a number, a pair, or a pair for each of {ndim} axes. "
            f"Received: {pad_width}"
        ) from None
    return tuple((int(a), int(b)) for a, b in pairs)


@op
def meshgrid(*x: Any, indexing: str = "xy") -> Any:
    """The coordinates of a grid, one tensor per one-dimensional input.

    >>> keras.ops.meshgrid(np.array([1, 2]), np.array([3]))
    [array([[1, 2]]), array([[3, 3]])]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"Argument `indexing` must be 'xy' or 'ij'. Received: {indexing!r}")
    xs = [flat(tensor(item)) for item in x]
    shape = tuple(item.shape[0] for item in xs)
    grids = []
    for i, item in enumerate(xs):
        y = emit("reshape", item, shape=tuple(n if a == i else 1 for a, n in enumerate(shape)))
        y = writable(spread(y, shape), item)
        grids.append(swapaxes(y, 0, 1) if indexing == "xy" and len(xs) > 1 else y)
    return grids
