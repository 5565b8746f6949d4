"""The extremes of the rows that carry one number."""

from __future__ import annotations

from functools import partial

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec


def _shape(data, ids, n, empty):
    if not data.shape or ids.shape != data.shape[:1] or ids.dtype.kind not in "iu":
        raise ValueError(
            f"A segment's extreme needs one integer per row; received rows of shape {data.shape} "
            f"and numbers of shape {ids.shape} and dtype {ids.dtype}."
        )
    return Spec((n, *data.shape[1:]), data.dtype)


def _kernel(ufunc, data, ids, out, n, empty):
    """Rows whose number is out of range belong to no segment."""
    out.fill(empty)
    known = np.flatnonzero((ids >= 0) & (ids < n))
    order = known[np.argsort(ids[known], kind="stable")]
    if not order.size or not out.size:
        return
    ordered = ids[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    out[ordered[starts]] = ufunc.reduceat(data[order], starts, 0)


def _vjp(dy, y, data, ids, n, empty):
    """Split evenly among the rows that attain the extreme."""
    known = emit("logical_and", emit("greater_equal", ids, 0), emit("less", ids, n))
    known = emit("reshape", known, shape=(*ids.shape, *(1 for _ in data.shape[1:])))
    place = emit("where", emit("reshape", known, shape=ids.shape), ids, 0)
    best = emit("equal", data, emit("take", y, place, axis=0))
    share = emit("cast", emit("logical_and", best, known), dtype=dy.dtype)
    count = emit("take_add", share, place, shape=y.shape, axis=0)
    part = dy / emit("maximum", count, 1)
    return share * emit("take", part, place, axis=0), None


for _name, _ufunc in (("segment_max", np.maximum), ("segment_min", np.minimum)):
    primitive(_name, shape=_shape, kernel=partial(_kernel, _ufunc), vjp=_vjp)
