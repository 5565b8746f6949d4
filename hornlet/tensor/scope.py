"""Scopes that change what variables do: autocast, no storage yet, values kept elsewhere."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from hornlet.base.dtypes import is_float, numpy_dtype, standardize_dtype
from hornlet.engine.emit import emit


class _State(threading.local):
    autocast: AutocastScope | None = None
    hollow = False
    memory = 0  # bytes that variables without memory may still take where they are read
    stateless: StatelessScope | None = None
    # While shapes are inferred by tracing: the size of axis 0 that stands for an unknown batch.
    inferring = False
    batch_size: int | None = None


STATE = _State()


class AutocastScope:
    """Inside it variables of a float dtype are read as `dtype` (None: as they are).

    >>> with keras.AutocastScope("float16"):
    ...     keras.Variable(1.0).value.dtype.name
    'float16'
    """

    def __init__(self, dtype: Any):
        if dtype is not None:
            dtype = standardize_dtype(dtype)
            if not is_float(dtype):
                raise ValueError(
                    "`AutocastScope` can only be used with a floating-point target dtype, such as "
                    f"'float16'. Received: dtype={dtype}"
                )
        self.dtype = dtype
        self._numpy = None if dtype is None else numpy_dtype(dtype)

    def maybe_cast(self, value: Any) -> Any:
        """`value` in the scope's dtype, if it is of a float dtype."""
        if self._numpy is None or value.dtype == self._numpy or not is_float(value.dtype):
            return value
        return emit("cast", value, dtype=self._numpy)

    def __enter__(self) -> AutocastScope:
        self._outer = STATE.autocast
        STATE.autocast = self
        return self

    def __exit__(self, *_: Any) -> None:
        STATE.autocast = self._outer


class ShapesOnly:
    """Inside it new variables have a shape and a dtype, and take memory at `allocate` only.

    A model of unknown origin is built in it: its sizes are compared with what the file holds
    before any memory is asked for. A `build` that reads a variable all the same makes it take
    memory then, out of `memory` bytes in all.
    """

    def __init__(self, memory: int = 0):
        self._memory = memory

    def __enter__(self) -> ShapesOnly:
        self._outer = STATE.hollow, STATE.memory
        STATE.hollow, STATE.memory = True, self._memory
        return self

    def __exit__(self, *_: Any) -> None:
        STATE.hollow, STATE.memory = self._outer


def take_memory(variable: Any) -> None:
    """ValueError if a variable without memory may not take it now, where it is read."""
    n = variable.array.nbytes
    if n > STATE.memory:
        raise ValueError(
            f"Variable {variable.path} has a shape but no value yet: it was made where only "
            "shapes count. Call its `allocate()` first."
        )
    STATE.memory -= n


class Inferring:
    """Says that shapes are inferred; axis 0 of size `batch_size` stands for an unknown batch."""

    def __init__(self, batch_size: int | None):
        self.batch_size = batch_size

    def __enter__(self) -> Inferring:
        self._outer = (STATE.inferring, STATE.batch_size)
        STATE.inferring, STATE.batch_size = True, self.batch_size
        return self

    def __exit__(self, *_: Any) -> None:
        STATE.inferring, STATE.batch_size = self._outer


class SymbolicScope(Inferring):
    """Says that what is computed inside are symbols or shapes, no values.

    >>> with keras.SymbolicScope():
    ...     keras.layers.Dense(3)(keras.KerasTensor((2, 4))).shape
    (2, 3)
    """

    def __init__(self) -> None:
        super().__init__(None)


def in_symbolic_scope() -> bool:
    """Whether shapes are inferred here, so that values only stand for others of their shape."""
    return STATE.inferring


class StatelessScope:
    """Inside it variables are read from and written to a table, and stay as they are.

    Args:
        state_mapping: pairs of a variable and the value to read in its place.
        collect_losses: whether `add_loss` collects here, in `losses`.
        initialize_variables: accepted for compatibility.

    >>> v = keras.Variable(1.0)
    >>> with keras.StatelessScope([(v, np.float32(3.0))]) as scope:
    ...     w = v + 1
    ...     _ = v.assign(w)
    >>> float(v), float(scope.get_current_value(v))
    (1.0, 4.0)
    """

    def __init__(
        self,
        state_mapping: Any = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ):
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses: list[Any] = []
        self.state_mapping: dict[int, Any] = {}
        for variable, value in state_mapping or ():
            if not hasattr(variable, "ref_serial"):
                raise ValueError(
                    "Keys of `state_mapping` must be `keras.Variable` instances. Received: "
                    f"{variable!r} (of type {type(variable).__name__})"
                )
            self.state_mapping[variable.ref_serial] = _fitting(variable, value)

    def get_current_value(self, variable: Any) -> Any:
        """What the variable holds in this scope, None if it was neither given nor assigned."""
        return self.state_mapping.get(variable.ref_serial)

    def add_update(self, update: Any) -> None:
        """Enter the pair of a variable and its new value."""
        variable, value = update
        self.state_mapping[variable.ref_serial] = _fitting(variable, value)

    def add_loss(self, loss: Any) -> None:
        """Collect a loss."""
        self.losses.append(loss)

    def __enter__(self) -> StatelessScope:
        self._outer = STATE.stateless
        STATE.stateless = self
        return self

    def __exit__(self, *_: Any) -> None:
        STATE.stateless = self._outer


def _fitting(variable: Any, value: Any) -> Any:
    """`value` as a tensor of the variable's dtype; ValueError for another shape."""
    value = getattr(value, "value", value) if hasattr(value, "ref_serial") else value
    value = value if hasattr(value, "dtype") else np.asarray(value)
    if tuple(value.shape) != tuple(variable.shape):
        raise ValueError(
            f"A value of shape {tuple(value.shape)} was given for variable '{variable.path}' of "
            f"shape {tuple(variable.shape)}."
        )
    dtype = variable.array.dtype
    return value if value.dtype == dtype else emit("cast", value, dtype=dtype)


def in_stateless_scope() -> bool:
    """Whether a `StatelessScope` is open in this thread."""
    return STATE.stateless is not None
