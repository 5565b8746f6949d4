"""Loops, branches and rules: Python functions become bodies of the primitives in `ops/control.py`.

A body may close over traced values and may read and assign Refs: what it captures becomes an
operand, and a Ref that it assigns is carried through the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.engine.emit import Tensor, emit
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec
from hornlet.engine.trace import Graph, in_trace, trace


def _values(structure: Any) -> list:
    """The leaves as arrays and Tensors."""
    leaves = [x.read() if isinstance(x, Ref) else x for x in nest.flatten(structure)]
    return [x if type(x) is Tensor else np.asarray(x) for x in leaves]


def _spec_nest(structure: Any, values: list, drop: int = 0) -> Any:
    return nest.pack_sequence_as(
        structure, [_Leaf(Spec(tuple(x.shape[drop:]), x.dtype)) for x in values]
    )


class _Leaf:
    """A Spec in a nest (a bare Spec is a tuple, which nests would walk into)."""

    __slots__ = ("spec",)

    def __init__(self, spec: Spec):
        self.spec = spec


def _unleafed(structure: Any) -> Any:
    return nest.map_structure(lambda x: x.spec if isinstance(x, _Leaf) else x, structure)


def body_graph(graph: Graph, refs: list[Ref], extra: int) -> Graph:
    """A graph without Refs: inputs (operands, carried, others), every Ref a value.

    Args:
        graph: a traced body.
        refs: the Refs it assigns, which are carried.
        extra: how many of the graph's arguments are carried.
    """
    n = graph.argument_count
    arguments, free = graph.inputs[:n], graph.inputs[n:]
    reads = dict(zip((r.ref_serial for r in graph.reads), free))
    fresh = (Tensor(Spec(r.array.shape, r.array.dtype)) for r in refs)
    carried = [reads.get(r.ref_serial, x) for r, x in zip(refs, fresh)]
    taken = {id(x) for x in carried}
    operands = [x for x in free if id(x) not in taken]
    written = dict(zip((r.ref_serial for r in graph.writes), graph.outputs[graph.result_count :]))
    assigned = [written.get(r.ref_serial, x) for r, x in zip(refs, carried)]
    results = graph.outputs[: graph.result_count]
    return Graph(
        [*operands, *arguments[:extra], *carried, *arguments[extra:]],
        [*results[:extra], *assigned, *results[extra:]],
        structure=graph.structure,
    )


def operands_of(graph: Graph, refs: list[Ref]) -> list:
    """The values, in the outer scope, of what `body_graph` lists as operands."""
    carried = {r.ref_serial for r in refs}
    reads = [r.read() for r in graph.reads if r.ref_serial not in carried]
    return reads + list(graph.captures)


def scan(
    body: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Applies `carry, y = body(carry, x)` along the first axis of `xs`.

    Args:
        body: traced once; gives a carry of the same shapes and dtypes, and a nest `y` (or None).
        init: the first carry, a nest of arrays.
        xs: a nest of arrays with one first axis, or None.
        length: the number of steps, needed when `xs` is None.
        reverse: whether to go from the last element to the first.

    Returns:
        The last carry, and the ys stacked along a new first axis.
    """
    carry, x_values = _values(init), [] if xs is None else _values(xs)
    lengths = {x.shape[0] if x.shape else None for x in x_values}
    if length is not None:
        lengths.add(int(length))
    if len(lengths) != 1 or None in lengths:
        raise ValueError(
            "`scan` needs arrays in `xs` with one common first axis, or `length`; received first "
            f"axes {sorted(map(str, lengths))}."
        )
    n = lengths.pop()
    x_nest = None if xs is None else _spec_nest(xs, x_values, 1)
    graph = _traced(body, _spec_nest(init, carry), x_nest)
    shape, leaves = graph.structure
    if not isinstance(shape, (tuple, list)) or len(shape) != 2:
        raise ValueError("`scan` needs a function that returns a pair (carry, y).")
    _check_carry(carry, graph)
    refs = list(graph.writes)
    closed = body_graph(graph, refs, len(carry))
    operands = operands_of(graph, refs)
    states = [r.read() for r in refs]
    outs = emit(
        "scan", *operands, *carry, *states, *x_values,
        body=closed, operands=len(operands), carries=len(carry) + len(refs), length=n,
        reverse=bool(reverse), extends=None,
    )  # fmt: skip
    outs = outs if isinstance(outs, tuple) else (outs,)
    k = len(carry)
    for ref, value in zip(refs, outs[k : k + len(refs)]):
        ref.assign(value)
    filled = list(outs[:k]) + list(outs[k + len(refs) :])
    values = [filled[i] if traced else fixed for traced, i, fixed in leaves]
    last, ys = nest.pack_sequence_as(shape, values)
    return last, ys


def _traced(function: Callable[..., Any], *arguments: Any) -> Graph:
    return trace(function, *(_unleafed_nest(a) for a in arguments))


def _unleafed_nest(argument: Any) -> Any:
    return None if argument is None else _unleafed(argument)


