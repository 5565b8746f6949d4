"""ONNX's LSTM, GRU and RNN as loops over the steps, and its own loops and branches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.engine.control import cond, scan, while_loop
from hornlet.engine.emit import emit
from hornlet.saving.onnx.run import Run, operator

_ACTIVATIONS: dict[str, Callable[[Any, float, float], Any]] = {
    "tanh": lambda x, a, b: ops.tanh(x),
    "sigmoid": lambda x, a, b: ops.sigmoid(x),
    "relu": lambda x, a, b: ops.relu(x),
    "softsign": lambda x, a, b: ops.softsign(x),
    "softplus": lambda x, a, b: ops.softplus(x),
    "affine": lambda x, a, b: x * a + b,
    "hardsigmoid": lambda x, a, b: ops.clip(x * a + b, 0.0, 1.0),
    "elu": lambda x, a, b: ops.elu(x, a),
    "leakyrelu": lambda x, a, b: ops.where(x < 0, x * a, x),
    "scaledtanh": lambda x, a, b: ops.tanh(x * b) * a,
}
_USUAL = {"affine": (1.0, 0.0), "hardsigmoid": (0.2, 0.5), "elu": (1.0, 0.0),
          "leakyrelu": (0.01, 0.0), "scaledtanh": (1.0, 1.0)}  # fmt: skip
_DEFAULTS = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}
# A bare alpha or beta is for these alone; the others take none.
_TAKES = {"affine": 2, "hardsigmoid": 2, "scaledtanh": 2, "elu": 1, "leakyrelu": 1}
_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def _functions(
    operator_name: str, names: list[str], alphas: list[float], betas: list[float]
) -> list[Callable[[Any], Any]]:
    """The activations; numbers are given for those that take some, or for all of them."""
    found: list[Callable] = []
    taking = [name for name in names if name.lower() in _TAKES]
    every = len(alphas) == len(names) != len(taking)
    left_a, left_b = list(alphas), list(betas)
    for name in names:
        key = name.lower()
        if key not in _ACTIVATIONS:
            raise ValueError(f"the activation {name!r} is not supported")
        alpha, beta = _USUAL.get(key, (0.0, 0.0))
        if left_a and (every or _TAKES.get(key, 0) >= 1):
            given = left_a.pop(0)
            alpha = given if key in _TAKES else alpha
        if left_b and (every or _TAKES.get(key, 0) >= 2):
            given = left_b.pop(0)
            beta = given if _TAKES.get(key, 0) >= 2 else beta
        found.append(lambda x, f=_ACTIVATIONS[key], a=alpha, b=beta: f(x, a, b))
    return found


@operator("LSTM", "GRU", "RNN", weights=(1, 2, 3, 7))
def _recurrent(
    run: Run, x: Any, w: Any, r: Any, b: Any = None, lengths: Any = None, *states: Any,
    activations: Any = None, activation_alpha: Any = (), activation_beta: Any = (),
    direction: str = "forward", hidden_size: int = 0, layout: int = 0,
    linear_before_reset: int = 0, clip: float = 0.0, input_forget: int = 0,
) -> tuple:  # fmt: skip
    kind = run.node.op
    ways = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[direction]
    if clip or input_forget:
        raise ValueError("clip and input_forget are not supported")
    if layout:
        x = ops.transpose(x, (1, 0, 2))
        states = tuple(s if s is None else ops.transpose(s, (1, 0, 2)) for s in states)
    n = r.shape[-1]
    count = len(_DEFAULTS[kind])
    names = activations or list(_DEFAULTS[kind]) * len(ways)
    functions = _functions(kind, names, list(activation_alpha), list(activation_beta))
    batch = x.shape[1]
    zeros = ops.zeros((batch, n), dtype=x.dtype)
    carried = 2 if kind == "LSTM" else 1
    peepholes = states[2] if len(states) > 2 else None
    if peepholes is not None:
        raise ValueError("peepholes are not supported")
    outputs, lasts = [], []
    for k, reverse in enumerate(ways):
        start = [
            zeros if i >= len(states) or states[i] is None else states[i][k] for i in range(carried)
        ]
        bias = ops.zeros((2 * _GATES[kind] * n,), dtype=x.dtype) if b is None else b[k]
        step = _STEPS[kind](r[k], bias, n, functions[k * count :], bool(linear_before_reset))
        product = _product(x, w[k], step.input_bias)
        ys, last = _along(step, product, start, lengths, reverse)
        outputs.append(ys)
        lasts.append(last)
    y = ops.stack(outputs, axis=1)
    ends = [ops.stack([last[i] for last in lasts], axis=0) for i in range(carried)]
    if layout:
        y = ops.transpose(y, (2, 0, 1, 3))
        ends = [ops.transpose(end, (1, 0, 2)) for end in ends]
    return (y, *ends)


def _product(x: Any, w: Any, bias: Any) -> Any:
    """All steps' products with the input in one."""
    steps, batch, n = x.shape
    flat = ops.matmul(ops.reshape(x, (steps * batch, n)), ops.transpose(w)) + bias
    return ops.reshape(flat, (steps, batch, w.shape[0]))


