"""Reverse-mode differentiation: walks a graph backwards and emits the gradient's nodes.

The result is graph like any other, so it is planned like any other and can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.engine.emit import Node, Tensor, emit
from hornlet.engine.nans import gradient_of
from hornlet.engine.state import STATE, active
from hornlet.engine.trace import Recording, constant, in_trace, reachable


def gradient(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], seeds: Sequence[Any] | None = None
) -> list[Tensor | None]:
    """The gradients of the sum of `outputs`, each weighted by its seed, with respect to `inputs`.

    Args:
        outputs: Tensors of one trace or recording.
        inputs: Tensors that `outputs` were computed from.
        seeds: cotangents of the outputs' shapes; ones where None.

    Returns:
        A Tensor of each input's shape and dtype, or None where no differentiable path leads to it.
    """
    trace = STATE.trace if in_trace() else None
    with active(STATE.trace or Recording()):
        cotangents: dict[tuple[int, int], Tensor] = {}
        for k, y in enumerate(outputs):
            if y.dtype.kind in "fcV":
                seed = None if seeds is None else seeds[k]
                seed = np.ones(y.shape, y.dtype) if seed is None else seed
                _accumulate(cotangents, y, seed if type(seed) is Tensor else constant(seed, trace))
        for node in reversed(_between(outputs, inputs)):
            _step_back(node, cotangents, trace)
    return [cotangents.get(x.key) for x in inputs]


def _between(outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> list[Node]:
    """The differentiable nodes on some path from `inputs` to `outputs`, oldest first."""
    on_path = {x.key for x in inputs}
    nodes = []
    for node in reachable(outputs):
        if node.primitive.vjp is not None and any(x.key in on_path for x in node.inputs):
            nodes.append(node)
            on_path.update((node.serial, i) for i in range(len(node.outputs)))
    return nodes


def _step_back(node: Node, cotangents: dict, trace: Any) -> None:
    ys = tuple(node.tensor(i) for i in range(len(node.outputs)))
    known = [cotangents.get(y.key) for y in ys]
    if all(dy is None for dy in known):
        return
    dys = tuple(
        constant(np.zeros(y.shape, y.dtype), trace) if dy is None else dy
        for y, dy in zip(ys, known)
    )
    dy, y = (dys, ys) if len(ys) > 1 else (dys[0], ys[0])
    with gradient_of(node):
        dxs = node.primitive.vjp(dy, y, *node.inputs, **node.attributes)  # type: ignore[misc]
    if not isinstance(dxs, (tuple, list)):
        dxs = (dxs,)
    for x, dx in zip(node.inputs, dxs, strict=True):
        if dx is not None and x.dtype.kind in "fcV":
            _accumulate(cotangents, x, dx)


def _accumulate(cotangents: dict, x: Tensor, dx: Any) -> None:
    if dx.dtype != x.dtype:
        dx = emit("cast", dx, dtype=x.dtype)
    if dx.shape != x.shape:
        dx = unbroadcast(dx, x.shape)
    key = x.key
    known = cotangents.get(key)
    cotangents[key] = dx if known is None else emit("add", known, dx)


def unbroadcast(dx: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Sums `dx` over the axes along which a value of `shape` was repeated."""
    extra = dx.ndim - len(shape)
    repeated = (extra + i for i, n in enumerate(shape) if n == 1 and dx.shape[extra + i] != 1)
    axes = (*range(extra), *repeated)
    return emit("reshape", emit("sum", dx, axis=axes, keepdims=False), shape=shape)
