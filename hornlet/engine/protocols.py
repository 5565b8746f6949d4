"""What a traced Tensor is to Python and NumPy: an operand, an argument of `np.` functions, and not
a number.

Operators and NumPy's functions on it are emits, so mathematics written for arrays is recorded and
differentiated like any other. What needs the numbers is refused, with the ways out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.base.dtypes import numpy_dtype
from hornlet.engine.emit import Tensor, emit, untraced
from hornlet.engine.front import NUMPY_FUNCTIONS, lookup
from hornlet.engine.primitive import UFUNCS
from hornlet.engine.state import STATE

WAYS_OUT = (
    "Choose between values with `ops.where`, between computations with `ops.cond`, loop with "
    "`ops.while_loop` or `ops.scan`, or compile the model with `run_eagerly=True`."
)


def known(x: Tensor, asked: str) -> np.ndarray:
    """The array of `x`, or an error that says what asked for it and what to do."""
    if x.value is None:
        raise TypeError(
            f"A traced value (shape {x.shape}, dtype {x.dtype}) has no numbers yet, but {asked}. "
            f"The step is traced once and run many times. {WAYS_OUT}"
        )
    return x.value


# Numbers.


def _numpy(self: Tensor) -> np.ndarray:
    """The array, where it is known."""
    return known(self, "`numpy()` asked for them")


def _array(self: Tensor, dtype: Any = None, copy: Any = None) -> np.ndarray:
    asked = (
        "NumPy asked for them (`np.array(x)`, `np.asarray(x)`, or a function that takes arrays "
        "only, such as `np.take(array, x)`; `hornlet.ops` has one that takes traced values)"
    )
    array = known(self, asked)
    return array.astype(dtype) if dtype is not None and dtype != array.dtype else array


def _bool(self: Tensor) -> bool:
    return bool(known(self, "Python asked whether it is true (`if`, `and`, `while`, `in`)"))


def _index(self: Tensor) -> int:
    return known(self, "Python asked for an integer (`range(x)`, `a_list[x]`)").__index__()


def _converted(kind: type) -> Callable[[Tensor], Any]:
    return lambda self: kind(known(self, f"`{kind.__name__}(x)` asked for one"))


def _item(self: Tensor, *args: int) -> Any:
    return known(self, "`item()` asked for one").item(*args)


def _tolist(self: Tensor) -> Any:
    return known(self, "`tolist()` asked for them").tolist()


# Elements.


def _len(self: Tensor) -> int:
    if not self.shape:
        raise TypeError("len() of a Tensor with no axes")
    return self.shape[0]


def _iter(self: Tensor) -> Any:
    if not self.shape:
        raise TypeError(
            "A traced value with no axes cannot be looped over or unpacked. `for` goes along the "
            "first axis; for a number of steps use `ops.fori_loop` or `ops.while_loop`."
        )
    return (_getitem(self, i) for i in range(self.shape[0]))


def _getitem(self: Tensor, index: Any) -> Any:
    return lookup("get_item")(self, index)


def _setitem(self: Tensor, index: Any, value: Any) -> None:
    raise TypeError(
        f"A traced value (shape {self.shape}, dtype {self.dtype}) cannot be changed in place. "
        "Make a new one with `ops.slice_update`, `ops.scatter_update` or `ops.where`."
    )


def _getattr(self: Tensor, name: str) -> Any:
    hint = ""
    if hasattr(np.ndarray, name):
        hint = " Arrays have one, which traced values do not answer for; use a function of `ops`."
    raise AttributeError(f"A Tensor has no attribute {name!r}.{hint}")


# NumPy's universal functions.


def _array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
    if keywords.pop("out", None) is not None:
        raise TypeError(
            f"np.{ufunc.__name__} cannot write a traced value into an array (`out=`, or an "
            "operator such as `array += x`). Write `array = array + x`, which makes a new value."
        )
    if STATE.trace is None:
        return getattr(ufunc, method)(*map(untraced, inputs), **keywords)
    keywords = {k: v for k, v in keywords.items() if v is not np._NoValue}
    if method == "outer":
        first, second = (x if hasattr(x, "shape") else np.asarray(x) for x in inputs)
        first = lookup("reshape")(first, (*first.shape, *(1 for _ in second.shape)))
        method, inputs = "__call__", (first, second)
    table = _METHODS.get(method)
    if table is not None and ufunc in table:
        return lookup(table[ufunc])(*inputs, **{"axis": 0, **keywords})
    name = UFUNCS.get(ufunc)
    if method == "__call__" and name is not None and not keywords:
        return emit(name, *inputs)
    function = _answer(ufunc)
    if method != "__call__" or function is None:
        shown = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        raise TypeError(
            f"np.{shown} cannot be traced: no function of hornlet.ops answers for it. Write it "
            "with functions of hornlet.ops, or compile with run_eagerly=True."
        )
    return _called(ufunc, function, inputs, keywords)


_METHODS: dict[str, dict[np.ufunc, str]] = {
    "reduce": {
        np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min",
        np.logical_and: "all", np.logical_or: "any",
    },
    "accumulate": {np.add: "cumsum", np.multiply: "cumprod"},
}  # fmt: skip


# NumPy's other functions.


def _array_function(self: Tensor, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    method = _OF_TENSORS.get(function)
    if method is not None:
        return method(*args, **kwargs)
    if STATE.trace is None:
        return function(*nest.map_structure(untraced, args), **nest.map_structure(untraced, kwargs))
    answer = _answer(function)
    if answer is None:
        raise TypeError(
            f"{_shown(function)} cannot be traced: no function of hornlet.ops answers for it. "
            "Write it with functions of hornlet.ops, or compile with run_eagerly=True."
        )
    return _called(function, answer, args, kwargs)


def _answer(function: Any) -> Callable[..., Any] | None:
    """What answers for one of NumPy's functions on traced values."""
    name = _OTHER_NAMES.get(function)
    return NUMPY_FUNCTIONS.get(function) if name is None else lookup(name)


