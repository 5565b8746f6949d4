"""A program is a plan bound to memory: a step of training is a flat loop over prebound calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from hornlet.engine.emit import Node, Tensor
from hornlet.engine.grouping import group_elementwise
from hornlet.engine.nans import Watch
from hornlet.engine.passes import optimize
from hornlet.engine.plan import Plan, Slot, Step, make_plan
from hornlet.engine.primitive import PRIMITIVES, primitive
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec
from hornlet.engine.state import STATE
from hornlet.engine.trace import Graph
from hornlet.engine.turning import turn_products

BORROWED = 1 << 22  # bytes from which binding a program anew is cheaper than a copy


class Program:
    """One plan with memory of its own; used by one thread at a time.

    `inputs` are the arrays that `run()` reads, filled by `load` or by the caller, `outputs` the
    arrays to read after it, the same memory at every run. `copies` are arrays to use in the places
    of those of Refs, by the Refs' serials.
    """

    def __init__(self, plan: Plan, copies: dict[int, np.ndarray] | None = None):
        self.plan = plan
        self.copies = copies or {}
        self.homes = [np.empty(s.spec.shape, s.spec.dtype) for s in plan.inputs]
        self.inputs = list(self.homes)
        self.borrows = False
        self.arena = _aligned(plan.arena_bytes)
        self.bind()

    def bind(self) -> None:
        """Makes the arrays and calls; again when a Ref has moved to other memory."""
        self.moves = Ref.moves
        self.arrays: dict[int, np.ndarray] = {}
        self.calls = [call for step in self.plan.steps for call in self._calls(step)]
        for ref, slot in self.plan.writes:
            self.calls.append(partial(np.copyto, self._home(ref), self._array(slot)))
        self.outputs = [self._array(s) for s in self.plan.outputs]

    def load(self, arrays: Iterable[np.ndarray]) -> None:
        """Takes the inputs: copies of arrays, but large ones are read where they are.

        Those must not be written to before `run` is done, and are let go of by the next `load` or
        by `release`.
        """
        moved = False
        for i, (home, x) in enumerate(zip(self.homes, arrays)):
            if x.nbytes >= BORROWED and _can_stand_for(x, home):
                self.inputs[i] = x
                moved = self.borrows = True
            else:
                if self.inputs[i] is not home:
                    self.inputs[i] = home
                    moved = True
                np.copyto(home, x)
        if moved:
            self.bind()

    def release(self) -> None:
        """Lets go of arrays that are not the program's own."""
        if self.borrows:
            self.borrows = False
            self.inputs[:] = self.homes
            self.bind()

    def run(self) -> None:
        """Runs every step once, on what is in `inputs` and in the Refs."""
        if self.moves != Ref.moves:
            self.bind()
        for call in self.calls:
            call()

    def _home(self, ref: Ref) -> np.ndarray:
        return self.copies.get(ref.ref_serial, ref.array)

    def _array(self, slot: Slot) -> np.ndarray:
        array = self.arrays.get(id(slot))
        if array is None:
            array = self.arrays[id(slot)] = self._make(slot)
        return array

    def _make(self, slot: Slot) -> np.ndarray:
        if slot.kind == "arena":
            return np.ndarray(slot.spec.shape, slot.spec.dtype, self.arena, slot.offset)
        if slot.kind == "ref":
            return self._home(slot.source)
        if slot.kind == "input":
            return self.inputs[slot.source]
        if slot.kind == "constant":
            return slot.source
        node = slot.node
        arrays = [self._array(slot.source)]  # a view looks at one array
        return node.primitive.view(*arrays, **node.attributes)  # type: ignore[union-attr, misc]

    def _calls(self, step: Step) -> list[Callable[[], Any]]:
        node = step.node
        arrays = [self._array(s) for s in step.inputs]
        outs = tuple(self._array(s) for s in step.outputs)
        scratch = tuple(self._array(s) for s in step.scratch)
        calls = node.primitive.calls(arrays, outs, node.attributes, scratch)
        if not self.plan.watched:
            return calls
        return Watch(node.primitive.name, arrays, outs, node.origin).around(calls)


def _can_stand_for(x: np.ndarray, home: np.ndarray) -> bool:
    whole = x.flags.c_contiguous and x.flags.aligned
    return type(x) is np.ndarray and whole and x.shape == home.shape and x.dtype == home.dtype


def _aligned(nbytes: int) -> np.ndarray:
    raw = np.empty(nbytes + 64, np.uint8)
    shift = -raw.ctypes.data % 64
    return raw[shift : shift + nbytes]


class Executable:
    """A graph made ready to run, with a pool of programs that threads check out."""

    def __init__(self, graph: Graph):
        # A graph that is checked for NaN stays as it was written: its nodes know their lines.
        watched = STATE.nans
        self.graph = guard_outputs(graph if watched else _improved(graph))
        self.plan = make_plan(self.graph)
        self.plan.watched = watched
        self.free: list[Program] = []

    def check_out(self) -> Program:
        """A program nobody else uses until `check_in`."""
        try:
            return self.free.pop()
        except IndexError:
            return Program(self.plan)

    def check_in(self, program: Program) -> None:
        program.release()
        self.free.append(program)

    def apart(self, copies: dict[int, np.ndarray]) -> Program:
        """A program on copies of Refs' arrays."""
        return Program(self.plan, copies)


def _improved(graph: Graph) -> Graph:
    return group_elementwise(turn_products(optimize(graph)))


def executable(graph: Graph) -> Executable:
    """The Executable of a graph, made once."""
    kind = "watched" if STATE.nans else "executable"
    known = graph.cache.get(kind)
    if known is None:
        known = graph.cache[kind] = Executable(graph)
    return known


def guard_outputs(graph: Graph) -> Graph:
    """Puts a copy between an input's memory and what is returned or stored elsewhere.

    A result that looks at a variable would change with the variable when the step assigns it, and
    two variables that swap values would overwrite each other.
    """
    inputs = {id(x) for x in graph.inputs}
    outputs = [_copied(y) if _looks_at(y, inputs) else y for y in graph.outputs]
    return graph.with_values(graph.inputs, outputs)


def _looks_at(y: Tensor, inputs: set[int]) -> bool:
    while y.node is not None and y.node.primitive.view is not None:
        y = y.node.inputs[0]
    return id(y) in inputs


def _copied(y: Tensor) -> Tensor:
    node = Node(PRIMITIVES["copy"], (y,), {}, y.owner)
    node.outputs = (Spec(y.shape, y.dtype),)
    return node.tensor(0)


primitive(
    "copy",
    shape=lambda x: Spec(x.shape, x.dtype),
    kernel=lambda x, out: np.copyto(out, x),
    vjp=lambda dy, y, x: dy,
)
