"""Nodes of the model graph: one call of an operation on symbols."""

from __future__ import annotations

from typing import Any, NamedTuple

from hornlet.base import nest
from hornlet.tensor.keras_tensor import KerasTensor


class KerasHistory(NamedTuple):
    """Where a KerasTensor comes from: output `tensor_index` of node `node_index` of `operation`."""

    operation: Any
    node_index: int
    tensor_index: int


class Arguments:
    """The arguments of one call, and which of their leaves are symbols."""

    __slots__ = ("args", "flat", "keras_tensors", "kwargs", "single", "structure")

    def __init__(self, args: tuple, kwargs: dict[str, Any]):
        self.args = nest.map_structure(lambda x: x, args)
        self.kwargs = nest.map_structure(lambda x: x, kwargs)
        self.structure = (self.args, self.kwargs)
        self.flat = nest.flatten(self.structure)
        self.keras_tensors = [x for x in self.flat if isinstance(x, KerasTensor)]
        self.single = not kwargs and len(args) == 1 and isinstance(args[0], KerasTensor)

    def fill(self, values: dict[int, Any]) -> tuple[tuple, dict[str, Any]]:
        """Args and kwargs with each symbol replaced by ``values[id(symbol)]``."""
        if self.single:
            return (values[id(self.args[0])],), {}
        flat = [values[id(x)] if isinstance(x, KerasTensor) else x for x in self.flat]
        return nest.pack_sequence_as(self.structure, flat)


class Node:
    """A call of `operation`: its arguments, and the symbols it returned.

    Wires itself in: it becomes the history of its outputs and an inbound node of the operation.
    """

    def __init__(
        self, operation: Any, call_args: tuple = (), call_kwargs: Any = None, outputs: Any = None
    ):
        self.operation = operation
        self.arguments = Arguments(call_args, call_kwargs or {})
        self.outputs = [] if outputs is None else nest.flatten(outputs)
        index = len(operation._inbound_nodes)
        operation._inbound_nodes.append(self)
        for x in self.arguments.keras_tensors:
            if x._keras_history is not None:
                x._keras_history.operation._outbound_nodes.append(self)
        for i, x in enumerate(self.outputs):
            if isinstance(x, KerasTensor):
                x._keras_history = KerasHistory(operation, index, i)

    @property
    def input_tensors(self) -> list[KerasTensor]:
        """The symbols among the arguments."""
        return self.arguments.keras_tensors

    @property
    def output_tensors(self) -> list[KerasTensor]:
        """The symbols it returned."""
        return self.outputs

    @property
    def is_input(self) -> bool:
        """Whether it stands for an input of a model."""
        return not self.arguments.keras_tensors

    @property
    def parent_nodes(self) -> list[Node]:
        """The nodes that made the symbols among the arguments."""
        parents = []
        for x in self.arguments.keras_tensors:
            if x._keras_history is not None:
                operation, index, _ = x._keras_history
                parent = operation._inbound_nodes[index]
                if parent not in parents:
                    parents.append(parent)
        return parents

    def __repr__(self) -> str:
        return f"<Node operation={self.operation.name}, id={id(self)}>"
