"""Pooling over 1 to 3 spatial axes: windows of a fixed size, or a fixed number of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.engine.emit import emit
from hornlet.ops.arguments import floating, tensor
from hornlet.ops.function import op
from hornlet.ops.nn.windows import channels_last, edges, per_axis, restored, spatial
from hornlet.ops.numpy.products import matmul
from hornlet.ops.numpy.shapes import moved, part


def pooled(name, inputs, pool_size, strides, padding, data_format):
    x = tensor(inputs, "inputs") if name == "max_pool" else floating(inputs, "inputs")
    n = spatial(x)
    window = per_axis(pool_size, n, "pool_size")
    strides = window if strides is None else per_axis(strides, n, "strides")
    x, first = channels_last(x, data_format)
    pairs = edges(padding, x.shape[1:-1], window, strides)
    for size, k, (low, high) in zip(x.shape[1:-1], window, pairs):
        if size + low + high < k:
            raise ValueError(
                f"The pooling window {window} is larger than the input's spatial shape "
                f"{x.shape[1:-1]}. Use padding='same' or a smaller pool_size."
            )
    return restored(emit(name, x, window=window, strides=strides, padding=pairs), first)


@op
def max_pool(
    inputs: Any,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The largest value of each window.

    Args:
        inputs: shape ``(batch, *spatial, channels)``, or ``(batch, channels, *spatial)`` for
            "channels_first".
        pool_size: an integer or one per spatial axis.
        strides: the same; None is ``pool_size``.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None is the configured one.

    >>> keras.ops.max_pool(np.arange(4.0).reshape(1, 4, 1), 2).ravel()
    array([1., 3.])
    """
    return pooled("max_pool", inputs, pool_size, strides, padding, data_format)


@op
def average_pool(
    inputs: Any,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The mean of each window (padding is not counted); arguments as in `max_pool`.

    >>> keras.ops.average_pool(np.arange(4.0).reshape(1, 4, 1), 2).ravel()
    array([0.5, 2.5])
    """
    return pooled("avg_pool", inputs, pool_size, strides, padding, data_format)


def window_bounds(size, count):
    """The ``count`` windows that cover ``size`` places as evenly as can be."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def adaptive(inputs, output_size, data_format, reduce_axis):
    x = floating(inputs, "inputs")
    n = spatial(x)
    sizes = (output_size,) * n if output_size is None else output_size
    if not isinstance(sizes, (list, tuple)):
        sizes = (sizes,) * n
    x, first = channels_last(x, data_format)
    if len(sizes) != n:
        raise ValueError(
            f"Argument `output_size` must be an integer or {n} integers. Received: {output_size}"
        )
    for axis, count in enumerate(sizes, start=1):
        count = x.shape[axis] if count is None else int(count)
        x = reduce_axis(x, axis, window_bounds(x.shape[axis], count))
    return restored(x, first)


@op
def adaptive_average_pool(
    inputs: Any, output_size: int | Sequence[int], data_format: str | None = None
) -> Any:
    """The means of as many even windows per spatial axis as ``output_size`` asks for.

    >>> keras.ops.adaptive_average_pool(np.arange(4.0).reshape(1, 4, 1), 2).ravel()
    array([0.5, 2.5])
    """

    def means(x, axis, bounds):
        weights = np.zeros((x.shape[axis], len(bounds)), x.dtype)
        for i, (low, high) in enumerate(bounds):
            weights[low:high, i] = 1.0 / (high - low)
        return moved(matmul(moved(x, axis, x.ndim - 1), weights), x.ndim - 1, axis)

    return adaptive(inputs, output_size, data_format, means)


@op
def adaptive_max_pool(
    inputs: Any, output_size: int | Sequence[int], data_format: str | None = None
) -> Any:
    """The maxima of as many even windows per spatial axis as ``output_size`` asks for.

    >>> keras.ops.adaptive_max_pool(np.arange(4.0).reshape(1, 4, 1), 2).ravel()
    array([1., 3.])
    """

    def maxima(x, axis, bounds):
        parts = [
            emit("max", part(x, axis, low, high), axis=(axis,), keepdims=True)
            for low, high in bounds
        ]
        return emit("concatenate", *parts, axis=axis) if len(parts) > 1 else parts[0]

    return adaptive(inputs, output_size, data_format, maxima)
