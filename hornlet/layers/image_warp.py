"""Layers that bend pictures at random: perspective and elastic waves."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.bounding_boxes import around_points, homography
from hornlet.layers.image_chance import ChanceLayer
from hornlet.layers.pictures import (
    RandomPictureLayer,
    chosen,
    factor_of,
    per_picture,
    uniform,
)

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

    casts = ("images",)

    def warped(self, x: Any, transformation: Any, interpolation: str) -> Any:
        raise NotImplementedError

    def new_images(self, x: Any, transformation: Any) -> Any:
        return self.warped(x, transformation, self.interpolation)

    def new_segmentation_masks(self, x: Any, transformation: Any) -> Any:
        return self.warped(x, transformation, "nearest")


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

    def drawn(self, shape: Any, seed: Any) -> Any:
        n, (height, width) = shape[0], self.sides(shape)
        right, bottom = width - 1, height - 1
        corners = np.array([[[0, 0], [right, 0], [0, bottom], [right, bottom]]], "float32")
        starts = ops.repeat(corners, n, axis=0)
        moves = uniform((n, 4, 2), -0.5 * self.scale, 0.5 * self.scale, seed=seed)
        return {
            "apply_perspective": chosen(n, self.factor, seed),
            "start_points": starts,
            "end_points": starts + starts * moves,
            "input_shape": shape,
        }

    def warped(self, x: Any, transformation: Any, interpolation: str) -> Any:
        y = ops.image.perspective_transform(
            x, transformation["start_points"], transformation["end_points"],
            interpolation=interpolation, fill_value=self.fill_value, data_format=self.data_format,
        )  # fmt: skip
        return ops.where(per_picture(transformation["apply_perspective"], x), y, x)

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        # The pixel at `end` is that at `start` afterwards, so corners go from start to end.
        matrix = homography(transformation["start_points"], transformation["end_points"])
        applied = per_picture(transformation["apply_perspective"], x["boxes"])

        def move(whole):
            boxes = whole["boxes"]
            x = ops.take(boxes, np.array([0, 2, 2, 0]), axis=-1)
            y = ops.take(boxes, np.array([1, 1, 3, 3]), axis=-1)
            points = ops.stack([x, y, ops.ones_like(x)], axis=-1)
            points = ops.einsum("bnki,bji->bnkj", points, matrix)
            around = around_points(*(points[..., i] / points[..., 2] for i in (0, 1)))
            return {**whole, "boxes": ops.where(applied, around, boxes)}

        sides = self.sides(transformation["input_shape"])
        return self.moved_boxes(x, sides, move)


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

    def get_random_transformation(self, data: Any, training: Any = True, seed: Any = None) -> Any:
        if self.scale[1] == 0 or self.factor[1] == 0:
            return None
        return super().get_random_transformation(data, training, seed)

    def drawn(self, shape: Any, seed: Any) -> Any:
        return {
            "apply_transform": chosen(shape[0], self.factor, seed),
            "distortion_factor": uniform((), *self.scale, seed=seed),
            "seed": seed,
        }

    def get_elastic_transform_params(self, height: Any, width: Any, factor: Any) -> tuple:
        """How far pixels move, and how smooth the waves are, both in pixels."""
        return max(height, width) * 0.1 * factor, min(height, width) * 0.05 * factor

    def warped(self, x: Any, transformation: Any, interpolation: str) -> Any:
        height, width = self.sides(self.shape_of(x))
        alpha, sigma = self.get_elastic_transform_params(
            height, width, transformation["distortion_factor"]
        )
        y = ops.image.elastic_transform(
            x, alpha=alpha, sigma=sigma, interpolation=interpolation, fill_mode=self.fill_mode,
            fill_value=self.fill_value, seed=transformation["seed"], data_format=self.data_format,
        )  # fmt: skip
        y = ops.where(per_picture(transformation["apply_transform"], x), y, x)
        return self.as_compute(ops.clip(y, *self.value_range))

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: Any = True
    ) -> None:
        raise NotImplementedError(
            "`RandomElasticTransform` has no rule for boxes. Leave 'bounding_boxes' out of its "
            "input."
        )
