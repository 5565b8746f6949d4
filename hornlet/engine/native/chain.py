"""Chains of elementwise nodes as code for the C kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.engine.native.library import library

# In the order of the enumeration in elementwise.c.
_NAMES = (
    "copy", "negative", "abs", "square", "sqrt", "reciprocal", "rsqrt", "relu", "add", "subtract",
    "multiply", "divide", "maximum", "minimum", "relu_grad",
)  # fmt: skip
OPERATIONS = {name: number for number, name in enumerate(_NAMES)}
_FULL, _ROW, _NUMBER, _TEMPORARY = range(4)


class Chain:
    """The code of one group: registers with their kinds and memory, and operations on them."""

    def __init__(self, dtype: np.dtype, columns: int):
        self.dtype = dtype
        self.columns = columns
        self.kinds: list[int] = []
        self.memory: list[np.ndarray | None] = []
        self.code: list[int] = []

    def register(self, array: np.ndarray | None, whole: bool = False) -> int:
        """A register for a full array, a repeating row, a number, or (None) a temporary."""
        if array is None:
            kind = _TEMPORARY
        elif whole:
            kind = _FULL
        else:
            kind = _NUMBER if array.size == 1 else _ROW
        self.kinds.append(kind)
        self.memory.append(array)
        return len(self.kinds) - 1

    def operation(self, name: str, out: int, *inputs: int) -> None:
        self.code += [OPERATIONS[name], out, inputs[0], inputs[-1]]

    def bound(self, start: int, stop: int) -> Callable[[], Any]:
        """A call that runs the chain on the rows from `start` to `stop`."""
        import ctypes

        function = getattr(library(), f"hornlet_chain_{self.dtype.name}")
        code = np.array(self.code, np.int32)
        kinds = np.array(self.kinds, np.int32)
        data = (ctypes.c_void_p * len(self.memory))(
            *(None if a is None else a.ctypes.data for a in self.memory)
        )
        pointer, integer, long = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64
        arguments = (
            pointer(code.ctypes.data), integer(len(self.code) // 4), data,
            pointer(kinds.ctypes.data), integer(len(self.kinds)), long(self.columns), long(start),
            long(stop),
        )  # fmt: skip
        kept = (code, kinds, list(self.memory))  # the pointers' owners live as long as the call

        def call(_kept: Any = kept) -> None:
            if function(*arguments):
                raise MemoryError("no memory for the temporaries of an elementwise chain")

        return call


def runs(names: list[str], dtypes: set[np.dtype]) -> bool:
    """Whether the C kernel is there and knows all these operations on these dtypes."""
    return (
        len(dtypes) == 1
        and next(iter(dtypes)).name in ("float32", "float64")
        and all(name in OPERATIONS for name in names)
        and library() is not None
    )
