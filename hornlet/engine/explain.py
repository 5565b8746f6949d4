"""Prints what the engine makes of a function or model: its graph, its gradient and its plan."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TextIO

import numpy as np

from hornlet.base import nest
from hornlet.engine.emit import Node, Tensor
from hornlet.engine.gradient import gradient
from hornlet.engine.grouping import group_elementwise
from hornlet.engine.passes import optimize
from hornlet.engine.plan import Plan, Slot, make_plan
from hornlet.engine.program import guard_outputs
from hornlet.engine.spec import Spec
from hornlet.engine.state import STATE
from hornlet.engine.trace import Graph, reachable, trace


def explain(function: Callable[..., Any], *inputs: Any, file: TextIO | None = None) -> None:
    """Prints the traced graph of `function(*inputs)`, the gradient's graph and the plan.

    The gradient is that of the sum of the results with respect to all variables that were read, and
    to the inputs where no variable was.

    Args:
        function: a model, a layer or any function of arrays.
        *inputs: arrays (only their shapes and dtypes matter).
        file: where to print; standard output by default.
    """
    print(explained(function, *inputs), file=file or sys.stdout)


def explained(function: Callable[..., Any], *inputs: Any) -> str:
    """What `explain` prints."""
    specs = [_spec_nest(x) for x in inputs]
    forward = optimize(trace(function, *specs))
    both = optimize(trace(lambda *values: _with_gradient(function, values), *specs))
    planned = guard_outputs(group_elementwise(both))
    names = _Names(both)
    own = {n.serial for n in reachable(both.outputs[: forward.result_count])}
    lines = ["graph"]
    lines += names.inputs(both)
    nodes = both.nodes()
    lines += [names.line(n) for n in nodes if n.serial in own]
    lines += ["gradient"]
    lines += [names.line(n) for n in nodes if n.serial not in own]
    lines += ["result  " + "  ".join(names.of(y) for y in both.outputs)]
    return "\n".join(lines + _plan_lines(planned))


def _spec_nest(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(_spec_nest(a) for a in x)
    if isinstance(x, dict):
        return {k: _spec_nest(a) for k, a in x.items()}
    array = np.asarray(x)
    return Spec(array.shape, array.dtype)


def _with_gradient(function: Callable[..., Any], values: tuple) -> Any:
    result = function(*values)
    outputs = [y for y in nest.flatten(result) if type(y) is Tensor and y.dtype.kind == "f"]
    reads = [x for x in STATE.trace.reads.values() if x.dtype.kind == "f"]
    given = [x for x in nest.flatten(list(values)) if type(x) is Tensor and x.dtype.kind == "f"]
    return outputs, [g for g in gradient(outputs, reads or given) if g is not None]


class _Names:
    """Short names for values: x for inputs, w for variables, % and a number for the rest."""

    def __init__(self, graph: Graph):
        self.names: dict[Any, str] = {}
        n = graph.argument_count
        for i, x in enumerate(graph.inputs):
            self.names[(id(x), -1)] = f"x{i}" if i < n else f"w{i - n}"
        for i, node in enumerate(graph.nodes()):
            for k in range(len(node.outputs)):
                suffix = "" if len(node.outputs) == 1 else f".{k}"
                self.names[(node.serial, k)] = f"%{i}{suffix}"

    def of(self, x: Tensor) -> str:
        if x.value is not None:
            return f"{x.value.item():.6g}" if x.size == 1 else f"constant{_shape(x)}"
        key = (id(x), -1) if x.node is None else (x.node.serial, x.index)
        return self.names.get(key, "?")

    def inputs(self, graph: Graph) -> list[str]:
        lines = []
        n = graph.argument_count
        for i, x in enumerate(graph.inputs):
            ref = graph.reads[i - n] if n <= i < n + len(graph.reads) else None
            path = getattr(ref, "path", "") if ref is not None else "input"
            lines.append(f"  {self.of(x):<6} {x.dtype}{_shape(x)}  {path}")
        return lines

    def line(self, node: Node) -> str:
        outs = " ".join(self.names[(node.serial, k)] for k in range(len(node.outputs)))
        args = [self.of(x) for x in node.inputs]
        args += [f"{k}={v}" for k, v in node.attributes.items() if not isinstance(v, Graph)]
        spec = node.outputs[0]
        shown = f"{node.primitive.name}({', '.join(args)})"
        return f"  {outs:<6} {spec.dtype}{_shape(spec)} = {shown}"


def _shape(x: Any) -> str:
    return "[" + ",".join(map(str, x.shape)) + "]"


def _plan_lines(graph: Graph) -> list[str]:
    plan = make_plan(graph)
    lines = [
        f"plan    {len(plan.steps)} steps, arena {plan.arena_bytes:,} bytes "
        f"(without reuse {_unshared(plan):,})"
    ]
    for i, step in enumerate(plan.steps):
        reads = " ".join(_place(s) for s in step.inputs)
        writes = " ".join(_place(s) for s in step.outputs)
        lines.append(f"  {i:>3} {step.node.primitive.name:<16} {reads} -> {writes}")
    return lines


def _unshared(plan: Plan) -> int:
    return sum(s.spec.nbytes for step in plan.steps for s in (*step.outputs, *step.scratch))


def _place(slot: Slot) -> str:
    if slot.kind == "arena":
        return f"@{slot.offset}"
    if slot.kind == "view":
        return f"view({_place(slot.source)})"
    if slot.kind == "input":
        return f"x{slot.source}"
    if slot.kind == "constant":
        return "const"
    return getattr(slot.source, "path", "") or "ref"
