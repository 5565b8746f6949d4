"""Variable: a named, mutable array that layers own, optimizers update and files keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.base.dtypes import is_float, numpy_dtype, standardize_dtype
from hornlet.base.lookup import get as get_object
from hornlet.base.names import auto_name, current_path, one_of
from hornlet.engine.emit import emit
from hornlet.engine.front import lookup
from hornlet.engine.ref import Ref
from hornlet.engine.state import STATE as TRACES
from hornlet.engine.state import active
from hornlet.tensor.operators import add_operators
from hornlet.tensor.scope import STATE, take_memory

_AGGREGATIONS = (None, "none", "mean", "sum", "only_first_replica")
_SYNCHRONIZATIONS = (None, "none", "auto", "on_read", "on_write")


class Variable(Ref):
    """A mutable array with a name: weights, running statistics, the state of random seeds.

    Args:
        initializer: the first value, or what computes it: `f(shape, dtype)`, or the name of an
            initializer, which need `shape`.
        shape: tuple of integers.
        dtype: dtype; by default the value's, `keras.config.floatx()` for an initializer's.
        trainable: whether optimizers update it.
        autocast: whether layers of a mixed dtype policy read it in their compute dtype.
        aggregation, synchronization, layout: accepted for compatibility.
        name: the last part of `path`.

    Raises:
        ValueError: an unknown dimension in `shape`, an initializer without `shape`.

    >>> v = keras.Variable([1.0, 2.0], name="v")
    >>> _ = v.assign_add([1.0, 1.0])
    >>> v.numpy()
    array([2., 3.], dtype=float32)
    """

    __array_priority__ = 100

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        layout: Any = None,
        **kwargs: Any,
    ):
        if kwargs:
            raise TypeError(f"Variable received unknown arguments: {sorted(kwargs)}")
        name = name or auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name!r}"
            )
        one_of("aggregation", aggregation, _AGGREGATIONS)
        one_of("synchronization", synchronization, _SYNCHRONIZATIONS)
        self._name = name
        parent = current_path()
        self._path = f"{parent}/{name}" if parent else name
        self._trainable = bool(trainable)
        self.autocast = bool(autocast)
        self.aggregation = aggregation if aggregation is not None else "none"
        self.synchronization, self._layout = synchronization, layout
        self._regularizer: Callable | None = None
        self._constraint: Callable | None = None
        self._overwrite_with_gradient = False
        self._initializer: Callable | None = None
        if isinstance(initializer, (str, dict)):
            initializer = get_object("keras.initializers", initializer, "initializer")
        if callable(initializer) and not hasattr(initializer, "dtype"):
            self._start_by(initializer, shape, numpy_dtype(standardize_dtype(dtype)))
        elif STATE.stateless is not None:
            raise ValueError("In a `StatelessScope` a Variable needs an initializer and a `shape`.")
        else:
            self._start_at(initializer, shape, dtype)

    def _start_by(self, initializer: Callable, shape: Any, dtype: np.dtype) -> None:
        if shape is None:
            raise ValueError(
                "A Variable made from an initializer needs its `shape`. Received: "
                f"initializer={initializer!r}, shape=None"
            )
        shape = standardize_shape(shape)
        if STATE.hollow:
            super().__init__(hollow_array(shape, dtype))
            self._initializer = initializer
        else:
            super().__init__(_first_value(initializer, shape, dtype))

    def _start_at(self, value: Any, shape: Any, dtype: Any) -> None:
        with active(None):
            if isinstance(value, Ref):
                value = value.array
            elif hasattr(value, "numpy") and not isinstance(value, np.ndarray):
                value = value.numpy()
            if dtype is None and hasattr(value, "dtype"):
                dtype = value.dtype
            elif dtype is None:
                value = np.asarray(value)
                dtype = {"f": None, "i": "int32"}.get(value.dtype.kind, value.dtype)
            array = np.array(value, dtype=numpy_dtype(standardize_dtype(dtype)))
        if shape is not None and array.shape != standardize_shape(shape):
            raise ValueError(
                f"A Variable's value of shape {array.shape} does not fit argument `shape`={shape}."
            )
        super().__init__(array)

    @property
    def allocated(self) -> bool:
        """Whether the variable has memory of its own yet; see `ShapesOnly`."""
        return self._initializer is None

    def allocate(self, value: Any = None) -> None:
        """Take memory, holding `value` or what the initializer gives."""
        initializer = self._initializer
        if initializer is None:
            return
        shape, dtype = self.array.shape, self.array.dtype
        if value is None:
            array = _first_value(initializer, shape, dtype)
        else:
            array = np.empty(shape, dtype)
            np.copyto(array, value, casting="unsafe")
        self._initializer = None
        self.array = array
        Ref.moves += 1

    # What a variable is called and how it is treated.

    @property
    def name(self) -> str:
        """The variable's own name."""
        return self._name

    @property
    def path(self) -> str:
        """The names of the layers it is in and its own, joined by ``/``."""
        return self._path

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, a tuple of integers."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.array.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.array.size

    @property
    def dtype(self) -> str:
        """The name of the dtype in which the variable is read here."""
        scope = STATE.autocast
        own = standardize_dtype(self.array.dtype)
        if scope is not None and self.autocast and scope.dtype is not None and is_float(own):
            return scope.dtype
        return own

    @property
    def trainable(self) -> bool:
        """Whether optimizers update the variable."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: Any) -> None:
        self._trainable = bool(value)

    @property
    def overwrite_with_gradient(self) -> bool:
        """Whether optimizers replace the variable by its gradient."""
        return self._overwrite_with_gradient

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(f"`overwrite_with_gradient` must be a boolean. Received: {value!r}")
        self._overwrite_with_gradient = value

    @property
    def regularizer(self) -> Callable | None:
        """The penalty on the variable, which layers add to the loss."""
        return self._regularizer

    @regularizer.setter
    def regularizer(self, value: Callable | None) -> None:
        if value is not None and not callable(value):
            raise ValueError(f"`regularizer` must be callable or None. Received: {value!r}")
        self._regularizer = value

    @property
    def constraint(self) -> Callable | None:
        """The projection that optimizers apply after an update."""
        return self._constraint

    @constraint.setter
    def constraint(self, value: Callable | None) -> None:
        if value is not None and not callable(value):
            raise ValueError(f"`constraint` must be callable or None. Received: {value!r}")
        self._constraint = value

    # Its value.

    def read(self) -> Any:
        """The storage itself outside a trace, a Tensor inside; in the autocast scope's dtype."""
        if self._initializer is not None and TRACES.trace is None:
            take_memory(self)
            self.allocate()
        if STATE.stateless is not None:
            value = STATE.stateless.get_current_value(self)
            if value is None:
                value = super().read()
        else:
            value = super().read()
        scope = STATE.autocast
        return value if scope is None or not self.autocast else scope.maybe_cast(value)

    @property
    def value(self) -> Any:
        """The present value: an array of its own, or a Tensor inside a trace."""
        value = self.read()
        return value.copy() if value is self.array else value

    def numpy(self) -> np.ndarray:
        """The present value as an array of its own."""
        value = self.value
        return value if isinstance(value, np.ndarray) else np.array(value.numpy())

    def assign(self, value: Any) -> Any:
        """Store `value`, an array of the variable's shape; returns the new value.

        Raises ValueError for another shape.
        """
        if isinstance(value, Ref):
            value = value.read()
        elif not hasattr(value, "shape") or not hasattr(value, "dtype"):
            value = np.asarray(value)
        if tuple(value.shape) != self.array.shape:
            raise ValueError(
                f"Variable '{self._path}' has shape {self.array.shape}; a value of the same shape "
                f"must be assigned to it. Received: value of shape {tuple(value.shape)}"
            )
        if STATE.stateless is not None:
            STATE.stateless.add_update((self, value))
            return STATE.stateless.get_current_value(self)
        if self._initializer is not None and TRACES.trace is None:
            self.allocate(value)
            return self.value
        stored = super().assign(value)
        return stored.copy() if stored is self.array else stored

    def assign_add(self, value: Any) -> Any:
        """Add `value`; returns the new value."""
        return self.assign(emit("add", self, value))

    def assign_sub(self, value: Any) -> Any:
        """Subtract `value`; returns the new value."""
        return self.assign(emit("subtract", self, value))

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        value = self.numpy()
        return value if dtype is None else value.astype(dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, Ref) for x in kwargs.get("out", ())):
            raise TypeError("NumPy cannot write into a Variable; use its `assign`.")
        result = getattr(ufunc, method)(*_values(inputs), **kwargs)
        return np.asarray(result) if isinstance(result, np.generic) else result

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return function(*_values(args), **{k: _values(v) for k, v in kwargs.items()})

    def __repr__(self) -> str:
        head = f"<Variable path={self._path}, shape={self.array.shape}, dtype={self.dtype}"
        if self._initializer is not None or TRACES.trace is not None:
            return head + ">"
        return f"{head}, value={self.array}>"

    def __bool__(self) -> bool:
        raise TypeError("A Variable cannot be used as a boolean; compare its value instead.")

    def __float__(self) -> float:
        return float(self._scalar("float"))

    def __int__(self) -> int:
        return int(self._scalar("int"))

    def __index__(self) -> int:
        return self.numpy().__index__()

    def _scalar(self, kind: str) -> Any:
        if self.array.ndim > 0:
            raise TypeError(
                f"Only a scalar Variable can be converted to {kind}. "
                f"Received: variable of shape {self.array.shape}"
            )
        return self.read()

    def __len__(self) -> int:
        if not self.array.shape:
            raise TypeError("len() of a Variable with no axes")
        return self.array.shape[0]

    def __iter__(self) -> Any:
        return (lookup("get_item")(self, i) for i in range(len(self)))

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: dict) -> Variable:
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        fields = dict(self.__dict__)
        Ref.__init__(copied, self.array if self._initializer is not None else self.array.copy())
        fields = {k: v for k, v in fields.items() if k not in _REF_FIELDS}
        copied.__dict__.update(fields)
        return copied

    def __getstate__(self) -> dict:
        state = {k: v for k, v in self.__dict__.items() if k not in _REF_FIELDS}
        return {**state, "_array": np.array(self.array)}

    def __setstate__(self, state: dict) -> None:
        state = dict(state)
        Ref.__init__(self, state.pop("_array"))
        self.__dict__.update(state)


