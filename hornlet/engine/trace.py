"""Traces turn Python functions into graphs; recordings keep the graph of what runs at once.

Both answer the same four calls of `emit` and `Ref`: `record`, `read`, `assign` and `watched`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.engine.emit import Node, Tensor, emit, run
from hornlet.engine.primitive import Primitive
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec, as_specs
from hornlet.engine.state import STATE, active


class Recording:
    """Eager execution that remembers: a result is a Tensor that knows its array and its node."""

    def __init__(self) -> None:
        self.outer = STATE.trace
        self.watched: dict[int, Tensor] = dict(self.outer.watched) if self.outer else {}
        self.reads: dict[int, Tensor] = {}
        self.handed: dict[int, list[Tensor]] = {}

    def record(self, row: Primitive, values: list, attributes: dict) -> Any:
        inputs = tuple(x if type(x) is Tensor else constant(x) for x in values)
        node = Node(row, inputs, attributes, None)
        with active(None):
            result = run(row, [x.value for x in inputs], attributes)
        node.values = result if isinstance(result, tuple) else (result,)
        node.outputs = tuple(Spec(y.shape, y.dtype) for y in node.values)
        outs = tuple(node.tensor(i) for i in range(len(node.outputs)))
        return outs if isinstance(result, tuple) else outs[0]

    def read(self, ref: Ref) -> Tensor:
        known = self.reads.get(ref.ref_serial)
        if known is None or known.value is not ref.array:
            outer = self.outer
            known = outer.read(ref) if outer is not None else constant(ref.array)
            self.reads[ref.ref_serial] = known
            self.handed.setdefault(ref.ref_serial, []).append(known)
        return known

    def assign(self, ref: Ref, value: Any) -> Any:
        known = self.reads.get(ref.ref_serial)
        if known is not None and known.value is ref.array:
            known.value = ref.array.copy()  # what was computed from the old value stays true
        with active(None):
            ref.assign(value)
        return self.read(ref)

    def find(self, source: Any) -> list[Tensor]:
        """The Tensors that stood for a Ref or a watched array; none if it was never read."""
        if type(source) is Tensor:
            return [source]
        if isinstance(source, Ref):
            return self.handed.get(source.ref_serial, [])
        known = self.watched.get(id(source))
        return [] if known is None else [known]


class Trace:
    """Symbolic execution of one function: values have shapes and dtypes, and no numbers."""

    watched: dict[int, Tensor] = {}

    def __init__(self, outer: Any = None) -> None:
        self.outer = outer
        self.refs: dict[int, Ref] = {}
        self.reads: dict[int, Tensor] = {}  # Refs read as inputs
        self.current: dict[int, Tensor] = {}  # what a Ref holds at this point of the function
        self.handed: dict[int, list[Tensor]] = {}  # all Tensors that stood for a Ref, in order
        self.assigned: set[int] = set()
        self.captures: dict[int, tuple[Tensor, Tensor]] = {}

    def record(self, row: Primitive, values: list, attributes: dict) -> Any:
        inputs = tuple(self.own(x) for x in values)
        node = Node(row, inputs, attributes, self)
        result = row.shape(*(Spec(x.shape, x.dtype) for x in inputs), **attributes)
        node.outputs = as_specs(result)
        outs = tuple(node.tensor(i) for i in range(len(node.outputs)))
        return outs[0] if isinstance(result, Spec) else outs

    def own(self, x: Any) -> Tensor:
        """`x` as a Tensor of this trace: a constant, or a value captured from an outer trace."""
        if type(x) is not Tensor:
            return constant(x, self)
        if x.owner is self:
            return x
        if x.value is not None and (self.outer is None or x.owner is not None):
            return constant(x.value, self)  # no tape is active, or a constant of an outer trace
        known = self.captures.get(id(x))
        if known is None:
            if x.value is None and self.outer is None:
                raise ValueError(
                    f"A traced value (shape {x.shape}, dtype {x.dtype}) of another trace is used "
                    "here. Pass it as an argument, or keep it in a Variable."
                )
            outer: Any = self.outer
            outer_value = x if type(outer) is Recording else outer.own(x)
            known = self.captures[id(x)] = (outer_value, self.symbol(Spec(x.shape, x.dtype)))
        return known[1]

    def symbol(self, spec: Spec) -> Tensor:
        return Tensor(spec, None, 0, None, self)

    def read(self, ref: Ref) -> Tensor:
        key = ref.ref_serial
        known = self.current.get(key)
        if known is None:
            root = ref.root
            if root is not None and root.ref_serial in self.assigned:
                stop = ref.offset + ref.array.size
                flat = emit("slice", self.current[root.ref_serial], index=((ref.offset, stop, 1),))
                known = emit("reshape", flat, shape=ref.array.shape)
            else:
                known = self.reads[key] = self.symbol(Spec(ref.array.shape, ref.array.dtype))
            self.refs[key] = ref
            self.current[key] = known
            self.handed.setdefault(key, []).append(known)
        return known

    def assign(self, ref: Ref, value: Any) -> Tensor:
        value = emit("cast", self.own(value), dtype=ref.array.dtype)
        if value.shape != ref.array.shape:
            raise ValueError(
                f"A variable of shape {ref.array.shape} was assigned a value of shape "
                f"{value.shape}."
            )
        key, root = ref.ref_serial, ref.root
        if root is None:
            self.refs[key] = ref
            self.assigned.add(key)
            for k in [k for k in self.current if self.refs[k].root is ref]:
                del self.current[k]
        else:
            flat = emit("reshape", value, shape=(ref.array.size,))
            index = ((ref.offset, ref.offset + ref.array.size, 1),)
            self.assign(root, emit("update_slice", self.read(root), flat, index=index))
            self.refs[key] = ref
        # As outside a trace, a variable that was assigned is a source of its own for gradients.
        value = self.current[key] = emit("stop_gradient", value)
        self.handed.setdefault(key, []).append(value)
        return value

    def close(self) -> None:
        """Forgets everything: its Tensors name it as their owner, and would keep each other."""
        for table in (
            self.refs, self.reads, self.current, self.handed, self.assigned, self.captures
        ):  # fmt: skip
            table.clear()
        self.outer = None

    def find(self, source: Any) -> list[Tensor]:
        """As a Recording's."""
        if type(source) is Tensor:
            return [source]
        return self.handed.get(source.ref_serial, []) if isinstance(source, Ref) else []


