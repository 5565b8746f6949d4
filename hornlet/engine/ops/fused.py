"""Groups of elementwise nodes, run chunk by chunk so that what lies between stays in the cache."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from math import prod
from typing import Any

import numpy as np

from hornlet.engine.native import chain
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec
from hornlet.engine.threads import Call, share_count, side_by_side
from hornlet.engine.trace import Graph

CHUNK = 1 << 15  # elements: a few arrays of this size fit the second-level cache
THREADED = 1 << 19  # elements from which two threads pay
SHARES = 32  # small enough that neither thread waits long for the other's last one


def _shape(*specs: Spec, body: Graph) -> tuple[Spec, ...]:
    return tuple(Spec(y.shape, y.dtype) for y in body.outputs)


def _kernel(*arrays: np.ndarray, out: Any, body: Graph) -> None:
    for call in _prepare(*arrays, out=out, body=body):
        call()


def _prepare(*arrays: np.ndarray, out: Any, body: Graph) -> list[Call]:
    outs = out if isinstance(out, tuple) else (out,)
    shape = outs[0].shape
    if not outs[0].size:
        return []
    columns = row_length(shape, [x.shape for x in arrays]) or 1
    rows = outs[0].size // columns
    # A view that is not contiguous is copied first, at every run.
    copied = [np.empty(x.shape, x.dtype) if _is_scattered(x) else x for x in arrays]
    before = [partial(np.copyto, a, x) for a, x in zip(copied, arrays) if a is not x]
    inputs = [_laid_out(x, shape, rows, columns) for x in copied]
    whole = (rows, columns) if columns > 1 else (rows,)
    group = _Group(body, inputs, [y.reshape(whole) for y in outs], rows, columns)
    shares = share_count(rows * columns, THREADED, min(SHARES, rows))
    cuts = [rows * i // shares for i in range(shares + 1)]
    lists = [group.calls(start, stop) for start, stop in zip(cuts, cuts[1:])]
    return before + (lists[0] if shares == 1 else [partial(side_by_side, *lists)])


def _is_scattered(x: np.ndarray) -> bool:
    return x.size > 1 and not x.flags.c_contiguous


def row_length(shape: tuple[int, ...], shapes: Iterable[tuple[int, ...]]) -> int | None:
    """The length of the rows at which inputs of these shapes repeat in a result of `shape`.

    A row repeats for all rows; a column repeats each of its numbers along a row. 1 if nothing
    repeats, None if there is no one such length.
    """
    size, found = prod(shape), 1
    for x in shapes:
        n = prod(x)
        if x == shape or n == 1:
            continue
        length = n if is_row(x, shape) else size // max(n, 1) if is_column(x, shape) else None
        if length is None or found not in (1, length):
            return None
        found = length
    return found


def is_row(x: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether `x` is the trailing axes of `shape`, behind axes of size 1."""
    while x and x[0] == 1:
        x = x[1:]
    return shape[len(shape) - len(x) :] == x


