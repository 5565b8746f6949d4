"""Running an ONNX graph: a table of operators, and what their rows are given.

A row is a function `row(run, *inputs, **attributes)`: a missing optional input is None, and
attributes come by their ONNX names, so that a row's signature says which it knows. In a trace
nothing is computed: a constant stays a symbol until a row asks for its numbers, because it is a
shape or an axis, and then no more is computed than that takes.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, MutableMapping
from math import prod
from typing import Any

import numpy as np

from hornlet.base.files import FileError
from hornlet.base.tables import rows_of
from hornlet.engine.emit import Tensor
from hornlet.engine.emit import run as run_primitive
from hornlet.engine.ref import Ref
from hornlet.engine.state import STATE, active
from hornlet.engine.trace import constant, in_trace, reachable
from hornlet.saving.onnx.reader import Body, Node, Program

OPERATORS: dict[str, Callable[..., Any]] = {}
WEIGHTS: dict[str, tuple[int, ...]] = {}  # per operator: the inputs that can be trained
# Bytes of an array that is computed while the model is being made, and elements of one that a row
# makes for a size that the file names.
LARGEST_STATIC, MOST_MADE = 1 << 20, 1 << 24


def operator(*names: str, weights: tuple[int, ...] = ()) -> Callable:
    """Enters a row; `weights` are the places of inputs that can be trained."""
    WEIGHTS.update(dict.fromkeys(names, weights))
    return rows_of(OPERATORS)(*names)


class Run:
    """One run of a program: what a row may ask."""

    def __init__(self, program: Program, path: str):
        self.opset, self.path = program.opset, path
        self.node: Any = None
        self.values: MutableMapping[str, Any] = {}

    @property
    def count(self) -> int:
        """How many outputs the node has."""
        return len(self.node.outputs)

    def wants(self, index: int) -> bool:
        """Whether an output is asked for."""
        return index < self.count and bool(self.node.outputs[index])

    def constant(self, array: Any) -> Any:
        """An array as a value of this run."""
        array = np.asarray(array)
        return constant(array, STATE.trace) if in_trace() else array

    def static(self, x: Any) -> np.ndarray:
        """The numbers of a value that must be known now; ValueError if they depend on data."""
        if isinstance(x, Ref):
            return x.array
        if type(x) is not Tensor:
            return np.asarray(x)
        return self._folded(x) if x.value is None else x.value

    def _folded(self, x: Tensor) -> np.ndarray:
        known: dict[tuple[int, int], np.ndarray] = {}

        def found(a: Tensor) -> np.ndarray:
            value = a.value if a.node is None else known[a.node.serial, a.index]
            if value is None:
                raise ValueError("a shape or axis that depends on the data, not on sizes")
            return value

        for node in reachable([x]):
            inputs = [found(a) for a in node.inputs]
            if sum(spec.nbytes for spec in node.outputs) > LARGEST_STATIC:
                raise ValueError("a shape or axis that takes large arrays to compute")
            with active(None):
                result = run_primitive(node.primitive, inputs, node.attributes)
            for i, y in enumerate(result if isinstance(result, tuple) else (result,)):
                known[node.serial, i] = y
        return found(x)

    def ints(self, x: Any, otherwise: Any = None) -> Any:
        """A list of whole numbers: an attribute, or an input whose numbers must be known."""
        if x is None:
            return otherwise
        return [int(n) for n in (x if isinstance(x, list) else self.static(x).reshape(-1))]

    def number(self, x: Any, otherwise: Any = None) -> Any:
        """One number, as `ints`."""
        if x is None:
            return otherwise
        if isinstance(x, (int, float)):
            return x
        return self.static(x).reshape(-1)[0].item()

    def made(self, *sizes: int) -> None:
        """Raises ValueError where a row is about to make an array of more than `MOST_MADE`."""
        if any(n < 0 for n in sizes) or prod(sizes) > MOST_MADE:
            raise ValueError(f"an array of {sizes} is asked for; at most {MOST_MADE:,} elements")

    def body(self, body: Body, inputs: list) -> list:
        """The outputs of an attribute's graph, which sees the values round it."""
        outer, node = self.values, self.node
        try:
            return self.graph(body, inputs, ChainMap({}, outer))  # type: ignore[arg-type]
        finally:
            self.values, self.node = outer, node

    def graph(self, body: Body, inputs: list, values: MutableMapping[str, Any]) -> list:
        """The outputs of a graph for inputs in its order; `values` already has its weights."""
        if len(inputs) != len(body.inputs):
            raise ValueError(f"a graph of {len(body.inputs)} inputs received {len(inputs)}")
        values.update(zip(body.inputs, inputs))
        for name, array in body.initializers.items():
            if isinstance(array, np.ndarray):
                values[name] = self.constant(array)
        for node in body.nodes:
            self.values = values
            results = self.apply(node, [values[x] if x else None for x in node.inputs])
            values.update((name, y) for name, y in zip(node.outputs, results) if name)
        return [values[name] for name in body.outputs]

    def apply(self, node: Node, inputs: list) -> list:
        self.node = node
        while inputs and inputs[-1] is None:
            inputs.pop()
        try:
            results = OPERATORS[node.op](self, *inputs, **node.attributes)
        except FileError:
            raise
        except Exception as error:  # the file is at fault, whatever a row stumbled over
            reason = f"{node.op} cannot be computed: {error}"
            raise FileError(self.path, reason, node.name) from error
        results = list(results) if isinstance(results, (tuple, list)) else [results]
        if len(results) < len(node.outputs):
            reason = f"{node.op} has {len(results)} outputs, {len(node.outputs)} are asked for"
            raise FileError(self.path, reason, node.name)
        return results
