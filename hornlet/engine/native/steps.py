"""The moves of one step of a loop as one call in C, where all arrays lie in one piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod

import numpy as np

from hornlet.engine.native.library import library

# To, from, and whether the one and the other have an axis of steps in front.
Move = tuple[np.ndarray, np.ndarray, bool, bool]


def moves(wanted: Sequence[Move]) -> Callable[[int], object]:
    """A function of the step's number that copies every part to its place."""
    native = library()
    if not hasattr(native, "hornlet_moves") or not all(map(_is_plain, wanted)):
        return partial(_move, wanted)
    import ctypes

    rows = [
        (
            to.ctypes.data, x.ctypes.data,
            to.strides[0] if to_stacked else 0, x.strides[0] if stacked else 0,
            x.itemsize * prod(x.shape[stacked:]),
        )
        for to, x, to_stacked, stacked in wanted
    ]  # fmt: skip
    job = np.array(rows, np.int64).reshape(-1, 5)
    function = native.hornlet_moves
    function.restype = None
    pointer, count = ctypes.c_void_p(job.ctypes.data), ctypes.c_int64(len(job))

    def call(t: int, _job: np.ndarray = job) -> None:
        function(pointer, count, ctypes.c_int64(t))

    return call


def _move(wanted: Sequence[Move], t: int) -> None:
    for to, x, to_stacked, stacked in wanted:
        np.copyto(to[t, ...] if to_stacked else to, x[t] if stacked else x)


def _is_plain(move: Move) -> bool:
    to, x, to_stacked, stacked = move
    alike = to.dtype == x.dtype and to.shape[to_stacked:] == x.shape[stacked:]
    return alike and to.flags.c_contiguous and x.flags.c_contiguous
