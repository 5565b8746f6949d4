"""Recurrent layers as ONNX's own operators: loops over the steps of LSTM, GRU and SimpleRNN.

A loop is one of these if its body computes what the step of one of the model's cells computes, and
if what it runs along is that cell's product with a sequence. Both are traced here once more and
compared with the graph; loops with masks differ, and stay loops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.activations.lookup import get as activation
from hornlet.engine.spec import Spec
from hornlet.engine.trace import trace
from hornlet.export.onnx_writer import Writer
from hornlet.export.sizes import SizedGraph, Step, Value, Varying
from hornlet.layers.gates import GatedCell
from hornlet.layers.gru import GRUCell
from hornlet.layers.lstm import LSTMCell
from hornlet.layers.simple_rnn import SimpleRNNCell

# Per class of cells: the operator, the order in which it wants the gates, and its activations'.
_KINDS: dict[type, tuple[str, tuple[int, ...], tuple[str, ...]]] = {
    LSTMCell: ("LSTM", (0, 3, 1, 2), ("recurrent_activation", "activation", "activation")),
    GRUCell: ("GRU", (0, 1, 2), ("recurrent_activation", "activation")),
    SimpleRNNCell: ("RNN", (0,), ("activation",)),
}
# An activation's name here, its name there, and its alpha and beta.
_ACTIVATIONS = (
    ("tanh", "Tanh", 0.0, 0.0), ("sigmoid", "Sigmoid", 0.0, 0.0), ("relu", "Relu", 0.0, 0.0),
    ("hard_sigmoid", "HardSigmoid", 1 / 6, 0.5), ("linear", "Affine", 1.0, 0.0),
    ("softsign", "Softsign", 0.0, 0.0), ("softplus", "Softplus", 0.0, 0.0),
    ("elu", "Elu", 1.0, 0.0),
)  # fmt: skip


def recurrent(w: Writer, step: Step) -> tuple[str, ...] | None:
    """The outputs of an LSTM, GRU or RNN that does what a loop does; None if there is none."""
    a = step.attributes
    n = a["operands"] + a["carries"]
    if len(step.inputs) != n + 1 or len(step.outputs) != a["carries"] + 1:
        return None
    for cell in w.shared.cells:
        x = _sequence(cell, step, n)
        if x is not None:
            return _written(w, step, cell, x)
    return None


def _sequence(cell: GatedCell, step: Step, n: int) -> Value | None:
    """The sequence that a loop of this cell's steps goes along, None if the loop is another.

    The layers of such a cell multiply before the loop; `RNN` of the cell does so inside.
    """
    if _is_step(cell, lambda x, *states: _flat(cell.step(x, list(states))), step, n):
        return _projected(cell, step.inputs[n])
    inside = lambda x, *states: _flat(cell.step(cell.project(x), list(states)))  # noqa: E731
    return step.inputs[n] if _is_step(cell, inside, step, n) else None


def _is_step(cell: GatedCell, function: Callable, step: Step, n: int) -> bool:
    """Whether a loop's body is `function` of one element and the states."""
    operands, carries = step.attributes["operands"], step.attributes["carries"]
    body = step.attributes["body"]
    given = [body.inputs[n], *body.inputs[operands:n]]
    wanted = _again(cell, function, given)
    if wanted is None or len(wanted.outputs) != carries + 1:
        return False
    found = _Match()
    pairs = zip([*body.outputs[carries:], *body.outputs[:carries]], wanted.outputs)
    if not all(found.same(a, b) for a, b in pairs):
        return False
    if [found.bound.get(id(b)) for b in wanted.arguments] != given:
        return False
    outer = dict(zip(map(id, body.inputs[:operands]), step.inputs))
    places = [found.bound.get(id(b)) for b in wanted.inputs[len(given) :]]
    return all(
        place is not None and id(place) in outer and outer[id(place)].ref is b.ref
        for place, b in zip(places, wanted.inputs[len(given) :])
    )


def _projected(cell: GatedCell, product: Value) -> Value | None:
    """The sequence whose product with the cell's kernel `product` is."""
    steps, batch = product.shape[:2]

    def project(x: Any) -> Any:
        flat = cell.project(ops.reshape(x, (-1, x.shape[-1])))
        return ops.reshape(flat, (*x.shape[:2], flat.shape[-1]))

    wanted = (steps, batch, int(cell.kernel.shape[0]))
    of_layer = _again(cell, project, [_Shaped(wanted, product.dtype)])
    found = _Match()
    if of_layer is None or not found.same(product, of_layer.outputs[0]):
        return None
    return found.bound.get(id(of_layer.arguments[0]))


