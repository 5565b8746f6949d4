"""Moving elements without changing them: reshape, transpose, join, split, repeat, pad, flip."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype
from hornlet.engine.emit import emit
from hornlet.engine.spec import SizeError
from hornlet.engine.tensor import Tensor
from hornlet.ops.arguments import (
    axes_of,
    axis_of,
    integer,
    shape_tuple,
    size_of,
    tensor,
)
from hornlet.ops.function import alias, op
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.operation import symbolic_call


@op
def reshape(x: Any, newshape: Any) -> Any:
    """``x`` with the same elements in another shape; one size may be -1 (what is left).

    >>> keras.ops.reshape(np.arange(6), (2, -1)).shape
    (2, 3)
    """
    x = tensor(x)
    return emit("reshape", x, shape=full_shape(x.shape, shape_tuple(newshape, "newshape")))


def full_shape(old, new):
    """``new`` with its -1 worked out; ValueError when the element counts differ."""
    unknown = [i for i, n in enumerate(new) if n == -1]
    known = size_of(n for n in new if n != -1)
    total = size_of(old)
    if len(unknown) == 1 and known and total % known == 0:
        i = unknown[0]
        return (*new[:i], total // known, *new[i + 1:])
    if unknown or known != total:
        parts = [(n, total // n) for n in old if n]
        fits = [(n, known // rest) for n, rest in parts if not unknown and known % rest == 0]
        raise SizeError(
            f"Cannot reshape a tensor of shape {tuple(old)} ({total} elements) to `newshape`="
            f"{new}.",
            *fits,
        )
    return new


@op
def ravel(x: Any) -> Any:
    """The elements of ``x`` in one axis.

    >>> keras.ops.ravel(np.array([[1, 2], [3, 4]]))
    array([1, 2, 3, 4])
    """
    return flat(tensor(x))


def flat(x):
    return x if x.ndim == 1 else emit("reshape", x, shape=(size_of(x.shape),))


@op
def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """``x`` with its axes reversed, or in the order ``axes``.

    >>> keras.ops.transpose(np.zeros((2, 3))).shape
    (3, 2)
    """
    x = tensor(x)
    if axes is None:
        return emit("transpose", x, axes=tuple(range(x.ndim))[::-1])
    order = tuple(axis_of(a, x.ndim, "axes") for a in axes)
    if sorted(order) != list(range(x.ndim)):
        raise ValueError(
            f"Argument `axes` must name each of the {x.ndim} axes of `x` once. "
            f"Received: axes={axes} for shape {x.shape}"
        )
    return emit("transpose", x, axes=order)


@op
def swapaxes(x: Any, axis1: Any, axis2: Any) -> Any:
    """``x`` with two axes exchanged.

    >>> keras.ops.swapaxes(np.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    x = tensor(x)
    i, j = axis_of(axis1, x.ndim, "axis1"), axis_of(axis2, x.ndim, "axis2")
    order = list(range(x.ndim))
    order[i], order[j] = j, i
    return emit("transpose", x, axes=tuple(order))


@op
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """``x`` with the axes ``source`` moved to the places ``destination``.

    >>> keras.ops.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    x = tensor(x)
    return moved(x, source, destination)


def moved(x, source, destination):
    source = [source] if not isinstance(source, (list, tuple)) else source
    destination = [destination] if not isinstance(destination, (list, tuple)) else destination
    if len(source) != len(destination):
        raise ValueError(
            "Arguments `source` and `destination` must name as many axes. "
            f"Received: source={source}, destination={destination}"
        )
    source = [axis_of(a, x.ndim, "source") for a in source]
    destination = [axis_of(a, x.ndim, "destination") for a in destination]
    order = [a for a in range(x.ndim) if a not in source]
    for to, come in sorted(zip(destination, source)):
        order.insert(to, come)
    if order == list(range(x.ndim)):
        return x
    return emit("transpose", x, axes=tuple(order))


@op
def squeeze(x: Any, axis: int | Sequence[int] | None = None) -> Any:
    """``x`` without its axes of size 1, or without those in ``axis``.

    >>> keras.ops.squeeze(np.zeros((1, 3, 1))).shape
    (3,)
    """
    x = tensor(x)
    if axis is None:
        gone = [a for a, n in enumerate(x.shape) if n == 1]
    else:
        gone = axes_of(axis, x.ndim)
        for a in gone:
            if x.shape[a] != 1:
                raise ValueError(
                    f"Cannot squeeze axis {a} of size {x.shape[a]}; only axes of size 1 can go. "
                    f"Received: x.shape={x.shape}, axis={axis}"
                )
    return emit("reshape", x, shape=tuple(n for a, n in enumerate(x.shape) if a not in gone))


@op
def expand_dims(x: Any, axis: Any) -> Any:
    """``x`` with new axes of size 1 at the places ``axis`` of the result.

    >>> keras.ops.expand_dims(np.zeros(3), 0).shape
    (1, 3)
    """
    return expanded(tensor(x), axis)


def expanded(x, axis):
    places = axis if isinstance(axis, (list, tuple)) else (axis,)
    places = axes_of(places, x.ndim + len(places))
    shape = list(x.shape)
    for place in places:
        shape.insert(place, 1)
    return emit("reshape", x, shape=tuple(shape))


@op
def broadcast_to(x: Any, shape: Any) -> Any:
    """``x`` repeated along axes of size 1 (or new leading axes) to ``shape``.

    >>> keras.ops.broadcast_to(np.array([1, 2]), (2, 2))
    array([[1, 2],
           [1, 2]])
    """
    return spread(tensor(x), shape_tuple(shape))


def spread(x, shape):
    tail = shape[len(shape) - x.ndim:]
    if x.ndim > len(shape) or builtins.any(n != m and n != 1 for n, m in zip(x.shape, tail)):
        raise SizeError(
            f"Cannot broadcast a tensor of shape {x.shape} to `shape`={shape}.",
            *[(n, m) for n, m in zip(x.shape, tail) if n not in (1, m)][:1],
        )
    return x if x.shape == shape else emit("broadcast_to", x, shape=shape)


def writable(y, x):
    """``y``, made of ``x``, in memory of its own if it is spread over less: so it can be changed.

    While shapes are found, a traced ``x`` may be huge; a view costs nothing there.
    """
    is_traced = isinstance(x, Tensor) or isinstance(y, Tensor)
    return y if is_traced or y.flags.writeable else y.copy()


def part(x, axis, start, stop, keep=True):
    """``x[..., start:stop, ...]`` on ``axis``; without the axis (of size 1) if not ``keep``."""
    index = tuple((start, stop, 1) if a == axis else (0, n, 1) for a, n in enumerate(x.shape))
    y = emit("slice", x, index=index)
    return y if keep else emit("reshape", y, shape=y.shape[:axis] + y.shape[axis + 1:])


@op
def unravel_index(indices: Any, shape: Any) -> Any:
    """Positions in a flattened tensor as one position per axis of ``shape``.

    >>> keras.ops.unravel_index(np.array([5]), (2, 3))
    (array([1]), array([2]))
    """
    rest, shape = integer(indices, "indices"), shape_tuple(shape)
    total = size_of(shape)
    rest = emit("where", emit("less", rest, 0), emit("add", rest, total), rest)
    places = []
    for n in reversed(shape):
        places.append(emit("remainder", rest, n))
        rest = emit("floor_divide", rest, n)
    return tuple(reversed(places))


@op
def view(x: Any, dtype: Any = None) -> Any:
    """The bytes of ``x`` read as another dtype. It cannot be traced.

    >>> keras.ops.view(np.array([1.0], "float32"), "int32")
    array([1065353216], dtype=int32)
    """
    x = tensor(x)
    if dtype is None:
        return x
    return np.asarray(x).view(numpy_dtype(dtype))


def size(x: Any) -> Any:
    """How many elements ``x`` has; a symbol when a dimension of a KerasTensor is unknown.

    >>> keras.ops.size(np.zeros((2, 3)))
    6
    """
    shape = x.shape if hasattr(x, "shape") else tensor(x).shape
    return symbolic_call(size, (x,), {}) if None in shape else size_of(shape)


size.output_spec = lambda x: KerasTensor((), dtype="int32")  # type: ignore[attr-defined]


def ndim(x: Any) -> Any:
    """How many axes ``x`` has.

    >>> keras.ops.ndim(np.zeros((2, 3)))
    2
    """
    return len(x.shape if hasattr(x, "shape") else tensor(x).shape)


alias("size", size)
alias("ndim", ndim)
