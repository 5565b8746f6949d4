"""Nodes of the model graph: one call of an operation on symbols."""

from __future__ import annotations

import copy
import weakref
from typing import Any, NamedTuple

from hornlet.base import nest
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.masks import get_mask, set_mask


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
    A symbol keeps what it was computed from alive: its operation, that one's nodes, their
    arguments. References the other way, from a node to its operation and outputs and from an
    operation to its outbound nodes, are weak, so that a model that nobody holds is gone at once.
    """

    def __init__(
        self, operation: Any, call_args: tuple = (), call_kwargs: Any = None, outputs: Any = None
    ):
        self._operation = weakref.ref(operation)
        self.arguments = Arguments(call_args, call_kwargs or {})
        self._index = len(operation._inbound_nodes)
        operation._inbound_nodes.append(self)
        for x in self.arguments.keras_tensors:
            if x._keras_history is not None:
                x._keras_history.operation._outbound.append(weakref.ref(self))
        flat = [] if outputs is None else nest.flatten(outputs)
        self._outputs = [_Output(x) if isinstance(x, KerasTensor) else x for x in flat]
        for i, x in enumerate(flat):
            if isinstance(x, KerasTensor):
                x._keras_history = KerasHistory(operation, self._index, i)

    @property
    def operation(self) -> Any:
        """What was called."""
        return self._operation()

    @property
    def outputs(self) -> list:
        """What it returned; a symbol that nobody held any more is made anew."""
        found = []
        for i, made in enumerate(self._outputs):
            if type(made) is _Output:
                x = made.symbol()
                if x._keras_history is None:
                    x._keras_history = KerasHistory(self.operation, self._index, i)
                made = x
            found.append(made)
        return found

    def __deepcopy__(self, memo: dict) -> Node:
        twin = Node.__new__(Node)
        memo[id(self)] = twin
        twin._operation = weakref.ref(copy.deepcopy(self.operation, memo))
        twin.arguments = copy.deepcopy(self.arguments, memo)
        twin._index = self._index
        outputs = copy.deepcopy(self.outputs, memo)
        twin._outputs = [_Output(x) if isinstance(x, KerasTensor) else x for x in outputs]
        return twin

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
        return f"<Node operation={getattr(self.operation, 'name', None)}, id={id(self)}>"


class _Output:
    """A symbol that a node returned, as long as somebody holds it, and what it is made anew of."""

    __slots__ = ("dtype", "mask", "name", "reference", "shape")

    def __init__(self, x: KerasTensor):
        self.reference = weakref.ref(x)
        self.shape, self.dtype, self.name = x.shape, x.dtype, x.name
        self.mask = get_mask(x)

    def symbol(self) -> KerasTensor:
        x = self.reference()
        if x is None:
            x = KerasTensor(self.shape, dtype=self.dtype, name=self.name)
            set_mask(x, self.mask)
            self.reference = weakref.ref(x)
        return x
