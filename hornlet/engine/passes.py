"""Pure rewrites, graph -> graph, and the check that holds after each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.engine.emit import Node, Tensor, run
from hornlet.engine.primitive import broadcast_shapes
from hornlet.engine.spec import Spec, as_specs
from hornlet.engine.trace import Graph, constant

# Folding a constant trades memory for time; beyond this many bytes it is left to run time.
LARGEST_FOLDED = 1 << 24


def optimize(graph: Graph) -> Graph:
    """All passes, in order. Dead code falls away by itself: only what outputs need is rebuilt."""
    for rewrite in PASSES:
        graph = rewrite(graph)
    return graph


def check(graph: Graph) -> None:
    """Raises AssertionError unless every node's inputs exist and its shapes are its rule's."""
    made = {x.key for x in graph.inputs}
    for node in graph.nodes():
        for x in node.inputs:
            assert x.value is not None or x.key in made, f"{node} uses {x}, which nothing makes"
        specs = as_specs(
            node.primitive.shape(*(Spec(x.shape, x.dtype) for x in node.inputs), **node.attributes)
        )
        assert specs == node.outputs, f"{node}: {node.outputs} recorded, {specs} by the rule"
        made.update((node.serial, i) for i in range(len(specs)))
    for y in graph.outputs:
        assert y.value is not None or y.key in made, f"output {y} is made by nothing"
    for ref, y in zip(graph.writes, graph.outputs[graph.result_count :]):
        assert (y.shape, y.dtype) == (ref.array.shape, ref.array.dtype), f"{y} assigned to {ref}"


Rule = Callable[[Node, tuple[Tensor, ...]], "Tensor | tuple[Tensor, ...] | None"]


def rebuild(graph: Graph, rule: Rule) -> Graph:
    """The graph with every node put through `rule(node, new_inputs)`, oldest first.

    The rule gives the values that replace the node's outputs, or None to keep the node (copied
    only if its inputs changed).
    """
    new: dict[Any, Tensor] = {}

    def renewed(x: Tensor) -> Tensor:
        return new.get(x.key, x)

    for node in graph.nodes():
        inputs = tuple(renewed(x) for x in node.inputs)
        result = rule(node, inputs)
        if result is None:
            if all(a is b for a, b in zip(inputs, node.inputs)):
                continue
            result = node.on(inputs).tensors()
        elif type(result) is Tensor:
            result = (result,)
        for i, y in enumerate(result):
            new[(node.serial, i)] = y
    return graph.with_values(graph.inputs, [renewed(y) for y in graph.outputs])


def fold_constants(graph: Graph) -> Graph:
    """Runs now what depends on constants alone."""

    def rule(node: Node, inputs: tuple[Tensor, ...]) -> Any:
        if not all(x.value is not None for x in inputs):
            return None
        if sum(s.nbytes for s in node.outputs) > LARGEST_FOLDED:
            return None
        result = run(node.primitive, [x.value for x in inputs], node.attributes)
        results = result if isinstance(result, tuple) else (result,)
        return tuple(constant(np.ascontiguousarray(y) if y.ndim else y) for y in results)

    return rebuild(graph, rule)


def merge_common(graph: Graph) -> Graph:
    """Computes once what is computed twice: the same primitive of the same values."""
    seen: dict[Any, tuple[Tensor, ...]] = {}

    def rule(node: Node, inputs: tuple[Tensor, ...]) -> Any:
        try:
            key = (
                node.primitive.name,
                tuple(_value_key(x) for x in inputs),
                tuple(sorted(node.attributes.items())),
            )
            known = seen.get(key)
        except TypeError:  # an attribute that cannot be hashed or ordered: not comparable
            return None
        if known is not None:
            return known
        if any(a is not b for a, b in zip(inputs, node.inputs)):
            node = node.on(inputs)
        outs = node.tensors()
        seen[key] = outs
        return outs

    return rebuild(graph, rule)


def _value_key(x: Tensor) -> Any:
    if x.value is not None and x.size <= 16:
        return (x.shape, x.dtype, x.value.tobytes())
    return x.key


def simplify(graph: Graph) -> Graph:
    """Algebra that matters: neutral elements, casts to the same dtype, moves that move nothing."""

    def rule(node: Node, inputs: tuple[Tensor, ...]) -> Any:
        name = node.primitive.name
        spec = node.outputs[0] if node.outputs else None
        if name in _IDENTITIES:
            x = inputs[0]
            same = Spec(x.shape, x.dtype) == spec
            if name in ("stop_gradient", "custom_gradient") or (same and _IDENTITIES[name](node)):
                return x
        if name in _NEUTRAL:
            for x, other in ((inputs[0], inputs[1]), (inputs[1], inputs[0])):
                if name in ("subtract", "divide") and other is inputs[0]:
                    continue
                if _is_all(other, _NEUTRAL[name]) and Spec(x.shape, x.dtype) == spec:
                    return x
        if node.primitive.elementwise and len(inputs) > 1:
            slim = tuple(map(_unrepeated, inputs))
            shapes = [x.shape for x in slim]
            if any(a is not b for a, b in zip(slim, inputs)) and (
                broadcast_shapes(name, *shapes) == node.outputs[0].shape
            ):
                return node.on(slim).tensor(0)
        if name == "reshape" and inputs[0].node is not None:
            inner = inputs[0].node
            if inner.primitive.name == "reshape":
                x = inner.inputs[0]
                if Spec(x.shape, x.dtype) == spec:
                    return x
                return node.on(inner.inputs).tensor(0)
        return None

    return rebuild(graph, rule)


def _unrepeated(x: Tensor) -> Tensor:
    """What `x` repeats, where it is a `broadcast_to`: elementwise nodes repeat by themselves."""
    node = x.node
    return node.inputs[0] if node is not None and node.primitive.name == "broadcast_to" else x


def _unmoved(node: Node) -> bool:
    axes = node.attributes["axes"]
    return tuple(axes) == tuple(range(len(axes)))


_IDENTITIES: dict[str, Callable[[Node], bool]] = {
    "cast": lambda node: True,
    "reshape": lambda node: True,
    "broadcast_to": lambda node: True,
    "stop_gradient": lambda node: True,
    "custom_gradient": lambda node: True,
    "transpose": _unmoved,
    "sum": lambda node: len(node.attributes["axis"]) == 0,
}
_NEUTRAL = {"add": 0, "subtract": 0, "multiply": 1, "divide": 1}


def _is_all(x: Tensor, number: int) -> bool:
    return x.value is not None and x.size == 1 and x.value.reshape(()) == number


def share_extended(graph: Graph) -> Graph:
    """Replaces a loop by the one that `extends` it for the sake of a gradient, if both are there.

    The extended loop gives all that the other gives, first; merging then makes one of the two.
    """
    extended = {}
    for node in graph.nodes():
        body = node.attributes.get("extends")
        if body is not None:
            extended[(id(body), tuple(_value_key(x) for x in node.inputs))] = node

    def rule(node: Node, inputs: tuple[Tensor, ...]) -> Any:
        body = node.attributes.get("body")
        other = extended.get((id(body), tuple(_value_key(x) for x in node.inputs)))
        if body is None or other is None:
            return None
        return other.on(inputs).tensors()[: len(node.outputs)]

    return rebuild(graph, rule) if extended else graph


PASSES = [share_extended, simplify, fold_constants, merge_common, simplify]
