"""Loops and branches whose bodies are graphs: `scan`, `while` and `cond`."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.engine.emit import Tensor, emit
from hornlet.engine.gradient import gradient
from hornlet.engine.native.steps import moves
from hornlet.engine.primitive import primitive
from hornlet.engine.program import executable
from hornlet.engine.spec import Spec
from hornlet.engine.state import active
from hornlet.engine.trace import Graph, Trace, cut, reachable, replay

# A scan's inputs are (operands, carries, xs), its body's (operands, carry, x); its outputs
# (last carries, stacked ys), its body's (carry, y).


def _scan_shape(*specs: Spec, body: Graph, carries: int, length: int, **_: Any) -> tuple[Spec, ...]:
    return tuple(
        Spec(y.shape if i < carries else (length, *y.shape), y.dtype)
        for i, y in enumerate(body.outputs)
    )


def _scan_kernel(
    *arrays: np.ndarray, out: Any, body: Graph, operands: int, carries: int, length: int,
    reverse: bool, extends: Any = None,
) -> None:  # fmt: skip
    outs = out if isinstance(out, tuple) else (out,)
    made = executable(body)
    program = made.check_out()
    try:
        n = operands + carries
        for buffer, x in zip(program.inputs[:n], arrays[:n]):
            np.copyto(buffer, x)
        state, xs = program.inputs[operands:n], program.inputs[n:]
        new, ys = program.outputs[:carries], program.outputs[carries:]
        read = moves([(buffer, x, False, True) for buffer, x in zip(xs, arrays[n:])])
        write = moves([
            *((stacked, y, True, False) for stacked, y in zip(outs[carries:], ys)),
            *((buffer, value, False, False) for buffer, value in zip(state, new)),
        ])  # fmt: skip
        for t in range(length - 1, -1, -1) if reverse else range(length):
            read(t)
            program.run()
            write(t)
        for target, buffer in zip(outs[:carries], state):
            np.copyto(target, buffer)
    finally:
        made.check_in(program)


QUICK = {"add", "multiply", "negative", "square", "subtract"}


class _Backward:
    """The gradient of a scan's body, split where the forward pass ends.

    What the backward half needs from the forward half is kept per step (`kept`), so that nothing
    is computed twice; products `a.T @ b` that only sum up over the steps are left to one large
    product of the stacked a and b (`products`).
    """

    def __init__(self, body: Graph, operands: int, carries: int, wanted: list[bool]):
        self.trace = trace = Trace()
        self.inputs = [trace.symbol(Spec(x.shape, x.dtype)) for x in body.inputs]
        with active(trace):
            ys = replay(body, list(self.inputs))
            ys = [trace.own(y) for y in ys]
            self.seeds = [trace.symbol(Spec(y.shape, y.dtype)) for y in ys]
            floats = [i for i, y in enumerate(ys) if y.dtype.kind in "fV"]
            sources = [x for x, w in zip(self.inputs, wanted) if w]
            seeds = [self.seeds[i] for i in floats]
            found = iter(gradient([ys[i] for i in floats], sources, seeds))
            self.gradients: list[Any] = [next(found) if w else None for w in wanted]
        self.ys = ys
        seeded = {id(x) for x in self.seeds}
        self.late: set[int] = set()  # serials of nodes that depend on a cotangent
        nodes = reachable([*[g for g in self.gradients if g is not None], *ys])
        for node in nodes:
            if any(
                id(x) in seeded or (x.node is not None and x.node.serial in self.late)
                for x in node.inputs
            ):
                self.late.add(node.serial)
        self.kept: list[Tensor] = []
        self._keys: set[Any] = set()
        self.given = [*self.inputs[:operands], *self.inputs[operands + carries :]]
        stack = [g for g in self.gradients if g is not None]
        seen: set[int] = set()
        while stack:
            x = stack.pop()
            if x.value is not None or id(x) in seeded:
                continue
            if x.node is not None and (x.node.serial in self.late or x.node.primitive.view):
                if x.node.serial not in seen:  # made again in the backward half: a view is free
                    seen.add(x.node.serial)
                    stack.extend(x.node.inputs)
            else:
                self.keep(x)
        self.kept = [x for x in self.kept if not self._is_quick(x)]

    def _is_quick(self, x: Tensor, depth: int = 4) -> bool:
        """Whether `x` is a little arithmetic on what is there anyway: memory would be slower."""
        node = x.node
        return (
            depth > 0
            and node is not None
            and (node.primitive.name in QUICK or node.primitive.view is not None)
            and all(self._is_there(y) or self._is_quick(y, depth - 1) for y in node.inputs)
        )

    def _is_there(self, x: Tensor) -> bool:
        return x.value is not None or x.key in self._keys or any(x is g for g in self.given)

    def keep(self, x: Tensor) -> None:
        """Asks for `x` at every step, unless it is there already (an operand or an x)."""
        if not self._is_there(x):
            self._keys.add(x.key)
            self.kept.append(x)


def _scan_vjp(
    dys: Any, outs: Any, *inputs: Tensor, body: Graph, operands: int, carries: int, length: int,
    reverse: bool, extends: Any = None,
) -> list:  # fmt: skip
    dys = dys if isinstance(dys, tuple) else (dys,)
    n = operands + carries
    wanted = [x.dtype.kind in "fV" for x in body.inputs]
    half = _Backward(body, operands, carries, wanted)
    forward = Graph(half.inputs, [*half.ys, *half.kept])
    extended = emit(
        "scan", *inputs, body=forward, operands=operands, carries=carries, length=length,
        reverse=reverse, extends=body,
    )  # fmt: skip
    extended = extended if isinstance(extended, tuple) else (extended,)
    kept = list(extended[len(half.ys) :])

    # The backward body: operands are the forward's operands, carried are the cotangents of the
    # carries and the sums for the operands, xs are the xs, what was kept, and the ys' cotangents.
    d_carry = [i for i in range(carries) if wanted[operands + i]]
    d_operand = [i for i in range(operands) if half.gradients[i] is not None]
    products = {i: p for i in d_operand if (p := _as_product(half.gradients[i])) is not None}
    summed = [i for i in d_operand if i not in products]
    d_x = [i for i in range(n, len(inputs)) if half.gradients[i] is not None]
    d_y = [i for i in range(carries, len(half.ys)) if half.ys[i].dtype.kind in "fV"]
    with active(half.trace):
        sums = [half.trace.symbol(Spec(inputs[i].shape, inputs[i].dtype)) for i in summed]
        plus = [emit("add", s, half.gradients[i]) for s, i in zip(sums, summed)]
    zero = [_zeros_like(half.inputs[operands + i]) for i in range(carries)]
    factors = [x for p in products.values() for x in p]
    for x in half.seeds:
        if x.dtype.kind not in "fV":  # an integer result has no cotangent
            x.value = np.zeros(x.shape, x.dtype)
    backward = cut(
        [
            *half.inputs[:operands],
            *(half.seeds[i] for i in d_carry), *sums,
            *half.inputs[n:], *half.kept, *(half.seeds[i] for i in d_y),
        ],
        [
            *(zero[i] if (g := half.gradients[operands + i]) is None else g for i in d_carry),
            *plus,
            *(half.gradients[i] for i in d_x), *factors,
        ],
    )  # fmt: skip
    start = [dys[i] for i in d_carry] + [np.zeros(x.shape, x.dtype) for x in sums]
    results = emit(
        "scan", *inputs[:operands], *start, *inputs[n:], *kept, *(dys[i] for i in d_y),
        body=backward, operands=operands, carries=len(start), length=length, reverse=not reverse,
        extends=None,
    )  # fmt: skip
    results = list(results) if isinstance(results, tuple) else [results]
    dxs: list = [None] * len(inputs)
    for i in [operands + i for i in d_carry] + summed + d_x:
        dxs[i] = results.pop(0)
    for i in products:
        a, b = results.pop(0), results.pop(0)
        dxs[i] = emit("matmul", _rows_joined(a, transpose=True), _rows_joined(b))
    return dxs


def _zeros_like(x: Tensor) -> Tensor:
    return Tensor(Spec(x.shape, x.dtype), None, 0, np.zeros(x.shape, x.dtype))


def _as_product(g: Any) -> tuple[Tensor, Tensor] | None:
    """(a, b) where g is a.T @ b of two matrices, else None."""
    node = g.node
    if node is None or node.primitive.name != "matmul" or g.ndim != 2:
        return None
    left, b = node.inputs
    if left.ndim != 2 or b.ndim != 2 or left.node is None:
        return None
    if left.node.primitive.name != "transpose" or left.node.attributes["axes"] != (1, 0):
        return None
    return left.node.inputs[0], b


def _rows_joined(x: Tensor, transpose: bool = False) -> Tensor:
    t, rows, columns = x.shape
    x = emit("reshape", x, shape=(t * rows, columns))
    return emit("transpose", x, axes=(1, 0)) if transpose else x


primitive("scan", shape=_scan_shape, kernel=_scan_kernel, vjp=_scan_vjp)


def _while_shape(*specs: Spec, body: Graph, **_: Any) -> tuple[Spec, ...]:
    return tuple(Spec(y.shape, y.dtype) for y in body.outputs)


def _while_kernel(
    *arrays: np.ndarray, out: Any, test: Graph, body: Graph, test_operands: int, operands: int,
    limit: int | None,
) -> None:  # fmt: skip
    outs = out if isinstance(out, tuple) else (out,)
    tests, bodies = executable(test), executable(body)
    asker, stepper = tests.check_out(), bodies.check_out()
    try:
        n = test_operands + operands
        for buffer, x in zip(asker.inputs[:test_operands], arrays[:test_operands]):
            np.copyto(buffer, x)
        for buffer, x in zip(stepper.inputs[:operands], arrays[test_operands:n]):
            np.copyto(buffer, x)
        state = stepper.inputs[operands:]
        for buffer, x in zip(state, arrays[n:]):
            np.copyto(buffer, x)
        done = 0
        while limit is None or done < limit:
            for buffer, x in zip(asker.inputs[test_operands:], state):
                np.copyto(buffer, x)
            asker.run()
            if not asker.outputs[0]:
                break
            stepper.run()
            for buffer, x in zip(state, stepper.outputs):
                np.copyto(buffer, x)
            done += 1
        for target, x in zip(outs, state):
            np.copyto(target, x)
    finally:
        tests.check_in(asker)
        bodies.check_in(stepper)


def _while_vjp(*_: Any, **__: Any) -> None:
    raise ValueError(
        "The gradient of a traced `while_loop` was asked for: how often it runs is not known "
        "beforehand, so its steps cannot be kept. Use `scan` or `fori_loop`, which run a known "
        "number of steps, put `stop_gradient` on what goes in, or compile with `run_eagerly=True`."
    )


primitive("while", shape=_while_shape, kernel=_while_kernel, vjp=_while_vjp)


def _cond_shape(*specs: Spec, branches: tuple[Graph, Graph]) -> tuple[Spec, ...]:
    return tuple(Spec(y.shape, y.dtype) for y in branches[0].outputs)


def _cond_kernel(
    pred: np.ndarray, *arrays: np.ndarray, out: Any, branches: tuple[Graph, Graph]
) -> None:
    outs = out if isinstance(out, tuple) else (out,)
    made = executable(branches[0] if pred else branches[1])
    program = made.check_out()
    try:
        program.load(arrays)
        program.run()
        for target, y in zip(outs, program.outputs):
            np.copyto(target, y)
    finally:
        made.check_in(program)


def _cond_vjp(
    dys: Any, outs: Any, pred: Tensor, *inputs: Tensor, branches: tuple[Graph, Graph]
) -> list:
    dys = dys if isinstance(dys, tuple) else (dys,)
    wanted = [i for i, x in enumerate(inputs) if x.dtype.kind in "fV"]
    seeded = [i for i, y in enumerate(branches[0].outputs) if y.dtype.kind in "fV"]
    gradients = tuple(_branch_gradient(b, wanted, seeded) for b in branches)
    results = emit("cond", pred, *inputs, *(dys[i] for i in seeded), branches=gradients)
    results = results if isinstance(results, tuple) else (results,)
    dxs: list = [None] * (1 + len(inputs))
    for i, dx in zip(wanted, results):
        dxs[1 + i] = dx
    return dxs


def _branch_gradient(branch: Graph, wanted: list[int], seeded: list[int]) -> Graph:
    trace = Trace()
    inputs = [trace.symbol(Spec(x.shape, x.dtype)) for x in branch.inputs]
    with active(trace):
        ys = [trace.own(y) for y in replay(branch, list(inputs))]
        seeds = [trace.symbol(Spec(ys[i].shape, ys[i].dtype)) for i in seeded]
        found = gradient([ys[i] for i in seeded], [inputs[i] for i in wanted], seeds)
    results = [g if g is not None else _zeros_like(inputs[i]) for i, g in zip(wanted, found)]
    return Graph([*inputs, *seeds], results)


primitive("cond", shape=_cond_shape, kernel=_cond_kernel, vjp=_cond_vjp)
