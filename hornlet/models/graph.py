"""The model graph between symbols: which nodes lie between inputs and outputs, in which order."""

from __future__ import annotations

from typing import Any

from hornlet.base import nest
from hornlet.base.names import auto_name
from hornlet.base.trust import count_runs
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.node import Node
from hornlet.tensor.operation import Operation


class ModelGraph:
    """Nodes and operations between `inputs` and `outputs`, ordered as Keras orders them.

    `nodes_by_depth` holds lists of nodes from the deepest, the inputs, to depth 0; `operations`
    are in the order of a model's `layers`.
    """

    def __init__(self, inputs: list[KerasTensor], outputs: list[KerasTensor]):
        found, first_seen = topological_order(inputs, outputs)
        depth_of, operation_depths = _depths(found)
        for x in inputs:
            operation, index, _ = x._keras_history
            if not operation._inbound_nodes[index].is_input:
                continue  # an intermediate symbol: what makes it is outside
            if operation not in operation_depths:  # an input that no output depends on
                operation_depths[operation] = 0
                first_seen[operation] = -1
                depth_of[operation._inbound_nodes[index]] = 0
        self.nodes_by_depth: dict[int, list[Node]] = _by_depth(depth_of)
        self.operations: list[Operation] = []
        for group in _by_depth(operation_depths).values():
            self.operations += sorted(group, key=first_seen.__getitem__)
        self.nodes: list[Node] = [n for group in self.nodes_by_depth.values() for n in group]
        # Nodes do not hold them; here they stay the same objects, with the same ids.
        self.symbols = [x for node in self.nodes for x in node.outputs]
        self._members = {id(node) for node in self.nodes}
        self._check(inputs)

    def __contains__(self, node: Node) -> bool:
        return id(node) in self._members

    def _check(self, inputs: list[KerasTensor]) -> None:
        known = {id(x) for x in inputs}
        reached: list[str] = []
        for node in self.nodes:
            for x in node.outputs if node.is_input else node.input_tensors:
                if id(x) not in known:
                    raise ValueError(
                        f"Graph disconnected: cannot find parent for tensor {x} at operation "
                        f"'{node.operation.name}'. The operations before it are: {reached}. Every "
                        "output must be computed from the model's inputs alone."
                    )
            known.update(id(x) for x in node.outputs)
            reached.append(node.operation.name)
        names = [operation.name for operation in self.operations]
        for name in names:
            if names.count(name) != 1:
                raise ValueError(
                    f'The name "{name}" is used {names.count(name)} times in the model. All '
                    "operation names should be unique."
                )


def topological_order(inputs: Any, outputs: Any) -> tuple[list[Node], dict[Operation, int]]:
    """Nodes from inputs to outputs, and the order in which a search from the outputs met them."""
    starts = {id(x) for x in inputs}
    finished: set[Node] = set()
    pending: set[Node] = set()
    order: list[Node] = []
    first_seen: dict[Operation, int] = {}
    # Depth first without recursion: models may be thousands of layers deep.
    for output in outputs:
        stack: list[tuple[KerasTensor, bool]] = [(output, False)]
        while stack:
            x, leaving = stack.pop()
            if x._keras_history is None:
                raise ValueError(
                    f"{x} was made by hand: no operation produces it. Begin with `keras.Input`."
                )
            operation, index, _ = x._keras_history
            node = operation._inbound_nodes[index]
            if leaving:
                pending.discard(node)
                finished.add(node)
                order.append(node)
                continue
            if node in finished:
                continue
            if not node.is_input and id(x) in starts:
                finished.add(node)
                continue
            if node in pending:
                raise ValueError(
                    f"Tensor {x} from operation '{operation.name}' is part of a cycle."
                )
            first_seen.setdefault(operation, len(first_seen))
            pending.add(node)
            stack.append((x, True))
            stack.extend((parent, False) for parent in reversed(_unvisited(node, finished)))
    return order, first_seen


def _unvisited(node: Node, finished: set[Node]) -> list[KerasTensor]:
    """The symbols a node takes, each of their nodes once."""
    chosen: list[KerasTensor] = []
    seen: set[int] = set()
    for x in node.input_tensors:
        if x._keras_history is not None:
            parent = x._keras_history.operation._inbound_nodes[x._keras_history.node_index]
            if parent in finished or id(parent) in seen:
                continue
            seen.add(id(parent))
        chosen.append(x)
    return chosen


def _depths(order: list[Node]) -> tuple[dict[Node, int], dict[Operation, int]]:
    inside = set(order)
    depth_of: dict[Node, int] = {}
    of_operations: dict[Operation, int] = {}
    for node in reversed(order):
        depth = max(depth_of.setdefault(node, 0), of_operations.get(node.operation, 0))
        depth_of[node] = of_operations[node.operation] = depth
        for parent in node.parent_nodes:
            if parent in inside:
                depth_of[parent] = max(depth + 1, depth_of.get(parent, 0))
    return depth_of, of_operations


