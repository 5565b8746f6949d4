"""A model traced at several sizes of its unknown dimensions, as one graph whose sizes may vary.

The traces are walked in lockstep. What is the same in all of them is a fact of the model; a whole
number that differs is `Varying`, and whoever writes the graph says how it comes from the sizes of
the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np

from hornlet.base.dtypes import numpy_dtype
from hornlet.engine.emit import Tensor
from hornlet.engine.passes import simplify
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec
from hornlet.engine.trace import Graph, trace
from hornlet.tensor.keras_tensor import KerasTensor

TRACES = 3
_BATCH = (12, 24, 37)
# Other dimensions are multiples of many numbers in two traces, and odd in the last, which shows
# what depends on a remainder: the padding of strided convolutions does.
_FACTORS = (2, 3, 5, 7, 11, 13, 17, 19, 23)
_UNIT = 192


class ExportError(ValueError):
    """A model that cannot be written in the format; nothing has been written."""


class Varying(tuple):
    """A size in each of the traces."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "varying" + super().__repr__()


class Value:
    """An array of the graph: its shape holds integers and Varying sizes.

    Without a step it is an input, the content of a `ref`, or a constant, one array per trace.
    """

    __slots__ = ("arrays", "dtype", "index", "ref", "shape", "step")

    def __init__(self, tensors: list[Tensor], step: Step | None = None, index: int = 0):
        self.shape = merged([tuple(x.shape) for x in tensors], "a shape")
        self.dtype = tensors[0].dtype
        self.step, self.index = step, index
        self.ref: Ref | None = None
        arrays: Any = [x.value for x in tensors]
        self.arrays: list[np.ndarray] | None = None if arrays[0] is None else arrays

    def sizes(self, trace: int) -> tuple[int, ...]:
        """The shape in one of the traces."""
        return tuple(size_in(n, trace) for n in self.shape)

    @property
    def array(self) -> np.ndarray | None:
        """The constant, where it is one and the same in all traces."""
        if self.arrays is None or any(a.shape != self.arrays[0].shape for a in self.arrays):
            return None
        same = all(np.array_equal(a, self.arrays[0], equal_nan=True) for a in self.arrays[1:])
        return self.arrays[0] if same else None


class Step:
    """One primitive applied to values; attributes may hold Varying sizes and SizedGraphs."""

    __slots__ = ("attributes", "inputs", "name", "outputs")

    def __init__(self, name: str, inputs: tuple[Value, ...], attributes: dict[str, Any]):
        self.name, self.inputs, self.attributes = name, inputs, attributes
        self.outputs: tuple[Value, ...] = ()


class SizedGraph:
    """The steps between `inputs` and `outputs`, in an order of execution."""

    def __init__(self, graphs: list[Graph]):
        graphs = [simplify(g) for g in graphs]
        self._known: dict[Any, Value] = {}
        self.inputs = [self._value(list(xs)) for xs in zip(*(g.inputs for g in graphs))]
        n = graphs[0].argument_count
        for value, ref in zip(self.inputs[n:], graphs[0].reads):
            value.ref = ref
        self.arguments = self.inputs[:n]
        self.steps: list[Step] = []
        lists = [g.nodes() for g in graphs]
        if len({len(nodes) for nodes in lists}) != 1:
            raise ExportError(_UNEVEN)
        for nodes in zip(*lists):
            self._step(list(nodes))
        self.outputs = [self._value(list(ys)) for ys in zip(*(g.outputs for g in graphs))]

    def _step(self, nodes: list) -> None:
        names = {node.primitive.name for node in nodes}
        if len(names) != 1 or len({len(node.inputs) for node in nodes}) != 1:
            raise ExportError(_UNEVEN)
        inputs = tuple(self._value(list(xs)) for xs in zip(*(node.inputs for node in nodes)))
        first = nodes[0].attributes
        attributes = {
            key: merged([node.attributes[key] for node in nodes], f"`{key}` of {names}")
            for key in first
        }
        step = Step(names.pop(), inputs, attributes)
        outputs = []
        for i in range(len(nodes[0].outputs)):
            value = Value([node.tensor(i) for node in nodes], step, i)
            self._known[(nodes[0].serial, i)] = value
            outputs.append(value)
        step.outputs = tuple(outputs)
        self.steps.append(step)

    def _value(self, tensors: list[Tensor]) -> Value:
        key = tensors[0].key
        if key not in self._known:
            self._known[key] = Value(tensors)
        return self._known[key]

    def users(self) -> dict[int, list[Step]]:
        """The steps that take a value, by the value's id."""
        found: dict[int, list[Step]] = {}
        for step in self.steps:
            for x in step.inputs:
                found.setdefault(id(x), []).append(step)
        return found


_UNEVEN = (
    "What the model computes depends on the sizes of its unknown dimensions: other steps for other "
    "sizes, as an unrolled loop has. Give those dimensions in the model's `Input`, or in "
    "`input_signature`."
)


def size_in(n: Any, trace: int) -> int:
    """A size in one of the traces."""
    return n[trace] if isinstance(n, Varying) else n


def merged(values: list, what: str) -> Any:
    """What the traces have in common: a value, a Varying size, or a nest of them."""
    first = values[0]
    if isinstance(first, Graph):
        return SizedGraph(values)
    if isinstance(first, (tuple, list)):
        if any(len(v) != len(first) for v in values):
            raise ExportError(_UNEVEN)
        return tuple(merged(list(parts), what) for parts in zip(*values))
    if callable(first) or all(v == first for v in values[1:]):
        return first
    if all(isinstance(v, (int, np.integer)) for v in values):
        return Varying(int(v) for v in values)
    raise ExportError(f"{what} depends on sizes that are not known: {values}.")


