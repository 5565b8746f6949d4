"""Matrices as integers from zero up: every row, or every group in a row, has a scale and a zero."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import hornlet.ops as ops


class Levels(NamedTuple):
    """How a matrix is quantized: ``x = (q - zero) * scale`` for integers ``q`` in 0 ... highest.

    `scale` and `zero` have shape ``(rows, groups)``, `zero` of dtype uint8.
    """

    scale: np.ndarray
    zero: np.ndarray
    highest: int

    def quantize(self, x: np.ndarray) -> np.ndarray:
        """The integers nearest to `x`, whose columns have a scale each, or one for all."""
        return np.clip(np.round(x / self.scale + self.zero), 0, self.highest)

    def dequantize(self, q: np.ndarray) -> np.ndarray:
        return (q - self.zero.astype(self.scale.dtype)) * self.scale

    def spread(self, groups: np.ndarray) -> Levels:
        """These levels, column by column: `groups` says to which group each column belongs."""
        return Levels(self.scale[:, groups], self.zero[:, groups], self.highest)


def group_of(n: int, group_size: int) -> np.ndarray:
    """The group of each of ``n`` columns; a size of -1 stands for all of them."""
    return np.arange(n) // (n if group_size == -1 else group_size)


def levels_of(
    x: np.ndarray,
    bits: int,
    group_size: int = -1,
    symmetric: bool = False,
    per_channel: bool = True,
) -> Levels:
    """The levels that span each row of a matrix, group by group.

    Args:
        x: matrix.
        bits: number of bits of the integers.
        group_size: number of neighbours in a row that share a scale, -1 for all.
        symmetric: whether the range is as wide below zero as above.
        per_channel: whether rows have scales of their own.
    """
    rows, columns = x.shape
    size = columns if group_size == -1 or not per_channel else min(group_size, columns)
    padded = np.pad(x, ((0, 0), (0, -columns % size)))
    parts = padded.reshape(rows, -1, size) if per_channel else x.reshape(1, 1, -1)
    low, high = parts.min(axis=-1), parts.max(axis=-1)
    if symmetric:
        high = np.maximum(np.abs(low), np.abs(high))
        low = -high
    low, high = np.where(low == high, low - 1, low), np.where(low == high, high + 1, high)
    highest = 2**bits - 1
    if symmetric:
        scale = (high - low) / highest
        zero = np.full_like(scale, (highest + 1) / 2)
    else:
        # A range on one side of zero is widened where the number of zero would be no byte.
        low = np.minimum(low, 0)
        high = np.where(np.round(-low * highest / (high - low)) > 255, 0, high)
        scale = (high - low) / highest
        zero = np.round(-low / scale)
    shape = (rows, scale.shape[1])
    scale, zero = (np.broadcast_to(v, shape) for v in (scale, zero))
    return Levels(scale.astype(x.dtype), zero.astype("uint8"), highest)


def dequantize(q: Any, scale: Any, zero: Any, groups: Any, axis: int = -1) -> Any:
    """Integers back as floats, ``(q - zero) * scale``, where `groups` says whose are whose.

    Args:
        q: tensor of integers.
        scale, zero: a number for each group along `axis`, and for each place along the others.
        groups: the number of the group of each place along the quantized axis.
        axis: the axis of the groups.
    """
    groups = ops.cast(groups, "int32")
    scale, zero = ops.take(scale, groups, axis=axis), ops.take(zero, groups, axis=axis)
    return ops.multiply(ops.subtract(ops.cast(q, scale.dtype), ops.cast(zero, scale.dtype)), scale)
