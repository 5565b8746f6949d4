"""Images resized, transformed, padded and cropped."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base.config import standardize_data_format
from hornlet.base.names import one_of
from hornlet.engine.emit import emit
from hornlet.engine.spec import SizeError
from hornlet.ops.arguments import floating, size_of, tensor
from hornlet.ops.core import saturate_cast
from hornlet.ops.function import op
from hornlet.ops.image.sampling import (
    FILL_MODES,
    flat_rows,
    grid,
    looked_up,
    nearest,
    per_image,
    resampled,
    settled,
    weights,
)
from hornlet.ops.numpy.shapes import moved, part

ORDERS = {"nearest": 0, "bilinear": 1}


def images_of(x, name="images"):
    x = tensor(x, name)
    if x.ndim not in (3, 4):
        raise ValueError(
            "Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
            f"Received input with shape: {name}.shape={x.shape}"
        )
    return x


def layout(x, data_format):
    """The axes of rows, columns and channels."""
    if standardize_data_format(data_format) == "channels_last":
        return x.ndim - 3, x.ndim - 2, x.ndim - 1
    return x.ndim - 2, x.ndim - 1, x.ndim - 3


@op
def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Any:
    """Images in another size and the same dtype; what is interpolated is rounded for integers.

    Args:
        images: one image (rank 3) or a batch (rank 4).
        size: ``(height, width)`` of the result.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5".
        antialias: widen the kernel when the image shrinks.
        crop_to_aspect_ratio: cut the image first, to keep its proportions.
        pad_to_aspect_ratio: pad it first, with ``fill_value``.
        fill_mode: must be "constant".
        fill_value: what is padded.
        data_format: "channels_last" or "channels_first"; None is the configured one.

    >>> keras.ops.image.resize(np.zeros((4, 4, 3)), (2, 8)).shape
    (2, 8, 3)
    """
    kinds = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
    one_of("interpolation", interpolation, kinds)
    if fill_mode != "constant":
        raise ValueError(
            "Invalid value for argument `fill_mode`. Only `'constant'` is supported. "
            f"Received: fill_mode={fill_mode}"
        )
    if pad_to_aspect_ratio and crop_to_aspect_ratio:
        raise ValueError(
            "Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`."
        )
    if len(size) != 2:
        raise ValueError(
            "Argument `size` must be a tuple of two elements (height, width). "
            f"Received: size={size}"
        )
    height, width = (int(n) for n in size)
    if height <= 0 or width <= 0:
        raise ValueError(
            f"Argument `size` must be two positive integers (height, width). Received: size={size}"
        )
    x = images_of(images)
    dtype = x.dtype
    rows, columns, _ = layout(x, data_format)
    h, w = x.shape[rows], x.shape[columns]
    if crop_to_aspect_ratio:
        ch = max(min(h, int(float(w * height) / width)), 1)
        cw = max(min(w, int(float(h * width) / height)), 1)
        top, left = int(float(h - ch) / 2), int(float(w - cw) / 2)
        x = part(part(x, rows, top, top + ch), columns, left, left + cw)
    elif pad_to_aspect_ratio:
        ph = max(h, int(float(w * height) / width))
        pw = max(w, int(float(h * width) / height))
        top, left = int(float(ph - h) / 2), int(float(pw - w) / 2)
        left = 0 if top > 0 else left
        x = padded(x, rows, columns, top, top, left, left, fill_value)
    if interpolation == "nearest":
        return nearest(nearest(x, rows, height), columns, width)
    x = floating(x)
    for axis, n in ((rows, height), (columns, width)):
        m = x.shape[axis]
        if m != n:
            x = resampled(x, axis, weights(m, n, n / m, 0.0, interpolation, antialias))
    if x.dtype == dtype:
        return x
    return saturate_cast(emit("round", x, decimals=0) if dtype.kind in "iu" else x, dtype)


def padded(x, rows, columns, top, bottom, left, right, value=0):
    widths = [(0, 0)] * x.ndim
    widths[rows], widths[columns] = (top, bottom), (left, right)
    return emit("pad", x, widths=tuple(widths), value=value)


def sampled(x, y_at, x_at, interpolation, fill_mode, fill_value):
    """A batch (n, h, w, c) looked up at rows ``y_at`` and columns ``x_at``, each (n, h', w')."""
    n, h, w, _ = x.shape
    base = (np.arange(n, dtype="int32") * (h * w)).reshape(n, 1, 1)
    y = looked_up(
        flat_rows(floating(x), 3), (w, 1), base, (y_at, x_at), (h, w), ORDERS[interpolation],
        fill_mode, fill_value,
    )
    return settled(y, x.dtype)


def as_batch(images, data_format):
    """Images as (n, h, w, c), and how to bring a result back."""
    x = images_of(images)
    single = x.ndim == 3
    first = standardize_data_format(data_format) == "channels_first"
    if single:
        x = emit("reshape", x, shape=(1, *x.shape))

    def back(y):
        y = moved(y, 3, 1) if first else y
        return emit("reshape", y, shape=y.shape[1:]) if single else y

    return (moved(x, 1, 3) if first else x), back


@op
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Images whose pixel (x, y) is taken from (a0 x + a1 y + a2, b0 x + b1 y + b2).

    Args:
        images: one image (rank 3) or a batch (rank 4).
        transform: ``(a0, a1, a2, b0, b1, b2, c0, c1)``, one per image or one for all.
        interpolation: "nearest" or "bilinear".
        fill_mode: what lies outside: "constant", "nearest", "wrap", "mirror" or "reflect".
        fill_value: for "constant".
        data_format: "channels_last" or "channels_first"; None is the configured one.

    >>> image = np.arange(4.0).reshape(1, 4, 1)
    >>> keras.ops.image.affine_transform(image, [1.0, 0, 1, 0, 1, 0, 0, 0]).ravel()
    array([1., 2., 3., 0.])
    """
    one_of("interpolation", interpolation, ORDERS)
    one_of("fill_mode", fill_mode, FILL_MODES)
    x, back = as_batch(images, data_format)
    t = floating(transform, "transform")
    if t.ndim not in (1, 2) or t.shape[-1] != 8:
        raise ValueError(
            "Invalid transform rank: expected rank 1 (single transform) or rank 2 (batch of "
            f"transforms) of 8 numbers. Received input with shape: transform.shape={t.shape}"
        )
    n, h, w, _ = x.shape
    if t.ndim == 2 and t.shape[0] not in (1, n):
        raise ValueError(
            f"Argument `transform` must hold one transform per image ({n}), or one. "
            f"Received: transform.shape={t.shape}"
        )
    t = emit("reshape", t, shape=(size_of(t.shape) // 8, 8))
    a0, a1, a2, b0, b1, b2 = (
        emit("reshape", part(t, 1, i, i + 1), shape=(t.shape[0], 1, 1)) for i in range(6)
    )
    rows, columns = grid(h, w, t.dtype)

    def line(p, q, r):
        y = emit("add", emit("multiply", p, columns), emit("multiply", q, rows))
        return per_image(emit("add", y, r), n, h, w)

    y = sampled(x, line(b0, b1, b2), line(a0, a1, a2), interpolation, fill_mode, fill_value)
    return back(y)


@op
def map_coordinates(
    inputs: Any, coordinates: Any, order: Any, fill_mode: str = "constant", fill_value: float = 0
) -> Any:
    """The values of ``inputs`` at fractional places.

    Args:
        inputs: tensor of rank n.
        coordinates: shape ``(n, ...)``: a place along each axis, for each element of the result.
        order: 0 (nearest) or 1 (linear).
        fill_mode: what lies outside: "constant", "nearest", "wrap", "mirror" or "reflect".
        fill_value: for "constant".

    >>> keras.ops.image.map_coordinates(np.array([0.0, 2.0]), np.array([[0.5]]), 1)
    array([1.])
    """
    x = tensor(inputs, "inputs")
    places = floating(coordinates, "coordinates")
    if places.ndim < 2:
        raise ValueError(
            "Argument `coordinates` must be of rank 2 or more: places along each axis. Received: "
            f"coordinates.shape={places.shape}"
        )
    if places.shape[0] != x.ndim:
        raise ValueError(
            "First dim of `coordinates` must be the same as the rank of `inputs`. "
            f"Received inputs with shape: {x.shape} and coordinates with shape: {places.shape}"
        )
    if order not in (0, 1):
        raise ValueError(
            f"Invalid value for argument `order`. Expected one of (0, 1). Received: order={order}"
        )
    one_of("fill_mode", fill_mode, FILL_MODES)
    strides = [size_of(x.shape[a + 1:]) for a in range(x.ndim)]
    each = [part(places, 0, a, a + 1, False) for a in range(x.ndim)]
    y = looked_up(flat_rows(floating(x), x.ndim), strides, None, each, x.shape, order, fill_mode,
                  fill_value)
    return settled(y, x.dtype)


def sides(before, after, target, size, names, verb):
    """Two of (before, after, target) given, the third worked out."""
    if sum(v is not None for v in (before, after, target)) != 2:
        raise ValueError(f"Must specify exactly two of {', '.join(names)}.")
    sign = 1 if verb == "pad" else -1
    given = sum(v for v in (before, after) if v is not None)
    if before is None:
        before = sign * (target - size) - after
    if after is None:
        after = sign * (target - size) - before
    for name, value in zip(names, (before, after, size + sign * (before + after))):
        if value < 0:
            # An image whose size is unknown has one that leaves nothing to add or to cut.
            enough = given if target is None else target - sign * given
            raise SizeError(f"{name} must be >= 0. Received: {name}={value}", (size, enough))
    return int(before), int(after)


@op
def pad_images(
    images: Any,
    top_padding: Any = None,
    left_padding: Any = None,
    bottom_padding: Any = None,
    right_padding: Any = None,
    target_height: Any = None,
    target_width: Any = None,
    data_format: str | None = None,
) -> Any:
    """Images with zeros at their edges; of each axis two of before, after and size are given.

    >>> keras.ops.image.pad_images(
    ...     np.ones((2, 2, 1)), 1, 1, target_height=4, target_width=5
    ... ).shape
    (4, 5, 1)
    """
    x = images_of(images)
    rows, columns, _ = layout(x, data_format)
    top, bottom = sides(top_padding, bottom_padding, target_height, x.shape[rows],
                        ("top_padding", "bottom_padding", "target_height"), "pad")
    left, right = sides(left_padding, right_padding, target_width, x.shape[columns],
                        ("left_padding", "right_padding", "target_width"), "pad")
    return padded(x, rows, columns, top, bottom, left, right)


@op
def crop_images(
    images: Any,
    top_cropping: Any = None,
    left_cropping: Any = None,
    bottom_cropping: Any = None,
    right_cropping: Any = None,
    target_height: Any = None,
    target_width: Any = None,
    data_format: str | None = None,
) -> Any:
    """Images without their edges; of each axis two of before, after and size are given.

    >>> keras.ops.image.crop_images(
    ...     np.ones((4, 5, 1)), 1, 1, target_height=2, target_width=3
    ... ).shape
    (2, 3, 1)
    """
    x = images_of(images)
    rows, columns, _ = layout(x, data_format)
    h, w = x.shape[rows], x.shape[columns]
    top, bottom = sides(top_cropping, bottom_cropping, target_height, h,
                        ("top_cropping", "bottom_cropping", "target_height"), "crop")
    left, right = sides(left_cropping, right_cropping, target_width, w,
                        ("left_cropping", "right_cropping", "target_width"), "crop")
    return part(part(x, rows, top, h - bottom), columns, left, w - right)
