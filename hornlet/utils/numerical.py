"""Helpers on plain NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.tensor.keras_tensor import is_keras_tensor


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """Turn class numbers into one-hot rows.

    Args:
        x: class numbers from 0 on, of any shape; a last axis of length 1 is dropped.
        num_classes: length of the rows, by default the largest number plus one.

    Returns:
        zeros and ones of the shape ``x.shape + (num_classes,)``.

    Raises:
        ValueError: a number that is negative or not below `num_classes`.

    >>> keras.utils.to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]])
    """
    if ops.is_tensor(x) and not isinstance(x, np.ndarray) or is_keras_tensor(x):
        if len(x.shape) > 1 and x.shape[-1] == 1:
            x = ops.squeeze(x, axis=-1)
        return ops.one_hot(x, num_classes)
    try:
        numbers = np.array(x, dtype="int64")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"Argument `x` must hold class numbers, not names or other things: {error}. Number "
            "the classes first (`np.unique(x, return_inverse=True)`)."
        ) from error
    shape = numbers.shape
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    numbers = numbers.reshape(-1)
    count = num_classes or (int(numbers.max()) + 1 if numbers.size else 0)
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < count:
        raise ValueError(
            f"Argument `x` must hold class numbers from 0 to {count - 1}. "
            f"Received: numbers from {numbers.min()} to {numbers.max()}"
        )
    rows = np.zeros((numbers.size, count))
    rows[np.arange(numbers.size), numbers] = 1
    return rows.reshape(shape + (count,))


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """Divide by the norm along an axis; what is zero stays zero.

    Args:
        x: an array.
        axis: along which axis the norm is taken.
        order: of the norm; 2 is the Euclidean one.

    >>> keras.utils.normalize([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """
    x = np.asarray(x)
    if x.dtype.kind not in "biufc":
        raise ValueError(f"Argument `x` must be an array of numbers. Received: dtype {x.dtype}")
    norm = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(norm == 0, 1, norm)
