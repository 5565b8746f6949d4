"""One step of training, testing or prediction: a program per signature of a batch, or eager."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, cast

import numpy as np

from hornlet.base import nest
from hornlet.engine.compiled import Compiled, signature
from hornlet.engine.spec import Spec
from hornlet.engine.state import STATE
from hornlet.layers.weights import Changes
from hornlet.tensor.turn import Turn


def spec_like(batch: Any) -> Any:
    """The nest of Specs of a nest of arrays; None stays None."""
    return nest.map_structure(
        lambda x: Spec(tuple(x.shape), x.dtype) if hasattr(x, "shape") else x, batch
    )


class Step:
    """A step function that is compiled once per signature of its batch.

    Args:
        function: takes a batch, a nest of arrays, and gives a nest.
        eager: whether it is run as plain Python at every step instead.
        turn: the turn of the weights, of a step that changes them or only reads them.
        variables: of a step that only reads, what gives the variables.
    """

    def __init__(
        self,
        function: Callable[[Any], Any],
        eager: bool = False,
        turn: Turn | None = None,
        variables: Callable[[], list] | None = None,
    ):
        self.function = function
        self.eager = eager
        self.turn = turn
        self.variables = variables
        self.compiled = Compiled(function)
        self.changes = Changes.variables
        self.flags: dict[int, bool] = {}  # which layers were trainable when it was made
        self.looked = Changes.count  # when they were compared last

    @property
    def is_current(self) -> bool:
        """Whether no layer has got other variables since."""
        return self.changes == Changes.variables

    def known(self, x: np.ndarray) -> Callable[[np.ndarray], Any] | None:
        """What runs the step on a batch that is one array, if its signature has been compiled."""
        executable = self.compiled.executables.get(((x.shape, x.dtype),))
        if executable is None or STATE.nans or not self.is_current:
            return None
        turn = cast(Turn, self.turn)

        def run(x: np.ndarray) -> Any:
            program = executable.check_out()
            program.load((x,))
            before = turn.changes
            program.run()
            result = executable.graph.pack([y.copy() for y in program.outputs])
            executable.check_in(program)
            if turn.changes != before or before & 1:
                return self.whole(lambda loop: loop.outputs_for(x))
            return result

        return run

    def whole(self, use: Callable[[Loop], Any]) -> Any:
        """What `use` gives, called with a Loop (again, if need be) on one state of the weights."""
        turn = cast(Turn, self.turn)
        before = turn.changes
        if not before & 1:
            with Loop(self) as loop:
                result = use(loop)
            if turn.changes == before:
                return result
        if self.eager:
            with turn.held(), Loop(self) as loop:
                return use(loop)
        with turn.held():
            copies = {v.ref_serial: v.array.copy() for v in self.variables()}  # type: ignore[misc]
        with Loop(self, copies) as loop:
            return use(loop)

    def __call__(self, batch: Any) -> Any:
        """Runs the step on one batch; gives what the function returns, in fresh arrays."""
        with Loop(self) as loop:
            loop.load(batch).run()
            return loop.results()


class Loop:
    """Many runs of a step in one thread: holds a program per signature until it is closed.

    Args:
        step: what is run.
        copies: arrays to use in the places of those of Refs, by the Refs' serials.
    """

    def __init__(self, step: Step, copies: dict[int, np.ndarray] | None = None):
        if step.turn is not None:
            step.turn = step.turn.latest()
        self.step = step
        self.copies = copies
        self.current: Any = None  # the binding that was asked for last
        self.bindings: dict[Any, Any] = {}

    def bind(self, specs: Any) -> Any:
        """The binding for a nest of Specs: `inputs` to fill, `run`, `read` for the results."""
        key = signature(specs)
        binding = self.bindings.get(key)
        if binding is None:
            step = self.step
            if step.eager:
                binding = _Eager(step.function, specs)
            else:
                binding = _Bound(step.compiled.executable((specs,)), specs, self.copies)
            # Training changes weights a step at a time; who only reads sees no half of one.
            if step.turn is not None and self.copies is None:
                wrap = step.turn.around if step.variables is None else step.turn.apart
                binding.run = wrap(binding.run)
            self.bindings[key] = binding
        self.current = binding
        return binding

    def load(self, batch: Any) -> Any:
        """The binding for a batch, with its arrays in the inputs."""
        binding = self.bind(spec_like(batch))
        binding.load([x for x in nest.flatten(batch) if hasattr(x, "shape")])
        return binding

    def batch(self) -> Any:
        """The batch that the last run was given, in fresh arrays."""
        return _filled(self.current.specs, iter(self.current.inputs))

    def results(self) -> Any:
        """What the last run returned, in fresh arrays."""
        return self.current.read()

    def outputs_for(self, x: np.ndarray) -> Any:
        """What the step gives for a batch of one array."""
        self.load((x,)).run()
        return self.results()

    def warm(self) -> None:
        """Lets an eager step make what it makes at its first run, on a batch of zeros.

        What it changes is not put back: whoever calls this is about to set all variables.
        """
        if self.step.eager:
            for x in self.current.inputs:
                x.fill(0)
            with np.errstate(all="ignore"):
                self.current.run()

    def __enter__(self) -> Loop:
        return self

    def __exit__(self, *error: Any) -> None:
        for binding in self.bindings.values():
            binding.close()
        self.bindings = {}


class _Bound:
    """A program checked out for a while."""

    __slots__ = ("copied", "executable", "inputs", "load", "program", "run", "specs")

    def __init__(self, executable: Any, specs: Any, copies: dict[int, np.ndarray] | None = None):
        self.executable = executable
        self.specs = specs
        self.copied = copies is not None
        self.program = executable.apart(copies) if self.copied else executable.check_out()
        self.inputs, self.load = self.program.inputs, self.program.load
        self.run = self.program.run

    @property
    def outputs(self) -> list:
        return self.program.outputs

    def pack(self, outputs: list) -> Any:
        return self.executable.graph.pack(outputs)

    def read(self) -> Any:
        return self.pack([y.copy() for y in self.program.outputs])

    def close(self) -> None:
        if not self.copied:
            self.executable.check_in(self.program)


class _Eager:
    """The same by calling the function; every run gets arrays of its own."""

    def __init__(self, function: Callable, specs: Any):
        self.function = function
        self.inputs = [np.empty(s.shape, s.dtype) for s in _specs(specs)]
        self.specs = specs
        self.result: Any = None
        self.run: Callable[[], None] = self._run

    def load(self, arrays: Iterable[np.ndarray]) -> None:
        for buffer, x in zip(self.inputs, arrays):
            np.copyto(buffer, x)

    def _run(self) -> None:
        arrays = iter(self.inputs)
        self.result = self.function(_filled(self.specs, arrays))

    @property
    def outputs(self) -> list:
        return [np.asarray(y) for y in nest.flatten(self.result)]

    def pack(self, outputs: list) -> Any:
        return nest.pack_sequence_as(self.result, outputs)

    def read(self) -> Any:
        return self.result

    def close(self) -> None:
        pass


def _specs(nested: Any) -> list[Spec]:
    return [x for x in nest.flatten(nested) if isinstance(x, Spec)]


def _filled(nested: Any, arrays: Iterator) -> Any:
    def fill(x: Any) -> Any:
        return next(arrays).copy() if isinstance(x, Spec) else x

    return nest.map_structure(fill, nested)


def grouped(runs: Iterator[Callable], n: int) -> Iterator[Callable]:
    """Runs that do `n` steps each, for `steps_per_execution`."""
    if n == 1:
        yield from runs
        return
    runs = iter(runs)
    for first in runs:

        def several(first: Callable = first) -> None:
            first()
            for run in islice(runs, n - 1):
                run()

        yield several
