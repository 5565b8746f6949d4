"""Two 4-bit integers in one byte, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops


def checked(dtype: str) -> None:
    if dtype not in ("int8", "uint8"):
        raise ValueError(f"Argument `dtype` must be 'int8' or 'uint8'. Received: dtype={dtype!r}")


def pack_int4(arr: Any, axis: int = 0, dtype: str = "int8") -> tuple:
    """Pairs of neighbours along `axis` as bytes: the first in the low, the second in the high half.

    Args:
        arr: integers of dtype `dtype`, in -8 ... 7 (0 ... 15 for uint8).
        axis: the axis that gets half as long; an odd one is filled up by a zero.
        dtype: `"int8"` or `"uint8"`.

    Returns:
        The bytes, their shape, and the length `axis` had.

    >>> packed, shape, length = keras.quantizers.pack_int4(np.array([1, -2, 3], "int8"))
    >>> keras.quantizers.unpack_int4(packed, length)
    array([ 1, -2,  3], dtype=int8)
    """
    checked(dtype)
    x = ops.convert_to_numpy(arr)
    if x.dtype != dtype:
        raise TypeError(f"Argument `arr` must have dtype {dtype}. Received: dtype {x.dtype}")
    x = np.moveaxis(x, axis, 0)
    length = x.shape[0]
    halves = np.zeros((2, -(-length // 2), *x.shape[1:]), "uint8")
    halves[0], halves[1, : length // 2] = x[::2].view("uint8") & 15, x[1::2].view("uint8") & 15
    packed = np.moveaxis((halves[0] | halves[1] << 4).view(dtype), 0, axis)
    return packed, packed.shape, length


def unpack_int4(packed: Any, orig_len: int, axis: int = 0, dtype: str = "int8") -> Any:
    """The integers that `pack_int4` packed.

    Args:
        packed: bytes, of dtype int8 or uint8.
        orig_len: the length `axis` had.
        axis: the axis that was packed.
        dtype: `"int8"`, with signs, or `"uint8"`.

    >>> keras.quantizers.unpack_int4(np.array([33], "int8"), 2)
    array([1, 2], dtype=int8)
    """
    checked(dtype)
    x = ops.convert_to_tensor(packed)
    if x.dtype not in ("int8", "uint8"):
        raise TypeError(f"Argument `packed` must be int8 or uint8. Received: dtype {x.dtype}")
    axis %= len(x.shape)
    # Shifts to the right keep the sign of signed integers, so bytes need not be widened.
    x = ops.cast(x, dtype)
    low = ops.right_shift(ops.left_shift(x, 4), 4) if dtype == "int8" else ops.bitwise_and(x, 15)
    y = ops.stack([low, ops.right_shift(x, 4)], axis=axis + 1)
    y = ops.reshape(y, (*x.shape[:axis], 2 * x.shape[axis], *x.shape[axis + 1 :]))
    return y[(slice(None),) * axis + (slice(0, orig_len),)]
