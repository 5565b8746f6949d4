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
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec
from hornlet.engine.state import STATE
from hornlet.engine.trace import Graph, reachable, trace

MEMBERS = 4  # of a group of nodes, so many are named


def explain(function: Callable[..., Any], *inputs: Any, file: TextIO | None = None) -> None:
    """Prints the traced graph of `function(*inputs)`, the gradient's graph and the plan.

    The gradient is that of the sum of the results with respect to all variables that were read, and
    to the inputs where no variable was. A function that assigns variables, such as a compiled
    model's `train_step`, is shown with its assignments instead.

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
    if forward.writes:
        whole, title = forward, "assignments"
    else:
        whole, title = optimize(trace(lambda *xs: _with_gradient(function, xs), *specs)), "gradient"
    planned = guard_outputs(group_elementwise(whole))
    names = _Names(whole)
    own = {n.serial for n in reachable(whole.outputs[: forward.result_count])}
    nodes = whole.nodes()
    results = whole.outputs[: whole.result_count]
    lines = ["graph", *names.inputs(whole)]
    lines += [names.line(n) for n in nodes if n.serial in own]
    rest = [names.line(n) for n in nodes if n.serial not in own]
    rest += [
        f"  {names.ref(ref):<6} = {names.of(y)}"
        for ref, y in zip(whole.writes, whole.outputs[whole.result_count :])
    ]
    lines += [title, *rest] if rest else []
    lines += ["result  " + "  ".join(map(names.of, results))]
    return "\n".join(lines + _plan_lines(planned, names))


def _spec_nest(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(_spec_nest(a) for a in x)
    if isinstance(x, dict):
        return {k: _spec_nest(a) for k, a in x.items()}
    array = np.asarray(x)
    return Spec(array.shape, array.dtype)


def _with_gradient(function: Callable[..., Any], values: tuple) -> Any:
    results = nest.flatten(function(*values))
    outputs = [y for y in results if type(y) is Tensor and y.dtype.kind == "f"]
    reads = [x for x in STATE.trace.reads.values() if x.dtype.kind == "f"]
    given = [x for x in nest.flatten(list(values)) if type(x) is Tensor and x.dtype.kind == "f"]
    return results, [g for g in gradient(outputs, reads or given) if g is not None]


class _Names:
    """Short names for values: x for inputs, w for variables, % and a number for the rest."""

    def __init__(self, graph: Graph):
        self.names: dict[Any, str] = {}
        self.refs: dict[int, str] = {}
        n = graph.argument_count
        for i, ref in enumerate(graph.reads):
            self.refs[ref.ref_serial] = f"w{i}"
        for i, x in enumerate(graph.inputs):
            self.names[x.key] = f"x{i}" if i < n else f"w{i - n}"
        for i, node in enumerate(graph.nodes()):
            for k in range(len(node.outputs)):
                suffix = "" if len(node.outputs) == 1 else f".{k}"
                self.names[(node.serial, k)] = f"%{i}{suffix}"

    def of(self, x: Tensor) -> str:
        if x.value is not None:
            return f"{x.value.item():.6g}" if x.size == 1 else f"constant{_shape(x)}"
        return self.names.get(x.key, "?")

    def ref(self, ref: Ref) -> str:
        """A variable's name, or its path where it is assigned and never read."""
        return self.refs.get(ref.ref_serial) or getattr(ref, "path", "") or "variable"

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
        args += [f"{k}={v}" for k, v in node.attributes.items() if _worth_showing(v)]
        spec = node.outputs[0]
        shown = f"{node.primitive.name}({', '.join(args)})"
        return f"  {outs:<6} {spec.dtype}{_shape(spec)} = {shown}"


def _worth_showing(value: Any) -> bool:
    """Flags that are off say nothing, graphs and functions too much."""
    parts = value if isinstance(value, tuple) else (value,)
    hidden = any(isinstance(v, Graph) or callable(v) for v in parts)
    return value is not None and value is not False and not hidden


def _shape(x: Any) -> str:
    return "[" + ",".join(map(str, x.shape)) + "]"


def _plan_lines(graph: Graph, names: _Names) -> list[str]:
    plan = make_plan(graph)
    lines = [
        f"plan    {len(plan.steps)} steps, arena {plan.arena_bytes:,} bytes "
        f"(without reuse {_unshared(plan):,})"
    ]
    for i, step in enumerate(plan.steps):
        reads = " ".join(_place(s, names) for s in step.inputs)
        writes = " ".join(_place(s, names) for s in step.outputs)
        lines.append(f"  {i:>3} {_called(step.node):<20} {reads} -> {writes}")
    return lines


def _called(node: Node) -> str:
    """The primitive's name; for a group, its members'."""
    body = node.attributes.get("body")
    if node.primitive.name != "fused" or body is None:
        return node.primitive.name
    members = [n.primitive.name for n in body.nodes()]
    rest = len(members) - MEMBERS
    return "+".join(members[:MEMBERS]) + (f"+{rest} more" if rest > 0 else "")


def _unshared(plan: Plan) -> int:
    return sum(s.spec.nbytes for step in plan.steps for s in (*step.outputs, *step.scratch))


def _place(slot: Slot, names: _Names) -> str:
    if slot.kind == "arena":
        return f"@{slot.offset}"
    if slot.kind == "view":
        return f"view({_place(slot.source, names)})"
    if slot.kind == "input":
        return f"x{slot.source}"
    if slot.kind == "constant":
        return f"{slot.source.item():.6g}" if slot.spec.size == 1 else "const"
    return names.ref(slot.source)
