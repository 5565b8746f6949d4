"""Cutting data into two parts."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from hornlet.utils.dataset import Dataset


def split_dataset(
    dataset: Any,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Split data into a left and a right part, for example to train and to test.

    Args:
        dataset: an array, a list or tuple of arrays of one length, a data set of this library,
            whose batches are taken apart and made again, or anything that gives its samples one
            by one (such as torch's `Dataset`).
        left_size: share (a float between 0 and 1) or number (an integer) of the samples that
            go left; by default what `right_size` leaves.
        right_size: the same for those that go right.
        shuffle: whether the samples are shuffled first.
        seed: of the shuffling.
        preferred_backend: accepted for compatibility.

    Returns:
        Two data sets.

    Raises:
        ValueError: neither size is given, or they ask for more than there is.
        TypeError: the data cannot be iterated over.

    >>> left, right = keras.utils.split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), [int(x) for x in right]
    (8, [8, 9])
    """
    if left_size is None and right_size is None:
        raise ValueError(
            "One of the arguments `left_size` and `right_size` must be given. Received: both None"
        )
    samples = _samples(dataset)
    if shuffle:
        order = random.Random(random.randint(0, int(1e6)) if seed is None else seed)
        order.shuffle(samples)
    left, right = _sizes(left_size, right_size, len(samples))
    size = getattr(dataset, "batch_size", None) if isinstance(dataset, Dataset) else None
    return _part(samples[:left], size), _part(samples[len(samples) - right :], size)


def _part(samples: list, batch_size: int | None) -> Dataset:
    part = Dataset(lambda: iter(samples), len(samples))
    return part if batch_size is None else part.batch(batch_size)


def _samples(dataset: Any) -> list:
    if isinstance(dataset, (list, tuple)):
        if not dataset:
            raise ValueError("Argument `dataset` must hold at least one array. Received: none")
        wrong = [type(x).__name__ for x in dataset if not isinstance(x, np.ndarray)]
        if wrong:
            raise ValueError(f"Argument `dataset` must be a list of arrays. Received: {wrong}")
        if len({len(x) for x in dataset}) > 1:
            raise ValueError(
                "Argument `dataset` must hold arrays of one length. Received: shapes "
                f"{[x.shape for x in dataset]}"
            )
        return list(zip(*dataset))
    if isinstance(dataset, Dataset) and dataset.cardinality() == -1:
        raise ValueError("Argument `dataset` has no end; take a part of it first: `take(n)`.")
    if isinstance(dataset, Dataset) and dataset.batch_size is not None:
        dataset = dataset.unbatch()
    if hasattr(dataset, "__iter__"):
        return list(dataset)
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):
        return [dataset[i] for i in range(len(dataset))]
    raise TypeError(
        "Argument `dataset` must be an array, a list or tuple of arrays, or a data set. "
        f"Received: {type(dataset).__name__}"
    )


def _count(size: Any, n: int) -> int:
    return round(size * n) if isinstance(size, float) else int(size)


def _sizes(left: Any, right: Any, n: int) -> tuple[int, int]:
    for name, size in (("left_size", left), ("right_size", right)):
        if size is None:
            continue
        if isinstance(size, bool) or not isinstance(size, (int, float, np.integer, np.floating)):
            raise TypeError(
                f"Argument `{name}` must be an integer or a float. Received: {size!r} of type "
                f"{type(size).__name__}"
            )
        share = isinstance(size, (float, np.floating))
        if (share and not 0 < size < 1) or (not share and not 0 < size < n):
            raise ValueError(
                f"Argument `{name}` must be a share between 0 and 1, or a number between 0 and "
                f"that of the samples, {n}. Received: {size!r}"
            )
    shares = isinstance(left, float) and isinstance(right, float)
    if shares and left + right > 1:
        raise ValueError(
            "Arguments `left_size` and `right_size` must not be more than 1 together. "
            f"Received: {left} and {right}"
        )
    a, b = (None if size is None else _count(size, n) for size in (left, right))
    a = n - b if a is None and b is not None else a
    b = n - a if b is None and a is not None else b
    if a is None or b is None or a + b > n:
        raise ValueError(
            f"The data set has {n} samples, fewer than `left_size` and `right_size` together. "
            f"Received: left_size={left}, right_size={right}"
        )
    if a == 0 or b == 0:
        raise ValueError(
            f"With {n} samples, left_size={left} and right_size={right}, one of the parts would "
            "be empty."
        )
    return a, b
