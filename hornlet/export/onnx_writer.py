"""The ONNX graph under construction: nodes, initializers, and where sizes come from at run time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.base.onnx_format import attribute_message, dtype_number
from hornlet.export.sizes import ExportError, Value, Varying, formula, number_formula

END = np.iinfo(np.int64).max  # of a slice that goes to the end of its axis
_OPERATORS = {"+": "Add", "*": "Mul", "//": "Div"}
START = np.iinfo(np.int64).min  # of a slice that goes backwards to the beginning


class Shared:
    """What the main graph and the bodies of loops have in common.

    Args:
        cells: the model's recurrent cells that ONNX has operators for.
    """

    def __init__(self, cells: list) -> None:
        self.cells = cells
        self.initializers: dict[str, np.ndarray] = {}
        self.constants: dict[Any, str] = {}
        self.numbers = itertools.count()
        self.weights: dict[Any, str] = {}  # the names of variables, and of their rearrangements
        self.untrained: set[str] = set()  # of these, the names of those that are not trainable


class Writer:
    """Collects the nodes of one graph; `outer` is the writer of the graph round a loop's body."""

    def __init__(self, shared: Shared, outer: Writer | None = None):
        self.shared = shared
        self.outer = outer
        self.nodes: list[dict] = []
        self.names: dict[int, str] = {}  # of values, by their ids
        self.values: dict[int, Value] = {}  # keeps the ids' values alive
        self.makers: dict[str, tuple[str, tuple, dict]] = {}  # what a name is the output of
        self.made: dict[tuple, str] = {}  # the same by operator, inputs and attributes
        self.sources: dict[Varying, tuple[str, int]] = {}  # where a size can be read off

    # Values and their names.

    def enter(self, value: Value, name: str) -> None:
        """Says that `name` is the array of this value, and so a place where sizes are found."""
        self.names[id(value)] = name
        self.values[id(value)] = value
        for axis, n in enumerate(value.shape):
            if isinstance(n, Varying):
                self.sources.setdefault(n, (name, axis))

    def name(self, value: Value) -> str:
        """The name of a value's array, made now if it is a variable or a constant."""
        known = self._known(value)
        if known is not None:
            return known
        if value.ref is not None:
            name = self.weight(value)
        elif value.array is not None:
            name = self.constant(value.array)
        elif value.arrays is not None:
            name = self._sized_constant(value)
        else:
            raise AssertionError("a value that nothing makes")
        self.names[id(value)] = name
        self.values[id(value)] = value
        return name

    def _known(self, value: Value) -> str | None:
        writer: Writer | None = self
        while writer is not None:
            if id(value) in writer.names:
                return writer.names[id(value)]
            writer = writer.outer
        return None

    def weight(self, value: Value, axes: tuple[int, ...] | None = None) -> str:
        """The initializer of a variable, its axes in another order if `axes` is given."""
        if axes is None:
            return self.derived(value.ref, "", lambda array: array)
        label = "transposed_" + "".join(map(str, axes))
        return self.derived(value.ref, label, lambda array: array.transpose(axes))

    def derived(self, ref: Any, label: str, change: Callable[[np.ndarray], np.ndarray]) -> str:
        """The initializer of what `change`, named by `label`, makes of a variable."""
        key = (ref.ref_serial, label)
        if key not in self.shared.weights:
            base = getattr(ref, "path", "") or "variable"
            base = name = f"{base}.{label}" if label else base
            n = 0
            while name in self.shared.initializers:
                n += 1
                name = f"{base}_{n}"
            self._keep(name, change(ref.array))
            self.shared.weights[key] = name
            if not getattr(ref, "trainable", True):
                self.shared.untrained.add(name)
        return self.shared.weights[key]

    def _keep(self, name: str, array: np.ndarray) -> None:
        self.shared.initializers[name] = np.ascontiguousarray(array).reshape(array.shape)

    def constant(self, array: Any, dtype: Any = None) -> str:
        """An initializer that holds `array`."""
        array = np.asarray(array, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.shared.constants:
            name = f"constant_{next(self.shared.numbers)}"
            self._keep(name, array)
            self.shared.constants[key] = name
        return self.shared.constants[key]

    def fixed(self, value: Value) -> np.ndarray | None:
        """A value's array where it is known now: a constant, or a variable's content."""
        return value.ref.array if value.ref is not None else value.array

    # Nodes.

    def op(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """The output of a node, which is made unless there is one that computes the same.

        Attributes that are None are left out.
        """
        key = (op_type, inputs, repr(attributes))
        writer: Writer | None = self
        while writer is not None:
            if key in writer.made:
                return writer.made[key]
            writer = writer.outer
        (name,) = self.ops(op_type, 1, *inputs, **attributes)
        self.made[key] = name
        self.makers[name] = (op_type, inputs, attributes)
        return name

    def ops(self, op_type: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """The outputs of a new node."""
        number = next(self.shared.numbers)
        names = [f"{op_type.lower()}_{number}" + (f"_{i}" if i else "") for i in range(count)]
        self.nodes.append({
            "input": list(inputs), "output": names, "name": names[0], "op_type": op_type,
            "attribute": [
                attribute_message(k, v) for k, v in attributes.items() if v is not None
            ],
        })  # fmt: skip
        return names

    def cast(self, name: str, dtype: Any) -> str:
        """A Cast."""
        return self.op("Cast", name, to=dtype_number(dtype))

    def transpose(self, value: Value | None, name: str, axes: tuple[int, ...]) -> str:
        """The array with its axes in another order.

        A variable is stored that way, and a Transpose that undoes one before it falls away.
        """
        if axes == tuple(range(len(axes))):
            return name
        if value is not None and value.ref is not None:
            return self.weight(value, axes)
        op_type, inputs, attributes = self.makers.get(name, ("", (), {}))
        if op_type == "Transpose":
            before = attributes["perm"]
            return self.transpose(None, inputs[0], tuple(before[a] for a in axes))
        return self.op("Transpose", name, perm=axes)

    def axes(self, *numbers: int) -> str:
        """A constant list of whole numbers."""
        return self.constant(list(numbers), "int64")

    # Sizes.

    def shape(self, sizes: Any) -> str:
        """The int64 tensor of a shape, some sizes of which may vary."""
        parts: list[str] = []
        fixed: list[int] = []
        for n in sizes:
            if isinstance(n, Varying):
                if fixed:
                    parts.append(self.axes(*fixed))
                    fixed = []
                parts.append(self.size(n))
            else:
                fixed.append(int(n))
        if fixed or not parts:
            parts.append(self.axes(*fixed))
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=0)

    def size(self, n: Varying) -> str:
        """The int64 tensor of one element that holds a varying size at run time."""
        places, operator, number = formula(n, self._all_sources())
        size = self._product(places)
        if not operator:
            return size
        return self.op(_OPERATORS[operator], size, self.axes(number))

    def counting(self, n: Any, dtype: Any) -> str:
        """The whole numbers below a size."""
        if not isinstance(n, Varying):
            return self.constant(np.arange(n), dtype)
        size = self.op("Squeeze", self.size(n))
        zero, one = self.constant(0, "int64"), self.constant(1, "int64")
        return self.cast(self.op("Range", zero, size, one), dtype)

    def _all_sources(self) -> dict[Varying, tuple[str, int]]:
        outer = self.outer._all_sources() if self.outer else {}
        return {**self.sources, **outer}

    def _product(self, places: tuple[Any, ...]) -> str:
        names = [self.op("Shape", name, start=a, end=a + 1) for name, a in places]
        return names[0] if len(names) == 1 else self.op("Mul", *names)

    def _sized_constant(self, value: Value) -> str:
        """A constant whose shape varies: the same along the axes that do, or counting along one."""
        arrays: Any = value.arrays
        axes = [i for i, n in enumerate(value.shape) if isinstance(n, Varying)]
        first = arrays[0]
        slim = first[tuple(slice(0, 1) if i in axes else slice(None) for i in range(first.ndim))]
        if all(np.array_equal(a, np.broadcast_to(slim, a.shape), equal_nan=True) for a in arrays):
            return self.op("Expand", self.constant(slim), self.shape(value.shape))
        if not axes:
            return self._sized_number(value)
        step = _step(arrays, slim, axes[0]) if len(axes) == 1 else None
        if step is not None:
            return self._arithmetic(value, slim, axes[0], step)
        triangle = self._triangle(value, axes)
        if triangle is not None:
            return triangle
        raise ExportError(
            f"A constant of shape {value.sizes(0)} is made for the unknown sizes of the inputs, in "
            "a way that cannot be written. Give more dimensions in `Input`, or in "
            "`input_signature`."
        )

    def _sized_number(self, value: Value) -> str:
        factor, places, inverse = number_formula(value, self._all_sources())
        size = self.cast(self._product(places), value.dtype)
        size = self.op("Reshape", size, self.axes(*(1 for _ in value.shape)))
        return self.op("Div" if inverse else "Mul", self.constant(factor, value.dtype), size)

    def _arithmetic(self, value: Value, slim: np.ndarray, axis: int, step: Any) -> str:
        counted = self.counting(value.shape[axis], value.dtype)
        place = [1] * len(value.shape)
        place[axis] = -1
        counted = self.op("Reshape", counted, self.axes(*place))
        scaled = self.op("Mul", counted, self.constant(step, value.dtype))
        return self.op("Add", scaled, self.constant(slim))

    def _triangle(self, value: Value, axes: list[int]) -> str | None:
        """A mask of the places below or above a diagonal of its last two axes."""
        arrays: Any = value.arrays
        rank = len(value.shape)
        if value.dtype != np.bool_ or rank < 2 or any(a < rank - 2 for a in axes):
            return None
        if any(n != 1 for n in value.shape[:-2]):
            return None
        for upper in (0, 1):
            for k in (-1, 0, 1):
                cut = np.triu if upper else np.tril
                if all(np.array_equal(a, cut(np.ones_like(a), k)) for a in arrays):
                    ones = self.op("Expand", self.constant(1, "int64"), self.shape(value.shape))
                    kept = self.op("Trilu", ones, self.constant(k, "int64"), upper=upper)
                    return self.cast(kept, "bool")
        return None


def _step(arrays: list[np.ndarray], slim: np.ndarray, axis: int) -> Any:
    """By how much arrays grow along an axis, if that is by the same everywhere; else None."""
    longest = max(arrays, key=lambda a: a.shape[axis])
    n = longest.shape[axis]
    if n < 2 or longest.dtype.kind not in "iuf":
        return None
    steps = (np.take(longest, [n - 1], axis).astype("float64") - slim) / (n - 1)
    step = steps.reshape(-1)[0]
    place = [1] * longest.ndim
    place[axis] = -1
    room = 0 if longest.dtype.kind in "iu" else np.finfo(longest.dtype).eps * np.abs(longest).max()
    for a in arrays:
        wanted = slim + step * np.arange(a.shape[axis]).reshape(place)
        if np.abs(a.astype("float64") - wanted).max() > 2 * room:
            return None
    return step


def pruned(nodes: list[dict], outputs: list[str]) -> list[dict]:
    """The nodes that the outputs depend on; bodies of loops take names from outside."""
    needed, kept = set(outputs), []
    for node in reversed(nodes):
        if any(name in needed for name in node["output"]):
            kept.append(node)
            needed.update(taken(node))
    return kept[::-1]


def taken(node: dict) -> set[str]:
    """The names that a node takes, its bodies' included."""
    names = {name for name in node["input"] if name}
    for attribute in node["attribute"]:
        if "g" in attribute:
            for inner in attribute["g"]["node"]:
                names |= taken(inner)
            names |= {output["name"] for output in attribute["g"]["output"]}
    return names
