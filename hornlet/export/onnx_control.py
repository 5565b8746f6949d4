"""Rows of the ONNX table whose steps hold graphs: loops and branches become Scan, Loop and If."""

from __future__ import annotations

from typing import Any

from hornlet.base.onnx_format import value_message
from hornlet.export.onnx_recurrent import recurrent
from hornlet.export.onnx_rows import REFUSED, ROWS, row
from hornlet.export.onnx_writer import Writer, pruned
from hornlet.export.sizes import ExportError, SizedGraph, Step, Value, Varying


def write_steps(w: Writer, graph: SizedGraph) -> list[str]:
    """Writes the steps of a graph whose inputs have names; returns the names of its outputs."""
    for step in graph.steps:
        rule = ROWS.get(step.name)
        if rule is None:
            reason = REFUSED.get(step.name, "it has no row in the table")
            raise ExportError(f"`{step.name}` cannot be written to ONNX: {reason}.")
        if any(x.dtype.kind == "c" for x in (*step.inputs, *step.outputs)):
            raise ExportError(f"`{step.name}` of complex numbers cannot be written to ONNX.")
        names = rule(w, step, *(w.name(x) for x in step.inputs))
        for value, name in zip(step.outputs, names if isinstance(names, tuple) else (names,)):
            w.enter(value, name)
    return [w.name(y) for y in graph.outputs]


def body(
    w: Writer, graph: SizedGraph, names: list[str | None], extra: tuple[list, list] = ([], [])
) -> dict:
    """The GraphProto of a body: operands take the outer names, inputs without a name are its own.

    Args:
        graph: the body.
        names: for each input the outer name, or None.
        extra: further inputs and outputs that come first, as ValueInfoProtos.
    """
    inner = Writer(w.shared, w)
    inputs = []
    for value, name in zip(graph.inputs, names):
        if name is None:
            name = f"body_{next(w.shared.numbers)}"
            inputs.append(described(value, name))
        inner.enter(value, name)
    results = []
    for value, name in zip(graph.outputs, write_steps(inner, graph)):
        # An output must be made in the body itself, and only once.
        results.append(described(value, inner.ops("Identity", 1, name)[0]))
    outputs = [*extra[1], *results]
    return {
        "name": f"body_{next(w.shared.numbers)}", "input": [*extra[0], *inputs],
        "output": outputs, "node": pruned(inner.nodes, [y["name"] for y in outputs]),
    }  # fmt: skip


def described(value: Value, name: str) -> dict:
    """A ValueInfoProto without names of sizes, which only the whole model's have."""
    sizes: list[Any] = [f"{name}_{i}" if isinstance(n, Varying) else n
                        for i, n in enumerate(value.shape)]  # fmt: skip
    return value_message(name, value.dtype, sizes)


@row("scan")
def _scan(w: Writer, step: Step, *xs: str) -> tuple[str, ...]:
    own = recurrent(w, step)
    if own is not None:
        return own
    a = step.attributes
    n, graph = a["operands"] + a["carries"], a["body"]
    carries, sequences = xs[a["operands"] : n], list(xs[n:])
    names: list[str | None] = [*xs[: a["operands"]], *(None for _ in xs[a["operands"] :])]
    extra: tuple[list, list] = ([], [])
    content = body(w, graph, names, extra)
    if not sequences:  # ONNX's Scan goes along something: here along numbers nobody reads
        sequences = [w.counting(a["length"], "int64")]
        content["input"].append(value_message("place", "int64", ()))
    stacked = len(graph.outputs) - a["carries"]
    reverse = int(a["reverse"])
    return tuple(w.ops(
        "Scan", len(graph.outputs), *carries, *sequences, body=content,
        num_scan_inputs=len(sequences), scan_input_directions=[reverse] * len(sequences),
        scan_output_directions=[reverse] * stacked if stacked else None,
    ))  # fmt: skip


@row("cond")
def _cond(w: Writer, step: Step, pred: str, *xs: str) -> tuple[str, ...]:
    yes, no = step.attributes["branches"]
    count = len(yes.outputs)
    names: list[str | None] = list(xs)
    branches = {"then_branch": body(w, yes, names), "else_branch": body(w, no, names)}
    return tuple(w.ops("If", count, pred, **branches))


@row("while")
def _while(w: Writer, step: Step, *xs: str) -> tuple[str, ...]:
    """ONNX's Loop asks at the end of its body whether to go on."""
    a = step.attributes
    test, graph = a["test"], a["body"]
    asked, n = xs[: a["test_operands"]], a["test_operands"] + a["operands"]
    state = xs[n:]
    first = _asked(w, test, [*asked, *state])
    inner = Writer(w.shared, w)
    trip, going = (f"body_{next(w.shared.numbers)}" for _ in range(2))
    inputs = [value_message(trip, "int64", ()), value_message(going, "bool", ())]
    for value, name in zip(graph.inputs, xs[a["test_operands"] : n]):
        inner.enter(value, name)
    for value in graph.inputs[a["operands"] :]:
        inner.enter(value, f"body_{next(w.shared.numbers)}")
        inputs.append(described(value, inner.names[id(value)]))
    new = [inner.ops("Identity", 1, y)[0] for y in write_steps(inner, graph)]
    (again,) = inner.ops("Identity", 1, _asked(inner, test, [*asked, *new]))
    outputs = [value_message(again, "bool", ())]
    outputs += [described(value, name) for value, name in zip(graph.outputs, new)]
    content = {
        "name": f"body_{next(w.shared.numbers)}", "input": inputs, "output": outputs,
        "node": pruned(inner.nodes, [y["name"] for y in outputs]),
    }  # fmt: skip
    most = "" if a["limit"] is None else w.constant(a["limit"], "int64")
    return tuple(w.ops("Loop", len(state), most, first, *state, body=content))


def _asked(w: Writer, test: SizedGraph, names: list[str]) -> str:
    """The loop's question about values of these names, written where `w` writes."""
    asker = Writer(w.shared, w)
    for value, name in zip(test.inputs, names):
        asker.enter(value, name)
    (answer,) = write_steps(asker, test)
    w.nodes += asker.nodes
    return answer