def constant(array: Any, trace: Trace | None = None) -> Tensor:
    """A Tensor of a known value."""
    array = np.asarray(array)
    return Tensor(Spec(array.shape, array.dtype), None, 0, array, trace)


class Graph:
    """A traced function: everything it takes, everything it gives, and the nodes between.

    `inputs` are all the free values: first the arguments, then `reads` (one per Ref read), then
    `captures` (one per value of an outer trace). `outputs` are first the results, then `writes`.
    """

    def __init__(
        self, inputs: Any, outputs: Any, reads: Any = (), writes: Any = (), captures: Any = (),
        structure: Any = None,
    ):  # fmt: skip
        self.inputs: tuple[Tensor, ...] = tuple(inputs)
        self.outputs: tuple[Tensor, ...] = tuple(outputs)
        self.reads: tuple[Ref, ...] = tuple(reads)
        self.writes: tuple[Ref, ...] = tuple(writes)
        self.captures: tuple[Tensor, ...] = tuple(captures)  # the outer values
        # (nest, leaves): a leaf is an output's index or a static value
        self.structure: Any = structure
        self.cache: dict[str, Any] = {}  # what later stages derive from the graph, by their name

    @property
    def argument_count(self) -> int:
        return len(self.inputs) - len(self.reads) - len(self.captures)

    @property
    def result_count(self) -> int:
        return len(self.outputs) - len(self.writes)

    def nodes(self) -> list[Node]:
        """The nodes that some output depends on, in an order of execution."""
        return reachable(self.outputs)

    def with_values(self, inputs: Any, outputs: Any) -> Graph:
        """The same interface round other values; what passes return."""
        return Graph(inputs, outputs, self.reads, self.writes, self.captures, self.structure)

    def pack(self, results: list) -> Any:
        """The function's result nest, with `results` in the places of the traced outputs."""
        shape, leaves = self.structure
        filled = [results[i] if traced else value for traced, i, value in leaves]
        return nest.pack_sequence_as(shape, filled)


