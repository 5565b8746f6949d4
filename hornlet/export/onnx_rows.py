"""The table from primitives to ONNX operators, and the rows that compute element by element.

A row is `row(writer, step, *names)`: it writes nodes for one step, whose inputs have these names,
and returns the name of its output, or a tuple of names. A primitive without a row is refused by
name before anything is written, with the reason in `REFUSED`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np

from hornlet.base.tables import rows_of
from hornlet.export.onnx_writer import Writer
from hornlet.export.sizes import Step

ROWS: dict[str, Callable[..., Any]] = {}
REFUSED: dict[str, str] = {}
row = rows_of(ROWS)  # of the primitives it names


def refuse(reason: str, *names: str) -> None:
    """Says why primitives have no row."""
    REFUSED.update(dict.fromkeys(names, reason))


def _plain(op_type: str) -> Callable:
    return lambda writer, step, *xs: writer.op(op_type, *xs)


for _name, _op in (
    ("negative", "Neg"), ("abs", "Abs"), ("sign", "Sign"), ("exp", "Exp"), ("log", "Log"),
    ("sqrt", "Sqrt"), ("reciprocal", "Reciprocal"), ("sin", "Sin"), ("cos", "Cos"), ("tan", "Tan"),
    ("arcsin", "Asin"), ("arccos", "Acos"), ("arctan", "Atan"), ("sinh", "Sinh"), ("cosh", "Cosh"),
    ("tanh", "Tanh"), ("arcsinh", "Asinh"), ("arccosh", "Acosh"), ("arctanh", "Atanh"),
    ("sigmoid", "Sigmoid"), ("softplus", "Softplus"), ("erf", "Erf"), ("isnan", "IsNaN"),
    ("isinf", "IsInf"), ("add", "Add"), ("subtract", "Sub"), ("multiply", "Mul"),
    ("divide", "Div"), ("power", "Pow"), ("equal", "Equal"), ("less", "Less"),
    ("less_equal", "LessOrEqual"), ("greater", "Greater"), ("greater_equal", "GreaterOrEqual"),
    ("bitwise_and", "BitwiseAnd"), ("bitwise_or", "BitwiseOr"), ("bitwise_xor", "BitwiseXor"),
    ("where", "Where"), ("matmul", "MatMul"), ("det", "Det"), ("stop_gradient", "Identity"),
    ("copy", "Identity"),
):  # fmt: skip
    ROWS[_name] = _plain(_op)


def _is_whole(step: Step) -> bool:
    return step.inputs[0].dtype.kind in "iub"


@row("maximum", "minimum")
def _extreme(w: Writer, step: Step, a: str, b: str) -> str:
    if step.inputs[0].dtype.kind == "b":
        return w.op("Or" if step.name == "maximum" else "And", a, b)
    return w.op("Max" if step.name == "maximum" else "Min", a, b)


@row("floor", "ceil", "trunc")
def _rounded(w: Writer, step: Step, x: str) -> str:
    if _is_whole(step):
        return w.op("Identity", x)
    if step.name == "trunc":
        return w.op("Mul", w.op("Sign", x), w.op("Floor", w.op("Abs", x)))
    return w.op("Floor" if step.name == "floor" else "Ceil", x)


@row("round")
def _round(w: Writer, step: Step, x: str) -> str:
    decimals = step.attributes.get("decimals", 0)
    if _is_whole(step) and decimals >= 0:
        return w.op("Identity", x)
    if not decimals:
        return w.op("Round", x)
    factor = w.constant(10.0**decimals, step.inputs[0].dtype)
    return w.op("Div", w.op("Round", w.op("Mul", x, factor)), factor)


@row("cast")
def _cast(w: Writer, step: Step, x: str) -> str:
    return w.cast(x, step.attributes["dtype"])


@row("custom_gradient")
def _first(w: Writer, step: Step, x: str, *_: str) -> str:
    return w.op("Identity", x)


@row("relu")
def _relu(w: Writer, step: Step, x: str) -> str:
    if _is_whole(step):
        return w.op("Max", x, w.constant(0, step.inputs[0].dtype))
    return w.op("Relu", x)


@row("square")
def _square(w: Writer, step: Step, x: str) -> str:
    return w.op("Mul", x, x)


@row("rsqrt")
def _rsqrt(w: Writer, step: Step, x: str) -> str:
    return w.op("Reciprocal", w.op("Sqrt", x))


@row("expm1")
def _expm1(w: Writer, step: Step, x: str) -> str:
    return w.op("Sub", w.op("Exp", x), w.constant(1, step.inputs[0].dtype))


@row("log1p")
def _log1p(w: Writer, step: Step, x: str) -> str:
    return w.op("Log", w.op("Add", x, w.constant(1, step.inputs[0].dtype)))


@row("log2", "log10")
def _log_of_base(w: Writer, step: Step, x: str) -> str:
    base = log(2 if step.name == "log2" else 10)
    return w.op("Div", w.op("Log", x), w.constant(base, step.inputs[0].dtype))


@row("cbrt")
def _cbrt(w: Writer, step: Step, x: str) -> str:
    root = w.op("Pow", w.op("Abs", x), w.constant(1 / 3, step.inputs[0].dtype))
    return w.op("Mul", w.op("Sign", x), root)


@row("erfc")
def _erfc(w: Writer, step: Step, x: str) -> str:
    return w.op("Sub", w.constant(1, step.inputs[0].dtype), w.op("Erf", x))


@row("isfinite")
def _isfinite(w: Writer, step: Step, x: str) -> str:
    return w.op("Not", w.op("Or", w.op("IsNaN", x), w.op("IsInf", x)))


@row("not_equal")
def _not_equal(w: Writer, step: Step, a: str, b: str) -> str:
    return w.op("Not", w.op("Equal", a, b))


def truth(w: Writer, step: Step, name: str, index: int = 0) -> str:
    """An input as a boolean."""
    return name if step.inputs[index].dtype.kind == "b" else w.cast(name, "bool")


@row("logical_not", "logical_and", "logical_or", "logical_xor")
def _logical(w: Writer, step: Step, *xs: str) -> str:
    op_type = step.name.removeprefix("logical_").capitalize()
    return w.op(op_type, *(truth(w, step, x, i) for i, x in enumerate(xs)))


@row("invert")
def _invert(w: Writer, step: Step, x: str) -> str:
    return w.op("Not" if step.inputs[0].dtype.kind == "b" else "BitwiseNot", x)


def _remainder_of(w: Writer, step: Step, a: str, b: str) -> str:
    """The remainder with the sign of the divisor; ONNX's Mod has it for whole numbers only."""
    if _is_whole(step):
        return w.op("Mod", a, b)
    return w.op("Sub", a, w.op("Mul", w.op("Floor", w.op("Div", a, b)), b))