class Formula(NamedTuple):
    """A size at run time: the product of the sizes at some places, and a number."""

    places: tuple[Any, ...]
    operator: str  # "+", "*" or "//", by which the number follows; "" for none
    number: int


def formula(n: Varying, sources: dict[Varying, Any]) -> Formula:
    """How a size comes from those that can be read off at the places of `sources`."""
    for known, places in products(sources):
        if n == known:
            return Formula(places, "", 0)
        if len({a - b for a, b in zip(n, known)}) == 1:
            return Formula(places, "+", n[0] - known[0])
        for large, small, operator in ((n, known, "*"), (known, n, "//")):
            ratios = {divmod(a, b) for a, b in zip(large, small) if b}
            ratio, rest = ratios.pop() if len(ratios) == 1 else (0, 0)
            if ratio and not rest:
                return Formula(places, operator, ratio)
    raise ExportError(
        f"A size ({', '.join(map(str, n))} in three traces) follows from the unknown sizes of "
        "the inputs in a way that cannot be written. Give more dimensions in `Input`, or in "
        "`input_signature`."
    )


def products(sources: dict[Varying, Any]) -> Iterator[tuple[Varying, tuple[Any, ...]]]:
    """The sizes that can be read off, and the products of two of them, with their places."""
    for n, place in sources.items():
        yield n, (place,)
    for (a, one), (b, two) in combinations_with_replacement(sources.items(), 2):
        yield Varying(x * y for x, y in zip(a, b)), (one, two)


class NumberFormula(NamedTuple):
    """A number at run time: a factor times a product of sizes, or divided by it."""

    factor: float
    places: tuple[Any, ...]
    inverse: bool


def number_formula(value: Value, sources: dict[Varying, Any]) -> NumberFormula:
    """How a constant of one element comes from the sizes that can be read off."""
    arrays: Any = value.arrays
    numbers = [a.item() for a in arrays]
    for known, places in products(sources):
        for inverse in (False, True):
            factors = [x * n if inverse else x / n for x, n in zip(numbers, known) if n]
            if np.allclose(factors, factors[0], rtol=1e-6, atol=0):
                return NumberFormula(factors[-1], places, inverse)
    raise ExportError(
        "A number follows from the unknown sizes of the inputs in a way that cannot be written. "
        "Give more dimensions in `Input`, or in `input_signature`."
    )


def same_padding(step: Step) -> bool:
    """Whether the padding of a window is, at every size, what `padding="same"` makes it."""
    a = step.attributes
    x = step.inputs[0].shape[1:-1]
    window = a["window"] if "window" in a else step.inputs[1].shape[:-2]
    dilation = a.get("dilation", (1,) * len(x))
    for k in range(TRACES):
        for n, size, by, gap, pair in zip(x, window, a["strides"], dilation, a["padding"]):
            n = size_in(n, k)
            total = max((-(-n // by) - 1) * by + gap * (size - 1) + 1 - n, 0)
            if tuple(size_in(m, k) for m in pair) != (total // 2, total - total // 2):
                return False
    return True


class Unknown(NamedTuple):
    """A dimension that is not known: its name, and the sizes at which it is traced."""

    name: str
    sizes: tuple[int, ...]


def traced(
    function: Callable[..., Any], symbols: list[KerasTensor]
) -> tuple[SizedGraph, list[list[Any]], Graph]:
    """`function` of one Tensor per symbol: its graph, the inputs' shapes, and one of the traces.

    A shape is made of numbers, and of names for the unknown dimensions.
    """
    unknown = [
        (i, axis) for i, x in enumerate(symbols) for axis, n in enumerate(x.shape) if n is None
    ]
    refused: Any = None
    for choice in _choices(unknown):
        shapes = [
            [choice.get((i, axis), n) for axis, n in enumerate(x.shape)]
            for i, x in enumerate(symbols)
        ]
        try:
            graphs = [
                trace(function, *(_spec(shape, x, k) for shape, x in zip(shapes, symbols)))
                for k in range(TRACES if unknown else 1)
            ]
            names = [[getattr(n, "name", n) for n in shape] for shape in shapes]
            return SizedGraph(graphs), names, graphs[0]
        except ValueError as error:
            refused = refused or error
    if not unknown or isinstance(refused, ExportError):
        raise refused
    raise ExportError(
        f"The model does not run at the sizes that were tried for what it leaves open: {refused} "
        "Give its dimensions in `Input`, or in `input_signature`."
    ) from refused


def _spec(shape: list, x: KerasTensor, k: int) -> Spec:
    sizes = tuple(n.sizes[k] if isinstance(n, Unknown) else n for n in shape)
    return Spec(sizes, numpy_dtype(x.dtype))


def _choices(unknown: list[tuple[int, int]]) -> Iterator[dict[tuple[int, int], Unknown]]:
    """Sizes for the unknown dimensions: first each its own, odd ones among them.

    Layers that need equal sizes, or even ones, refuse those; the next choices suit them.
    """
    others = [place for place in unknown if place[1] != 0]
    for odd in (True, False) if others else (True,):
        for own in (True, False) if len(others) > 1 else (True,):
            chosen = {}
            for i, axis in unknown:
                if axis == 0:
                    chosen[i, axis] = Unknown("batch", _BATCH)
                    continue
                k = others.index((i, axis)) if own else axis - 1
                name = f"size_{i}_{axis}" if own else f"size_{axis}"
                chosen[i, axis] = Unknown(name, _sizes(k, odd))
            yield chosen


def _sizes(k: int, odd: bool) -> tuple[int, ...]:
    a, b, c = (_FACTORS[(k + i) % len(_FACTORS)] for i in range(3))
    return (_UNIT * a, _UNIT * b, _UNIT * c + (1 + 2 * k if odd else 0))