def _check_carry(carry: list, graph: Graph) -> None:
    n = len(carry)
    shape, leaves = graph.structure
    if sum(traced for traced, _, _ in leaves[: len(nest.flatten(shape[0]))]) != n:
        raise ValueError(
            f"`scan` needs a carry of the same nest at every step: {n} arrays went in, "
            f"{len(nest.flatten(shape[0]))} came out."
        )
    for before, after in zip(graph.inputs[:n], graph.outputs[:n]):
        if (before.shape, before.dtype) != (after.shape, after.dtype):
            raise ValueError(
                "`scan` needs a carry of the same shapes and dtypes at every step: it went in as "
                f"{before.shape} {before.dtype} and came out as {after.shape} {after.dtype}."
            )


def custom_gradient(y: Any, xs: list, rule: Callable[[Any], Any]) -> Any:
    """`y`, whose gradient in each of `xs` is what `rule(dy)` returns.

    In a trace the rule becomes a graph at once and what it closes over its operands, so that it
    also holds in the body of a loop or branch, which is traced once and differentiated elsewhere.
    """
    if not in_trace():
        return emit("custom_gradient", y, *xs, rule=rule, sources=len(xs))
    graph = trace(rule, Spec(y.shape, y.dtype))
    closed = body_graph(graph, [], 0)
    operands = operands_of(graph, [])
    return emit("custom_gradient", y, *xs, *operands, rule=closed, sources=len(xs))


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """`true_fn()` where `pred` is true, else `false_fn()`; in a trace, chosen at run time.

    Args:
        pred: a boolean with no axes.
        true_fn, false_fn: functions of nothing that give nests of the same shapes and dtypes.
    """
    if isinstance(pred, Ref):
        pred = pred.read()
    if not in_trace() or type(pred) is not Tensor or pred.value is not None:
        return true_fn() if bool(np.asarray(getattr(pred, "value", pred))) else false_fn()
    graphs = [trace(true_fn), trace(false_fn)]
    specs = [
        [(y.shape, y.dtype) for y in g.outputs[: g.result_count]] for g in graphs
    ]
    if specs[0] != specs[1]:
        raise ValueError(
            "`cond` needs branches with results of the same shapes and dtypes; `true_fn` gives "
            f"{specs[0]}, `false_fn` {specs[1]}."
        )
    refs = {r.ref_serial: r for g in graphs for r in g.writes}
    written = [refs[k] for k in sorted(refs)]
    states = [r.read() for r in written]
    branches, operands = [], []
    for g in graphs:
        mine = operands_of(g, written)
        closed = body_graph(g, written, 0)
        own = closed.inputs[: len(mine)]
        carried = closed.inputs[len(mine) :]
        branches.append((own, carried, closed.outputs))
        operands.append(mine)
    pads = [[Tensor(Spec(x.shape, x.dtype)) for x in mine] for mine in operands]
    true_graph = Graph([*branches[0][0], *pads[1], *branches[0][1]], branches[0][2])
    false_graph = Graph([*pads[0], *branches[1][0], *branches[1][1]], branches[1][2])
    both = (true_graph, false_graph)
    outs = emit("cond", pred, *operands[0], *operands[1], *states, branches=both)
    outs = outs if isinstance(outs, tuple) else (outs,)
    for ref, value in zip(written, outs[: len(written)]):
        ref.assign(value)
    return graphs[0].pack(list(outs[len(written) :]))


def while_loop(
    condition: Callable[..., Any], body: Callable[..., Any], loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:  # fmt: skip
    """Repeats `loop_vars = body(*loop_vars)` while `condition(*loop_vars)` holds.

    In a trace the loop runs when the program runs, and has no gradient; outside it is a plain loop.
    """
    single = not isinstance(loop_vars, (tuple, list))
    state = (loop_vars,) if single else tuple(loop_vars)

    def step(*values: Any) -> tuple:
        result = body(*values)
        return tuple(result) if isinstance(result, (tuple, list)) else (result,)

    if not in_trace():
        done = 0
        while (maximum_iterations is None or done < maximum_iterations) and bool(
            np.asarray(getattr(c := condition(*state), "value", c))
        ):
            state = step(*state)
            done += 1
        return state[0] if single else state
    values = _values(list(state))
    specs = _spec_nest(list(state), values)
    test = trace(lambda leaves: condition(*leaves), _unleafed(specs))
    graph = trace(lambda leaves: step(*leaves), _unleafed(specs))
    if [(x.shape, x.dtype) for x in graph.outputs[: len(values)]] != [
        (tuple(x.shape), x.dtype) for x in values
    ]:
        raise ValueError("`while_loop` needs loop variables that keep their shapes and dtypes.")
    refs = list(graph.writes)
    tested = body_graph(test, refs, len(values))
    closed = body_graph(graph, refs, len(values))
    test_operands, operands = operands_of(test, refs), operands_of(graph, refs)
    outs = emit(
        "while", *test_operands, *operands, *values, *(r.read() for r in refs),
        test=tested, body=closed, test_operands=len(test_operands), operands=len(operands),
        limit=maximum_iterations,
    )  # fmt: skip
    outs = outs if isinstance(outs, tuple) else (outs,)
    for ref, value in zip(refs, outs[len(values) :]):
        ref.assign(value)
    result = nest.pack_sequence_as(list(state), list(outs[: len(values)]))
    return result[0] if single else tuple(result)