def _shown(function: Any) -> str:
    module = (getattr(function, "__module__", None) or "numpy").replace("numpy", "np", 1)
    return f"{module}.{function.__name__}"


def _called(function: Any, answer: Callable[..., Any], args: Any, kwargs: dict) -> Any:
    """`answer(*args, **kwargs)`, once it is clear that it takes these arguments."""
    signature = inspect.signature(answer)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(
            f"{_shown(function)} on a traced value: {error}. hornlet.ops.{answer.__name__}, which "
            f"answers for it, takes {signature}."
        ) from None
    return answer(*args, **kwargs)


_OTHER_NAMES: dict[Any, str] = {
    np.absolute: "abs", np.matmul: "matmul", np.true_divide: "divide", np.radians: "deg2rad",
    np.degrees: "rad2deg", np.rint: "round", np.positive: "copy", np.float_power: "power",
    np.fix: "trunc",
}  # fmt: skip
# What the Tensor itself can tell or do.
_OF_TENSORS: dict[Any, Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
    np.iscomplexobj: lambda x: x.dtype.kind == "c",
    np.isrealobj: lambda x: x.dtype.kind != "c",
    np.atleast_1d: lambda *xs: _each(_at_least(1), xs),
    np.atleast_2d: lambda *xs: _each(_at_least(2), xs),
}
if hasattr(np, "matrix_transpose"):  # NumPy 2
    _OF_TENSORS[np.matrix_transpose] = lambda x: x.mT


def _at_least(n: int) -> Callable[[Any], Any]:
    return lambda x: x if x.ndim >= n else x.reshape((1,) * (n - x.ndim) + x.shape)


def _each(function: Callable[[Any], Any], xs: tuple) -> Any:
    return function(xs[0]) if len(xs) == 1 else tuple(map(function, xs))


# Operators and methods.


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
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return lookup(name)(self, *args, **kwargs)

    method.__name__ = name
    return method


def _itself(self: Tensor, *_: Any) -> Tensor:
    return self  # a traced value never changes, so a copy of it is itself


def _turned(self: Tensor) -> Any:
    return emit("transpose", self, axes=tuple(range(self.ndim))[::-1])


def _matrices_turned(self: Tensor) -> Any:
    return lookup("swapaxes")(self, -1, -2)


def _reshape(self: Tensor, *shape: Any, **keywords: Any) -> Any:
    shape = keywords.pop("shape", shape[0] if len(shape) == 1 else shape)
    return lookup("reshape")(self, shape, **keywords)


def _transpose(self: Tensor, *axes: Any) -> Any:
    axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return lookup("transpose")(self, axes or None)


def _astype(self: Tensor, dtype: Any, **_: Any) -> Any:
    return emit("cast", self, dtype=numpy_dtype(str(np.dtype(dtype))))


def _flatten(self: Tensor) -> Any:
    return lookup("reshape")(self, (-1,))


def _install() -> None:
    for method, name in {
        "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide",
        "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "and": "bitwise_and",
        "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift", "rshift": "right_shift",
    }.items():  # fmt: skip
        setattr(Tensor, f"__{method}__", _operator(name))
        setattr(Tensor, f"__r{method}__", _operator(name, reflected=True))
    for method, name in {
        "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
        "ge": "greater_equal",
    }.items():  # fmt: skip
        setattr(Tensor, f"__{method}__", _operator(name))
    for method, reflected in {"__matmul__": False, "__rmatmul__": True}.items():
        setattr(Tensor, method, _product(reflected))
    for method, name in {"neg": "negative", "abs": "abs", "invert": "invert"}.items():
        setattr(Tensor, f"__{method}__", _unary_operator(name))
    for name in (
        "sum", "mean", "max", "min", "prod", "any", "all", "argmax", "argmin", "std", "var",
        "squeeze", "swapaxes", "cumsum", "cumprod", "ravel", "clip", "round", "repeat", "argsort",
        "dot", "take", "diagonal", "trace", "conj",
    ):  # fmt: skip
        setattr(Tensor, name, _function_method(name))
    for name, function in {
        "numpy": _numpy, "__array__": _array, "__bool__": _bool, "__index__": _index,
        "__int__": _converted(int), "__float__": _converted(float),
        "__complex__": _converted(complex), "item": _item, "tolist": _tolist, "__len__": _len,
        "__iter__": _iter, "__getitem__": _getitem, "__setitem__": _setitem,
        "__getattr__": _getattr, "__array_ufunc__": _array_ufunc,
        "__array_function__": _array_function, "__pos__": _itself, "copy": _itself,
        "reshape": _reshape, "transpose": _transpose, "astype": _astype, "flatten": _flatten,
        "T": property(_turned), "mT": property(_matrices_turned),
        "real": property(_unary_operator("real")), "imag": property(_unary_operator("imag")),
    }.items():  # fmt: skip
        setattr(Tensor, name, function)


_install()