def _by_depth(depths: dict) -> dict[int, list]:
    groups: dict[int, list] = {depth: [] for depth in sorted(set(depths.values()), reverse=True)}
    for thing, depth in depths.items():
        groups[depth].append(thing)
    return groups


class Function(Operation):
    """The computation between symbols: callable on arrays, traced Tensors and other symbols.

    Args:
        inputs: a KerasTensor or a nest of them.
        outputs: a KerasTensor or a nest of them.
        name: made up if None.

    >>> x = keras.KerasTensor((None, 3))
    >>> f = keras.Function(x, 2 * x)
    >>> f(np.ones((1, 3)))
    array([[2., 2., 2.]])
    """

    _inputs: list[KerasTensor]
    _outputs: list[KerasTensor]
    _inputs_struct: Any
    _outputs_struct: Any
    _graph: ModelGraph
    _steps: list[tuple[Operation, Any, list[int]]]
    _config_exclude = ("inputs", "outputs")

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None):
        super().__init__(name=name)
        for argument, value in (("inputs", inputs), ("outputs", outputs)):
            if not nest.flatten(value):
                raise ValueError(
                    f"Argument `{argument}` must hold at least one KerasTensor. "
                    f"Received: {argument}={value!r}"
                )
        for x in nest.flatten(inputs):
            if isinstance(x, KerasTensor) and x._keras_history is None:
                Node(Operation(name=auto_name("input")), (), {}, x)
        self._connect(inputs, outputs)

    def _connect(self, inputs: Any, outputs: Any) -> None:
        """Find the graph between `inputs` and `outputs`, and how to run it."""
        plain = object.__setattr__
        plain(self, "_inputs_struct", nest.map_structure(lambda x: x, inputs))
        plain(self, "_outputs_struct", nest.map_structure(lambda x: x, outputs))
        plain(self, "_inputs", nest.flatten(inputs))
        plain(self, "_outputs", nest.flatten(outputs))
        graph = ModelGraph(self._inputs, self._outputs)
        plain(self, "_graph", graph)
        keys = [id(x) for x in self._inputs]
        known = set(keys)
        steps = []
        for node in graph.nodes:
            made = [id(x) for x in node.outputs]
            if not node.is_input and not all(key in known for key in made):
                steps.append((node.operation, node.arguments, made))
        plain(self, "_steps", steps)

    @property
    def operations(self) -> list[Operation]:
        """The operations of the graph."""
        return list(self._graph.operations)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbols the computation begins with, as a flat list."""
        return self._inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbols it ends with, as a flat list."""
        return self._outputs

    def call(self, inputs: Any) -> Any:
        """The outputs' nest for arrays or Tensors in the inputs' nest."""
        flat = self._checked(inputs)
        return self._run_graph(flat, lambda operation, args, kwargs: operation(*args, **kwargs))

    def compute_output_spec(self, inputs: Any) -> Any:
        """The symbols of the outputs for other symbols as inputs."""
        return self._run_graph(self._checked(inputs), spec_of)

    def _checked(self, inputs: Any) -> list:
        """The inputs as a flat list; ValueError for another nest or shape than was declared."""
        try:
            nest.assert_same_structure(inputs, self._inputs_struct)
        except ValueError as error:
            raise ValueError(
                f"Function '{self.name}' expects inputs in the structure "
                f"{nest.map_structure(lambda x: x.name, self._inputs_struct)}. {error}"
            ) from error
        flat = nest.flatten(inputs)
        for x, known in zip(flat, self._inputs):
            shape = tuple(getattr(x, "shape", ()))
            fits = len(shape) == len(known.shape) and all(
                m == n or None in (m, n) for m, n in zip(shape, known.shape)
            )
            if not fits:
                raise ValueError(
                    f"Function '{self.name}' expects shape {known.shape} for input "
                    f"'{known.name}'. Received: shape {shape}"
                )
        return flat

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for the shapes of the inputs."""
        symbols = nest.map_shape_structure(lambda s: KerasTensor(s), input_shape)
        flat = [
            KerasTensor(x.shape, dtype=known.dtype)
            for x, known in zip(nest.flatten(symbols), self._inputs)
        ]
        outputs = self.compute_output_spec(nest.pack_sequence_as(symbols, flat))
        return nest.map_structure(lambda y: y.shape, outputs)

    def _run_graph(self, flat: list, run: Any) -> Any:
        count_runs(len(self._steps))
        values = {id(symbol): x for symbol, x in zip(self._inputs, flat)}
        for operation, arguments, made in self._steps:
            args, kwargs = arguments.fill(values)
            result = run(operation, args, kwargs)
            if len(made) == 1 and not isinstance(result, (list, tuple, dict)):
                values[made[0]] = result
            else:
                for key, y in zip(made, nest.flatten(result)):
                    values[key] = y
        return nest.map_structure(lambda symbol: values[id(symbol)], self._outputs_struct)


def spec_of(operation: Operation, args: tuple, kwargs: dict) -> Any:
    """How a graph is run on symbols: each operation says what it would return."""
    return operation.compute_output_spec(*args, **kwargs)