def reachable(outputs: Any) -> list[Node]:
    """All nodes that `outputs` depend on, oldest first."""
    seen: dict[int, Node] = {}
    stack = [t.node for t in outputs if t.node is not None]
    while stack:
        node = stack.pop()
        if node.serial in seen:
            continue
        seen[node.serial] = node
        stack.extend(x.node for x in node.inputs if x.node is not None)
    return [seen[k] for k in sorted(seen)]


def trace(function: Callable[..., Any], *args: Any) -> Graph:
    """Runs `function` on Tensors in the places of the Specs in the nests `args`.

    Args:
        function: any Python function; it may read and assign Refs and close over outer Tensors.
        *args: nests whose `Spec` leaves become traced values; other leaves are passed as they are.
    """
    current = Trace(STATE.trace)
    leaves = [nest.flatten(a) for a in args]
    inputs: list[Tensor] = []
    nests = []
    for arg, flat in zip(args, leaves):
        values = []
        for leaf in flat:
            if isinstance(leaf, Spec):
                values.append(current.symbol(leaf))
                inputs.append(values[-1])
            else:
                values.append(leaf)
        nests.append(nest.pack_sequence_as(arg, values))
    with active(current):
        result = function(*nests)
        outputs: list[Tensor] = []
        structure: list[tuple[bool, int, Any]] = []
        for leaf in nest.flatten(result):
            value = _as_output(leaf, current)
            structure.append((value is not None, len(outputs), None if value is not None else leaf))
            if value is not None:
                outputs.append(value)
    writes = [k for k in current.assigned if current.current[k] is not current.reads.get(k)]
    writes.sort()
    outputs += [current.current[k] for k in writes]
    inputs += list(current.reads.values())
    inputs += [inner for _, inner in current.captures.values()]
    graph = Graph(
        inputs,
        outputs,
        [current.refs[k] for k in current.reads],
        [current.refs[k] for k in writes],
        [outer for outer, _ in current.captures.values()],
        (nest.map_structure(lambda _: 0, result), structure),
    )
    current.close()
    return graph


def _as_output(leaf: Any, current: Trace) -> Tensor | None:
    if isinstance(leaf, Ref):
        leaf = current.read(leaf)
    if type(leaf) is Tensor or isinstance(leaf, (np.ndarray, np.generic, float)):
        return current.own(leaf)
    return None


def in_trace() -> bool:
    """Whether a symbolic trace is active in this thread."""
    return type(STATE.trace) is Trace


def is_recording() -> bool:
    """Whether anything, trace or tape, records in this thread."""
    return STATE.trace is not None


def outer_traces() -> Iterator[Any]:
    """The active traces and recordings, innermost first."""
    t = STATE.trace
    while t is not None:
        yield t
        t = t.outer


def replay(graph: Graph, values: list) -> list:
    """Emits the nodes of `graph` again, on other inputs; gives the outputs."""
    new = {id(x): v for x, v in zip(graph.inputs, values)}
    made: dict[tuple[int, int], Any] = {}

    def renewed(x: Tensor) -> Any:
        if x.node is not None:
            return made[(x.node.serial, x.index)]
        return new.get(id(x), x.value)

    for node in graph.nodes():
        outs = emit(node.primitive.name, *(renewed(x) for x in node.inputs), **node.attributes)
        for i, y in enumerate(outs if isinstance(outs, tuple) else (outs,)):
            made[(node.serial, i)] = y
    return [renewed(y) for y in graph.outputs]


def cut(inputs: list[Tensor], outputs: list[Tensor]) -> Graph:
    """The part of a graph that lies between `inputs`, computed values among them, and `outputs`."""
    new = {x.key: Tensor(Spec(x.shape, x.dtype)) for x in inputs}
    fresh = [new[x.key] for x in inputs]
    ready = set(new)
    nodes: dict[int, Node] = {}
    stack = [y.node for y in outputs if y.node is not None and y.key not in ready]
    while stack:
        node = stack.pop()
        if node.serial not in nodes:
            nodes[node.serial] = node
            stack += [x.node for x in node.inputs if x.node is not None and x.key not in ready]
    for serial in sorted(nodes):
        node = nodes[serial]
        copy = node.on((new.get(x.key, x) for x in node.inputs), detached=True)
        for y in copy.tensors():
            new.setdefault((serial, y.index), y)
    return Graph(fresh, [new.get(y.key, y) for y in outputs])
