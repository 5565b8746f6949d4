"""Colors of images: gray, hue, saturation and value."""

from __future__ import annotations

from typing import Any

from hornlet.base.dtypes import numpy_dtype, result_type
from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to
from hornlet.ops.function import op
from hornlet.ops.image.geometry import images_of, layout
from hornlet.ops.numpy.shapes import part


def float_channels(images, data_format):
    """The three color channels of float images, and the axis they lie on."""
    x = images_of(images)
    if x.dtype.kind in "biu":
        raise ValueError(
            f"Invalid images dtype: expected float dtype. Received: images.dtype={x.dtype}"
        )
    axis = layout(x, data_format)[2]
    if x.shape[axis] != 3:
        raise ValueError(
            f"Images must have 3 channels on axis {axis}. Received: images.shape={x.shape}"
        )
    return [part(x, axis, i, i + 1) for i in range(3)], axis


@op
def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Any:
    """Images of one channel: 0.2989 red + 0.5870 green + 0.1140 blue.

    >>> keras.ops.image.rgb_to_grayscale(np.ones((2, 2, 3))).shape
    (2, 2, 1)
    """
    x = images_of(images)
    axis = layout(x, data_format)[2]
    if x.shape[axis] not in (1, 3):
        raise ValueError(
            "Invalid channel size: expected 3 (RGB) or 1 (Grayscale). "
            f"Received input with shape: images.shape={x.shape}"
        )
    if x.shape[axis] == 1:
        return x
    work = cast_to(x, numpy_dtype(result_type(x.dtype, float)))
    red, green, blue = (
        emit("multiply", part(work, axis, i, i + 1), share)
        for i, share in enumerate((0.2989, 0.5870, 0.1140))
    )
    return cast_to(emit("add", emit("add", red, green), blue), x.dtype)


@op
def rgb_to_hsv(images: Any, data_format: str | None = None) -> Any:
    """Colors as hue, saturation and value, all from 0 to 1.

    >>> keras.ops.image.rgb_to_hsv(np.ones((1, 1, 3))).ravel()
    array([0., 0., 1.])
    """
    (r, g, b), axis = float_channels(images, data_format)
    value = emit("maximum", emit("maximum", r, g), b)
    span = emit("subtract", value, emit("minimum", emit("minimum", r, g), b))
    dark, gray = emit("less_equal", value, 0), emit("equal", span, 0)
    saturation = emit("where", dark, 0.0, emit("divide", span, emit("where", dark, 1.0, value)))
    safe = emit("where", gray, 1.0, span)

    def sixth(p, q, turn):
        share = emit("divide", emit("subtract", p, q), safe)
        return emit("multiply", emit("add", share, turn), 1 / 6)

    hue = emit("where", emit("equal", value, g), sixth(b, r, 2.0), sixth(r, g, 4.0))
    hue = emit("where", emit("equal", value, r), sixth(g, b, 0.0), hue)
    hue = emit("where", gray, 0.0, hue)
    hue = emit("where", emit("less", hue, 0), emit("add", hue, 1.0), hue)
    return emit("concatenate", hue, saturation, value, axis=axis)


@op
def hsv_to_rgb(images: Any, data_format: str | None = None) -> Any:
    """Hue, saturation and value (0 to 1) as colors.

    >>> keras.ops.image.hsv_to_rgb(np.zeros((1, 1, 3))).ravel()
    array([0., 0., 0.])
    """
    (hue, saturation, value), axis = float_channels(images, data_format)
    turn = emit("multiply", hue, 6.0)

    def channel(center, sign, shift):
        d = emit("abs", emit("subtract", turn, center))
        d = emit("add", emit("multiply", d, sign), shift)
        d = emit("minimum", emit("maximum", d, 0.0), 1.0)
        rest = emit("multiply", emit("subtract", d, 1.0), saturation)
        return emit("multiply", emit("add", rest, 1.0), value)

    rgb = channel(3.0, 1.0, -1.0), channel(2.0, -1.0, 2.0), channel(4.0, -1.0, 2.0)
    return emit("concatenate", *rgb, axis=axis)
