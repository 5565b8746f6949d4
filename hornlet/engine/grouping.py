"""The pass that groups large elementwise nodes, for the `fused` primitive to run in chunks."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.engine.emit import Node, Tensor
from hornlet.engine.native import chain
from hornlet.engine.ops.fused import row_length
from hornlet.engine.primitive import PRIMITIVES
from hornlet.engine.spec import Spec
from hornlet.engine.trace import Graph

SMALLEST = 1 << 16  # elements: below, all values of a chain fit the cache anyway ...
NATIVE = 1 << 6  # ... and in C one call takes the place of several from here on


def group_elementwise(graph: Graph) -> Graph:
    """Replaces runs of elementwise nodes over large arrays of one shape by `fused` nodes.

    A node joins the open group unless it needs something that was computed from the group outside
    it; whatever depends on the group's members is moved behind them.
    """
    if not any(_groupable(node) for node in graph.nodes()):
        return graph
    return _Grouping(graph).run()


def _groupable(node: Node) -> bool:
    return (
        node.is_elementwise
        and node.outputs[0].size >= (NATIVE if _in_c(node) else SMALLEST)
        and _row_length(node) is not None
    )


def _in_c(node: Node) -> bool:
    dtypes = {x.dtype for x in node.inputs} | {y.dtype for y in node.outputs}
    return chain.runs([node.primitive.name], dtypes)


def _row_length(node: Node) -> int | None:
    return row_length(node.outputs[0].shape, [x.shape for x in node.inputs])


def _calls(node: Node) -> int:
    """How many calls a node is by itself: a kernel that is no ufunc makes several."""
    return 1 if isinstance(node.primitive.kernel, np.ufunc) or not _in_c(node) else 2


class _Grouping:
    def __init__(self, graph: Graph):
        self.graph = graph
        self.new: dict[Any, Tensor] = {}
        self.members: list[Node] = []
        self.columns = 1
        self.inside: set[int] = set()  # serials of the members
        self.behind: list[Node] = []  # nodes that depend on members
        self.tainted: set[int] = set()
        self.users: dict[int, set[int]] = {}
        for node in graph.nodes():
            for x in node.inputs:
                if x.node is not None:
                    self.users.setdefault(x.node.serial, set()).add(node.serial)
        self.results = {y.node.serial for y in graph.outputs if y.node is not None}

    def run(self) -> Graph:
        for node in self.graph.nodes():
            if self._depends(node, self.tainted):
                if _groupable(node):
                    self._close()
                    self._open(node)
                else:
                    self._put_behind(node)
            elif _groupable(node) and self._fits(node):
                self._join(node)
            elif _groupable(node):
                self._close()
                self._open(node)
            elif self._depends(node, self.inside):
                self._put_behind(node)
            else:
                self._copy(node)
        self._close()
        outputs = [self._renewed(y) for y in self.graph.outputs]
        return self.graph.with_values(self.graph.inputs, outputs)

    def _depends(self, node: Node, serials: set[int]) -> bool:
        return any(x.node is not None and x.node.serial in serials for x in node.inputs)

    def _fits(self, node: Node) -> bool:
        if not self.members:
            return True
        if node.outputs[0].shape != self.members[0].outputs[0].shape:
            return False
        columns = _row_length(node)
        return columns == 1 or self.columns in (1, columns)

    def _open(self, node: Node) -> None:
        self.columns = 1
        self._join(node)

    def _join(self, node: Node) -> None:
        self.members.append(node)
        self.inside.add(node.serial)
        self.columns = max(self.columns, _row_length(node) or 1)

    def _put_behind(self, node: Node) -> None:
        self.behind.append(node)
        self.tainted.add(node.serial)

    def _renewed(self, x: Tensor) -> Tensor:
        return self.new.get(x.key, x)

    def _copy(self, node: Node) -> None:
        for y in node.on(map(self._renewed, node.inputs)).tensors():
            self.new[(node.serial, y.index)] = y

    def _close(self) -> None:
        if sum(map(_calls, self.members)) > 1:
            self._fuse()
        else:
            for node in self.members:
                self._copy(node)
        for node in self.behind:
            self._copy(node)
        self.members, self.behind = [], []
        self.inside, self.tainted = set(), set()

    def _fuse(self) -> None:
        outer: dict[Any, Tensor] = {}
        inner: dict[Any, Tensor] = {}
        for node in self.members:
            inputs = []
            for x in node.inputs:
                key = x.key
                if x.value is not None and x.size == 1:
                    inputs.append(x)
                    continue
                if key not in inner:
                    outer[key] = self._renewed(x)
                    inner[key] = Tensor(Spec(x.shape, x.dtype))
                inputs.append(inner[key])
            inner[(node.serial, 0)] = node.on(inputs, detached=True).tensor(0)
        wanted = [
            n for n in self.members
            if n.serial in self.results or self.users.get(n.serial, set()) - self.inside
        ]  # fmt: skip
        body = Graph([inner[k] for k in outer], [inner[(n.serial, 0)] for n in wanted])
        fused = Node(PRIMITIVES["fused"], tuple(outer.values()), {"body": body}, None)
        fused.outputs = tuple(n.outputs[0] for n in wanted)
        for i, n in enumerate(wanted):
            self.new[(n.serial, 0)] = fused.tensor(i)