def _along(step: Any, x: Any, start: list, lengths: Any, reverse: bool) -> tuple[Any, list]:
    """The outputs of all steps and the last states; past a row's length the states stay."""
    xs: Any = x
    if lengths is not None:
        places = np.arange(x.shape[0], dtype="int32")[:, None]
        xs = (x, places < ops.cast(lengths, "int32")[None, :])

    def body(carry: list, given: Any) -> tuple[list, Any]:
        x, inside = given if lengths is not None else (given, None)
        new = step(x, carry)
        if inside is None:
            return new, new[0]
        inside = ops.expand_dims(inside, -1)
        y = ops.where(inside, new[0], ops.zeros_like(new[0]))
        return [ops.where(inside, a, b) for a, b in zip(new, carry)], y

    last, ys = scan(body, start, xs, reverse=reverse)
    return ys, last


class _LSTM:
    """Gates i, o, f, c."""

    def __init__(self, r: Any, bias: Any, n: int, functions: list, _: bool):
        self.r, self.n, self.functions = ops.transpose(r), n, functions
        self.input_bias = bias[: 4 * n] + bias[4 * n :]

    def __call__(self, x: Any, states: list) -> list:
        h, c = states
        f, g, last = self.functions[:3]
        i, o, forget, new = ops.split(x + ops.matmul(h, self.r), 4, axis=-1)
        c = f(forget) * c + f(i) * g(new)
        return [f(o) * last(c), c]


class _GRU:
    """Gates z, r, h; the bias of the candidate's state is inside the reset, or outside."""

    def __init__(self, r: Any, bias: Any, n: int, functions: list, inside: bool):
        self.r, self.n, self.functions, self.inside = ops.transpose(r), n, functions, inside
        self.input_bias = bias[: 3 * n]
        self.state_bias = bias[3 * n :]

    def __call__(self, x: Any, states: list) -> list:
        (h,) = states
        f, g = self.functions[:2]
        n = self.n
        if self.inside:
            inner = ops.matmul(h, self.r) + self.state_bias
            z, r = ops.split(f(x[:, : 2 * n] + inner[:, : 2 * n]), 2, axis=-1)
            new = g(x[:, 2 * n :] + r * inner[:, 2 * n :])
        else:
            inner = ops.matmul(h, self.r[:, : 2 * n]) + self.state_bias[: 2 * n]
            z, r = ops.split(f(x[:, : 2 * n] + inner), 2, axis=-1)
            last = ops.matmul(r * h, self.r[:, 2 * n :]) + self.state_bias[2 * n :]
            new = g(x[:, 2 * n :] + last)
        return [(1 - z) * new + z * h]


class _RNN:
    def __init__(self, r: Any, bias: Any, n: int, functions: list, _: bool):
        self.r, self.functions = ops.transpose(r), functions
        self.input_bias = bias[:n] + bias[n:]

    def __call__(self, x: Any, states: list) -> list:
        return [self.functions[0](x + ops.matmul(states[0], self.r))]


_STEPS: dict[str, Any] = {"LSTM": _LSTM, "GRU": _GRU, "RNN": _RNN}


@operator("Scan")
def _scan(
    run: Run, *inputs: Any, body: Any, num_scan_inputs: int, scan_input_directions: Any = None,
    scan_output_directions: Any = None, scan_input_axes: Any = None, scan_output_axes: Any = None,
) -> list:  # fmt: skip
    carries = len(inputs) - num_scan_inputs
    stacked = len(body.outputs) - carries
    if carries < 0 or stacked < 0 or num_scan_inputs < 1:
        raise ValueError("its inputs and its body do not fit each other")
    xs = []
    ways = scan_input_directions or [0] * num_scan_inputs
    places = scan_input_axes or [0] * num_scan_inputs
    for x, axis in zip(inputs[carries:], places):
        xs.append(ops.moveaxis(x, axis, 0))
    reverse = bool(ways[0])
    xs = [x if bool(way) == reverse else emit("flip", x, axis=0) for x, way in zip(xs, ways)]

    def step(carry: list, given: list) -> tuple[list, list]:
        results = run.body(body, [*carry, *given])
        return results[:carries], results[carries:]

    last, ys = scan(step, list(inputs[:carries]), xs, reverse=reverse)
    back = scan_output_directions or [0] * stacked
    ys = [y if bool(way) == reverse else emit("flip", y, axis=0) for y, way in zip(ys, back)]
    axes = scan_output_axes or [0] * stacked
    return [*last, *(ops.moveaxis(y, 0, axis) for y, axis in zip(ys, axes))]


@operator("If")
def _if(run: Run, condition: Any, *, then_branch: Any, else_branch: Any) -> list:
    pred = ops.reshape(condition, ())
    return list(cond(
        pred, lambda: run.body(then_branch, []), lambda: run.body(else_branch, [])
    ))  # fmt: skip


@operator("Loop")
def _loop(run: Run, most: Any, going: Any = None, *start: Any, body: Any) -> list:
    if len(body.outputs) != 1 + len(start):
        raise ValueError("outputs that are stacked are not supported")
    limit = np.array(np.iinfo("int64").max) if most is None else ops.cast(most, "int64")
    limit = ops.reshape(limit, ())
    go = run.constant(True) if going is None else ops.reshape(ops.cast(going, "bool"), ())

    def goes(i: Any, go: Any, *_: Any) -> Any:
        return ops.logical_and(go, i < limit)

    def step(i: Any, go: Any, *values: Any) -> tuple:
        results = run.body(body, [i, go, *values])
        return (i + 1, ops.reshape(results[0], ()), *results[1:])

    zero = run.constant(np.zeros((), "int64"))
    _, _, *last = while_loop(goes, step, (zero, go, *start))
    return last
