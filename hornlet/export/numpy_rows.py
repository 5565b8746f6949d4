"""The table from primitives to lines of NumPy, for `export(format="numpy")`.

A row is `row(source, step, *terms)`: it gives the expression of the step's one output. A term is
the text of an input's expression and how strongly it binds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hornlet.base.tables import rows_of
from hornlet.export.sizes import ExportError, Step, Varying

ATOM, POWER, UNARY, PRODUCT, SUM, BITS, COMPARED = 9, 8, 7, 6, 5, 4, 3


class Term(NamedTuple):
    """An expression, and how strongly its outermost operator binds."""

    text: str
    strength: int = ATOM

    def within(self, strength: int) -> str:
        """The text, in parentheses where an operator that binds so strongly stands beside it."""
        return self.text if self.strength >= strength else f"({self.text})"


ROWS: dict[str, Callable[..., Term]] = {}
row = rows_of(ROWS)  # of the primitives it names


def _operator(sign: str, strength: int) -> Callable:
    def rule(source: Any, step: Step, a: Term, b: Term) -> Term:
        if strength == COMPARED:  # Python would chain comparisons that stand side by side
            return Term(f"{a.within(BITS)} {sign} {b.within(BITS)}", COMPARED)
        return Term(f"{a.within(strength)} {sign} {b.within(strength + 1)}", strength)

    return rule


for _name, _sign, _strength in (
    ("add", "+", SUM), ("subtract", "-", SUM), ("multiply", "*", PRODUCT),
    ("divide", "/", PRODUCT), ("matmul", "@", PRODUCT), ("remainder", "%", PRODUCT),
    ("floor_divide", "//", PRODUCT), ("equal", "==", COMPARED), ("not_equal", "!=", COMPARED),
    ("less", "<", COMPARED), ("less_equal", "<=", COMPARED), ("greater", ">", COMPARED),
    ("greater_equal", ">=", COMPARED), ("bitwise_and", "&", BITS), ("bitwise_or", "|", BITS),
):  # fmt: skip
    ROWS[_name] = _operator(_sign, _strength)


def _call(function: str) -> Callable:
    return lambda source, step, *xs: Term(f"{function}({', '.join(x.text for x in xs)})")


for _name in (
    "abs", "sign", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "square",
    "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh",
    "arccosh", "arctanh", "floor", "ceil", "trunc", "isnan", "isinf", "isfinite", "logical_not",
    "logical_and", "logical_or", "logical_xor", "maximum", "minimum", "arctan2", "hypot",
    "logaddexp", "where",
):  # fmt: skip
    ROWS[_name] = _call(f"np.{_name}")


def _help(function: str, *attributes: str) -> Callable:
    """A call of one of the helpers, with some of the step's attributes by name."""

    def rule(source: Any, step: Step, *xs: Term) -> Term:
        source.use(function)
        given = [f"{name}={source.literal(step.attributes[name])}" for name in attributes]
        return Term(f"{function}({', '.join([*(x.text for x in xs), *given])})")

    return rule


for _name in ("relu", "sigmoid", "softplus", "erf"):
    ROWS[_name] = _help(_name)
ROWS["softmax"] = _help("softmax", "axis")
ROWS["log_softmax"] = _help("log_softmax", "axis")


@row("negative")
def _negative(source: Any, step: Step, x: Term) -> Term:
    return Term(f"-{x.within(POWER)}", UNARY)


@row("power")
def _power(source: Any, step: Step, a: Term, b: Term) -> Term:
    return Term(f"{a.within(ATOM)} ** {b.within(POWER)}", POWER)


@row("rsqrt")
def _rsqrt(source: Any, step: Step, x: Term) -> Term:
    return Term(f"1 / np.sqrt({x.text})", PRODUCT)


@row("reciprocal")
def _reciprocal(source: Any, step: Step, x: Term) -> Term:
    return Term(f"1 / {x.within(UNARY)}", PRODUCT)


@row("round")
def _round(source: Any, step: Step, x: Term) -> Term:
    decimals = step.attributes.get("decimals", 0)
    return Term(f"np.round({x.text}, {decimals})" if decimals else f"np.round({x.text})")


@row("cast")
def _cast(source: Any, step: Step, x: Term) -> Term:
    return Term(f'{x.within(ATOM)}.astype("{step.outputs[0].dtype}")')


@row("stop_gradient", "copy")
def _same(source: Any, step: Step, x: Term) -> Term:
    return x


@row("custom_gradient")
def _first(source: Any, step: Step, x: Term, *_: Term) -> Term:
    return x


@row("sum", "mean", "prod", "max", "min", "any", "all")
def _reduced(source: Any, step: Step, x: Term) -> Term:
    axis = step.attributes["axis"]
    where = axis[0] if len(axis) == 1 else tuple(axis)
    keep = ", keepdims=True" if step.attributes.get("keepdims", False) else ""
    return Term(f"{x.within(ATOM)}.{step.name}(axis={where}{keep})")