class _Shaped:
    """A shape and a dtype, where no Value has them."""

    def __init__(self, shape: tuple, dtype: Any):
        self.shape, self.dtype = shape, dtype


def _again(cell: GatedCell, function: Callable, arguments: list) -> SizedGraph | None:
    """`function` traced on arrays like `arguments`, None where these are not the cell's."""
    count = max(
        (len(n) for x in arguments for n in x.shape if isinstance(n, Varying)), default=1
    )  # fmt: skip
    graphs = []
    cell.draw_masks(None, False)
    try:
        for k in range(count):
            sizes = [tuple(n[k] if isinstance(n, Varying) else n for n in x.shape)
                     for x in arguments]  # fmt: skip
            specs = [Spec(s, x.dtype) for s, x in zip(sizes, arguments)]
            graphs.append(trace(function, *specs))
    except (ValueError, IndexError):  # arrays of other widths do not fit this cell
        return None
    finally:
        cell.drop_masks()
    return SizedGraph(graphs)


def _flat(result: tuple) -> list:
    y, states = result
    return [y, *states]


class _Match:
    """Compares two graphs from their outputs on; `bound` says what stands for the second's inputs.

    A variable matches itself, and an input of a loop's body that stands for one.
    """

    def __init__(self) -> None:
        self.bound: dict[int, Value] = {}

    def same(self, a: Value, b: Value) -> bool:
        waiting = [(a, b)]
        while waiting:
            a, b = waiting.pop()
            if (a.shape, a.dtype) != (b.shape, b.dtype):
                return False
            if b.step is None and b.arrays is None:
                if b.ref is not None and a.ref is not None and a.ref is not b.ref:
                    return False
                if self.bound.setdefault(id(b), a) is not a:
                    return False
            elif b.step is None:
                if a.array is None or b.array is None or not np.array_equal(a.array, b.array):
                    return False
            elif a.step is None or a.index != b.index or a.step.name != b.step.name:
                return False
            else:
                if a.step.attributes != b.step.attributes:
                    return False
                waiting += zip(a.step.inputs, b.step.inputs)
        return True


def _activations(cell: GatedCell) -> tuple[list[str], list[float], list[float]] | None:
    names, alphas, betas = [], [], []
    for attribute in _KINDS[type(cell)][2]:
        own = getattr(cell, attribute)
        row = next((row for row in _ACTIVATIONS if activation(row[0]) is own), None)
        if row is None:
            return None
        names.append(row[1])
        alphas.append(row[2])
        betas.append(row[3])
    return names, alphas, betas


def cells(model: Any) -> list[GatedCell]:
    """A model's cells whose layer ONNX has an operator for."""
    found = [
        layer for layer in model._flatten_layers()
        if type(layer) in _KINDS and layer.built and _activations(layer) is not None
    ]  # fmt: skip
    return list({id(cell): cell for cell in found}.values())


def _written(w: Writer, step: Step, cell: Any, x: Value) -> tuple[str, ...]:
    operator, order, _ = _KINDS[type(cell)]
    operands, carries = step.attributes["operands"], step.attributes["carries"]

    def stacked(array: np.ndarray) -> np.ndarray:
        """(..., gates * units) as (1, gates * units, ...), the gates in ONNX's order."""
        gates = np.split(array, len(order), -1)
        return np.concatenate([gates[i] for i in order], -1).T[None]

    def biases(array: np.ndarray) -> np.ndarray:
        """Those of the input and of the state, one after the other."""
        both = array if array.ndim == 2 else np.stack([array, np.zeros_like(array)])
        return np.concatenate([stacked(b[None])[..., 0] for b in both], -1)

    names = [
        w.name(x), w.derived(cell.kernel, operator, stacked),
        w.derived(cell.recurrent_kernel, operator, stacked),
        "" if cell.bias is None else w.derived(cell.bias, operator, biases), "",
    ]  # fmt: skip
    for state in step.inputs[operands : operands + carries]:
        arrays: Any = state.arrays
        empty = arrays is not None and not any(a.any() for a in arrays)
        names.append("" if empty else w.op("Unsqueeze", w.name(state), w.axes(0)))
    while not names[-1]:
        names.pop()
    activations, alphas, betas = _activations(cell)  # type: ignore[misc]
    extra = {"linear_before_reset": int(cell.reset_after)} if operator == "GRU" else {}
    ys, *last = w.ops(
        operator, carries + 1, *names, hidden_size=cell.units, activations=activations,
        activation_alpha=alphas, activation_beta=betas,
        direction="reverse" if step.attributes["reverse"] else "forward", **extra,
    )  # fmt: skip
    states = [w.op("Squeeze", state, w.axes(0)) for state in last]
    return (*states, w.op("Squeeze", ys, w.axes(1)))
