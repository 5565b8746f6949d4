"""Layers that change pictures: CenterCrop, Resizing, and the random ones that augment them.

The random layers act in training only, on one picture or a batch of them.
"""

from __future__ import annotations

from math import pi

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.config import standardize_data_format
from hornlet.base.dtypes import is_int
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.layers.arguments import positive
from hornlet.layers.base import Layer

FILL_MODES = ("reflect", "wrap", "constant", "nearest")


class Picture(Layer):
    """Base of the layers here: the spatial axes, counted from the end."""

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        first = self.data_format == "channels_first"
        self.height_axis, self.width_axis = (-2, -1) if first else (-3, -2)

    def check_rank(self, x):
        if len(x.shape) not in (3, 4):
            raise ValueError(
                f"Layer '{self.name}' takes one picture (rank 3) or a batch of them (rank 4). "
                f"Received: an input of shape {tuple(x.shape)}"
            )

    def size_of(self, x):
        return x.shape[self.height_axis], x.shape[self.width_axis]


@register("keras.layers")
class CenterCrop(Picture):
    """Cut out the middle of pictures; smaller ones are enlarged first.

    Args:
        height, width: size of the output.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.CenterCrop(4, 4)(np.ones((2, 8, 6, 3))).shape
    (2, 4, 4, 3)
    """

    def __init__(self, height, width, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.height = positive("height", height)
        self.width = positive("width", width)

    def call(self, inputs):
        self.check_rank(inputs)
        x = ops.cast(inputs, self.compute_dtype)
        height, width = self.size_of(x)
        if height < self.height or width < self.width:
            return ops.image.resize(
                x, (self.height, self.width), data_format=self.data_format,
                crop_to_aspect_ratio=True,
            )  # fmt: skip
        index = [slice(None)] * len(x.shape)
        for axis, n, m in (
            (self.height_axis, height, self.height), (self.width_axis, width, self.width)
        ):  # fmt: skip
            index[axis] = slice((n - m) // 2, (n - m) // 2 + m)
        return x[tuple(index)]


@register("keras.layers")
class Resizing(Picture):
    """Resize pictures.

    Args:
        height, width: size of the output.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        crop_to_aspect_ratio: keep the proportions and cut off what is over.
        pad_to_aspect_ratio: keep the proportions and fill what is missing.
        fill_mode, fill_value: how to fill; `"constant"` with `fill_value`.
        antialias: whether to smooth when pictures get smaller.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.Resizing(4, 5)(np.ones((2, 8, 6, 3))).shape
    (2, 4, 5, 3)
    """

    def __init__(
        self,
        height,
        width,
        interpolation="bilinear",
        crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=False,
        fill_mode="constant",
        fill_value=0.0,
        antialias=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(data_format, **kwargs)
        self.height = positive("height", height)
        self.width = positive("width", width)
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = bool(antialias)

    def call(self, inputs):
        self.check_rank(inputs)
        y = ops.image.resize(
            inputs,
            (self.height, self.width),
            interpolation=self.interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        if y.dtype == inputs.dtype:
            return y
        y = ops.round(y) if is_int(inputs.dtype) else y
        return ops.saturate_cast(y, inputs.dtype)


class RandomPicture(Picture):
    """Base of the random layers: `change` gets a batch of pictures in training."""

    def __init__(self, seed=None, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def call(self, data, training=True):
        self.check_rank(data)
        x = ops.cast(data, self.compute_dtype)
        if not training:
            return x
        if len(x.shape) == 4:
            return self.change(x)
        return ops.squeeze(self.change(ops.expand_dims(x, 0)), 0)

    def draw(self, n, low=0.0, high=1.0):
        """One number for each picture, of shape ``(n, 1)``."""
        return random.uniform((n, 1), low, high, dtype="float32", seed=self.generator)


@register("keras.layers")
class RandomFlip(RandomPicture):
    """Mirror each picture, or not, with equal chances.

    Args:
        mode: `"horizontal"`, `"vertical"` or `"horizontal_and_vertical"`, both at once.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.RandomFlip("horizontal")(np.ones((2, 4, 4, 3)), training=True).shape
    (2, 4, 4, 3)
    """

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        self.mode = one_of("mode", mode, ("horizontal", "vertical", "horizontal_and_vertical"))

    def change(self, x):
        n = x.shape[0]
        flips = ops.reshape(ops.less_equal(self.draw(n), 0.5), (n, 1, 1, 1))
        axes = []
        if "horizontal" in self.mode:
            axes.append(self.width_axis)
        if "vertical" in self.mode:
            axes.append(self.height_axis)
        return ops.where(flips, ops.flip(x, axis=tuple(axes)), x)


class RandomAffine(RandomPicture):
    """Base of the layers that move pictures: `matrix` gives eight numbers for each.

    The output at ``(x, y)`` is the input at ``(a0 x + a1 y + a2, b0 x + b1 y + b2)``.
    """

    def __init__(self, fill_mode, interpolation, fill_value, **kwargs):
        super().__init__(**kwargs)
        for name, value, known in (
            ("fill_mode", fill_mode, FILL_MODES),
            ("interpolation", interpolation, ("nearest", "bilinear")),
        ):
            one_of(name, value, known, NotImplementedError)
        self.fill_mode = fill_mode
        self.interpolation = interpolation
        self.fill_value = fill_value

    def change(self, x):
        return ops.image.affine_transform(
            x,
            self.matrix(x.shape[0], *self.size_of(x)),
            interpolation=self.interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )


def columns(n, *parts):
    """``(n, 8)`` from eight columns, each ``(n, 1)`` or a number."""
    parts = [
        ops.full((n, 1), part, dtype="float32") if isinstance(part, (int, float)) else part
        for part in parts
    ]
    return ops.concatenate(parts, axis=1)


def limits_of(name, factor, low):
    """``(lower, upper)`` from a number or a pair, all between ``low`` and 1."""
    values = factor if isinstance(factor, (tuple, list)) else (-abs(factor), abs(factor))
    given = factor if isinstance(factor, (tuple, list)) else (factor,)
    if len(values) != 2 or any(not low <= x <= 1 for x in given):
        raise ValueError(
            f"Argument `{name}` must be a number, or two numbers, in the range [{low}, 1]. "
            f"Received: {name}={factor}"
        )
    return tuple(sorted(values))


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
        height_factor,
        width_factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(
            fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs
        )
        self.height_factor = height_factor
        self.width_factor = width_factor
        self.height_limits = limits_of("height_factor", height_factor, -1.0)
        self.width_limits = limits_of("width_factor", width_factor, -1.0)

    def matrix(self, n, height, width):
        dy = self.draw(n, *self.height_limits) * height
        dx = self.draw(n, *self.width_limits) * width
        return columns(n, 1.0, 0.0, -dx, 0.0, 1.0, -dy, 0.0, 0.0)


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
        factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(
            fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs
        )
        self.factor = limits_of("factor", factor, -1.0)

    def matrix(self, n, height, width):
        angle = self.draw(n, *self.factor) * (2 * pi)
        cos, sin = ops.cos(angle), ops.sin(angle)
        x, y = (width - 1) / 2, (height - 1) / 2
        return columns(
            n, cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos, 0.0, 0.0
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
        height_factor,
        width_factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(
            fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs
        )
        self.height_factor = height_factor
        self.width_factor = width_factor
        self.height_limits = limits_of("height_factor", height_factor, -1.0)
        if width_factor is not None:
            self.width_limits = limits_of("width_factor", width_factor, -1.0)

    def matrix(self, n, height, width):
        zy = 1 + self.draw(n, *self.height_limits)
        zx = zy if self.width_factor is None else 1 + self.draw(n, *self.width_limits)
        x, y = (width - 1) / 2, (height - 1) / 2
        return columns(n, zx, 0.0, x * (1 - zx), 0.0, zy, y * (1 - zy), 0.0, 0.0)
