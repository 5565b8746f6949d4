"""The plan of a graph as plain data: which value lives where, and the steps in order.

Nothing is run and nothing is allocated here. Values share one arena: a place is taken when a value
is made and given back after its last use. A view costs nothing. Where it is safe a result takes
over an input's place, a part of a `pack` is made in its place in the whole, and what is assigned to
a Ref is made in the Ref's own memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.engine.emit import Node, Tensor
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec, as_specs
from hornlet.engine.trace import Graph

ALIGNMENT = 64
FOREVER = 1 << 60


class Slot:
    """Where one value lives.

    `kind` is "input" (`source`: its number), "ref" (the Ref), "constant" (the array), "arena"
    (`offset` in bytes) or "view" (`source`: the slot looked at, `node`: the primitive that looks).
    """

    __slots__ = ("kind", "node", "offset", "source", "spec")

    def __init__(self, kind: str, spec: Spec, source: Any = None, node: Node | None = None):
        self.kind = kind
        self.spec = spec
        self.source: Any = source
        self.node = node
        self.offset = -1


class Step:
    """One kernel call: slots in, slots out, scratch slots."""

    __slots__ = ("inputs", "node", "outputs", "scratch")

    def __init__(self, node: Node, inputs: list[Slot], outputs: list[Slot], scratch: list[Slot]):
        self.node = node
        self.inputs = inputs
        self.outputs = outputs
        self.scratch = scratch


class Plan:
    """Steps over slots, the arena's size, and where inputs, outputs and assigned values are."""

    def __init__(self, steps, inputs, outputs, writes, arena_bytes, buffers):
        self.steps: list[Step] = steps
        self.inputs: list[Slot] = inputs  # the arguments and captures, in the graph's order
        self.outputs: list[Slot] = outputs
        self.writes: list[tuple[Ref, Slot]] = writes  # still to be copied when the steps are done
        self.arena_bytes: int = arena_bytes
        self.buffers: list[Buffer] = buffers
        self.watched = False  # whether its programs check for NaN


class Buffer:
    """A piece of memory that one or more slots share, and the steps between which it is in use."""

    __slots__ = ("end", "fixed", "nbytes", "offset", "parent", "shift", "slot", "start")

    def __init__(self, slot: Slot, start: int, fixed: bool):
        self.slot = slot
        self.nbytes = slot.spec.nbytes
        self.start = start
        self.end = start
        self.fixed = fixed  # not in the arena, or not to be given away
        self.parent: Buffer | None = None  # a larger buffer that this one is a part of ...
        self.shift = 0  # ... this many bytes in
        self.offset = -1


def make_plan(graph: Graph) -> Plan:
    """Plans `graph`; see the module's docstring."""
    return _Planner(graph).plan()


