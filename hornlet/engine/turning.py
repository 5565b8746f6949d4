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
from hornlet.engine.native.product import is_there
from hornlet.engine.ops.fused import is_column, is_row
from hornlet.engine.passes import rebuild
from hornlet.engine.primitive import PRIMITIVES
from hornlet.engine.spec import Spec
from hornlet.engine.trace import Graph

ROWS = range(16, 193)  # of the products that gain ...
MATRIX = 1 << 16  # ... with matrices of at least so many elements


def turn_products(graph: Graph) -> Graph:
    """The graph with the products turned that gain by it."""
    if not any(_gains(node) for node in graph.nodes()):
        return graph
    members = _turnable(graph)
    if not members:
        return graph
    return rebuild(graph, lambda node, inputs: _replaced(node, inputs, members))


def _gains(node: Node) -> bool:
    if not _is_product(node):
        return False
    x, w = node.inputs
    rows = x.shape[0]
    return rows in ROWS and w.size >= MATRIX and not is_there(w.dtype, rows, *w.shape)


def _is_product(node: Node) -> bool:
    return node.primitive.name == "matmul" and all(
        x.ndim == 2 and x.dtype.kind == "f" for x in node.inputs
    )


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
        elif node.is_elementwise and any(_serial(x) in group for x in full):
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
    rows, columns = shape = node.outputs[0].shape
    if x.size == 1:
        return x.shape
    if is_row(x.shape, shape):
        return (columns, 1)
    return (1, rows) if is_column(x.shape, shape) else None


def _goes_along(node: Node) -> bool:
    """Whether a node that is neither product nor elementwise can read a turned value."""
    if node.primitive.name == "transpose":
        return tuple(node.attributes["axes"]) == (1, 0)
    return node.primitive.name == "sum" and not node.attributes.get("keepdims", False)


def _replaced(node: Node, inputs: tuple[Tensor, ...], members: set[int]) -> Any:
    """What stands for a node's results: of a member the turned one, as its users are given it."""
    turned = [_serial(x) in members for x in node.inputs]
    if node.serial in members:
        return _turn(node, inputs, turned)
    if not any(turned):
        return None
    name = node.primitive.name
    if name == "transpose":
        return inputs[0]
    if name == "sum":
        axis = tuple(sorted(1 - a for a in node.attributes["axis"]))
        return _emit(name, inputs, node.outputs[0], node, **{**node.attributes, "axis": axis})
    return node.on(_transposed(x) if t else x for x, t in zip(inputs, turned)).tensors()


def _turn(node: Node, inputs: tuple[Tensor, ...], turned: list[bool]) -> Tensor:
    spec = Spec(node.outputs[0].shape[::-1], node.outputs[0].dtype)
    if _is_product(node):
        a, b = (x if t else _transposed(x) for x, t in zip(inputs, turned))
        return _emit("matmul", (b, a), spec, node)
    moved = []
    for old, x in zip(node.inputs, inputs):
        shape = None if _is_full(old, node) else _turned_shape(old, node)
        if shape is not None and shape != x.shape:
            x = _emit("reshape", (x,), Spec(shape, x.dtype), node, shape=shape)
        moved.append(x)
    return _emit(node.primitive.name, tuple(moved), spec, node, **node.attributes)


def _transposed(x: Tensor) -> Tensor:
    if x.node is not None and x.node.primitive.name == "transpose":
        return x.node.inputs[0]
    return _emit("transpose", (x,), Spec(x.shape[::-1], x.dtype), x, axes=(1, 0))


def _emit(name: str, inputs: tuple, spec: Spec, like: Any, **attributes: Any) -> Tensor:
    trace = like.trace if type(like) is Node else like.owner
    node = Node(PRIMITIVES[name], inputs, attributes, trace)
    node.outputs = (spec,)
    return node.tensor(0)
