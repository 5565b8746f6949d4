"""Layers that move whole pictures at random: RandomTranslation, RandomRotation, RandomZoom."""

from __future__ import annotations

from math import pi
from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.bounding_boxes import (
    affine_transform,
    clip_to_image_size,
    convert_format,
    shifted,
)
from hornlet.layers.image_warp import INTERPOLATIONS, WarpLayer, known


class RandomAffine(WarpLayer):
    """Base of the layers that move pictures: `matrix` gives eight numbers for each.

    The output at ``(x, y)`` is the input at ``(a0 x + a1 y + a2, b0 x + b1 y + b2)``.
    """

    def __init__(self, fill_mode: str, interpolation: str, fill_value: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.fill_mode = known("fill_mode", fill_mode, ("reflect", "wrap", "constant", "nearest"))
        self.interpolation = known("interpolation", interpolation, INTERPOLATIONS)
        self.fill_value = fill_value

    def get_random_transformation(
        self, data: Any, training: bool | None = True, seed: Any = None
    ) -> Any:
        if not training:
            return None
        n, height, width = self.size_of(data)
        drawn = self.drawn(n, height, width, seed)
        return {**drawn, "input_shape": (height, width)}

    def warped(self, x: Any, transformation: Any, interpolation: str) -> Any:
        return ops.image.affine_transform(
            x,
            self.matrix(transformation),
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        height, width = transformation["input_shape"]
        size = {"height": height, "width": width}
        whole = convert_format(bounding_boxes, self.bounding_box_format, "xyxy", **size)
        whole["boxes"] = self.moved(whole["boxes"], transformation)
        whole = clip_to_image_size(whole, **size)
        return convert_format(whole, "xyxy", self.bounding_box_format, **size)


def columns(n: int, *parts: Any) -> Any:
    """``(n, 8)`` from eight columns, each ``(n, 1)`` or a number."""
    whole = [
        ops.full((n, 1), part, dtype="float32") if isinstance(part, (int, float)) else part
        for part in parts
    ]
    return ops.concatenate(whole, axis=1)


def limits_of(name: str | None, factor: Any, low: Any) -> Any:
    """``(lower, upper)`` from a number or a pair, all between ``low`` and 1."""
    several = isinstance(factor, (tuple, list))
    given = tuple(factor) if several else (factor,)
    numbers = all(isinstance(x, (int, float)) for x in given)
    if not numbers or len(given) != 1 + several or any(not low <= x <= 1 for x in given):
        raise ValueError(
            f"Argument `{name}` must be a number, or two numbers, in the range [{low}, 1]. "
            f"Received: {name}={factor}"
        )
    return tuple(sorted(given)) if several else (-abs(factor), abs(factor))


@register("keras.layers")
class RandomTranslation(RandomAffine):
    """Move each picture by a random distance.

    Args:
        height_factor, width_factor: largest distance as a share of the size, or a pair of limits;
            positive is down and right.
        fill_mode: what comes in: `"reflect"`, `"wrap"`, `"nearest"`, or `"constant"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: integer or `SeedGenerator`.
        fill_value: the constant of `"constant"`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> layer = keras.layers.RandomTranslation(0.1, 0.1)
    >>> layer(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: Any = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs
        )
        self.height_factor = height_factor
        self.width_factor = width_factor
        self.height_limits = limits_of("height_factor", height_factor, -1.0)
        self.width_limits = limits_of("width_factor", width_factor, -1.0)

    def drawn(self, n: int, height: Any, width: Any, seed: Any) -> Any:
        dy = self.draw((n, 1), *self.height_limits, seed=seed) * height
        dx = self.draw((n, 1), *self.width_limits, seed=seed) * width
        return {"translations": ops.concatenate([dx, dy], axis=1)}

    def matrix(self, transformation: Any) -> Any:
        move = transformation["translations"]
        return columns(len(move), 1.0, 0.0, -move[:, :1], 0.0, 1.0, -move[:, 1:], 0.0, 0.0)

    def moved(self, boxes: Any, transformation: Any) -> Any:
        move = transformation["translations"][:, None]
        return shifted(boxes, move[..., :1], move[..., 1:])


@register("keras.layers")
class RandomRotation(RandomAffine):
    """Turn each picture about its middle by a random angle.

    Args:
        factor: largest angle as a share of a full turn, or a pair of limits.
        fill_mode: what comes in: `"reflect"`, `"wrap"`, `"nearest"`, or `"constant"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: integer or `SeedGenerator`.
        fill_value: the constant of `"constant"`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.RandomRotation(0.1)(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: Any = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs
        )
        self.factor = limits_of("factor", factor, -1.0)

    def drawn(self, n: int, height: Any, width: Any, seed: Any) -> Any:
        return {"angle": self.draw((n, 1), *self.factor, seed=seed) * 360.0}

    def matrix(self, transformation: Any) -> Any:
        (height, width), angle = transformation["input_shape"], transformation["angle"]
        n, angle = len(angle), angle * (pi / 180.0)
        cos, sin = ops.cos(angle), ops.sin(angle)
        x, y = (width - 1) / 2, (height - 1) / 2
        return columns(
            n, cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos, 0.0, 0.0
        )

    def moved(self, boxes: Any, transformation: Any) -> Any:
        angle = transformation["angle"][:, 0]
        zero = ops.zeros_like(angle)
        return affine_transform(
            boxes, angle, zero, zero, zero + 1, zero, zero, *transformation["input_shape"]
        )


@register("keras.layers")
class RandomZoom(RandomAffine):
    """Zoom each picture about its middle by a random factor.

    Args:
        height_factor: largest change of the height as a share, or a pair of limits; positive
            zooms out.
        width_factor: the same for the width; None keeps the proportions.
        fill_mode: what comes in: `"reflect"`, `"wrap"`, `"nearest"`, or `"constant"`.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: integer or `SeedGenerator`.
        fill_value: the constant of `"constant"`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.RandomZoom(0.2)(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: Any = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs
        )
        self.height_factor = height_factor
        self.width_factor = width_factor
        self.height_limits = limits_of("height_factor", height_factor, -1.0)
        if width_factor is not None:
            self.width_limits = limits_of("width_factor", width_factor, -1.0)

    def drawn(self, n: int, height: Any, width: Any, seed: Any) -> Any:
        zy = 1 + self.draw((n, 1), *self.height_limits, seed=seed)
        zx = zy
        if self.width_factor is not None:
            zx = 1 + self.draw((n, 1), *self.width_limits, seed=seed)
        return {"height_zoom": zy, "width_zoom": zx}

    def matrix(self, transformation: Any) -> Any:
        zy, zx = transformation["height_zoom"], transformation["width_zoom"]
        n, (height, width) = len(zy), transformation["input_shape"]
        x, y = (width - 1) / 2, (height - 1) / 2
        return columns(n, zx, 0.0, x * (1 - zx), 0.0, zy, y * (1 - zy), 0.0, 0.0)

    def moved(self, boxes: Any, transformation: Any) -> Any:
        height, width = transformation["input_shape"]
        zy, zx = (transformation[f"{side}_zoom"][:, None] for side in ("height", "width"))
        x, y = (width - 1) / 2 * (1 - zx), (height - 1) / 2 * (1 - zy)
        return shifted(boxes, -x, -y) / ops.concatenate([zx, zy, zx, zy], axis=-1)
