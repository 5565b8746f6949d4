"""The one interception point: `emit` runs a primitive on arrays now, or records it on Tensors.

A `Tensor` is a value of a trace; what it does as an operand or an argument of NumPy's functions is
in `protocols.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype, result_type
from hornlet.engine.nans import Watch, origin
from hornlet.engine.primitive import PRIMITIVES, Primitive
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec, as_specs
from hornlet.engine.state import STATE

_serials = itertools.count()


class Node:
    """One application of a primitive in a graph."""

    __slots__ = (
        "attributes", "inputs", "origin", "outputs", "primitive", "serial", "trace", "values",
    )  # fmt: skip

    def __init__(
        self, primitive: Primitive, inputs: tuple[Tensor, ...], attributes: dict, trace: Any
    ):
        self.primitive = primitive
        self.inputs = inputs
        self.attributes = attributes
        self.serial = next(_serials)  # order of creation is an order of execution
        self.outputs: tuple[Spec, ...] = ()
        self.values: tuple[np.ndarray, ...] | None = None  # known where a tape records
        self.trace = trace
        self.origin = origin() if STATE.nans else None  # where it was asked for

    def tensor(self, index: int) -> Tensor:
        """The Tensor that stands for one output."""
        value = None if self.values is None else self.values[index]
        return Tensor(self.outputs[index], self, index, value, self.trace)

    @property
    def is_elementwise(self) -> bool:
        """Whether it has one result, each element of which needs the inputs at its place alone."""
        row = self.primitive
        return row.elementwise and row.scratch is None and len(self.outputs) == 1

    def on(self, inputs: Iterable[Tensor], detached: bool = False) -> Node:
        """The node on other inputs that give results of the same shapes; `detached` of no trace."""
        trace = None if detached else self.trace
        node = Node(self.primitive, tuple(inputs), self.attributes, trace)
        node.outputs = self.outputs
        return node

    def tensors(self) -> tuple[Tensor, ...]:
        """The Tensors that stand for all outputs."""
        return tuple(map(self.tensor, range(len(self.outputs))))

    def __repr__(self) -> str:
        return f"<{self.primitive.name} #{self.serial}>"


class Tensor:
    """A value of a trace: the output `index` of `node`, or an input or constant when node is None.

    `value` is its array where it is known: for constants, and for everything a tape records outside
    a trace. `owner` is the symbolic trace it belongs to, None outside one.
    """

    __slots__ = (
        "__weakref__", "_keras_mask", "dtype", "index", "node", "owner", "shape", "value",
    )  # fmt: skip

    __array_priority__ = 1000
    _keras_mask: Any

    if TYPE_CHECKING:  # operators and methods are put on the class by protocols.py

        def __getattr__(self, name: str) -> Any: ...

    def __init__(
        self, spec: Spec, node: Node | None = None, index: int = 0, value: Any = None,
        owner: Any = None,
    ):  # fmt: skip
        self.shape = spec.shape
        self.dtype = spec.dtype
        self.node = node
        self.index = index
        self.value = value
        self.owner = owner

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: Spec(self.shape, self.dtype).size)
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: Spec(self.shape, self.dtype).nbytes)

    @property
    def key(self) -> tuple[int, int]:
        """Tells a graph's values apart: all Tensors that stand for one output have the same."""
        return (id(self), -1) if self.node is None else (self.node.serial, self.index)

    def __repr__(self) -> str:
        known = "" if self.value is None else f", value={self.value!r}"
        return f"<Tensor shape={self.shape} dtype={self.dtype}{known}>"

    __hash__ = object.__hash__


def emit(name: str, *inputs: Any, **attributes: Any) -> Any:
    """Applies the primitive `name`: on arrays now, on traced values by recording a node.

    Args:
        name: a row of the table of primitives.
        *inputs: arrays, numbers, Refs and Tensors.
        **attributes: the row's static attributes.

    Returns:
        An array or a Tensor; a tuple of them where the row has several outputs.
    """
    row = PRIMITIVES[name]
    trace = STATE.trace
    values = []
    traced = False
    for x in inputs:
        kind = type(x)
        if kind is np.ndarray:
            if trace is not None and trace.watched:
                x = trace.watched.get(id(x), x)
                traced = traced or type(x) is Tensor
        elif kind is Tensor:
            if trace is None:
                x = _leaked(x)
            else:
                traced = True
        elif kind in _SCALARS:
            if row.promote is None:
                x = _scalar_array(x)
        else:
            x = _as_value(x, name, row.promote is not None)
            traced = traced or type(x) is Tensor
        values.append(x)
    if row.promote is not None:
        values = _promoted(row, values)
    if traced:
        return trace.record(row, values, attributes)
    return run(row, values, attributes)