def is_column(x: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether `x` is the leading axes of `shape`, before axes of size 1."""
    n = len(x)
    while n and x[n - 1] == 1:
        n -= 1
    return len(x) == len(shape) and x[:n] == shape[:n]


def _laid_out(x: np.ndarray, shape: tuple, rows: int, columns: int) -> np.ndarray:
    if x.size == 1:
        return x.reshape(())
    if x.shape == shape:
        return x.reshape(rows, columns) if columns > 1 else x.reshape(-1)
    return x.reshape(-1) if is_row(x.shape, shape) else x.reshape(rows, 1)


class _Group:
    """The nodes of one group over arrays laid out in rows; what lies between them is temporary."""

    def __init__(self, body: Graph, inputs: list, outputs: list, rows: int, columns: int):
        self.body, self.inputs, self.outputs = body, inputs, outputs
        self.nodes = body.nodes()
        self.rows, self.columns = rows, columns
        self.places: dict[Any, tuple[str, Any]] = {}  # ("output", number) or ("temporary", name)
        self.copies: list[tuple[int, Any]] = []
        self._assign_places()

    def _assign_places(self) -> None:
        last: dict[Any, int] = {}
        for i, node in enumerate(self.nodes):
            for x in node.inputs:
                last[x.key] = i
        numbers: dict[Any, list[int]] = {}
        for k, y in enumerate(self.body.outputs):
            numbers.setdefault(y.key, []).append(k)
        free: dict[Any, list[tuple]] = {}
        made = 0
        for i, node in enumerate(self.nodes):
            key, dtype = (node.serial, 0), node.outputs[0].dtype
            wanted = numbers.get(key, [])
            direct = [k for k in wanted if not self._still_read(self.outputs[k], i, last)][:1]
            if direct:
                self.places[key] = ("output", direct[0])
            else:
                pool = free.setdefault(dtype, [])
                made += not pool
                self.places[key] = pool.pop() if pool else ("temporary", (made, dtype))
            self.copies += [(k, key) for k in wanted if k not in direct]
            for x in {x.key: x for x in node.inputs}.values():
                kind, name = self.places.get(x.key, ("", None))
                if kind == "temporary" and last[x.key] == i and x.key not in numbers:
                    free.setdefault(x.dtype, []).append((kind, name))

    def _still_read(self, out: np.ndarray, i: int, last: dict) -> bool:
        """Whether `out` is the memory of an input that a later node of the group reads."""
        address = out.ctypes.data
        return any(
            x.size and a.ctypes.data == address and last.get(x.key, -1) > i
            for x, a in zip(self.body.inputs, self.inputs)
        )

    def _moves(self, a: np.ndarray) -> bool:
        """Whether `a` has an entry for each row, as full arrays and columns have."""
        return a.ndim == (2 if self.columns > 1 else 1) and a.size > 1

    def _whole(self, a: np.ndarray) -> bool:
        return a.size == self.rows * self.columns > 1

    def calls(self, start: int, stop: int) -> list[Call]:
        """The calls for the rows from `start` to `stop`: one in C, or NumPy's chunk by chunk."""
        values = [*self.inputs, *self.outputs]
        if chain.runs([n.primitive.name for n in self.nodes], {x.dtype for x in values}):
            return [self._chain().bound(start, stop)]
        step = min(max(1, CHUNK // self.columns), stop - start)
        shape = (step, self.columns) if self.columns > 1 else (step,)
        buffers = {
            name: np.empty(shape, name[1]) for kind, name in self.places.values()
            if kind == "temporary"
        }  # fmt: skip
        made: list[Call] = []
        for i in range(start, stop, step):
            made += self._numpy(i, min(i + step, stop), buffers)
        return made

    def _chain(self) -> chain.Chain:
        code = chain.Chain(self.outputs[0].dtype, self.columns)
        registers: dict[Any, int] = {}
        for x, a in zip(self.body.inputs, self.inputs):
            registers[x.key] = code.register(a, self._whole(a))
        outs = [code.register(y, True) for y in self.outputs]
        temporaries: dict[Any, int] = {}
        for node in self.nodes:
            for x in node.inputs:
                if x.value is not None and x.key not in registers:
                    registers[x.key] = code.register(x.value)
            kind, name = self.places[(node.serial, 0)]
            if kind == "temporary" and name not in temporaries:
                temporaries[name] = code.register(None)
            target = outs[name] if kind == "output" else temporaries[name]
            registers[(node.serial, 0)] = target
            code.operation(node.primitive.name, target, *(registers[x.key] for x in node.inputs))
        for k, key in self.copies:
            code.operation("copy", outs[k], registers[key])
        return code

    def _numpy(self, start: int, stop: int, buffers: dict) -> list[Call]:
        arrays: dict[Any, np.ndarray] = {}
        for x, a in zip(self.body.inputs, self.inputs):
            arrays[x.key] = a[start:stop] if self._moves(a) else a
        outs = [y[start:stop] for y in self.outputs]
        made: list[Call] = []
        for node in self.nodes:
            key = (node.serial, 0)
            kind, name = self.places[key]
            target = outs[name] if kind == "output" else buffers[name][: stop - start]
            arrays[key] = target
            values = [x.value if x.value is not None else arrays[x.key] for x in node.inputs]
            made += node.primitive.calls(values, (target,), node.attributes)
        made += [partial(np.copyto, outs[k], arrays[key]) for k, key in self.copies]
        return made


primitive("fused", shape=_shape, kernel=_kernel, prepare=_prepare, inplace=range(1 << 30))
