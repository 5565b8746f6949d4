"""The one interception point: `emit` runs a primitive on arrays now, or records it on Tensors.

A `Tensor` is a value of a trace. Python's operators and NumPy's protocols on it are emits too, so
mathematics written with plain `np.` functions is recorded and differentiated like any other.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from hornlet.base import nest
from hornlet.base.dtypes import numpy_dtype, result_type
from hornlet.engine.front import NUMPY_FUNCTIONS, lookup
from hornlet.engine.primitive import PRIMITIVES, UFUNCS, Primitive
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec, as_specs
from hornlet.engine.state import STATE

_serials = itertools.count()


class Node:
    """One application of a primitive in a graph."""

    __slots__ = ("attributes", "inputs", "outputs", "primitive", "serial", "trace", "values")

    def __init__(self, primitive: Primitive, inputs: tuple[Tensor, ...], attributes: dict, trace):
        self.primitive = primitive
        self.inputs = inputs
        self.attributes = attributes
        self.serial = next(_serials)  # order of creation is an order of execution
        self.outputs: tuple[Spec, ...] = ()
        self.values: tuple[np.ndarray, ...] | None = None  # known where a tape records
        self.trace = trace

    def tensor(self, index: int) -> Tensor:
        """The Tensor that stands for one output."""
        value = None if self.values is None else self.values[index]
        return Tensor(self.outputs[index], self, index, value, self.trace)

    def __repr__(self) -> str:
        return f"<{self.primitive.name} #{self.serial}>"


class Tensor:
    """A value of a trace: the output `index` of `node`, or an input or constant when node is None.

    `value` is its array where it is known: for constants, and for everything a tape records outside
    a trace. `trace` is the symbolic trace it belongs to, None outside one.
    """

    __slots__ = (
        "__weakref__", "_keras_mask", "dtype", "index", "node", "shape", "trace", "value",
    )  # fmt: skip

    __array_priority__ = 1000
    _keras_mask: Any

    if TYPE_CHECKING:  # operators and methods are put on the class below

        def __getattr__(self, name: str) -> Any: ...

    def __init__(
        self, spec: Spec, node: Node | None = None, index: int = 0, value: Any = None,
        trace: Any = None,
    ):  # fmt: skip
        self.shape = spec.shape
        self.dtype = spec.dtype
        self.node = node
        self.index = index
        self.value = value
        self.trace = trace

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: Spec(self.shape, self.dtype).size)
    T = property(lambda self: emit("transpose", self, axes=tuple(range(self.ndim))[::-1]))

    def __repr__(self) -> str:
        known = "" if self.value is None else f", value={self.value!r}"
        return f"<Tensor shape={self.shape} dtype={self.dtype}{known}>"

    def numpy(self) -> np.ndarray:
        """The array, where it is known."""
        if self.value is None:
            raise TypeError(_no_value(self, "its value was asked for"))
        return self.value

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        array = self.numpy()
        return array.astype(dtype) if dtype is not None and dtype != array.dtype else array

    def __bool__(self) -> bool:
        if self.value is None:
            asked = "Python asked whether it is true (`if`, `and`, `while`)"
            raise TypeError(_no_value(self, asked))
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __index__(self) -> int:
        return self.numpy().__index__()

    def item(self, *args: int) -> Any:
        return self.numpy().item(*args)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a Tensor with no axes")
        return self.shape[0]

    def __iter__(self):
        if not self.shape:
            raise TypeError("iteration over a Tensor with no axes")
        return (self[i] for i in range(self.shape[0]))

    __hash__ = object.__hash__

    def __getitem__(self, index: Any) -> Any:
        return lookup("get_item")(self, index)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        if keywords.pop("out", None) is not None:
            raise TypeError(f"np.{ufunc.__name__} on a traced value cannot write into `out`.")
        if method == "reduce":
            reduction = _REDUCTIONS.get(ufunc.__name__)
            if reduction is not None:
                keywords.setdefault("axis", 0)
                keywords = {k: v for k, v in keywords.items() if v is not np._NoValue}
                return lookup(reduction)(*inputs, **keywords)
        if method != "__call__":
            raise TypeError(f"np.{ufunc.__name__}.{method} has no traced form; use hornlet.ops.")
        if STATE.trace is None:
            return ufunc(*map(_untraced, inputs), **keywords)
        name = UFUNCS.get(ufunc, _UFUNC_ALIASES.get(ufunc))
        if name is not None and not keywords:
            return emit(name, *inputs)
        function = NUMPY_FUNCTIONS.get(ufunc)
        if function is None:
            raise TypeError(f"np.{ufunc.__name__} has no traced form; use one of hornlet.ops.")
        return function(*inputs, **keywords)

    def __array_function__(self, function, types, args, kwargs) -> Any:
        if STATE.trace is None:
            return function(
                *nest.map_structure(_untraced, args), **nest.map_structure(_untraced, kwargs)
            )
        known = NUMPY_FUNCTIONS.get(function)
        if known is None:
            raise TypeError(
                f"np.{function.__name__} cannot be traced: no function of hornlet.ops answers for "
                "it. Write it with functions of hornlet.ops, or compile with run_eagerly=True."
            )
        return known(*args, **kwargs)

    def reshape(self, *shape: Any) -> Any:
        return lookup("reshape")(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return lookup("transpose")(self, axes or None)

    def astype(self, dtype: Any) -> Any:
        return emit("cast", self, dtype=numpy_dtype(str(np.dtype(dtype))))


_REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all",
    "logical_or": "any",
}  # fmt: skip
_UFUNC_ALIASES = {np.matmul: "matmul", np.absolute: "abs", np.true_divide: "divide"}


def _operator(name: str, reflected: bool = False):
    def method(self, other):
        # Lists, Variables and the like are emit's to understand; a foreign operand's own protocol
        # (a KerasTensor's, say) goes first.
        if hasattr(other, "_keras_history"):
            return NotImplemented
        return emit(name, other, self) if reflected else emit(name, self, other)

    return method


def _product(reflected: bool):
    # Vectors are the business of the documented function; the primitive knows matrices alone.
    def method(self, other):
        return lookup("matmul")(other, self) if reflected else lookup("matmul")(self, other)

    return method


def _unary_operator(name: str):
    return lambda self: emit(name, self)


def _function_method(name: str):
    def method(self, *args, **kwargs):
        return lookup(name)(self, *args, **kwargs)

    method.__name__ = name
    return method


for _method, _name in {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide",
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "and": "bitwise_and",
    "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
}.items():  # fmt: skip
    setattr(Tensor, f"__{_method}__", _operator(_name))
    setattr(Tensor, f"__r{_method}__", _operator(_name, reflected=True))
for _method, _name in {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal",
}.items():  # fmt: skip
    setattr(Tensor, f"__{_method}__", _operator(_name))
for _method, _turned in {"__matmul__": False, "__rmatmul__": True}.items():
    setattr(Tensor, _method, _product(_turned))
for _method, _name in {"neg": "negative", "abs": "abs", "invert": "invert"}.items():
    setattr(Tensor, f"__{_method}__", _unary_operator(_name))
for _name in (
    "sum", "mean", "max", "min", "prod", "any", "all", "argmax", "argmin", "std", "var", "squeeze",
    "swapaxes", "cumsum", "ravel", "clip", "round", "repeat", "argsort",
):  # fmt: skip
    setattr(Tensor, _name, _function_method(_name))


def _no_value(x: Tensor, reason: str) -> str:
    return (
        f"A traced value (shape {x.shape}, dtype {x.dtype}) has no numbers yet, but {reason}. The "
        "step is traced once and run many times. Choose between values with `ops.where`, between "
        "computations with `ops.cond`, loop with `ops.while_loop` or `ops.scan`, or compile the "
        "model with `run_eagerly=True`."
    )


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


def _untraced(x: Any) -> Any:
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
    if isinstance(result, Spec):
        out = np.empty(result.shape, result.dtype)
        row.kernel(*arrays, out=out, **attributes)
        return out
    outs = tuple(np.empty(s.shape, s.dtype) for s in result)
    row.kernel(*arrays, out=outs, **attributes)
    return outs
