"""What small windows of images show: edges, and how alike two images are."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base.config import standardize_data_format
from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, floating, promoted, tensor
from hornlet.ops.function import op
from hornlet.ops.image.geometry import as_batch
from hornlet.ops.image.patches import bell
from hornlet.ops.nn.convolution import depthwise_conv
from hornlet.ops.numpy.shapes import moved

RISE, SPREAD = np.array([-1.0, 0.0, 1.0]), np.array([1.0, 2.0, 1.0])


@op
def sobel_edges(images: Any, data_format: str | None = None) -> Any:
    """How steeply images rise downwards and to the right, by Sobel's windows of 3 x 3 pixels.

    Args:
        images: a batch of images (rank 4).
        data_format: "channels_last" or "channels_first"; None is the configured one.

    Returns:
        The shape of ``images`` with a last axis of size 2, the rises [down, right].

    >>> image = np.zeros((1, 4, 4, 1))
    >>> image[:, :, 2:] = 1
    >>> keras.ops.image.sobel_edges(image)[0, 1, :, 0, 1]
    array([ 0.,  4.,  4., -4.])
    """
    x = tensor(images, "images")
    if x.ndim != 4:
        raise ValueError(
            "Invalid images rank: expected rank 4 (batch of images). "
            f"Received: images.shape={x.shape}"
        )
    first = standardize_data_format(data_format) == "channels_first"
    work = floating(x)
    n = x.shape[1 if first else 3]
    down, right = np.outer(RISE, SPREAD), np.outer(SPREAD, RISE)
    kernel = np.broadcast_to(np.stack([down, right], -1)[:, :, None], (3, 3, n, 2))
    y = depthwise_conv(work, kernel.astype(work.dtype), 1, "same", data_format)
    if first:
        y = moved(emit("reshape", y, shape=(x.shape[0], n, 2, *x.shape[2:])), 2, 4)
    return cast_to(emit("reshape", y, shape=(*x.shape, 2)), x.dtype)


@op
def ssim(
    image1: Any,
    image2: Any,
    max_val: Any = 1.0,
    filter_size: int = 11,
    filter_sigma: Any = 1.5,
    k1: Any = 0.01,
    k2: Any = 0.03,
    data_format: str | None = None,
) -> Any:
    """The structural similarity of images, 1 for equal ones; compared in Gaussian windows.

    ``(2 m1 m2 + c1) (2 s12 + c2) / ((m1^2 + m2^2 + c1) (s1^2 + s2^2 + c2))`` with means ``m``,
    variances ``s^2``, covariance ``s12``, ``c1 = (k1 max_val)^2`` and ``c2 = (k2 max_val)^2``.
    Wang et al., 2004, "Image quality assessment: from error visibility to structural similarity".

    Args:
        image1, image2: images (rank 3) or batches (rank 4) of one shape.
        max_val: the largest value that a pixel can have.
        filter_size: size of the windows.
        filter_sigma: width of their Gaussian.
        k1, k2: keep the quotient finite.
        data_format: "channels_last" or "channels_first"; None is the configured one.

    Returns:
        One number per image.

    >>> image = np.arange(144.0).reshape(12, 12, 1) / 144
    >>> round(float(keras.ops.image.ssim(image, image)), 4)
    1.0
    """
    dtype = tensor(image1, "image1").dtype
    image1, image2 = (floating(x) for x in promoted(image1, image2))
    a, b = (as_batch(x, data_format)[0] for x in (image1, image2))
    if image1.shape != image2.shape:
        raise ValueError(
            "Arguments `image1` and `image2` must have the same shape. "
            f"Received: {image1.shape} and {image2.shape}"
        )
    n, h, w, c = a.shape
    if min(h, w) < filter_size:
        raise ValueError(
            f"Argument `filter_size`={filter_size} is larger than the images, {h} x {w}."
        )
    window = np.repeat(bell(filter_size, filter_sigma)[:, None, None, None], c, 2).astype(a.dtype)
    powers = (a, b, emit("square", a), emit("square", b), emit("multiply", a, b))
    y = emit("concatenate", *powers, axis=0)
    for kernel in (window, np.swapaxes(window, 0, 1)):
        y = depthwise_conv(y, kernel, 1, "valid", "channels_last")
    m1, m2, s1, s2, s12 = (
        emit("slice", y, index=((i * n, i * n + n, 1), *((0, k, 1) for k in y.shape[1:])))
        for i in range(5)
    )
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    both = m1 * m2
    squares = emit("square", m1) + emit("square", m2)
    above = (both * 2 + c1) * ((s12 - both) * 2 + c2)
    below = (squares + c1) * (s1 + s2 - squares + c2)
    y = emit("mean", above / below, axis=(1, 2, 3), keepdims=False)
    return cast_to(y if image1.ndim == 4 else emit("reshape", y, shape=()), dtype)
