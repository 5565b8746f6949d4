"""Products of matrices in C, where a library's second thread would cost more than it saves.

A product of a few million multiplications gains little by two threads, and leaves half of its
result in the other core's cache, where what reads it next waits for it. Larger ones are left to
the library, and smaller ones, which it computes on one thread by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from hornlet.engine.native.library import call_on, is_wide

MULTIPLICATIONS = range(1 << 18, 1 << 23)
TILE = (8, 32)  # rows and columns of the result that the kernel computes at a time


def is_there(dtype: np.dtype, m: int, k: int, n: int) -> bool:
    """Whether products (m, k) @ (k, n) of this dtype are computed here.

    Not those of few rows or columns, whose tiles would be half empty.
    """
    whole = prod(-(-size // tile) * tile for size, tile in zip((m, n), TILE))
    return (
        dtype.char == "f" and m * k * n in MULTIPLICATIONS and 2 * whole <= 3 * m * n and is_wide()
    )


def fits(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> bool:
    """Whether the kernel serves for these matrices."""
    return (
        a.dtype == b.dtype == out.dtype
        and a.flags.aligned
        and b.flags.aligned
        and out.flags.c_contiguous
        and is_there(out.dtype, a.shape[0], a.shape[1], b.shape[1])
    )


def product_call(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Callable[[], Any]:
    """The call that computes `out = a @ b`."""
    steps = [step // 4 for step in a.strides + b.strides]
    return call_on("hornlet_product_float32", [a, b, out], [*a.shape, b.shape[1], *steps])
