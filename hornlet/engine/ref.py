"""A mutable array: what a traced step reads is an input of its graph, what it assigns an output."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from hornlet.engine.state import STATE

_serials = itertools.count()


class Ref:
    """One array that can be read and assigned, outside a trace and inside.

    A Ref may be a window onto another, its `root`: `offset` elements into the root's flat array.
    That is how all parameters come to live in one array, updated in one pass.
    """

    # How often any Ref has changed its memory: programs that hold arrays compare it and bind anew.
    moves = 0

    def __init__(self, array: np.ndarray):
        self.array = array
        self.root: Ref | None = None
        self.offset = 0
        self.ref_serial = next(_serials)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    def read(self) -> Any:
        """The array itself, or the Tensor that stands for it while a trace or a tape is active."""
        trace = STATE.trace
        return self.array if trace is None else trace.read(self)

    def assign(self, value: Any) -> Any:
        """Stores `value`, of the same shape, now or (in a trace) at the end of the step."""
        trace = STATE.trace
        if trace is not None:
            return trace.assign(self, value)
        np.copyto(self.array, getattr(value, "value", value), casting="unsafe")
        return self.array

    def move(self, array: np.ndarray, root: Ref | None = None, offset: int = 0) -> None:
        """Lets the Ref live in `array` from now on; its contents go along."""
        if array is not self.array:
            np.copyto(array, self.array)
        self.array = array
        self.root = root
        self.offset = offset
        Ref.moves += 1

    @classmethod
    def window(cls, root: Ref, offset: int, shape: tuple[int, ...]) -> Ref:
        """A Ref onto part of the flat `root`, beginning `offset` elements in."""
        n = int(np.prod(shape, dtype=np.int64))
        ref = Ref(root.array[offset : offset + n].reshape(shape))
        ref.root = root
        ref.offset = offset
        return ref