@row("remainder")
def _remainder(w: Writer, step: Step, a: str, b: str) -> str:
    return _remainder_of(w, step, a, b)


@row("floor_divide")
def _floor_divide(w: Writer, step: Step, a: str, b: str) -> str:
    if _is_whole(step):
        return w.op("Div", w.op("Sub", a, w.op("Mod", a, b)), b)
    return w.op("Floor", w.op("Div", a, b))


@row("fmod")
def _fmod(w: Writer, step: Step, a: str, b: str) -> str:
    return w.op("Mod", a, b, fmod=1)


@row("hypot")
def _hypot(w: Writer, step: Step, a: str, b: str) -> str:
    return w.op("Sqrt", w.op("Add", w.op("Mul", a, a), w.op("Mul", b, b)))


@row("logaddexp")
def _logaddexp(w: Writer, step: Step, a: str, b: str) -> str:
    size = w.op("Abs", w.op("Sub", a, b))
    rest = w.op("Add", w.op("Exp", w.op("Neg", size)), w.constant(1, step.inputs[0].dtype))
    return w.op("Add", w.op("Max", a, b), w.op("Log", rest))


@row("copysign")
def _copysign(w: Writer, step: Step, a: str, b: str) -> str:
    size = w.op("Abs", a)
    below = w.op("Less", b, w.constant(0, step.inputs[1].dtype))
    return w.op("Where", below, w.op("Neg", size), size)


@row("arctan2")
def _arctan2(w: Writer, step: Step, y: str, x: str) -> str:
    """The angle of the half plane x > 0, turned by half a circle for the other one."""
    dtype = step.inputs[0].dtype
    zero, pi, half = (w.constant(c, dtype) for c in (0, np.pi, np.pi / 2))
    left, below = w.op("Less", x, zero), w.op("Less", y, zero)
    turned = w.op("Where", left, w.op("Where", below, w.op("Neg", pi), pi), zero)
    upright = w.op("Equal", x, zero)
    angle = w.op("Atan", w.op("Div", y, w.op("Where", upright, w.constant(1, dtype), x)))
    straight = w.op("Mul", w.op("Sign", y), half)
    return w.op("Where", upright, straight, w.op("Add", angle, turned))


@row("left_shift", "right_shift")
def _shift(w: Writer, step: Step, a: str, b: str) -> str:
    dtype = step.inputs[0].dtype
    if dtype.kind == "u":
        return w.op("BitShift", a, b, direction=step.name.removesuffix("_shift").upper())
    factor = w.op("Pow", w.constant(2, dtype), b)
    if step.name == "left_shift":
        return w.op("Mul", a, factor)
    return _floor_divide(w, step, a, factor)


refuse("ONNX has no operator for it", "erfinv", "lgamma", "digamma", "polygamma", "nextafter")
refuse("it only stands in gradients", "relu_grad", "above", "conv_filter_grad", "max_pool_grad",
       "max_pool_take", "avg_pool_grad", "cofactor")  # fmt: skip
refuse("ONNX has no complex numbers", "complex", "conj")
