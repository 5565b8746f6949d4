"""Layers that change the colors of pictures at random, each picture by its own number."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.config import epsilon
from hornlet.base.registry import register
from hornlet.layers.pictures import (
    RandomPictureLayer,
    factor_of,
    per_picture,
    range_of,
    uniform,
)


class ColorLayer(RandomPictureLayer):
    """Base: `recolored` by a number for each picture, which is drawn from `factor`."""

    bounds = (-1.0, 1.0)
    key = "factor"  # what the numbers are called in a transformation
    ones: tuple[int, ...] = ()  # axes after that of the pictures that they have there

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), data_format: str | None = None,
        seed: Any = None, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(data_format=data_format, seed=seed, **kwargs)
        self.factor = factor_of("factor", factor or 0.0, *self.bounds)
        self.value_range = range_of(value_range)

    def drawn(self, shape: Any, seed: Any) -> Any:
        return {self.key: self.numbers((shape[0], *self.ones), seed)}

    def numbers(self, shape: Any, seed: Any) -> Any:
        return uniform(shape, *self.factor, seed=seed)

    def recolored(self, images: Any, number: Any) -> Any:
        raise NotImplementedError

    def new_images(self, x: Any, transformation: Any) -> Any:
        number = per_picture(self.as_compute(transformation[self.key]), x)
        return self.as_compute(self.recolored(self.as_compute(x), number))

    def clipped(self, images: Any) -> Any:
        return ops.clip(images, *self.value_range)


@register("keras.layers")
class RandomBrightness(ColorLayer):
    """Make each picture brighter or darker: ``y = clip(x + f * (high - low), low, high)``.

    Args:
        factor: largest `f`, of both signs, or a pair of limits, in -1 ... 1.
        value_range: lowest and highest value of a pixel.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only.

    >>> layer = keras.layers.RandomBrightness((0.5, 0.5), value_range=(0, 1))
    >>> layer(np.full((1, 1, 1, 3), 0.25), training=True).ravel()
    array([0.75, 0.75, 0.75], dtype=float32)
    """

    key = "rgb_delta"
    ones = (1, 1, 1)

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any):
        super().__init__(factor, value_range, seed=seed, **kwargs)

    def numbers(self, shape: Any, seed: Any) -> Any:
        low, high = self.value_range
        return super().numbers(shape, seed) * (high - low)

    def recolored(self, images: Any, number: Any) -> Any:
        return self.clipped(images + number)


@register("keras.layers")
class RandomContrast(ColorLayer):
    """Change the contrast of each picture: ``y = clip(mean + (x - mean) * f)``, by channel.

    Args:
        factor: `f` is drawn from 1 to ``1 + factor``; for a pair from ``1 - factor[0]`` to
            ``1 + factor[1]``; in 0 ... 1.
        value_range: lowest and highest value of a pixel.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only.

    >>> layer = keras.layers.RandomContrast((1.0, 1.0), value_range=(0, 1))
    >>> layer(np.ones((1, 4, 4, 3)) / 2, training=True).shape
    (1, 4, 4, 3)
    """

    bounds = (0.0, 1.0)
    key = "contrast_factor"
    ones = (1, 1, 1)

    def __init__(self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any):
        super().__init__(factor, value_range, seed=seed, **kwargs)

    def numbers(self, shape: Any, seed: Any) -> Any:
        return uniform(shape, 1.0 - self.factor[0], 1.0 + self.factor[1], seed=seed)

    def recolored(self, images: Any, number: Any) -> Any:
        mean = ops.mean(images, axis=(self.height_axis, self.width_axis), keepdims=True)
        return self.clipped((images - mean) * number + mean)


@register("keras.layers")
class RandomColorDegeneration(ColorLayer):
    """Mix each picture with its gray version: ``y = x + f * (gray - x)``.

    Args:
        factor: largest `f`, or a pair of limits; 0 leaves the picture, 1 makes it gray.
        value_range: lowest and highest value of a pixel.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture of three channels, a batch, or a dictionary with `"images"`. Acts in
    training only.

    >>> layer = keras.layers.RandomColorDegeneration((1.0, 1.0))
    >>> layer(np.array([[[[255.0, 0.0, 0.0]]]]), training=True).ravel().round(1)
    array([76.2, 76.2, 76.2], dtype=float32)
    """

    ones = (1, 1, 1)

    def recolored(self, images: Any, number: Any) -> Any:
        gray = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return self.clipped(images + number * (gray - images))


@register("keras.layers")
class RandomHue(ColorLayer):
    """Turn the hue of each picture by up to half a circle times `factor`, either way.

    Args:
        factor: largest turn, or a pair of limits, in 0 ... 1.
        value_range: lowest and highest value of a pixel.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture of three channels, a batch, or a dictionary with `"images"`. Acts in
    training only.

    >>> layer = keras.layers.RandomHue((1.0, 1.0), value_range=(0, 1))
    >>> layer(np.array([[[[1.0, 0.0, 0.0]]]]), training=True).ravel().round(3)
    array([0., 1., 1.], dtype=float32)
    """

    bounds = (0.0, 1.0)

    def numbers(self, shape: Any, seed: Any) -> Any:
        sign = ops.where(ops.greater(uniform(shape, seed=seed), 0.5), -0.5, 0.5)
        return sign * super().numbers(shape, seed)

    def recolored(self, images: Any, number: Any) -> Any:
        x = self.in_range(images, self.value_range, (0, 1))
        hue, saturation, value = ops.split(
            ops.image.rgb_to_hsv(x, data_format=self.data_format), 3, axis=self.channel_axis
        )
        hue = hue + number
        hue = ops.where(ops.greater(hue, 1.0), hue - 1.0, hue)
        hue = ops.where(ops.less(hue, 0.0), hue + 1.0, hue)
        x = ops.concatenate([hue, saturation, value], axis=self.channel_axis)
        x = ops.image.hsv_to_rgb(x, data_format=self.data_format)
        return self.in_range(ops.clip(x, 0, 1), (0, 1), self.value_range)


@register("keras.layers")
class RandomSaturation(ColorLayer):
    """Multiply the saturation of each picture by ``f / (1 - f)``.

    Args:
        factor: largest `f`, or a pair of limits; 0 makes gray, 0.5 leaves the picture, 1
            saturates fully.
        value_range: lowest and highest value of a pixel.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture of three channels, a batch, or a dictionary with `"images"`. Acts in
    training only.

    >>> layer = keras.layers.RandomSaturation((0.0, 0.0), value_range=(0, 1))
    >>> layer(np.array([[[[1.0, 0.5, 0.0]]]]), training=True).ravel()
    array([1., 1., 1.], dtype=float32)
    """

    def numbers(self, shape: Any, seed: Any) -> Any:
        factor = super().numbers(shape, seed)
        return factor / (1 - factor + epsilon())

    def recolored(self, images: Any, number: Any) -> Any:
        hue, saturation, value = ops.split(
            ops.image.rgb_to_hsv(images, data_format=self.data_format), 3, axis=self.channel_axis
        )
        saturation = self.clipped(saturation * number)
        x = ops.concatenate([hue, saturation, value], axis=self.channel_axis)
        return ops.image.hsv_to_rgb(x, data_format=self.data_format)


@register("keras.layers")
class RandomPosterization(ColorLayer):
    """Keep only the highest bits of each pixel's eight, a random number of them per picture.

    Args:
        factor: largest number of bits kept, or a pair of limits, in 1 ... 8; the upper limit of
            two different ones is not drawn.
        value_range: lowest and highest value of a pixel.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only.

    >>> layer = keras.layers.RandomPosterization((2, 2))
    >>> layer(np.array([[[[63.0, 64.0, 255.0]]]]), training=True).ravel()
    array([  0.,  64., 192.], dtype=float32)
    """

    bounds = (1, 8)
    key = "shift_factor"

    def numbers(self, shape: Any, seed: Any) -> Any:
        low, high = self.factor
        bits = ops.full(shape, low) if low == high else random.randint(shape, low, high, seed=seed)
        return 8 - bits

    def recolored(self, images: Any, number: Any) -> Any:
        step = ops.power(2.0, number)
        x = ops.floor(self.in_range(images, self.value_range, (0, 255)))
        return self.in_range(ops.floor(x / step) * step, (0, 255), self.value_range)


@register("keras.layers")
class RandomSharpness(ColorLayer):
    """Sharpen or smooth each picture: ``y = x + (1 - 2 f) * (smooth - x)``.

    Args:
        factor: largest `f`, or a pair of limits, in 0 ... 1; 0 smooths, 0.5 leaves the picture,
            1 sharpens.
        value_range: lowest and highest value of a pixel.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only.

    >>> layer = keras.layers.RandomSharpness((0.5, 0.5))
    >>> bool(np.all(layer(np.full((1, 4, 4, 3), 7.0), training=True) == 7.0))
    True
    """

    bounds = (0.0, 1.0)
    casts = ("images",)

    def recolored(self, images: Any, number: Any) -> Any:
        n = images.shape[self.channel_axis]
        kernel = ops.full((3, 3), 1.0 / 13.0, dtype=images.dtype)
        kernel = ops.slice_update(kernel, (1, 1), ops.full((1, 1), 5.0 / 13.0, dtype=images.dtype))
        kernel = ops.tile(ops.reshape(kernel, (3, 3, 1, 1)), (1, 1, n, 1))
        smooth = ops.depthwise_conv(images, kernel, 1, "same", self.data_format)
        return self.clipped(images + (1.0 - 2 * number) * (smooth - images))
