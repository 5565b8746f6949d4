"""The pass that computes products of few rows turned: y.T = w.T @ x.T instead of y = x @ w.

The sums are the same; the time is not. With a few dozen rows most of it goes into fetching w, and
the libraries that NumPy computes with are measured to fetch it better in the turned form: a tenth
to a quarter less for the product, and what reads w next, the optimizer's step, gains as well.
Turned values stay turned through elementwise nodes, sums and further products, so nothing is ever
moved: where they could not, everything that hangs together is left as it was.
"""

from __future__ import annotations

from typing import Any

from hornlet.engine.emit import Node, Tensor
from hornlet.engine.primitive import PRIMITIVES
from hornlet.engine.spec import Spec
from hornlet.engine.trace import Graph

ROWS = range(16, 193)  # of the products that gain ...
MATRIX = 1 << 16  # ... with matrices of at least so many elements


def turn_products(graph: Graph) -> Graph:
    """The graph with the products turned that gain by it."""
    if not any(_gains(node) for node in graph.nodes()):
        return graph
    turned = _turnable(graph)
    return _Turning(graph, turned).run() if turned else graph


def _gains(node: Node) -> bool:
    return _is_product(node) and node.outputs[0].shape[0] in ROWS and node.inputs[1].size >= MATRIX


def _is_product(node: Node) -> bool:
    return node.primitive.name == "matmul" and all(
        x.ndim == 2 and x.dtype.kind == "f" for x in node.inputs
    )


def _is_elementwise(node: Node) -> bool:
    row = node.primitive
    return row.elementwise and row.scratch is None and len(node.outputs) == 1


def _turnable(graph: Graph) -> set[int]:
    """Serials of the nodes to turn: groups that hang together, with a product that gains in each.

    A group may consist of products and of elementwise nodes on them and on smaller things; what
    uses it may be those, further products, sums and transposes.
    """
    group: dict[int, int] = {}  # serial -> another of its group, or itself: a forest

    def root(serial: int) -> int:
        while group[serial] != serial:
            serial = group[serial]
        return serial

    worth: set[int] = set()
    barred: set[int] = set()
    for node in graph.nodes():
        full = [x for x in node.inputs if _is_full(x, node)]
        if _is_product(node):
            group[node.serial] = node.serial
            if _gains(node):
                worth.add(node.serial)
        elif _is_elementwise(node) and any(_serial(x) in group for x in full):
            group[node.serial] = node.serial
            others = [x for x in node.inputs if not _is_full(x, node)]
            if any(_serial(x) not in group for x in full) or any(
                _turned_shape(x, node) is None for x in others
            ):
                barred.add(node.serial)
            for x in full:
                if _serial(x) in group:
                    group[root(_serial(x))] = root(node.serial)
            continue
        for x in node.inputs:
            if _serial(x) in group and not (_is_product(node) or _goes_along(node)):
                barred.add(_serial(x))
    barred.update(_serial(y) for y in graph.outputs if _serial(y) in group)
    out = {root(serial) for serial in barred}
    gaining = {root(serial) for serial in worth} - out
    return {serial for serial in group if root(serial) in gaining}


def _serial(x: Tensor) -> int:
    return -1 if x.node is None else x.node.serial


def _is_full(x: Tensor, node: Node) -> bool:
    return x.shape == node.outputs[0].shape and x.size > 1


def _turned_shape(x: Tensor, node: Node) -> tuple[int, ...] | None:
    """The shape in which a row, a column or a number goes with turned values; None if neither."""
    rows, columns = node.outputs[0].shape
    if x.size == 1:
        return x.shape
    if x.shape in ((columns,), (1, columns)):
        return (columns, 1)
    return (1, rows) if x.shape == (rows, 1) else None


def _goes_along(node: Node) -> bool:
    """Whether a node that is neither product nor elementwise can read a turned value."""
    if node.primitive.name == "transpose":
        return tuple(node.attributes["axes"]) == (1, 0)
    return node.primitive.name == "sum" and not node.attributes.get("keepdims", False)


class _Turning:
    def __init__(self, graph: Graph, members: set[int]):
        self.graph = graph
        self.members = members
        self.new: dict[Any, Tensor] = {}  # what stands for a value; of members, their turned one
        self.back: dict[int, Tensor] = {}  # members turned back, for products that use them

    def run(self) -> Graph:
        for node in self.graph.nodes():
            if node.serial in self.members:
                self.new[(node.serial, 0)] = self._turn(node)
            elif any(_serial(x) in self.members for x in node.inputs):
                self._use(node)
            elif any(self._renewed(x) is not x for x in node.inputs):
                self._keep(node, [self._renewed(x) for x in node.inputs])
        outputs = [self._renewed(y) for y in self.graph.outputs]
        return self.graph.with_values(self.graph.inputs, outputs)

    def _renewed(self, x: Tensor) -> Tensor:
        return self.new.get((_serial(x), x.index), x)

    def _turn(self, node: Node) -> Tensor:
        spec = Spec(node.outputs[0].shape[::-1], node.outputs[0].dtype)
        if _is_product(node):
            a, b = node.inputs
            return _emit("matmul", [self._turned(b), self._turned(a)], spec, node)
        inputs = []
        for x in node.inputs:
            small = None if _is_full(x, node) else _turned_shape(x, node)
            x = self._renewed(x)
            if small is not None and small != x.shape:
                x = _emit("reshape", [x], Spec(small, x.dtype), node, shape=small)
            inputs.append(x)
        return _emit(node.primitive.name, inputs, spec, node, **node.attributes)

    def _turned(self, x: Tensor) -> Tensor:
        """The transpose of `x`, at no cost where it is at hand."""
        if _serial(x) in self.members:
            return self._renewed(x)
        x = self._renewed(x)
        if x.node is not None and x.node.primitive.name == "transpose":
            return x.node.inputs[0]
        return _transposed(x)

    def _use(self, node: Node) -> None:
        """A node outside that reads members."""
        name = node.primitive.name
        if name == "transpose":
            self.new[(node.serial, 0)] = self._renewed(node.inputs[0])
        elif name == "sum":
            axis = tuple(sorted(1 - a for a in node.attributes["axis"]))
            attributes = {**node.attributes, "axis": axis}
            x = self._renewed(node.inputs[0])
            self.new[(node.serial, 0)] = _emit(name, [x], node.outputs[0], node, **attributes)
        else:
            self._keep(node, [self._straight(x) for x in node.inputs])

    def _straight(self, x: Tensor) -> Tensor:
        if _serial(x) not in self.members:
            return self._renewed(x)
        if _serial(x) not in self.back:
            self.back[_serial(x)] = _transposed(self._renewed(x))
        return self.back[_serial(x)]

    def _keep(self, node: Node, inputs: list[Tensor]) -> None:
        copy = Node(node.primitive, tuple(inputs), node.attributes, node.trace)
        copy.outputs = node.outputs
        for i in range(len(node.outputs)):
            self.new[(node.serial, i)] = copy.tensor(i)


def _transposed(x: Tensor) -> Tensor:
    return _emit("transpose", [x], Spec(x.shape[::-1], x.dtype), x, axes=(1, 0))


def _emit(name: str, inputs: list[Tensor], spec: Spec, like: Any, **attributes: Any) -> Tensor:
    trace = like.trace if type(like) is Node else like.owner
    node = Node(PRIMITIVES[name], tuple(inputs), attributes, trace)
    node.outputs = (spec,)
    return node.tensor(0)
