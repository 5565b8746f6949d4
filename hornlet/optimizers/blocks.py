"""Blocks: what one call of a rule updates, a run of flat memory or a single variable.

Also what is done to gradients before a rule sees them: packing and clipping.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import hornlet.ops as ops
from hornlet.engine.emit import emit
from hornlet.engine.ref import Ref

LOW_PRECISION = ("float16", "bfloat16")  # computed in float32, stored as they are


class Block(NamedTuple):
    """Memory that is updated together."""

    variables: list  # the model's variables in it, in order
    w: Ref
    slots: list
    average: Any  # moving average of w
    sums: Any  # accumulated gradients
    decay: Any  # weight decay: None, a number, or one number per element
    flat: bool
    dtype: str  # name of the dtype computed in

    def read(self, ref: Ref) -> Any:
        """The value of `w` or of a slot, in the dtype computed in."""
        return ops.cast(ref.read(), self.dtype)

    def gather(self, gradients: dict[int, Any]) -> Any:
        """The gradients of this block's variables as one array like `w`."""
        parts = [ops.cast(gradients[id(v)], self.dtype) for v in self.variables]
        return emit("pack", *parts) if self.flat else parts[0]

    def pieces(self, dw: Any) -> list:
        """The part of a packed gradient that belongs to each variable."""
        if not self.flat:
            return [dw]
        stops = np.cumsum([v.array.size for v in self.variables]).tolist()
        return [dw[a:b] for a, b in zip([0, *stops], stops)]


def computed_in(w: Ref) -> str:
    """Name of the dtype in which a variable is updated."""
    name = str(w.array.dtype)
    return "float32" if name in LOW_PRECISION else name


def clip_each_by_norm(block: Block, dw: Any, limit: float) -> Any:
    """Scales each variable's gradient down to a norm of at most `limit`."""
    clipped = []
    for piece in block.pieces(dw):
        norm = ops.sqrt(ops.sum(ops.square(piece)))
        clipped.append(piece * (limit / ops.maximum(norm, limit)))
    return emit("pack", *clipped) if block.flat else clipped[0]


def clip_by_global_norm(dws: list, limit: float) -> list:
    """Scales all gradients alike, so that their common norm is at most `limit`; NaN stays NaN."""
    total = sum(ops.cast(ops.sum(ops.square(dw)), dws[0].dtype) for dw in dws)
    norm = ops.sqrt(total)
    scale = limit * ops.minimum(1.0 / norm, 1.0 / limit) + (norm - norm)
    return [dw * ops.cast(scale, dw.dtype) for dw in dws]


def decay_vector(variables: list, decays: list) -> Any:
    """One weight decay for a block: None, a number, or an array with one number per element."""
    if len(set(decays)) == 1:
        return decays[0]
    parts = [np.full(v.array.size, d or 0.0, v.array.dtype) for v, d in zip(variables, decays)]
    vector = np.concatenate(parts)
    return vector.astype(np.float32) if str(vector.dtype) in LOW_PRECISION else vector