def _values(x: Any) -> Any:
    """`x` with the Variables in it read."""
    if isinstance(x, Ref):
        return x.read()
    return type(x)(_values(item) for item in x) if type(x) in (list, tuple) else x


_REF_FIELDS = ("array", "root", "offset", "ref_serial")

add_operators(Variable)
Variable.__invert__ = lambda self: lookup("bitwise_not")(self)  # type: ignore[operator]


def standardize_shape(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple of integers; ValueError for None and negative dimensions."""
    if hasattr(shape, "__index__"):
        shape = (shape,)
    try:
        dims = tuple(shape)
    except TypeError:
        raise ValueError(f"Cannot convert {shape!r} to a shape.") from None
    for dim in dims:
        if dim is None:
            raise ValueError(
                "A Variable's shape must be fully known: None stands for an unknown dimension. "
                f"Received: shape={shape}"
            )
        if not hasattr(dim, "__index__") or isinstance(dim, bool) or dim < 0:
            raise ValueError(
                f"A shape consists of non-negative integers. Received: shape={shape}, which "
                f"holds {dim!r}"
            )
    return tuple(int(dim.__index__()) for dim in dims)


def hollow_array(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array with a shape and a dtype that takes no memory and cannot be written."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def _first_value(initializer: Callable, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    with active(None):
        value = initializer(shape, dtype=standardize_dtype(dtype))
    if isinstance(value, Ref):
        value = value.array
    array = np.array(value, dtype=dtype, order="C")
    if array.shape != shape:
        raise ValueError(
            f"The initializer of a Variable of shape {shape} returned an array of shape "
            f"{array.shape}: {initializer!r}"
        )
    return array
