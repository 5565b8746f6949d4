"""A softmax along rows in C, but for its exponential, which is NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from hornlet.engine.native.library import library


def fits(x: np.ndarray, out: np.ndarray, axis: int) -> bool:
    """Whether the rows lie one behind the other, of a dtype that the kernel is there for."""
    return (
        axis == out.ndim - 1
        and out.size > 0
        and x.flags.c_contiguous
        and out.flags.c_contiguous
        and hasattr(library(), f"hornlet_shares_{out.dtype.name}")
    )


def softmax_calls(x: np.ndarray, out: np.ndarray) -> list[Callable[[], Any]]:
    """Three calls: x less its row's maximum, the exponential, each number's share of its row."""
    import ctypes

    columns = out.shape[-1]
    sizes = (ctypes.c_int64(out.size // columns), ctypes.c_int64(columns))
    source, target = (ctypes.c_void_p(a.ctypes.data) for a in (x, out))
    below = getattr(library(), f"hornlet_below_maximum_{out.dtype.name}")
    shares = getattr(library(), f"hornlet_shares_{out.dtype.name}")
    below.restype = shares.restype = None
    calls: list[Any] = [
        partial(below, source, target, *sizes),
        partial(np.exp, out, out),
        partial(shares, target, *sizes),
    ]
    calls[0].owners = (x, out)  # kept alive with the pointers
    return calls
