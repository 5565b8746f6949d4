"""Derivatives along a direction."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.engine.emit import emit
from hornlet.engine.gradient import gradient
from hornlet.engine.state import STATE, active
from hornlet.engine.tensor import Tensor
from hornlet.engine.trace import Recording, constant, in_trace
from hornlet.ops.arguments import cast_to, tensor
from hornlet.ops.function import op


@op
def jvp(fun: Any, primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """``fun(*primals)``, and its derivative there in the direction ``tangents``.

    Args:
        fun: function of tensors or nests of them that returns a tensor or a nest.
        primals: tuple or list of its arguments.
        tangents: the direction, of the structure and shapes of ``primals``.
        has_aux: whether ``fun`` returns a pair of its result and something else to hand on.

    Returns:
        ``(result, derivative)``, of one structure; with ``has_aux`` also what ``fun`` handed on.

    >>> keras.ops.jvp(lambda x: x * x, (np.array(3.0),), (np.array(2.0),))
    (array(9.), array(12.))
    """
    for name, value in (("primals", primals), ("tangents", tangents)):
        if not isinstance(value, (tuple, list)):
            raise TypeError(
                f"Argument `{name}` must be a tuple or list. Received: {type(value).__name__}"
            )
    outer = STATE.trace
    with active(outer or Recording()):
        xs, ways = sources(primals, "primals"), sources(tangents, "tangents")
        if [x.shape for x in xs] != [v.shape for v in ways]:
            raise ValueError(
                "Arguments `primals` and `tangents` must have the same structure and shapes. "
                f"Received shapes {[x.shape for x in xs]} and {[v.shape for v in ways]}"
            )
        result = fun(*nest.pack_sequence_as(list(primals), xs))
        result, aux = result if has_aux else (result, None)
        ys = [tensor(y) for y in nest.flatten(result)]
        changes = nest.pack_sequence_as(result, along(ys, xs, ways))
    given = (result, changes, aux) if has_aux else (result, changes)
    return nest.map_structure(settled, given) if outer is None else given


def sources(values, name):
    """Each value as a traced value of its own, even where one tensor is given twice."""
    found = [tensor(x, name) for x in nest.flatten(list(values))]
    made = [x if isinstance(x, Tensor) else constant(x, symbolic_trace()) for x in found]
    return [emit("reshape", x, shape=x.shape) for x in made]


def symbolic_trace():
    return STATE.trace if in_trace() else None


def along(ys, xs, ways):
    """The adjoint of the derivative is linear in its seeds; its own adjoint is the derivative."""
    seeds = [constant(np.zeros(y.shape, y.dtype), symbolic_trace()) for y in ys]
    pairs = [(y, seed) for y, seed in zip(ys, seeds) if isinstance(y, Tensor)]
    back = gradient([y for y, _ in pairs], xs, [seed for _, seed in pairs])
    known = [(dx, cast_to(v, dx.dtype)) for dx, v in zip(back, ways) if dx is not None]
    changes = gradient([dx for dx, _ in known], seeds, [v for _, v in known])
    return [seed if dy is None else dy for seed, dy in zip(seeds, changes)]


def settled(y):
    return y.value if isinstance(y, Tensor) else y
