"""The layer that an ONNX graph becomes."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np

from hornlet.base.files import FileError
from hornlet.base.registry import register
from hornlet.layers.base import Layer
from hornlet.saving.onnx import elementwise, learned, networks, recurrent, shapes  # noqa: F401
from hornlet.saving.onnx.reader import Blank, Body, Node, Program, read_message, read_program
from hornlet.saving.onnx.run import OPERATORS, WEIGHTS, Run

# Initializers of more elements are variables; smaller ones are shapes and axes as a rule.
LARGEST_CONSTANT = 1024


@register("hornlet")
class OnnxGraph(Layer):
    """A graph of ONNX operators whose weights are this layer's variables.

    `hornlet.saving.from_onnx` makes it. Weights are trained as any layer's; normalization by
    batches and dropout are in the form for predictions.

    Args:
        graph: the file's content without the weights, as base64.
        source: the file's name, for errors.
    """

    def __init__(self, graph: str, source: str = "the ONNX graph", **kwargs: Any):
        super().__init__(**{"autocast": False, **kwargs})
        self.graph = graph
        self.source = source
        try:
            message = read_message(base64.b64decode(graph, validate=True), source)
        except (binascii.Error, TypeError, AttributeError) as error:
            raise FileError(source, f"not a graph: {error}") from None
        mark_blanks(message)
        self._program = read_program(message, source, OPERATORS)
        trained = trained_names(self._program)
        self._variables = {
            name: self.add_weight(
                blank.shape, "zeros", blank.dtype, trainable=name in trained, autocast=False,
                name=name.replace("/", ".") or "weight",
            )
            for name, blank in self._program.body.initializers.items()
            if isinstance(blank, Blank)
        }  # fmt: skip
        self.built = True

    def build(self, input_shape: Any) -> None:
        """Nothing is left to do."""

    @property
    def named_variables(self) -> dict[str, Any]:
        """The variables by the names that they have in the file."""
        return dict(self._variables)

    @property
    def program(self) -> Program:
        """The graph."""
        return self._program

    def call(self, inputs: Any) -> Any:
        given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        values = {name: v.read() for name, v in self._variables.items()}
        run = Run(self._program, self.source)
        outputs = run.graph(self._program.body, given, values)
        return outputs[0] if len(outputs) == 1 else outputs


def mark_blanks(message: dict) -> None:
    """Says of the main graph's tensors without numbers that these are kept elsewhere."""
    for tensor in message["graph"].get("initializer", ()):
        kept = any(key.endswith("_data") for key in tensor)
        tensor["blank"] = not kept and np.prod(tensor.get("dims", ()), dtype=object) > 0


def trained_names(program: Program) -> set[str]:
    """The arrays of floats that some operator takes as a weight, in bodies of loops too."""
    found: set[str] = set()
    waiting = [program.body]
    while waiting:
        for node in waiting.pop().nodes:
            found.update(name for i, name in enumerate(node.inputs) if _is_weight(node, i))
            waiting += [value for value in node.attributes.values() if isinstance(value, Body)]
    initializers = program.body.initializers
    return {
        name for name in found - program.untrained
        if name in initializers and initializers[name].dtype.kind in "fV"
        and initializers[name].shape  # a bare number is a part of a formula
    }  # fmt: skip


def _is_weight(node: Node, i: int) -> bool:
    places = WEIGHTS[node.op]
    return i in places or (bool(places) and node.op in _VARIADIC)


_VARIADIC = ("Sum", "Concat", "Einsum")
