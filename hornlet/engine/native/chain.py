"""Chains of elementwise nodes as code for the C kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.engine.native.library import addresses, call_on, library

# In the order of the enumeration in elementwise.c.
_NAMES = (
    "copy", "negative", "abs", "square", "sqrt", "reciprocal", "rsqrt", "relu", "add", "subtract",
    "multiply", "divide", "maximum", "minimum", "relu_grad", "above",
)  # fmt: skip
OPERATIONS = {name: number for number, name in enumerate(_NAMES)}
_FULL, _ROW, _NUMBER, _TEMPORARY, _COLUMN = range(5)
BLOCK = 512  # elements: the registers of a chain fit the first-level cache
# Chains with a loop of their own in loops.c, by the formulas of their results.
LOOPS: dict[tuple[str, ...], str] = {
    (
        "add(x1, multiply(subtract(x0, x1), n0))",
        "add(x2, multiply(subtract(square(x0), x2), n1))",
        "subtract(x3, divide(multiply(y0, n2), add(sqrt(y1), n3)))",
    ): "adam",
}


class Chain:
    """The code of one group: registers with their kinds and memory, and operations on them."""

    def __init__(self, dtype: np.dtype, columns: int):
        self.dtype = dtype
        self.columns = columns
        self.kinds: list[int] = []
        self.memory: list[np.ndarray | None] = []
        self.code: list[int] = []

    def register(self, array: np.ndarray | None, whole: bool = False) -> int:
        """A register for a full array, a number, a repeating row (one axis) or column (two axes),
        or (None) a temporary.
        """
        if array is None:
            kind = _TEMPORARY
        elif whole:
            kind = _FULL
        elif array.size == 1:
            kind = _NUMBER
        else:
            kind = _ROW if array.ndim == 1 else _COLUMN
        self.kinds.append(kind)
        self.memory.append(array)
        return len(self.kinds) - 1

    def operation(self, name: str, out: int, *inputs: int) -> None:
        self.code += [OPERATIONS[name], out, inputs[0], inputs[-1]]

    def formulas(self) -> tuple[tuple[str, ...], list[int]]:
        """The formulas of the results, and the registers of a loop that computes them.

        Full arrays are x0, x1, ..., rows r0, ..., numbers n0, ..., columns c0, ... in the order of
        their first use, results y0, ... in the order in which they are made; so are the registers.
        """
        known: dict[int, str] = {}
        found: dict[str, list[int]] = {prefix: [] for prefix in "xrncy"}
        formulas = []

        def name(prefix: str, register: int) -> None:
            known[register] = f"{prefix}{len(found[prefix])}"
            found[prefix].append(register)

        for number, out, *inputs in zip(*(self.code[i::4] for i in range(4))):
            for register in inputs:
                if register not in known:
                    name("xrn-c"[self.kinds[register]], register)
            arity = 1 if number < OPERATIONS["add"] else 2
            formula = f"{_NAMES[number]}({', '.join(known[r] for r in inputs[:arity])})"
            known[out] = formula
            if self.kinds[out] == _FULL:
                formulas.append(formula)
                name("y", out)
        return tuple(formulas), sum(found.values(), [])

    def bound(self, start: int, stop: int) -> Callable[[], Any]:
        """A call that runs the chain on the rows from `start` to `stop`."""
        formulas, registers = self.formulas()
        loop = LOOPS.get(formulas)
        if loop is not None:
            data = addresses([self.memory[r] for r in registers])
            return call_on(f"hornlet_{loop}_{self.dtype.name}", [data], [start, stop], self.memory)
        count = len(self.kinds)
        block = min(BLOCK, (stop - start) * self.columns)
        arrays = [
            np.array(self.code, np.int32), np.array(self.kinds, np.int32), addresses(self.memory),
            np.empty((count, block), self.dtype), np.empty(count, np.uintp),
        ]  # fmt: skip
        sizes = [len(self.code) // 4, count, block, self.columns, start, stop]
        return call_on(f"hornlet_chain_{self.dtype.name}", arrays, sizes, self.memory)


def runs(names: list[str], dtypes: set[np.dtype]) -> bool:
    """Whether the C kernel is there and knows all these operations on these dtypes."""
    return (
        len(dtypes) == 1
        and next(iter(dtypes)).name in ("float32", "float64")
        and all(name in OPERATIONS for name in names)
        and library() is not None
    )
