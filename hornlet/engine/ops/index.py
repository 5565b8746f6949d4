"""Look-ups by index and their adjoints, which add into the places looked up."""

from __future__ import annotations

from math import prod

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec


def _check_integers(name, indices):
    if indices.dtype.kind not in "iu":
        raise ValueError(
            f"`{name}` received indices of dtype {indices.dtype}; expected integers. Cast them, "
            "for "
            'example with `ops.cast(indices, "int32")`.'
        )


def _check_range(name, indices, n):
    """Indices from the back are allowed, as in NumPy; those beyond are an error, never read."""
    if indices.size and (int(indices.max()) >= n or int(indices.min()) < -n):
        wrong = indices[(indices >= n) | (indices < -n)]
        raise IndexError(
            f"`{name}` received the index {wrong.flat[0]} for an axis of size {n}; expected "
            "indices "
            f"between 0 and {n - 1}."
        )


def _take_shape(x, indices, axis):
    _check_integers("take", indices)
    if not 0 <= axis < len(x.shape):
        raise ValueError(f"`take` received axis={axis} for an array of shape {x.shape}.")
    return Spec((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)


def _take(x, indices, out, axis):
    _check_range("take", indices, x.shape[axis])
    if out.size == 0:
        return
    # With mode "raise" NumPy would write into a buffer first.
    np.take(x, indices, axis, out, "wrap")


def _take_vjp(dy, y, x, indices, axis):
    return emit("take_add", dy, indices, shape=x.shape, axis=axis), None


primitive("take", shape=_take_shape, kernel=_take, vjp=_take_vjp)


def _take_add(dy, indices, out, shape, axis):
    """Adds the slices of `dy` at `indices` along `axis` into zeros of `shape`."""
    n = shape[axis]
    _check_range("take_add", indices, n)
    places = indices.reshape(-1)
    if indices.dtype.kind == "i" and places.size and places.min() < 0:
        places = np.where(places < 0, places + n, places)
    lead, rest = prod(shape[:axis]), prod(shape[axis + 1 :])
    out.fill(0)
    if not places.size or not out.size:
        return
    if lead == 1 and out.flags.c_contiguous:
        add_rows(dy.reshape(len(places), rest), places, out.reshape(n, rest))
        return
    rows = np.moveaxis(dy.reshape(lead, len(places), rest), 1, 0).reshape(len(places), -1)
    total = np.zeros((n, lead * rest), out.dtype)
    add_rows(rows, places, total)
    out[...] = np.moveaxis(total.reshape(n, lead, rest), 0, 1).reshape(shape)


def add_rows(rows, places, out):
    """out[places[i]] += rows[i] for every i; `places` may repeat and are not negative."""
    width = rows.shape[1]
    if out.dtype.kind == "f" and out.dtype.itemsize > 2 and width == 1:
        out[:, 0] += np.bincount(places, rows[:, 0], len(out))
        return
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    if len(starts) == len(places):
        out[places] += rows
        return
    if out.dtype.itemsize == 2:
        rows = rows.astype(np.float32)
    sums = np.add.reduceat(rows[order], starts, 0)
    out[ordered[starts]] += sums.astype(out.dtype, copy=False)


def _take_add_vjp(ddx, dx, dy, indices, shape, axis):
    return emit("take", ddx, indices, axis=axis), None


primitive(
    "take_add",
    shape=lambda dy, indices, shape, axis: Spec(tuple(shape), dy.dtype),
    kernel=_take_add,
    vjp=_take_add_vjp,
)


def _nd_shape(name, shape, indices):
    _check_integers(name, indices)
    depth = indices.shape[-1] if indices.shape else 0
    if not indices.shape or depth > len(shape):
        raise ValueError(
            f"`{name}` received indices of shape {indices.shape} into shape {shape}; the last axis "
            "of the indices must be at most as long as that shape."
        )
    return (*indices.shape[:-1], *shape[depth:])


def _flat_places(name, indices, shape):
    """The indices into the leading axes of `shape`, as positions in those axes flattened."""
    depth = indices.shape[-1]
    flat = np.zeros(indices.shape[:-1], np.intp)
    for k in range(depth):
        place = indices[..., k]
        _check_range(name, place, shape[k])
        flat *= shape[k]
        flat += np.where(place < 0, place + shape[k], place) if place.dtype.kind == "i" else place
    return flat.reshape(-1)


def _gather_nd(x, indices, out):
    places = _flat_places("gather_nd", indices, x.shape)
    depth = indices.shape[-1]
    flat = x.reshape(prod(x.shape[:depth]), prod(x.shape[depth:]))
    if out.size:
        out[...] = flat[places].reshape(out.shape)


primitive(
    "gather_nd",
    shape=lambda x, indices: Spec(_nd_shape("gather_nd", x.shape, indices), x.dtype),
    kernel=_gather_nd,
    vjp=lambda dy, y, x, indices: (emit("scatter_add_nd", indices, dy, shape=x.shape), None),
)


def _scatter_shape(indices, updates, shape):
    wanted = _nd_shape("scatter_add_nd", tuple(shape), indices)
    if updates.shape != wanted:
        raise ValueError(
            f"`scatter_add_nd` received updates of shape {updates.shape}; expected {wanted} for "
            f"indices of shape {indices.shape} into shape {tuple(shape)}."
        )
    return Spec(tuple(shape), updates.dtype)


def _scatter_add_nd(indices, updates, out, shape):
    places = _flat_places("scatter_add_nd", indices, shape)
    depth = indices.shape[-1]
    total = np.zeros((prod(shape[:depth]), prod(shape[depth:])), out.dtype)
    if places.size and total.size:
        add_rows(updates.reshape(len(places), -1), places, total)
    out[...] = total.reshape(shape)


primitive(
    "scatter_add_nd",
    shape=_scatter_shape,
    kernel=_scatter_add_nd,
    vjp=lambda dy, y, indices, updates, shape: (None, emit("gather_nd", dy, indices)),
)


def _scatter_update_shape(x, indices, updates):
    _scatter_shape(indices, updates, x.shape)
    return x


def _scatter_update_nd(x, indices, updates, out):
    if out.ctypes.data != x.ctypes.data or out.strides != x.strides:
        np.copyto(out, x)
    places = _flat_places("scatter_update_nd", indices, x.shape)
    depth = indices.shape[-1]
    if places.size and out.size:
        at = np.unravel_index(places, x.shape[:depth]) if depth else (places,)
        target = out if depth else out[None]
        target[at] = updates.reshape(len(places), *x.shape[depth:])


def _scatter_update_vjp(dy, y, x, indices, updates):
    """Of several updates of one place the last one counts, and gets the gradient."""
    zeros = emit("broadcast_to", np.zeros((), dy.dtype), shape=updates.shape)
    dx = emit("scatter_update_nd", dy, indices, zeros)
    n = prod(indices.shape[:-1])
    number = np.arange(n, dtype="int32").reshape(indices.shape[:-1])
    depth = indices.shape[-1]
    start = np.zeros(x.shape[:depth], "int32")
    winner = emit("gather_nd", emit("scatter_update_nd", start, indices, number), indices)
    wins = emit("cast", emit("equal", winner, number), dtype=dy.dtype)
    wins = emit("reshape", wins, shape=(*indices.shape[:-1], *(1 for _ in x.shape[depth:])))
    return dx, None, emit("gather_nd", dy, indices) * wins


primitive(
    "scatter_update_nd",
    shape=_scatter_update_shape,
    kernel=_scatter_update_nd,
    vjp=_scatter_update_vjp,
    inplace=(0,),
)


def _along_shape(x, indices, axis):
    _check_integers("take_along_axis", indices)
    if len(x.shape) != len(indices.shape) or any(
        i != axis and n != m and 1 not in (n, m)
        for i, (n, m) in enumerate(zip(x.shape, indices.shape))
    ):
        raise ValueError(
            f"`take_along_axis` received shapes {x.shape} and {indices.shape} with axis={axis}; "
            "all other axes must agree."
        )
    return tuple(
        m if i == axis else max(n, m) if min(n, m) else 0
        for i, (n, m) in enumerate(zip(x.shape, indices.shape))
    )


def _take_along_axis(x, indices, out, axis):
    _check_range("take_along_axis", indices, x.shape[axis])
    if out.size:
        shape = list(out.shape)
        shape[axis] = x.shape[axis]
        out[...] = np.take_along_axis(
            np.broadcast_to(x, shape), np.broadcast_to(indices, out.shape), axis
        )


def _along_vjp(dy, y, x, indices, axis):
    shape = list(y.shape)
    shape[axis] = x.shape[axis]
    places = emit("broadcast_to", indices, shape=y.shape)
    dx = emit("put_along_axis_add", dy, places, shape=tuple(shape), axis=axis)
    wide = tuple(i for i in range(x.ndim) if shape[i] != x.shape[i])
    return (emit("sum", dx, axis=wide, keepdims=True) if wide else dx), None


primitive(
    "take_along_axis",
    shape=lambda x, indices, axis: Spec(_along_shape(x, indices, axis), x.dtype),
    kernel=_take_along_axis,
    vjp=_along_vjp,
)


def _put_along_axis_add(dy, indices, out, shape, axis):
    n = shape[axis]
    _check_range("put_along_axis_add", indices, n)
    if not dy.size:
        out.fill(0)
        return
    places = np.where(indices < 0, indices + n, indices).astype(np.intp)
    flat = np.zeros(dy.shape, np.intp)
    for i, m in enumerate(shape):
        flat *= m
        along = np.arange(m).reshape((m,) + (1,) * (len(shape) - 1 - i))
        flat += places if i == axis else along
    total = np.zeros((prod(shape), 1), out.dtype)
    add_rows(dy.reshape(-1, 1), flat.reshape(-1), total)
    out[...] = total.reshape(shape)


primitive(
    "put_along_axis_add",
    shape=lambda dy, indices, shape, axis: Spec(tuple(shape), dy.dtype),
    kernel=_put_along_axis_add,
    vjp=lambda ddx, dx, dy, indices, shape, axis: (
        emit("take_along_axis", ddx, indices, axis=axis), None,
    ),
)  # fmt: skip


def _one_hot_shape(indices, n, dtype):
    _check_integers("one_hot", indices)
    return Spec((*indices.shape, n), np.dtype(dtype))


def _one_hot(indices, out, n, dtype):
    """Indices out of range give rows of zeros."""
    np.equal(indices[..., None], np.arange(n, dtype=indices.dtype), out=out, casting="unsafe")


primitive("one_hot", shape=_one_hot_shape, kernel=_one_hot)
