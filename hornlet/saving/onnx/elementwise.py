"""ONNX's operators that compute element by element, reduce, or compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.dtypes import numpy_dtype
from hornlet.base.onnx_format import DTYPES
from hornlet.engine.emit import emit
from hornlet.saving.onnx.run import OPERATORS, Run, operator

_UNARY = {
    "Abs": ops.abs, "Acos": ops.arccos, "Acosh": ops.arccosh, "Asin": ops.arcsin,
    "Asinh": ops.arcsinh, "Atan": ops.arctan, "Atanh": ops.arctanh, "BitwiseNot": ops.bitwise_not,
    "Cos": ops.cos, "Cosh": ops.cosh, "Det": ops.det, "Erf": ops.erf, "Exp": ops.exp,
    "Identity": lambda x: x, "IsNaN": ops.isnan, "Log": ops.log, "Mish": lambda x: x * ops.tanh(
        ops.softplus(x)
    ), "Neg": ops.negative, "Not": ops.logical_not, "Reciprocal": ops.reciprocal,
    "Relu": ops.relu, "Round": ops.round, "Sigmoid": ops.sigmoid, "Sign": ops.sign,
    "Sin": ops.sin, "Sinh": ops.sinh, "Softplus": ops.softplus, "Softsign": ops.softsign,
    "Sqrt": ops.sqrt, "Tan": ops.tan, "Tanh": ops.tanh, "HardSwish": ops.hard_silu,
}  # fmt: skip
_BINARY = {
    "Add": ops.add, "Sub": ops.subtract, "Mul": ops.multiply, "Pow": ops.power, "Equal": ops.equal,
    "Less": ops.less, "LessOrEqual": ops.less_equal, "Greater": ops.greater,
    "GreaterOrEqual": ops.greater_equal, "And": ops.logical_and, "Or": ops.logical_or,
    "Xor": ops.logical_xor, "BitwiseAnd": ops.bitwise_and, "BitwiseOr": ops.bitwise_or,
    "BitwiseXor": ops.bitwise_xor,
}  # fmt: skip
_TRAINED = ("Add", "Sub", "Mul", "Pow")


def _unary(function: Callable) -> Callable:
    return lambda run, x: function(x)


def _binary(function: Callable) -> Callable:
    return lambda run, a, b: function(a, b)


for _name, _function in _UNARY.items():
    operator(_name)(_unary(_function))
for _name, _function in _BINARY.items():
    operator(_name, weights=(0, 1) if _name in _TRAINED else ())(_binary(_function))


@operator("Floor", "Ceil")
def _rounded(run: Run, x: Any) -> Any:
    return emit("floor" if run.node.op == "Floor" else "ceil", x)


@operator("IsInf")
def _isinf(run: Run, x: Any, *, detect_negative: int = 1, detect_positive: int = 1) -> Any:
    y = ops.isinf(x)
    if not detect_negative:
        y = ops.logical_and(y, x > 0)
    return y if detect_positive else ops.logical_and(y, x < 0)


def kind_of(x: Any) -> str:
    """The kind of a value's dtype, as NumPy has it."""
    return numpy_dtype(x.dtype).kind


@operator("Div", weights=(0, 1))
def _divide(run: Run, a: Any, b: Any) -> Any:
    """Whole numbers are divided towards zero."""
    if kind_of(a) not in "iu":
        return ops.divide(a, b)
    size = emit("floor_divide", ops.abs(a), ops.abs(b))
    return size * emit("sign", a) * emit("sign", b) if kind_of(a) == "i" else size


@operator("Mod")
def _mod(run: Run, a: Any, b: Any, *, fmod: int = 0) -> Any:
    return emit("fmod" if fmod else "remainder", a, b)


@operator("BitShift")
def _shift(run: Run, a: Any, b: Any, *, direction: str) -> Any:
    return emit("left_shift" if direction == "LEFT" else "right_shift", a, b)


def _folded(function: Callable) -> Callable:
    def rule(run: Run, first: Any, *rest: Any) -> Any:
        for x in rest:
            first = function(first, x)
        return first

    return rule


operator("Max")(_folded(ops.maximum))
operator("Min")(_folded(ops.minimum))
operator("Sum", weights=(0, 1))(_folded(ops.add))


@operator("Mean")
def _mean(run: Run, *xs: Any) -> Any:
    return OPERATORS["Sum"](run, *xs) / len(xs)


@operator("Where", weights=(1, 2))
def _where(run: Run, condition: Any, a: Any, b: Any) -> Any:
    return ops.where(condition, a, b)


@operator("Cast")
def _cast(run: Run, x: Any, *, to: int, saturate: int = 1, round_mode: str = "up") -> Any:
    if to not in DTYPES:
        raise ValueError(f"the data type {to} is not supported")
    return emit("cast", x, dtype=numpy_dtype(DTYPES[to]))


@operator("CastLike")
def _cast_like(run: Run, x: Any, like: Any, *, saturate: int = 1, round_mode: str = "up") -> Any:
    return emit("cast", x, dtype=numpy_dtype(like.dtype))


@operator("Clip")
def _clip(run: Run, x: Any, low: Any = None, high: Any = None, **limits: float) -> Any:
    low, high = limits.get("min", low), limits.get("max", high)
    x = x if low is None else ops.maximum(x, low)
    return x if high is None else ops.minimum(x, high)


@operator("Elu")
def _elu(run: Run, x: Any, *, alpha: float = 1.0) -> Any:
    return ops.elu(x, alpha)


@operator("Celu")
def _celu(run: Run, x: Any, *, alpha: float = 1.0) -> Any:
    return ops.celu(x, alpha)