_SCALARS = frozenset((int, float, bool))


def _scalar_array(x: Any) -> np.ndarray:
    return np.asarray(x, numpy_dtype(result_type(type(x))))


def untraced(x: Any) -> Any:
    """`x`, or the array of a Tensor that knows it."""
    return _leaked(x) if type(x) is Tensor else x


def _leaked(x: Tensor) -> np.ndarray:
    if x.value is None:
        raise ValueError(
            f"A traced value (shape {x.shape}, dtype {x.dtype}) is used after its trace ended. "
            "Return it from the traced function, or keep it in a Variable by `assign`, instead of "
            "in an attribute or a global."
        )
    return x.value


def _as_value(x: Any, name: str, promoting: bool) -> Any:
    if isinstance(x, Ref):
        return x.read()
    if isinstance(x, np.generic):
        # NumPy's scalars are weak like Python's: `x * np.sqrt(2.0)` keeps the dtype of x.
        if promoting and x.dtype.kind in "fib":
            return x.item()
        return np.asarray(x)
    if isinstance(x, np.ndarray):
        return x.view(np.ndarray)
    if hasattr(x, "_keras_history"):
        raise ValueError(
            f"`{name}` received a KerasTensor, a symbol of a model under construction that has no "
            "values. Use a function of `keras.ops` or a layer on it instead."
        )
    array = np.asarray(x)
    if array.dtype == np.float64 and not hasattr(x, "dtype"):
        return array.astype(numpy_dtype(result_type(float)))
    if array.dtype.kind not in "fiubcV":
        raise ValueError(
            f"`{name}` received {type(x).__name__} of dtype {array.dtype}; expected numbers. "
            "Convert it to a numeric array first."
        )
    return array


def _promoted(row: Primitive, values: list) -> list:
    first = row.unpromoted
    for i in range(first):
        if type(values[i]) in _SCALARS:
            values[i] = _scalar_array(values[i])
    dtype = None
    weak = []
    same = True
    for x in values[first:]:
        if type(x) in _SCALARS:
            weak.append(type(x))
        elif dtype is None:
            dtype = x.dtype
        elif x.dtype != dtype:
            same = False
    if (
        same and dtype is not None
        and (not weak or dtype.kind == "f" or (dtype.kind in "iu" and float not in weak))
        and not (row.promote == "float" and dtype.kind in "biu")
    ):  # fmt: skip
        target = dtype
    else:
        dtypes = [x.dtype for x in values[first:] if type(x) not in _SCALARS]
        name = result_type(*dtypes, *weak)
        if row.promote == "float":
            name = result_type(name, float)
        target = numpy_dtype(name)
    for i in range(first, len(values)):
        x = values[i]
        if type(x) in _SCALARS:
            values[i] = np.asarray(x, target)
        elif x.dtype != target:
            values[i] = emit("cast", x, dtype=target)
    return values


def run(row: Primitive, arrays: list, attributes: dict) -> Any:
    """Runs a primitive on arrays, into new memory (or as a view where it has one)."""
    specs = [Spec(x.shape, x.dtype) for x in arrays]
    result = row.shape(*specs, **attributes)
    if row.view is not None:
        view = row.view(*arrays, **attributes)
        if view is not None:
            return view
    if row.scratch is not None:
        work = as_specs(row.scratch(*specs, **attributes))
        attributes = {**attributes, "scratch": tuple(np.empty(s.shape, s.dtype) for s in work)}
    if STATE.nans:
        return _run_watched(row, arrays, attributes, result)
    if isinstance(result, Spec):
        out = np.empty(result.shape, result.dtype)
        row.kernel(*arrays, out=out, **attributes)
        return out
    outs = tuple(np.empty(s.shape, s.dtype) for s in result)
    row.kernel(*arrays, out=outs, **attributes)
    return outs


def _run_watched(row: Primitive, arrays: list, attributes: dict, result: Any) -> Any:
    outs = tuple(np.empty(s.shape, s.dtype) for s in as_specs(result))
    watch = Watch(row.name, arrays, outs)
    watch.before()
    row.kernel(*arrays, out=outs[0] if isinstance(result, Spec) else outs, **attributes)
    watch.after()
    return outs[0] if isinstance(result, Spec) else outs
