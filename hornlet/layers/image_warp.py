"""Layers that bend pictures at random: shear, perspective, and elastic waves."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.bounding_boxes import clip_to_image_size, convert_format, homography
from hornlet.layers.image_chance import ChanceLayer
from hornlet.layers.image_tone import share_of
from hornlet.layers.pictures import RandomPictureLayer, factor_of

INTERPOLATIONS = ("nearest", "bilinear")


def known(name: str | None, value: Any, choices: Any) -> Any:
    """``value``, if it is among ``choices``; the error is Keras's type."""
    if value not in choices:
        raise NotImplementedError(
            f"Argument `{name}` must be one of {choices}. Received: {name}={value!r}"
        )
    return value


class WarpLayer(RandomPictureLayer):
    """Base: `warped` moves pixels of pictures, and of masks without interpolation."""

    def transform_images(
        self, images: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        x = self.as_compute(images)
        if not training or transformation is None:
            return x
        return self.warped(x, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if not training or transformation is None:
            return segmentation_masks
        return self.warped(segmentation_masks, transformation, "nearest")


@register("keras.layers")
class RandomShear(WarpLayer):
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
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.x_factor = both_ways("x_factor", x_factor)
        self.y_factor = both_ways("y_factor", y_factor)
        modes = ("reflect", "wrap", "constant", "nearest")
        self.fill_mode = known("fill_mode", fill_mode, modes)
        self.interpolation = known("interpolation", interpolation, INTERPOLATIONS)
        self.fill_value = fill_value

    def get_random_transformation(
        self, data: Any, training: bool | None = True, seed: Any = None
    ) -> Any:
        if not training:
            return None
        n, height, width = self.size_of(data)
        sign = ops.where(ops.greater(self.draw((n, 1), seed=seed), 0.5), -1.0, 1.0)
        y = self.draw((n, 1), *self.y_factor, seed=seed)
        x = self.draw((n, 1), *self.x_factor, seed=seed)
        return {
            "shear_factor": ops.concatenate([x, y], axis=1) * sign,
            "input_shape": (height, width),
        }

    def warped(self, x: Any, transformation: Any, interpolation: str) -> Any:
        shear = transformation["shear_factor"]
        zero, one = ops.zeros_like(shear[:, 0]), ops.ones_like(shear[:, 0])
        matrix = ops.stack([one, shear[:, 0], zero, shear[:, 1], one, zero, zero, zero], axis=1)
        return ops.image.affine_transform(
            x, matrix, interpolation=interpolation, fill_mode=self.fill_mode,
            fill_value=self.fill_value, data_format=self.data_format,
        )  # fmt: skip

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if not training:
            return bounding_boxes
        height, width = transformation["input_shape"]
        size = {"height": height, "width": width}
        shares = convert_format(bounding_boxes, self.bounding_box_format, "rel_xyxy", **size)
        boxes = sheared(shares["boxes"], transformation["shear_factor"])
        shares = clip_to_image_size({**shares, "boxes": boxes}, bounding_box_format="rel_xyxy")
        return convert_format(shares, "rel_xyxy", self.bounding_box_format, **size)


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


@register("keras.layers")
class RandomPerspective(WarpLayer, ChanceLayer):
    """See some of the pictures from aside: their corners move by random shares of the size.

    Args:
        factor: the chance, or a pair of limits it is drawn from, in 0 ... 1.
        scale: how far corners move at most, twice over, in 0 ... 1.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_value: what comes in.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only.

    >>> layer = keras.layers.RandomPerspective(scale=0.2)
    >>> layer(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_value: Any = 0.0,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(factor=factor, seed=seed, data_format=data_format, **kwargs)
        if not 0.0 <= scale <= 1.0:
            raise ValueError(
                f"Argument `scale` must be in the range [0, 1]. Received: scale={scale}"
            )
        self.scale = scale
        self.fill_value = fill_value
        self.interpolation = known("interpolation", interpolation, INTERPOLATIONS)

    def get_random_transformation(
        self, data: Any, training: bool | None = True, seed: Any = None
    ) -> Any:
        if not training:
            return None
        n, height, width = self.size_of(data)
        right, bottom = width - 1, height - 1
        corners = np.array([[[0, 0], [right, 0], [0, bottom], [right, bottom]]], "float32")
        starts = ops.repeat(corners, n, axis=0)
        moves = self.draw((n, 4, 2), -0.5 * self.scale, 0.5 * self.scale, seed=seed)
        return {
            "apply_perspective": self.chosen(n, self.factor, seed),
            "start_points": starts,
            "end_points": starts + starts * moves,
            "input_shape": (height, width),
        }

    def warped(self, x: Any, transformation: Any, interpolation: str) -> Any:
        y = ops.image.perspective_transform(
            x, transformation["start_points"], transformation["end_points"],
            interpolation=interpolation, fill_value=self.fill_value, data_format=self.data_format,
        )  # fmt: skip
        return ops.where(transformation["apply_perspective"], y, x)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if not training or transformation is None:
            return bounding_boxes
        height, width = transformation["input_shape"]
        size = {"height": height, "width": width}
        whole = convert_format(bounding_boxes, self.bounding_box_format, "xyxy", **size)
        # The pixel at `end` is that at `start` afterwards, so corners go from start to end.
        matrix = homography(transformation["start_points"], transformation["end_points"])
        boxes = whole["boxes"]
        x = ops.take(boxes, np.array([0, 2, 2, 0]), axis=-1)
        y = ops.take(boxes, np.array([1, 1, 3, 3]), axis=-1)
        points = ops.stack([x, y, ops.ones_like(x)], axis=-1)
        points = ops.einsum("bnki,bji->bnkj", points, matrix)
        x, y = points[..., 0] / points[..., 2], points[..., 1] / points[..., 2]
        around = ops.stack(
            [ops.min(x, -1), ops.min(y, -1), ops.max(x, -1), ops.max(y, -1)], axis=-1
        )
        chosen = ops.reshape(transformation["apply_perspective"], (-1, 1, 1))
        new = {**whole, "boxes": ops.where(chosen, around, boxes)}
        new = clip_to_image_size(new, **size)
        return convert_format(new, "xyxy", self.bounding_box_format, **size)


@register("keras.layers")
class RandomElasticTransform(WarpLayer, ChanceLayer):
    """Bend some of the pictures by smooth random waves.

    Args:
        factor: the chance, or a pair of limits it is drawn from, in 0 ... 1.
        scale: largest strength, or a pair of limits, in 0 ... 1; pixels move by about a tenth of
            the size times the strength.
        interpolation: `"bilinear"` or `"nearest"`.
        fill_mode: what comes in: `"reflect"`, `"wrap"`, `"nearest"`, `"mirror"` or `"constant"`.
        fill_value: the constant of `"constant"`.
        value_range: lowest and highest value of a pixel.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input: one picture, a batch, or a dictionary with `"images"`; there is no rule for boxes. Acts
    in training only. Reference: Simard et al., 2003, Best practices for convolutional neural
    networks applied to visual document analysis.

    >>> layer = keras.layers.RandomElasticTransform(scale=0.5)
    >>> layer(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: Any = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(factor=factor, seed=seed, data_format=data_format, **kwargs)
        self.scale = factor_of("scale", scale, 0, 1)
        self.interpolation = known("interpolation", interpolation, INTERPOLATIONS)
        modes = ("constant", "nearest", "wrap", "mirror", "reflect")
        self.fill_mode = known("fill_mode", fill_mode, modes)
        self.fill_value = fill_value
        self.value_range = value_range

    def get_random_transformation(
        self, data: Any, training: bool | None = True, seed: Any = None
    ) -> Any:
        if not training or self.scale[1] == 0 or self.factor[1] == 0:
            return None
        n, _, _ = self.size_of(data)
        return {
            "apply_transform": self.chosen(n, self.factor, seed),
            "distortion_factor": self.draw((), *self.scale, seed=seed),
            "seed": self.generator if seed is None else seed,
        }

    def warped(self, x: Any, transformation: Any, interpolation: str) -> Any:
        _, height, width = self.size_of(x)
        strength = transformation["distortion_factor"]
        y = ops.image.elastic_transform(
            x, alpha=max(height, width) * 0.1 * strength,
            sigma=min(height, width) * 0.05 * strength, interpolation=interpolation,
            fill_mode=self.fill_mode, fill_value=self.fill_value, seed=transformation["seed"],
            data_format=self.data_format,
        )  # fmt: skip
        y = ops.where(transformation["apply_transform"], y, x)
        return self.as_compute(ops.clip(y, *self.value_range))

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool | None = True
    ) -> None:
        raise NotImplementedError(
            "`RandomElasticTransform` has no rule for boxes. Leave 'bounding_boxes' out of its "
            "input."
        )
