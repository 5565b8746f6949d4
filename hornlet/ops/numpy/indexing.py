"""Choosing elements: `get_item`, `take`, sorting, searching."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.engine.emit import Tensor, emit
from hornlet.ops.arguments import axis_of, cast_to, integer, promoted, size_of, tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import flat, moved, spread
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.operation import symbolic_call


@op
def take(x: Any, indices: Any, axis: int | Sequence[int] | None = None) -> Any:
    """The elements of ``x`` at ``indices`` along ``axis`` (None: of the flattened tensor).

    Indices below zero count from the end.

    >>> keras.ops.take(np.array([[1, 2], [3, 4]]), [1], axis=0)
    array([[3, 4]])
    """
    x, indices = tensor(x), integer(indices, "indices")
    if axis is None:
        x, axis = flat(x), 0
    axis = axis_of(axis, x.ndim)
    return emit("take", x, from_front(indices, x.shape[axis]), axis=axis)


def from_front(indices, n):
    """``indices`` with those below zero counted from the end of an axis of size ``n``."""
    if indices.dtype.kind == "b":
        indices = cast_to(indices, "int32")
    if indices.dtype.kind == "u":
        return indices
    if isinstance(indices, np.ndarray) and (not indices.size or indices.min() >= 0):
        return indices
    return emit("where", emit("less", indices, 0), emit("add", indices, n), indices)


@op
def take_along_axis(x: Any, indices: Any, axis: int | Sequence[int] | None = None) -> Any:
    """For each position, the element of ``x`` whose place along ``axis`` is in ``indices``.

    >>> keras.ops.take_along_axis(np.array([[1, 2], [3, 4]]), np.array([[1], [0]]), axis=1)
    array([[2],
           [3]])
    """
    x, indices = tensor(x), integer(indices, "indices")
    if axis is None:
        x, indices, axis = flat(x), flat(indices), 0
    if x.ndim != indices.ndim:
        raise ValueError(
            "`x` and `indices` must have the same number of dimensions, but receive shape "
            f"{x.shape} and {indices.shape}."
        )
    axis = axis_of(axis, x.ndim)
    pairs = [(n, m) for a, (n, m) in enumerate(zip(x.shape, indices.shape)) if a != axis]
    if builtins.any(n != m and 1 not in (n, m) for n, m in pairs):
        raise ValueError(
            f"`indices` of shape {indices.shape} does not fit `x` of shape {x.shape} along the "
            f"axes other than {axis}."
        )
    wide = [n if m == 1 else m for n, m in zip(x.shape, indices.shape)]
    x = spread(x, tuple(x.shape[a] if a == axis else n for a, n in enumerate(wide)))
    indices = spread(
        indices, tuple(indices.shape[a] if a == axis else n for a, n in enumerate(wide))
    )
    return emit("take_along_axis", x, from_front(indices, x.shape[axis]), axis=axis)


@op
def get_item(x: Any, key: Any) -> Any:
    """``x[key]``: integers, slices, None, Ellipsis, integer tensors; boolean masks untraced.

    >>> keras.ops.get_item(np.arange(6).reshape(2, 3), (0, slice(1, None)))
    array([1, 2])
    """
    x = tensor(x)
    return chosen_items(x, key)


def chosen_items(x, key):
    keys = list(key) if isinstance(key, tuple) else [key]
    keys = [tensor(k, "key") if is_index_array(k) else k for k in keys]
    if builtins.any(map(is_mask, keys)):
        keys = [i for k in keys for i in spelled_out(k)]
    used = builtins.sum(k is not None and k is not Ellipsis for k in keys)
    if used > x.ndim:
        raise IndexError(f"Too many indices ({used}) for a tensor of shape {x.shape}.")
    dots = [i for i, k in enumerate(keys) if k is Ellipsis]
    if len(dots) > 1:
        raise IndexError("An index can hold only one Ellipsis (`...`).")
    at = dots[0] if dots else len(keys)
    keys[at:at + 1] = [slice(None)] * (x.ndim - used)

    # One slice of every axis, then a reshape for dropped and new axes, then look-ups.
    index, shape, turned, lookups, axis = [], [], [], [], 0
    for k in keys:
        if k is None:
            shape.append(1)
            continue
        n = x.shape[axis]
        if isinstance(k, slice):
            start, stop, step = k.indices(n)
            count = len(range(start, stop, step))
            if step < 0:
                turned.append(len(shape))
                start, stop, step = start + (count - 1) * step, start + 1, -step
            index.append((start, builtins.max(start, stop), step) if count else (0, 0, 1))
            shape.append(count)
        elif hasattr(k, "dtype") and not (isinstance(k, np.ndarray) and k.ndim == 0):
            lookups.append((len(shape), k))
            index.append((0, n, 1))
            shape.append(n)
        else:
            i = int(k)
            if not -n <= i < n:
                raise IndexError(f"Index {i} is out of bounds for axis {axis} of size {n}.")
            index.append((i % n, i % n + 1, 1))
        axis += 1
    y = x
    if builtins.any(i != (0, n, 1) for i, n in zip(index, x.shape)):
        y = emit("slice", y, index=tuple(index))
    if y.shape != tuple(shape):
        y = emit("reshape", y, shape=tuple(shape))
    for a in turned:
        y = emit("flip", y, axis=a)
    if len(lookups) == 1:
        a, k = lookups[0]
        return emit("take", y, from_front(k, y.shape[a]), axis=a)
    return looked_up(y, lookups) if lookups else y


def is_index_array(k):
    return isinstance(k, list) or (
        k is not None and not isinstance(k, (slice, int, np.integer)) and k is not Ellipsis
    )


def is_mask(k):
    return str(getattr(k, "dtype", "")) == "bool"


def spelled_out(k):
    """A boolean mask as the integer arrays of its true places."""
    if not is_mask(k):
        return [k]
    if isinstance(k, Tensor) and k.value is None:
        raise TypeError(
            f"A traced boolean mask (shape {k.shape}) cannot be an index: how many elements it "
            "picks is not known before the step runs. Use `ops.where(mask, x, 0)`, which keeps the "
            "shape, or compile with `run_eagerly=True`."
        )
    return [i.astype("int32") for i in np.nonzero(np.asarray(k))]


def looked_up(x, lookups):
    """``x`` indexed by several integer tensors at once, which broadcast together."""
    axes = [a for a, _ in lookups]
    shape = np.broadcast_shapes(*[k.shape for _, k in lookups])
    place = None
    for a, k in lookups:
        k = cast_to(from_front(k, x.shape[a]), "int32")
        place = k if place is None else emit("add", emit("multiply", place, x.shape[a]), k)
    y = moved(x, axes, list(range(len(axes))))
    rest = y.shape[len(axes):]
    y = emit("reshape", y, shape=(size_of(y.shape[:len(axes)]), *rest))
    y = emit("take", y, spread(place, shape), axis=0)
    if axes == list(range(axes[0], axes[0] + len(axes))) and axes[0]:
        ends = list(range(len(shape)))
        y = moved(y, ends, [axes[0] + e for e in ends])
    return y


@op
def sort(x: Any, axis: int = -1) -> Any:
    """``x`` in rising order along ``axis`` (None: flattened).

    >>> keras.ops.sort(np.array([3, 1, 2]))
    array([1, 2, 3])
    """
    x = tensor(x)
    if axis is None:
        x, axis = flat(x), 0
    return emit("sort", x, axis=axis_of(axis, x.ndim))


@op
def argsort(x: Any, axis: int = -1) -> Any:
    """The positions that put ``x`` in rising order along ``axis`` (None: flattened).

    >>> keras.ops.argsort(np.array([3, 1, 2]))
    array([1, 2, 0], dtype=int32)
    """
    x = tensor(x)
    if x.ndim == 0:
        x, axis = flat(x), 0
    if axis is None:
        x, axis = flat(x), 0
    return cast_to(emit("argsort", x, axis=axis_of(axis, x.ndim)), "int32")


@op
def argpartition(x: Any, kth: Any, axis: int = -1) -> Any:
    """Positions that put the ``kth`` element in its place, smaller ones before it.

    >>> int(keras.ops.argpartition(np.array([3, 1, 2]), 0)[0])
    1
    """
    x = tensor(x)
    if not hasattr(kth, "__index__"):
        raise ValueError(f"Argument `kth` must be an integer. Received: kth = {kth}")
    n = x.shape[-1 if axis is None else axis_of(axis, x.ndim)] if axis is not None else None
    if n is not None and not -n <= kth < n:
        raise ValueError(f"Argument `kth`={kth} is out of bounds for an axis of size {n}.")
    return argsort(x, axis)


@op
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """Where ``values`` would go in ``sorted_sequence`` to keep it in order.

    >>> keras.ops.searchsorted(np.array([1, 3, 5]), np.array([3, 4]))
    array([1, 2], dtype=int32)
    """
    a, v = promoted(sorted_sequence, values)
    if a.ndim != 1:
        raise ValueError(
            "`searchsorted` only supports 1-D sorted sequences. You can use `keras.ops.vectorized"
            f"_map` to extend it to N-D sequences. Received: sorted_sequence.shape={a.shape}"
        )
    if side not in ("left", "right"):
        raise ValueError(f"Argument `side` must be 'left' or 'right'. Received: side={side!r}")
    return cast_to(emit("searchsorted", a, v, side=side), "int32")


@op
def digitize(x: Any, bins: Any) -> Any:
    """The number of the bin, of those between the rising edges ``bins``, of each element.

    >>> keras.ops.digitize(np.array([0.5, 2.5]), np.array([1.0, 2.0]))
    array([0, 2], dtype=int32)
    """
    bins = tensor(bins, "bins")
    if bins.ndim > 1:
        raise ValueError(f"`bins` must be a 1D array. Received: bins={bins}")
    x, bins = promoted(x, bins)
    return cast_to(emit("searchsorted", bins, x, side="right"), "int32")


@op
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """True where an element of ``x1`` occurs in ``x2`` (or does not, with ``invert``).

    >>> keras.ops.isin(np.array([1, 2]), np.array([2, 3]))
    array([False,  True])
    """
    x1, x2 = promoted(x1, x2)
    column = emit("reshape", x1, shape=(*x1.shape, 1))
    found = emit("any", emit("equal", column, flat(x2)), axis=(x1.ndim,), keepdims=False)
    return emit("logical_not", found) if invert else found


def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: Any = None,
    fill_value: float | None = None,
) -> Any:
    """The different elements of ``x`` (or slices along ``axis``). It cannot be traced.

    NaNs differ from everything, each other too.

    Args:
        x: tensor.
        sorted: accepted; the result is always in rising order.
        return_index, return_inverse, return_counts: also return where each was first, which of
            them each element is, and how often each occurs.
        axis: compare slices along this axis; None compares elements.
        size, fill_value: cut or fill the result to this many elements.

    >>> keras.ops.unique(np.array([2, 1, 2]))
    array([1, 2])
    """
    if isinstance(x, KerasTensor):
        settings = (sorted, return_index, return_inverse, return_counts, axis, size, fill_value)
        return symbolic_call(unique, (x, *settings), {})
    x = np.asarray(tensor(x))
    found = np.unique(x, True, True, True, axis=axis, equal_nan=False)
    values, first, inverse, counts = found
    inverse = inverse.reshape(x.shape if axis is None else -1)
    if size is not None:
        along = 0 if axis is None else axis
        n = values.shape[along]
        if n < size:
            filler = values.min() if fill_value is None and values.size else fill_value or 0
            extra = [(0, size - n if a == along % values.ndim else 0) for a in range(values.ndim)]
            values = np.pad(values, extra, constant_values=filler)
            first = np.pad(first, (0, size - n), constant_values=first[0] if n else 0)
            counts = np.pad(counts, (0, size - n))
        else:
            values = np.take(values, np.arange(size), axis=along)
            first, counts = first[:size], counts[:size]
    wanted = [values]
    for flag, extra_result in (
        (return_index, first), (return_inverse, inverse), (return_counts, counts)
    ):
        if flag:
            wanted.append(extra_result.astype("int32"))
    return wanted[0] if len(wanted) == 1 else tuple(wanted)


def unique_spec(
    x,
    sorted=True,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """What `unique` returns for a symbol: how many values there are is known by ``size`` alone."""
    axis = None if axis is None else axis_of(axis, len(x.shape))
    shape = (size,) if axis is None else (*x.shape[:axis], size, *x.shape[axis + 1:])
    inverse = x.shape if axis is None else (x.shape[axis],)
    symbols = [KerasTensor(shape, dtype=x.dtype)]
    for flag, other in (
        (return_index, (size,)), (return_inverse, inverse), (return_counts, (size,))
    ):
        if flag:
            symbols.append(KerasTensor(other, dtype="int32"))
    return symbols[0] if len(symbols) == 1 else tuple(symbols)


unique.output_spec = unique_spec  # type: ignore[attr-defined]