@row("argmax", "argmin")
def _position(source: Any, step: Step, x: Term) -> Term:
    keep = ", keepdims=True" if step.attributes.get("keepdims", False) else ""
    axis = step.attributes["axis"]
    return Term(f'np.{step.name}({x.text}, axis={axis}{keep}).astype("int32")')


@row("reshape")
def _reshape(source: Any, step: Step, x: Term) -> Term:
    shape = step.attributes["shape"]
    varying = [i for i, n in enumerate(shape) if isinstance(n, Varying)]
    if len(varying) == 1 and 0 not in shape:
        shape = tuple(-1 if i in varying else n for i, n in enumerate(shape))
    return Term(f"{x.within(ATOM)}.reshape({source.literal(shape)})")


@row("transpose")
def _transpose(source: Any, step: Step, x: Term) -> Term:
    return Term(f"{x.within(ATOM)}.transpose({source.literal(step.attributes['axes'])})")


@row("broadcast_to")
def _broadcast(source: Any, step: Step, x: Term) -> Term:
    return Term(f"np.broadcast_to({x.text}, {source.literal(step.attributes['shape'])})")


@row("flip")
def _flip(source: Any, step: Step, x: Term) -> Term:
    return Term(f"np.flip({x.text}, {step.attributes['axis']})")


@row("slice")
def _slice(source: Any, step: Step, x: Term) -> Term:
    parts = []
    for n, (start, stop, by) in zip(step.inputs[0].shape, step.attributes["index"]):
        if (start, by) in ((0, 1), (0, None), (None, None)) and stop in (n, None):
            parts.append(":")
            continue
        first = "" if start in (0, None) else source.literal(start)
        last = "" if stop is None or stop == n else source.literal(stop)
        parts.append(f"{first}:{last}" + ("" if by in (1, None) else f":{by}"))
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return Term(f"{x.within(ATOM)}[{', '.join(parts)}]")


@row("concatenate")
def _concatenate(source: Any, step: Step, *xs: Term) -> Term:
    parts = ", ".join(x.text for x in xs)
    return Term(f"np.concatenate([{parts}], axis={step.attributes['axis']})")


@row("pad")
def _pad(source: Any, step: Step, x: Term) -> Term:
    value = step.attributes.get("value", 0)
    more = f", constant_values={source.literal(value)}" if value else ""
    return Term(f"np.pad({x.text}, {source.literal(step.attributes['widths'])}{more})")


@row("take")
def _take(source: Any, step: Step, x: Term, indices: Term) -> Term:
    axis = step.attributes["axis"]
    if axis == 0:
        return Term(f"{x.within(ATOM)}[{indices.text}]")
    return Term(f"np.take({x.text}, {indices.text}, axis={axis})")


@row("take_along_axis")
def _along(source: Any, step: Step, x: Term, indices: Term) -> Term:
    return Term(f"np.take_along_axis({x.text}, {indices.text}, {step.attributes['axis']})")


@row("one_hot")
def _one_hot(source: Any, step: Step, indices: Term) -> Term:
    places = f"np.arange({source.literal(step.attributes['n'])})"
    dtype = step.outputs[0].dtype
    return Term(f'({indices.within(ATOM)}[..., None] == {places}).astype("{dtype}")')


@row("cumsum")
def _cumsum(source: Any, step: Step, x: Term) -> Term:
    axis = step.attributes["axis"]
    if step.attributes.get("reverse", False):
        return Term(f"np.flip(np.cumsum(np.flip({x.text}, {axis}), {axis}), {axis})")
    return Term(f"np.cumsum({x.text}, {axis})")


def _padding(source: Any, step: Step) -> str:
    """The padding of a window; `"same"` where it depends on a size that varies."""
    padding = step.attributes["padding"]
    if not any(isinstance(n, Varying) for pair in padding for n in pair):
        return source.literal(padding)
    if not source.is_same(step):
        raise ExportError(f"The padding of `{step.name}` depends on sizes that are not known.")
    return '"same"'


@row("conv")
def _conv(source: Any, step: Step, x: Term, kernel: Term) -> Term:
    source.use("conv")
    a = step.attributes
    more = "".join(
        f", {name}={source.literal(a[name])}"
        for name, usual in (("dilation", {1}), ("groups", 1))
        if (set(a[name]) if isinstance(a[name], tuple) else a[name]) != usual
    )
    strides = source.literal(a["strides"])
    return Term(f"conv({x.text}, {kernel.text}, {strides}, {_padding(source, step)}{more})")


@row("conv_input_grad")
def _conv_transpose(source: Any, step: Step, x: Term, kernel: Term) -> Term:
    source.use("conv_transpose")
    a = step.attributes
    given = [source.literal(v) for v in (a["shape"][1:-1], a["strides"], a["padding"])]
    given += [source.literal(a["dilation"]), source.literal(a["groups"])]
    return Term(f"conv_transpose({x.text}, {kernel.text}, {', '.join(given)})")


@row("max_pool", "avg_pool")
def _pool(source: Any, step: Step, x: Term) -> Term:
    source.use(step.name)
    given = [source.literal(step.attributes[name]) for name in ("window", "strides")]
    return Term(f"{step.name}({x.text}, {', '.join(given)}, {_padding(source, step)})")
