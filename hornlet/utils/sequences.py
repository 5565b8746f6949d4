"""Sequences: of different lengths, and cut from a long one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from hornlet.utils.dataset import Dataset


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Bring sequences to one length.

    Args:
        sequences: a list of lists or arrays.
        maxlen: the length, by default that of the longest.
        dtype: dtype of the result; `object` for texts of any length.
        padding: "pre" or "post": where short sequences are filled up.
        truncating: "pre" or "post": where long ones are cut off.
        value: what they are filled up with.

    Returns:
        An array of the shape ``(number of sequences, maxlen)``, then that of an item.

    Raises:
        ValueError: what is no list of sequences, items of different shapes, unknown modes.

    >>> keras.utils.pad_sequences([[1], [2, 3], [4, 5, 6]])
    array([[0, 0, 1],
           [0, 2, 3],
           [4, 5, 6]], dtype=int32)
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError(
            "Argument `sequences` must be a list of sequences. "
            f"Received: {type(sequences).__name__}"
        )
    for name, mode in (("padding", padding), ("truncating", truncating)):
        if mode not in ("pre", "post"):
            raise ValueError(f"Argument `{name}` must be 'pre' or 'post'. Received: {mode!r}")
    for index, row in enumerate(sequences):
        if not hasattr(row, "__len__"):
            raise ValueError(
                "Argument `sequences` must be a list of sequences. "
                f"Received: {row!r} at position {index}"
            )
    textual = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and dtype is not object and dtype != "object" and not textual:
        raise ValueError(
            f"Argument `value` is a text, which does not go with dtype={dtype!r}. Pass "
            "`dtype=object` for texts of any length."
        )
    if maxlen is None:
        maxlen = max((len(row) for row in sequences), default=0)
    item = next((np.asarray(row).shape[1:] for row in sequences if len(row)), ())
    whole = np.full((len(sequences), maxlen, *item), value, dtype=dtype)
    for index, row in enumerate(sequences):
        kept = row[max(0, len(row) - maxlen) :] if truncating == "pre" else row[:maxlen]
        if not len(kept):
            continue
        kept = np.asarray(kept, dtype=dtype)
        if kept.shape[1:] != item:
            raise ValueError(
                f"Items of `sequences` must have one shape, {item}. Received: {kept.shape[1:]} at "
                f"position {index}"
            )
        place = slice(maxlen - len(kept), None) if padding == "pre" else slice(len(kept))
        whole[index, place] = kept
    return whole


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """A data set of windows that slide over a series.

    Args:
        data: array whose first axis is the time.
        targets: target of the window that starts at each time, or None.
        sequence_length: number of points in a window.
        sequence_stride: distance between the starts of windows.
        sampling_rate: distance between the points in a window.
        batch_size: windows in a batch, None for single ones.
        shuffle: whether they come in a new order at every epoch.
        seed: of the order.
        start_index, end_index: the part of the series that is used.
        format: accepted for compatibility: the data set is one of this library.

    Returns:
        A `Dataset` of windows, or of pairs of windows and targets.

    Raises:
        ValueError: numbers out of range.

    >>> data = keras.utils.timeseries_dataset_from_array(np.arange(6), np.arange(6) * 10, 3)
    >>> x, y = next(iter(data))
    >>> x.tolist(), y.tolist()
    ([[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]], [0, 10, 20, 30])
    """
    n = len(data)
    _check_range(n, start_index, end_index)
    for name, number in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if not 0 < number < n:
            raise ValueError(
                f"Argument `{name}` must be above 0 and below the length of the data, {n}. "
                f"Received: {name}={number}"
            )
    if format not in ("tf", "grain"):
        raise ValueError(f"Argument `format` must be 'tf' or 'grain'. Received: format={format!r}")
    begin, end = start_index or 0, n if end_index is None else end_index
    series = np.asarray(data)[begin:end]
    aims = None if targets is None else np.asarray(targets)[begin:end]
    count = len(series) - (sequence_length - 1) * sampling_rate
    if aims is not None:
        # As in Keras, whose limit is that of all targets and not of those in the part.
        count = min(count, len(targets))
    starts = np.arange(0, count, sequence_stride)
    if shuffle:
        starts = np.random.RandomState(seed).permutation(starts)
    points = np.arange(sequence_length) * sampling_rate

    def windows(rows: Any) -> Any:
        x = series[np.asarray(rows)[..., None] + points]
        return x if aims is None else (x, aims[rows])

    def start() -> Iterator:
        return iter(starts)

    rows = Dataset(start, len(starts))
    if shuffle:
        rows = rows.shuffle(max(1, len(starts)), seed)
    rows = rows if batch_size is None else rows.batch(batch_size)
    made = rows.map(windows)
    made.batch_size = batch_size
    return made


def _check_range(n: int, start: int | None, end: int | None) -> None:
    if start and not 0 <= start < n:
        raise ValueError(
            f"Argument `start_index` must be from 0 to below the length of the data, {n}. "
            f"Received: start_index={start}"
        )
    if end and not (start or 0) < end < n:
        raise ValueError(
            "Argument `end_index` must be above `start_index` and below the length of the data, "
            f"{n}. Received: start_index={start}, end_index={end}"
        )
