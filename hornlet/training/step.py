"""One step of training, testing or prediction: a program per signature of a batch, or eager."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.engine.compiled import Compiled, signature
from hornlet.engine.spec import Spec


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
    """

    def __init__(self, function: Callable[[Any], Any], eager: bool = False):
        self.function = function
        self.eager = eager
        self.compiled = Compiled(function)

    def known(self, x: np.ndarray) -> Callable[[np.ndarray], Any] | None:
        """What runs the step on a batch that is one array, if its signature has been compiled."""
        executable = self.compiled.executables.get(((x.shape, x.dtype),))
        if executable is None:
            return None

        def run(x: np.ndarray) -> Any:
            program = executable.check_out()
            np.copyto(program.inputs[0], x)
            program.run()
            result = executable.graph.pack([y.copy() for y in program.outputs])
            executable.check_in(program)
            return result

        return run

    def __call__(self, batch: Any) -> Any:
        """Runs the step on one batch; gives what the function returns, in fresh arrays."""
        with Loop(self) as loop:
            loop.load(batch).run()
            return loop.results()


class Loop:
    """Many runs of a step in one thread: holds a program per signature until it is closed."""

    def __init__(self, step: Step):
        self.step = step
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
                binding = _Bound(step.compiled.executable((specs,)))
            self.bindings[key] = binding
        self.current = binding
        return binding

    def load(self, batch: Any) -> Any:
        """The binding for a batch, with its arrays in the inputs."""
        binding = self.bind(spec_like(batch))
        arrays = [x for x in nest.flatten(batch) if hasattr(x, "shape")]
        for buffer, x in zip(binding.inputs, arrays):
            np.copyto(buffer, x)
        return binding

    def results(self) -> Any:
        """What the last run returned, in fresh arrays."""
        return self.current.read()

    def __enter__(self) -> Loop:
        return self

    def __exit__(self, *error: Any) -> None:
        for binding in self.bindings.values():
            binding.close()
        self.bindings = {}


class _Bound:
    """A program checked out for a while."""

    __slots__ = ("executable", "inputs", "program", "run")

    def __init__(self, executable: Any):
        self.executable = executable
        self.program = executable.check_out()
        self.inputs = self.program.inputs
        self.run = self.program.run

    @property
    def outputs(self) -> list:
        return self.program.outputs

    def pack(self, outputs: list) -> Any:
        return self.executable.graph.pack(outputs)

    def read(self) -> Any:
        return self.pack([y.copy() for y in self.program.outputs])

    def close(self) -> None:
        self.executable.check_in(self.program)


class _Eager:
    """The same by calling the function; every run gets arrays of its own."""

    def __init__(self, function: Callable, specs: Any):
        self.function = function
        self.inputs = [np.empty(s.shape, s.dtype) for s in _specs(specs)]
        self.specs = specs
        self.result: Any = None

    def run(self) -> None:
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
    if isinstance(nested, Spec):
        return [nested]
    if isinstance(nested, dict):
        return [s for k in sorted(nested) for s in _specs(nested[k])]
    if isinstance(nested, (list, tuple)):
        return [s for part in nested for s in _specs(part)]
    return []


def _filled(nested: Any, arrays: Iterator) -> Any:
    if isinstance(nested, Spec):
        return next(arrays).copy()
    if isinstance(nested, dict):
        made = {k: _filled(nested[k], arrays) for k in sorted(nested)}
        return {k: made[k] for k in nested}
    if isinstance(nested, (list, tuple)):
        return type(nested)(_filled(part, arrays) for part in nested)
    return nested


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
