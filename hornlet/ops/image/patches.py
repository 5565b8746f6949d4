"""Windows of images: patches cut out, and blurring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.base.config import standardize_data_format
from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, floating, size_of, tensor
from hornlet.ops.function import op
from hornlet.ops.image.geometry import images_of, layout
from hornlet.ops.nn.convolution import depthwise_conv
from hornlet.ops.nn.windows import edges, per_axis
from hornlet.ops.numpy.shapes import moved


def patches(x, n, size, strides, dilation, padding):
    """The windows of ``x`` (batch, *n axes, channels), flattened into the last axis."""
    spans = tuple((k - 1) * d + 1 for k, d in zip(size, dilation))
    pairs = edges(padding, x.shape[1:-1], spans, strides)
    x = emit("pad", x, widths=((0, 0), *pairs, (0, 0)), value=0)
    for i in range(n):
        axis = 1 + 2 * i
        count = (x.shape[axis] - spans[i]) // strides[i] + 1
        at = np.arange(count)[:, None] * strides[i] + np.arange(size[i])[None] * dilation[i]
        x = emit("take", x, at.astype("int32"), axis=axis)
    order = (0, *range(1, 2 * n, 2), *range(2, 2 * n + 1, 2), 2 * n + 1)
    x = emit("transpose", x, axes=order)
    return emit("reshape", x, shape=(*x.shape[:n + 1], size_of(x.shape[n + 1:])))


def extracted(images, size, strides, dilation_rate, padding, data_format, n, name):
    x = tensor(images, name)
    if x.ndim not in (n + 1, n + 2):
        raise ValueError(
            f"Argument `{name}` must be of rank {n + 1} or {n + 2}. Received: shape {x.shape}"
        )
    single = x.ndim == n + 1
    first = standardize_data_format(data_format) == "channels_first"
    if single:
        x = emit("reshape", x, shape=(1, *x.shape))
    if first:
        x = moved(x, 1, n + 1)
    size = per_axis(size, n, "size")
    strides = size if strides is None else per_axis(strides, n, "strides")
    y = patches(x, n, size, strides, per_axis(dilation_rate, n, "dilation_rate"), padding)
    if first:
        y = moved(y, n + 1, 1)
    return emit("reshape", y, shape=y.shape[1:]) if single else y


@op
def extract_patches(
    images: Any,
    size: Any,
    strides: int | Sequence[int] | None = None,
    dilation_rate: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The windows of images, each flattened into the channels of one place of the result.

    A `size` of three integers is that of windows of volumes, as in `extract_patches_3d`.

    >>> keras.ops.image.extract_patches(np.zeros((1, 4, 4, 3)), 2).shape
    (1, 2, 2, 12)
    """
    n = 2
    if not hasattr(size, "__index__"):
        if not isinstance(size, (tuple, list)):
            raise TypeError(
                "Argument `size` must be an integer or a tuple of 2 or 3 integers. Received: "
                f"size={size!r} of type {type(size).__name__}"
            )
        if len(size) not in (2, 3):
            raise ValueError(f"Argument `size` must have 2 or 3 integers. Received: size={size}")
        n = len(size)
    return extracted(images, size, strides, dilation_rate, padding, data_format, n, "images")


@op
def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: int | Sequence[int] | None = None,
    dilation_rate: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The windows of volumes, each flattened into the channels of one place of the result.

    >>> keras.ops.image.extract_patches_3d(np.zeros((1, 4, 4, 4, 1)), 2).shape
    (1, 2, 2, 2, 8)
    """
    if not hasattr(size, "__index__") and len(size) != 3:
        raise TypeError(f"Argument `size` must be an integer or 3 integers. Received: size={size}")
    return extracted(volumes, size, strides, dilation_rate, padding, data_format, 3, "volumes")


@op
def gaussian_blur(
    images: Any,
    kernel_size: Sequence[int] = (3, 3),
    sigma: Sequence[float] = (1.0, 1.0),
    data_format: str | None = None,
) -> Any:
    """Images blurred with a Gaussian window; sizes and widths are those across, then down.

    >>> keras.ops.image.gaussian_blur(np.ones((1, 4, 4, 1))).shape
    (1, 4, 4, 1)
    """
    x = images_of(images)
    single = x.ndim == 3
    if single:
        x = emit("reshape", x, shape=(1, *x.shape))
    n = x.shape[layout(x, data_format)[2]]
    across, down = (bell(k, s) for k, s in zip(kernel_size, sigma))
    work = floating(x)
    kernel = np.outer(down, across)[..., None, None]
    kernel = np.repeat(kernel, n, axis=2).astype(work.dtype)
    y = cast_to(depthwise_conv(work, kernel, 1, "same", data_format), x.dtype)
    return emit("reshape", y, shape=y.shape[1:]) if single else y


def bell(size, sigma):
    y = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    return y / y.sum()
