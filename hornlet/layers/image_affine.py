"""Layers that move whole pictures at random: translation, rotation, zoom and shear."""

from __future__ import annotations

from math import pi
from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.bounding_boxes import affine_transform, shifted
from hornlet.layers.image_tone import share_of
from hornlet.layers.image_warp import INTERPOLATIONS, WarpLayer, known
from hornlet.layers.pictures import uniform


class RandomAffine(WarpLayer):
    """Base of the layers that move pictures: `matrix` gives eight numbers for each.

    The output at ``(x, y)`` is the input at ``(a0 x + a1 y + a2, b0 x + b1 y + b2)``.
    """

    box_kind = "xyxy"

    def __init__(self, fill_mode: str, interpolation: str, fill_value: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.fill_mode = known("fill_mode", fill_mode, ("reflect", "wrap", "constant", "nearest"))
        self.interpolation = known("interpolation", interpolation, INTERPOLATIONS)
        self.fill_value = fill_value

    def drawn(self, shape: Any, seed: Any) -> Any:
        height, width = self.sides(shape)
        return {**self.numbers(shape[0], height, width, seed), "input_shape": shape}

    def numbers(self, n: int, height: Any, width: Any, seed: Any) -> dict[str, Any]:
        raise NotImplementedError

    def matrix(self, transformation: Any) -> Any:
        raise NotImplementedError

    def warped(self, x: Any, transformation: Any, interpolation: str) -> Any:
        return ops.image.affine_transform(
            x,
            self.matrix(transformation),
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

    def sides_of(self, transformation: Any) -> Any:
        """Height and width of the pictures that something was drawn for."""
        return self.sides(transformation["input_shape"])

    def moved(self, whole: Any, transformation: Any) -> Any:
        """A dictionary of boxes, corners of `box_kind`, moved."""
        raise NotImplementedError

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        return self.moved_boxes(
            x, self.sides_of(transformation),
            lambda whole: self.moved(whole, transformation), kind=self.box_kind,
        )  # fmt: skip

    def get_transformed_x_y(self, x: Any, y: Any, transform: Any) -> tuple:
        """Where the output at ``(x, y)`` comes from, by the eight numbers of each picture."""
        a0, a1, a2, b0, b1, b2, c0, c1 = ops.split(transform, 8, axis=-1)
        k = c0 * x + c1 * y + 1
        return (a0 * x + a1 * y + a2) / k, (b0 * x + b1 * y + b2) / k

    def get_shifted_bbox(
        self, bounding_boxes: Any, w_shift_factor: Any, h_shift_factor: Any
    ) -> Any:
        """Boxes moved to the left and up, those of each picture by its own numbers."""
        boxes = bounding_boxes["boxes"]
        left, up = (ops.cast(x, boxes.dtype) for x in (w_shift_factor, h_shift_factor))
        if len(boxes.shape) == 3:
            left, up = left[..., None], up[..., None]
        return {**bounding_boxes, "boxes": shifted(boxes, -left, -up)}


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

    def numbers(self, n: int, height: Any, width: Any, seed: Any) -> dict[str, Any]:
        dy = uniform((n, 1), *self.height_limits, seed=seed) * height
        dx = uniform((n, 1), *self.width_limits, seed=seed) * width
        return {"translations": ops.concatenate([dx, dy], axis=1)}

    def matrix(self, transformation: Any) -> Any:
        move = ops.cast(transformation["translations"], "float32")
        return columns(len(move), 1.0, 0.0, -move[:, :1], 0.0, 1.0, -move[:, 1:], 0.0, 0.0)

    def moved(self, whole: Any, transformation: Any) -> Any:
        corner = self.get_transformed_x_y(0, 0, self.matrix(transformation))
        return self.get_shifted_bbox(whole, *corner)


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

    def numbers(self, n: int, height: Any, width: Any, seed: Any) -> dict[str, Any]:
        angle = uniform((n,), *self.factor, seed=seed) * 360.0
        turn = angle[:, None] * (pi / 180.0)
        cos, sin = ops.cos(turn), ops.sin(turn)
        x, y = (width - 1) / 2, (height - 1) / 2
        matrix = columns(
            n, cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos, 0.0, 0.0
        )
        size = {"image_height": height, "image_width": width, "batch_size": n}
        return {"angle": angle, "rotation_matrix": matrix, **size}

    def matrix(self, transformation: Any) -> Any:
        return ops.reshape(transformation["rotation_matrix"], (-1, 8))

    def sides_of(self, transformation: Any) -> Any:
        return transformation["image_height"], transformation["image_width"]

    def moved(self, whole: Any, transformation: Any) -> Any:
        angle, sides = transformation["angle"], self.sides_of(transformation)
        zero = ops.zeros_like(angle)
        boxes = affine_transform(
            whole["boxes"], angle, zero, zero, zero + 1, zero, zero, *sides
        )  # fmt: skip
        return {**whole, "boxes": boxes}


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

    def numbers(self, n: int, height: Any, width: Any, seed: Any) -> dict[str, Any]:
        zy = 1 + uniform((n, 1), *self.height_limits, seed=seed)
        zx = zy
        if self.width_factor is not None:
            zx = 1 + uniform((n, 1), *self.width_limits, seed=seed)
        return {"height_zoom": zy, "width_zoom": zx}

    def matrix(self, transformation: Any) -> Any:
        zy, zx = (
            ops.cast(transformation[f"{side}_zoom"], "float32") for side in ("height", "width")
        )
        height, width = self.sides_of(transformation)
        x, y = (width - 1) / 2, (height - 1) / 2
        return columns(len(zy), zx, 0.0, x * (1 - zx), 0.0, zy, y * (1 - zy), 0.0, 0.0)

    def get_clipped_bbox(
        self, bounding_boxes: Any, h_end: Any, h_start: Any, w_end: Any, w_start: Any
    ) -> Any:
        """Boxes as they lie in a window of each picture, cut off at its border."""
        boxes, limits = bounding_boxes["boxes"], (h_end, h_start, w_end, w_start)
        if len(boxes.shape) == 3:
            h_end, h_start, w_end, w_start = (x[..., None] for x in limits)
        x1, y1, x2, y2 = ops.split(boxes, 4, axis=-1)
        x1, x2 = (ops.clip(x, w_start, w_end) - w_start for x in (x1, x2))
        y1, y2 = (ops.clip(y, h_start, h_end) - h_start for y in (y1, y2))
        return {**bounding_boxes, "boxes": ops.concatenate([x1, y1, x2, y2], axis=-1)}

    def moved(self, whole: Any, transformation: Any) -> Any:
        height, width = self.sides_of(transformation)
        matrix = self.matrix(transformation)
        w_start, h_start = self.get_transformed_x_y(0, 0, matrix)
        w_end, h_end = self.get_transformed_x_y(width, height, matrix)
        whole = self.get_clipped_bbox(whole, h_end, h_start, w_end, w_start)
        zx, zy = (w_end - w_start) / width, (h_end - h_start) / height
        zooms = ops.concatenate([zx, zy, zx, zy], axis=-1)[:, None]
        return {**whole, "boxes": whole["boxes"] / zooms}


@register("keras.layers")
class RandomShear(RandomAffine):
    """Shear each picture: the output at ``(x, y)`` is the input at ``(x + a y, y + b x)``.

    Args:
        x_factor, y_factor: largest `a` and `b`, of both signs, or pairs of limits, in 0 ... 1.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode: what comes in: `"reflect"`, `"wrap"`, `"nearest"`, or `"constant"`.
        fill_value: the constant of `"constant"`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only.

    >>> layer = keras.layers.RandomShear(0.2, 0.2)
    >>> layer(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    box_kind = "rel_xyxy"

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: Any = 0.0,
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(
            fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs
        )
        self.x_factor = both_ways("x_factor", x_factor)
        self.y_factor = both_ways("y_factor", y_factor)

    def numbers(self, n: int, height: Any, width: Any, seed: Any) -> dict[str, Any]:
        sign = ops.where(ops.greater(uniform((n, 1), seed=seed), 0.5), -1.0, 1.0)
        y = uniform((n, 1), *self.y_factor, seed=seed)
        x = uniform((n, 1), *self.x_factor, seed=seed)
        return {"shear_factor": ops.concatenate([x, y], axis=1) * sign}

    def matrix(self, transformation: Any) -> Any:
        shear = ops.cast(transformation["shear_factor"], "float32")
        return columns(len(shear), 1.0, shear[:, :1], 0.0, shear[:, 1:], 1.0, 0.0, 0.0, 0.0)

    def moved(self, whole: Any, transformation: Any) -> Any:
        shear = ops.cast(transformation["shear_factor"], "float32")
        return {**whole, "boxes": sheared(whole["boxes"], shear)}


def both_ways(name: str | None, factor: Any) -> Any:
    """Limits from a number, of both signs, or from a pair, all in 0 ... 1."""
    several = isinstance(factor, (tuple, list))
    if several and len(factor) == 2 and factor[0] == -factor[1]:
        several, factor = False, factor[1]  # what the config says for a number
    limits = share_of(name, factor)
    return limits if several else (-limits[1], limits[1])


def sheared(boxes: Any, shear: Any) -> Any:
    """Boxes, in shares of the picture, around what shearing makes of them."""
    a, b = shear[:, 0:1], shear[:, 1:2]
    x1, y1, x2, y2 = ops.unstack(boxes, 4, axis=-1)
    left, right = ops.less(a, 0), ops.greater(b, 0)
    x1, x2 = (
        x1 - a * ops.where(left, y1, y2),
        x2 - a * ops.where(left, y2, y1),
    )
    y1, y2 = (
        y1 - b * ops.where(right, x2, x1),
        y2 - b * ops.where(right, x1, x2),
    )
    return ops.stack([x1, y1, x2, y2], axis=-1)