@operator("Selu")
def _selu(
    run: Run, x: Any, *, alpha: float = 1.6732632423543772, gamma: float = 1.0507009873554805
) -> Any:
    return gamma * ops.elu(x, alpha)


@operator("LeakyRelu")
def _leaky(run: Run, x: Any, *, alpha: float = 0.01) -> Any:
    return ops.where(x < 0, x * alpha, x)


@operator("ThresholdedRelu")
def _thresholded(run: Run, x: Any, *, alpha: float = 1.0) -> Any:
    return ops.where(x > alpha, x, ops.zeros_like(x))


@operator("PRelu", weights=(1,))
def _prelu(run: Run, x: Any, slope: Any) -> Any:
    return ops.where(x < 0, x * slope, x)


@operator("HardSigmoid")
def _hard_sigmoid(run: Run, x: Any, *, alpha: float = 0.2, beta: float = 0.5) -> Any:
    return ops.clip(x * alpha + beta, 0.0, 1.0)


@operator("Gelu")
def _gelu(run: Run, x: Any, *, approximate: str = "none") -> Any:
    return ops.gelu(x, approximate=approximate == "tanh")


@operator("Dropout")
def _dropout(run: Run, x: Any, *_: Any, ratio: float = 0.5, seed: int = 0) -> Any:
    """Nothing is dropped in predictions; the mask keeps everything."""
    return (x, ops.ones_like(x, dtype="bool")) if run.wants(1) else x


def axes_of(run: Run, x: Any, axes: Any) -> tuple[int, ...] | None:
    """The axes of an attribute or input, counted from the front; None for all."""
    found = run.ints(axes)
    rank = len(x.shape)
    if found is None:
        return None
    if any(not -rank <= a < rank for a in found):
        raise ValueError(f"axes {found} of an array of shape {tuple(x.shape)}")
    return tuple(a % rank for a in found)


_REDUCED: dict[str, Callable] = {
    "ReduceSum": ops.sum, "ReduceMean": ops.mean, "ReduceProd": ops.prod, "ReduceMax": ops.max,
    "ReduceMin": ops.min, "ReduceLogSumExp": ops.logsumexp,
    "ReduceSumSquare": lambda x, **how: ops.sum(x * x, **how),
    "ReduceL1": lambda x, **how: ops.sum(ops.abs(x), **how),
    "ReduceL2": lambda x, **how: ops.sqrt(ops.sum(x * x, **how)),
    "ReduceLogSum": lambda x, **how: ops.log(ops.sum(x, **how)),
}  # fmt: skip


def _reduced(function: Callable) -> Callable:
    def rule(
        run: Run, x: Any, axes: Any = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0,
        **given: Any,
    ) -> Any:  # fmt: skip
        found = axes_of(run, x, given.pop("axes", axes))
        if given:
            raise ValueError(f"unknown attributes {list(given)}")
        if not found and noop_with_empty_axes:
            return x
        y = function(x, axis=found or None, keepdims=bool(keepdims))
        return emit("cast", y, dtype=numpy_dtype(x.dtype))

    return rule


for _name, _function in _REDUCED.items():
    operator(_name)(_reduced(_function))


@operator("ArgMax", "ArgMin")
def _position(
    run: Run, x: Any, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0
) -> Any:
    name = "argmax" if run.node.op == "ArgMax" else "argmin"
    axis %= len(x.shape)
    if select_last_index:
        n = x.shape[axis]
        y = n - 1 - emit(name, emit("flip", x, axis=axis), axis=axis, keepdims=bool(keepdims))
    else:
        y = emit(name, x, axis=axis, keepdims=bool(keepdims))
    return ops.cast(y, "int64")


@operator("CumSum")
def _cumsum(run: Run, x: Any, axis: Any, *, exclusive: int = 0, reverse: int = 0) -> Any:
    axis = int(run.number(axis)) % len(x.shape)
    y = emit("cumsum", x, axis=axis, reverse=bool(reverse))
    return y - x if exclusive else y


@operator("TopK")
def _top_k(
    run: Run, x: Any, k: Any = None, *, axis: int = -1, largest: int = 1, sorted: int = 1,
    **given: int,
) -> Any:  # fmt: skip
    k = int(run.number(given.get("k", k)))
    axis %= len(x.shape)
    last = len(x.shape) - 1
    y = ops.swapaxes(x, axis, last)
    if largest:
        values, places = emit("top_k", y, k=k)
    else:
        order = emit("argsort", y, axis=last)
        places = order[..., :k]
        values = emit("take_along_axis", y, places, axis=last)
    places = ops.cast(places, "int64")
    return ops.swapaxes(values, axis, last), ops.swapaxes(places, axis, last)


@operator("Softmax", "LogSoftmax", "Hardmax")
def _softmax(run: Run, x: Any, *, axis: int | None = None) -> Any:
    """Before version 13 all axes from `axis` on were one."""
    rank = len(x.shape)
    old = run.opset < 13
    axis = (1 if old else -1) if axis is None else axis
    axis = axis % rank if rank else 0
    y = x
    if old:
        lead = int(np.prod(x.shape[:axis]))
        y, axis = ops.reshape(x, (lead, int(np.prod(x.shape[axis:])))), 1
    if run.node.op == "Hardmax":
        place = emit("argmax", y, axis=axis, keepdims=False)
        z = ops.one_hot(place, y.shape[axis], axis=axis, dtype=y.dtype)
    else:
        z = emit("softmax" if run.node.op == "Softmax" else "log_softmax", y, axis=axis)
    return ops.reshape(z, x.shape) if old else z
