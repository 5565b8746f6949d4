"""Sorting and searching in sorted sequences."""

from __future__ import annotations

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec

INT32 = np.dtype("int32")


def _sort(x, out, axis):
    np.copyto(out, x)
    out.sort(axis)


def _sort_vjp(dy, y, x, axis):
    return emit("put_along_axis_add", dy, emit("argsort", x, axis=axis), shape=x.shape, axis=axis)


primitive("sort", shape=lambda x, axis: x, kernel=_sort, vjp=_sort_vjp)


def _argsort(x, out, axis):
    np.copyto(out, np.argsort(x, axis, "stable"), casting="unsafe")


primitive("argsort", shape=lambda x, axis: Spec(x.shape, INT32), kernel=_argsort)


def _top_k_shape(x, k):
    if not x.shape or not 0 <= k <= x.shape[-1]:
        raise ValueError(f"`top_k` received k={k} for shape {x.shape}; the last axis is too short.")
    shape = (*x.shape[:-1], k)
    return Spec(shape, x.dtype), Spec(shape, INT32)


def _top_k(x, out, k):
    values, places = out
    n = x.shape[-1]
    if not values.size:
        return
    # Sorting the reversed axis and turning it round puts equal values in order of their places.
    order = n - 1 - np.argsort(x[..., ::-1], -1, "stable")[..., : n - k - 1 if k < n else None : -1]
    np.copyto(places, order, casting="unsafe")
    values[...] = np.take_along_axis(x, order, -1)


def _top_k_vjp(dy, y, x, k):
    return emit("put_along_axis_add", dy[0], y[1], shape=x.shape, axis=x.ndim - 1)


primitive("top_k", shape=_top_k_shape, kernel=_top_k, vjp=_top_k_vjp)


def _searchsorted(sequence, values, out, side="left"):
    np.copyto(out, np.searchsorted(sequence, values, side), casting="unsafe")


primitive(
    "searchsorted",
    shape=lambda sequence, values, side="left": Spec(values.shape, INT32),
    kernel=_searchsorted,
)
