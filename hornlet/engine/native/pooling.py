"""The gradient of max pooling in C: what it fits and the calls that run it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from hornlet.engine.native.library import library
from hornlet.engine.threads import share_count, side_by_side

THREADED = 1 << 18  # elements from which two threads pay


def fits(dtype: np.dtype, spatial: int) -> bool:
    return (
        dtype == np.float32 and spatial < 3 and hasattr(library(), "hornlet_max_pool_grad_float32")
    )


def max_pool_grad_calls(x, y, dy, out, window, strides, padding) -> list[Callable[[], Any]]:
    """Calls for contiguous float32 arrays, images shared out between two threads."""
    import ctypes

    spatial = len(window)
    ahead = 2 - spatial  # with one axis of space there is one row
    sizes = np.array(
        [
            x.shape[-1],
            *(1,) * ahead, *x.shape[1:-1],
            *(1,) * ahead, *y.shape[1:-1],
            *(1,) * ahead, *window,
            *(1,) * ahead, *strides,
            *(0,) * ahead, *(low for low, _ in padding),
        ],
        np.int64,
    )  # fmt: skip
    function = library().hornlet_max_pool_grad_float32
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (x, y, dy, out, sizes)]
    kept = (x, y, dy, out, sizes)  # the pointers' owners live as long as the calls

    def call(first: Any, last: Any, _kept: Any = kept) -> None:
        function(*pointers, first, last)

    n = x.shape[0]
    marks = [0, n] if share_count(x.size, THREADED, min(2, n)) == 1 else [0, n // 2, n]
    shares: list[list[Callable[[], Any]]] = [
        [partial(call, ctypes.c_int64(a), ctypes.c_int64(b))] for a, b in zip(marks, marks[1:])
    ]
    return shares[0] if len(shares) == 1 else [partial(side_by_side, *shares)]