class _Planner:
    def __init__(self, graph: Graph):
        self.graph = graph
        self.nodes = graph.nodes()
        self.slots: dict[Any, Slot] = {}
        self.buffer_of: dict[int, Buffer] = {}  # id(slot) -> buffer
        self.shown: dict[int, np.ndarray] = {}  # id(slot) -> an untouched array of its layout
        self.buffers: list[Buffer] = []
        self.storage: dict[int, Buffer] = {}  # a Ref's own memory, by the serial of its root
        self.inputs: list[Slot] = []

    def plan(self) -> Plan:
        self._place_inputs()
        for position, node in enumerate(self.nodes):
            self._place_outputs(position, node)
        self._last_uses()
        writes = self._assign_in_place()
        self._pack_in_place()
        self._take_over()
        scratch = [self._scratch(i, node) for i, node in enumerate(self.nodes)]
        arena_bytes = self._offsets()
        for slot in self.slots.values():
            buffer = self.buffer_of[id(slot)]
            if slot.kind == "arena":
                slot.offset = _offset(buffer)
        steps = []
        for i, node in enumerate(self.nodes):
            outputs = [self.slots[(node.serial, k)] for k in range(len(node.outputs))]
            if not (len(outputs) == 1 and outputs[0].kind == "view"):
                steps.append(Step(node, [self._slot(x) for x in node.inputs], outputs, scratch[i]))
        results = [self._slot(y) for y in self.graph.outputs[: self.graph.result_count]]
        return Plan(steps, self.inputs, results, writes, arena_bytes, self.buffers)

    def _add(self, key: Any, slot: Slot, start: int, fixed: bool) -> Buffer:
        self.slots[key] = slot
        buffer = Buffer(slot, start, fixed)
        self.buffer_of[id(slot)] = buffer
        self.shown[id(slot)] = np.empty(slot.spec.shape, slot.spec.dtype)
        self.buffers.append(buffer)
        return buffer

    def _place_inputs(self) -> None:
        graph, n = self.graph, self.graph.argument_count
        for i, x in enumerate(graph.inputs):
            spec = Spec(x.shape, x.dtype)
            if n <= i < n + len(graph.reads):
                ref = graph.reads[i - n]
                slot = Slot("ref", spec, ref)
                buffer = self._add(x.key, slot, -1, True)
                root = (ref.root or ref).ref_serial
                self.buffer_of[id(slot)] = self.storage.setdefault(root, buffer)
            else:
                slot = Slot("input", spec, len(self.inputs))
                self.inputs.append(slot)
                self._add(x.key, slot, -1, True)

    def _slot(self, x: Tensor) -> Slot:
        slot = self.slots.get(x.key)
        if slot is None:
            slot = Slot("constant", Spec(x.shape, x.dtype), x.value)
            self._add(x.key, slot, -1, True)
        return slot

    def _place_outputs(self, position: int, node: Node) -> None:
        inputs = [self._slot(x) for x in node.inputs]
        row = node.primitive
        if row.view is not None:
            view = row.view(*(self.shown[id(s)] for s in inputs), **node.attributes)
            if view is not None:
                slot = Slot("view", node.outputs[0], inputs[0], node)
                self.slots[(node.serial, 0)] = slot
                self.buffer_of[id(slot)] = self.buffer_of[id(inputs[0])]
                self.shown[id(slot)] = view
                return
        for i, spec in enumerate(node.outputs):
            self._add((node.serial, i), Slot("arena", spec), position, False)

    def _last_uses(self) -> None:
        for position, node in enumerate(self.nodes):
            for x in node.inputs:
                buffer = self.buffer_of[id(self._slot(x))]
                buffer.end = max(buffer.end, position)
        for y in self.graph.outputs:
            self.buffer_of[id(self._slot(y))].end = FOREVER

    def _assign_in_place(self) -> list[tuple[Ref, Slot]]:
        """Makes assigned values in their Refs' memory; gives the writes that must be copied."""
        left = []
        position = {node.serial: i for i, node in enumerate(self.nodes)}
        for ref, y in zip(self.graph.writes, self.graph.outputs[self.graph.result_count :]):
            slot = self._slot(y)
            buffer, node = self.buffer_of[id(slot)], y.node
            if slot.kind == "arena" and node and self._may_write(ref, node, position[node.serial]):
                slot.kind, slot.source = "ref", ref
                buffer.fixed = True
            else:
                left.append((ref, slot))
        return left

    def _may_write(self, ref: Ref, node: Node, position: int) -> bool:
        """Whether nobody but `node` itself, element by element, still wants the Ref's old value."""
        storage = self.storage.get(ref.ref_serial)
        if storage is None or storage.end < position:
            return True
        if storage.end > position:
            return False
        return all(
            slot.kind == "ref" and slot.source is ref and i in node.primitive.inplace
            for i, slot in enumerate(map(self._slot, node.inputs))
            if self.buffer_of[id(slot)] is storage
        )

    def _pack_in_place(self) -> None:
        """Lets the parts of a `pack` be made where the whole wants them."""
        for node in self.nodes:
            if node.primitive.name != "pack":
                continue
            whole = self.buffer_of[id(self.slots[(node.serial, 0)])]
            shift, seen = 0, set()
            for x in node.inputs:
                slot = self._slot(x)
                part = self.buffer_of[id(slot)]
                if (
                    not part.fixed and part.parent is None and part is not whole
                    and part.nbytes == slot.spec.nbytes and id(part) not in seen
                    and self.shown[id(slot)].flags.c_contiguous and part.end != FOREVER
                    and not whole.fixed
                ):  # fmt: skip
                    part.parent, part.shift = whole, shift
                    whole.start = min(whole.start, part.start)
                    whole.end = max(whole.end, part.end)  # a part may be wanted for longer
                    seen.add(id(part))
                shift += slot.spec.nbytes

    def _take_over(self) -> None:
        """Lets results take the places of inputs that nobody wants afterwards."""
        for position, node in enumerate(self.nodes):
            given = [i for i in range(len(node.inputs)) if i in node.primitive.inplace]
            for k in range(len(node.outputs) if given else 0):
                slot = self.slots[(node.serial, k)]
                mine = self.buffer_of[id(slot)]
                if slot.kind != "arena" or mine.parent is not None:
                    continue
                for i in given:
                    if self._may_take(node, i, slot, position):
                        self._merge(self.buffer_of[id(self._slot(node.inputs[i]))], mine)
                        given.remove(i)
                        break

    def _may_take(self, node: Node, i: int, slot: Slot, position: int) -> bool:
        taken = self._slot(node.inputs[i])
        buffer = self.buffer_of[id(taken)]
        return (
            not buffer.fixed and buffer.parent is None and buffer.end == position
            and buffer.start < position and taken.spec == slot.spec
            and self.shown[id(taken)].flags.c_contiguous and buffer.nbytes == slot.spec.nbytes
            and all(
                j in node.primitive.inplace if other is taken
                else _outermost(self.buffer_of[id(other)]) is not buffer
                for j, other in enumerate(map(self._slot, node.inputs))
            )
        )  # fmt: skip

    def _merge(self, kept: Buffer, merged: Buffer) -> None:
        kept.end = merged.end
        self.buffers.remove(merged)
        for slot in self.slots.values():
            if self.buffer_of[id(slot)] is merged:
                self.buffer_of[id(slot)] = kept

    def _scratch(self, position: int, node: Node) -> list[Slot]:
        row = node.primitive
        if row.scratch is None:
            return []
        specs = row.scratch(*(Spec(x.shape, x.dtype) for x in node.inputs), **node.attributes)
        slots = [Slot("arena", s) for s in as_specs(specs)]
        for i, slot in enumerate(slots):
            self._add((node.serial, "scratch", i), slot, position, False)
        return slots

    def _offsets(self) -> int:
        """Gives every arena buffer a place: the smallest hole that fits, else the end."""
        wanted = [b for b in self.buffers if b.slot.kind == "arena" and b.parent is None]
        wanted.sort(key=lambda b: (b.start, -b.nbytes))
        in_use: list[tuple[int, int, int]] = []  # (offset, stop, end), sorted by offset
        top = 0
        for b in wanted:
            size = -(-max(b.nbytes, 1) // ALIGNMENT) * ALIGNMENT
            in_use = [u for u in in_use if u[2] >= b.start]
            best, best_gap, at = None, None, 0
            for offset, stop, _ in in_use:
                gap = offset - at
                if gap >= size and (best_gap is None or gap < best_gap):
                    best, best_gap = at, gap
                at = max(at, stop)
            b.offset = at if best is None else best
            in_use.append((b.offset, b.offset + size, b.end))
            in_use.sort()
            top = max(top, b.offset + size)
        return top


def _outermost(buffer: Buffer) -> Buffer:
    return buffer if buffer.parent is None else _outermost(buffer.parent)


def _offset(buffer: Buffer) -> int:
    return buffer.offset if buffer.parent is None else _offset(buffer.parent) + buffer.shift
