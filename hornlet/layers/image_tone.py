"""Layers that spread the tones of pictures: contrast stretched, histograms equalized, solarized."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.pictures import PictureLayer, RandomPictureLayer, range_of, uniform


@register("keras.layers")
class AutoContrast(PictureLayer):
    """Stretch each channel of each picture so that it fills the whole range of values.

    ``y = (x - min) / (max - min)`` of the range; a channel of one value stays as it is.

    Args:
        value_range: lowest and highest value of a pixel.
        bounding_box_format: how boxes are written, if the input has any.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in inference, too.

    >>> layer = keras.layers.AutoContrast(value_range=(0, 1))
    >>> layer(np.array([[[[0.25]], [[0.5]], [[0.75]]]])).ravel()
    array([0. , 0.5, 1. ], dtype=float32)
    """

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any):
        super().__init__(**kwargs)
        self.value_range = range_of(value_range)

    def new_images(self, x: Any, transformation: Any) -> Any:
        tones = self.as_compute(self.in_range(x, self.value_range, (0, 255)))
        axes = (self.height_axis, self.width_axis)
        low, high = (f(tones, axis=axes, keepdims=True) for f in (ops.min, ops.max))
        flat = ops.equal(low, high)
        scale = 255.0 / ops.where(flat, 1.0, high - low)
        y = self.in_range(ops.clip((tones - low) * scale, 0.0, 255.0), (0, 255), self.value_range)
        return self.as_compute(ops.where(flat, x, y))


@register("keras.layers")
class Equalization(PictureLayer):
    """Equalize the histogram of each channel, over all pictures of the batch together.

    A tone becomes the share of pixels that are at most so bright, of the whole range.

    Args:
        value_range: lowest and highest value of a pixel.
        bins: number of tones that are told apart.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts where `training` is true,
    which it is by default.

    >>> layer = keras.layers.Equalization()
    >>> layer(np.array([[[[10.0]], [[20.0]], [[30.0]]]])).ravel()
    array([  0., 128., 255.], dtype=float32)
    """

    def __init__(
        self, value_range: Any = (0, 255), bins: Any = 256, data_format: str | None = None,
        **kwargs: Any,
    ):  # fmt: skip
        super().__init__(data_format=data_format, **kwargs)
        self.bins = bins
        self.value_range = range_of(value_range)

    def idle(self, transformation: Any, training: Any) -> bool:
        return not training

    def new_images(self, x: Any, transformation: Any) -> Any:
        x = self.as_compute(x)
        channels = ops.unstack(x, axis=self.channel_axis)
        return ops.stack([self.equalized(c) for c in channels], axis=self.channel_axis)

    def equalized(self, channel: Any) -> Any:
        """One channel, all its pixels."""
        x = self.in_range(channel, self.value_range, (0, 255))
        last = self.bins - 1
        # Two ways to write the same, which round differently, as Keras has them.
        counted, tones = (
            ops.cast(ops.clip(scaled, 0, last), "int32")
            for scaled in (x * last / 255.0, x / 255.0 * last)
        )
        histogram = ops.bincount(ops.reshape(counted, (-1,)), minlength=self.bins)
        below = ops.cast(ops.cumsum(histogram), x.dtype)
        total = below[-1]
        first = ops.min(ops.where(ops.greater(below, 0), below, total))
        one_tone = ops.equal(first, total)
        table = (below - first) * 255 / ops.where(one_tone, 1, total - first)
        y = ops.take(ops.clip(ops.round(table), 0, 255), tones)
        return self.in_range(ops.where(one_tone, x, y), (0, 255), self.value_range)


@register("keras.layers")
class ContrastLimitedAdaptiveHistogramEqualization(PictureLayer):
    """Equalize histograms tile by tile, with a limit to how much contrast is raised (CLAHE).

    Each tile's histogram is cut off at ``clip_limit`` times its mean, and what is cut off is
    spread over all tones. A pixel becomes a bilinear mix of what the four nearest tiles make of
    its tone.

    Args:
        value_range: lowest and highest value of a pixel.
        clip_limit: the limit; 0 for none.
        tile_grid_size: number of tiles down and across.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in inference, too; the
    output has the input's dtype.
    Reference: Zuiderveld, 1994, Contrast limited adaptive histogram equalization.

    >>> layer = keras.layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2))
    >>> layer(np.arange(64.0).reshape(1, 8, 8, 1)).shape
    (1, 8, 8, 1)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: Any = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = value_range
        self.clip_limit = clip_limit
        self.tile_grid_size = tile_grid_size

    def new_images(self, x: Any, transformation: Any) -> Any:
        first = self.channel_axis == -3
        y = self.in_range(ops.cast(x, "float32"), self.value_range, (0, 255))
        y = self.equalized(y if first else ops.transpose(y, (0, 3, 1, 2)))
        y = y if first else ops.transpose(y, (0, 2, 3, 1))
        return ops.cast(self.in_range(y, (0, 255), self.value_range), x.dtype)

    def equalized(self, x: Any) -> Any:
        """Pictures with the channels first, each channel for itself."""
        n, channels, height, width = x.shape
        rows, columns = self.tile_grid_size
        h, w = -(-height // rows), -(-width // columns)
        margins = (0, 0), (0, 0), (0, h * rows - height), (0, w * columns - width)
        if margins[2][1] or margins[3][1]:
            x = ops.pad(x, margins, mode="symmetric")
        tones = ops.cast(ops.clip(x, 0, 255), "int32")
        planes = n * channels
        tones = ops.reshape(tones, (planes, rows * h, columns * w))
        table = ops.reshape(self.tables(tones, h, w), (planes, rows * columns * 256))

        def looked_up(row, column):
            tile = row[:, None] * columns + column[None, :]
            places = ops.reshape(tile[None] * 256 + tones, (planes, -1))
            return ops.reshape(ops.take_along_axis(table, places, axis=1), tones.shape)

        # A tile's table is right in its middle; between middles two of them are mixed.
        (y0, y1, dy), (x0, x1, dx) = mixture(rows, h), mixture(columns, w)
        top = looked_up(y0, x0) * (1 - dx) + looked_up(y0, x1) * dx
        bottom = looked_up(y1, x0) * (1 - dx) + looked_up(y1, x1) * dx
        y = top * (1 - dy)[:, None] + bottom * dy[:, None]
        y = ops.reshape(y, (n, channels, rows * h, columns * w))
        return y[:, :, :height, :width]

    def tables(self, tones: Any, h: Any, w: Any) -> Any:
        """What each tile of each plane makes of the 256 tones, ``(planes, tiles, 256)``."""
        rows, columns = self.tile_grid_size
        planes = tones.shape[0]
        tiles = ops.transpose(
            ops.reshape(tones, (planes, rows, h, columns, w)), (0, 1, 3, 2, 4)
        )  # fmt: skip
        tiles = ops.reshape(tiles, (planes * rows * columns, h * w))
        places = tiles + 256 * ops.arange(tiles.shape[0], dtype="int32")[:, None]
        histogram = ops.bincount(ops.reshape(places, (-1,)), minlength=256 * tiles.shape[0])
        histogram = ops.cast(ops.reshape(histogram, (-1, 256)), "float32")
        if self.clip_limit > 0:
            limited = ops.clip(histogram, 0, self.clip_limit * (h * w) / 256.0)
            spread = ops.sum(histogram - limited, axis=-1, keepdims=True) / 256.0
            histogram = limited + spread
        below = ops.cumsum(histogram, axis=-1)
        first = ops.min(below, axis=-1, keepdims=True)
        rest = h * w - first
        table = (below - first) * 255.0 / ops.where(ops.equal(rest, 0), 1.0, rest)
        return ops.reshape(ops.clip(table, 0, 255), (planes, rows * columns, 256))


def mixture(tiles: Any, size: Any) -> Any:
    """For each pixel of an axis of ``tiles`` tiles: the tiles before and after, and the mix."""
    at = (ops.arange(tiles * size, dtype="float32") - size / 2.0) / size
    before = ops.floor(at)
    share = at - before
    low = ops.cast(ops.clip(before, 0, tiles - 1), "int32")
    high = ops.cast(ops.clip(before + 1, 0, tiles - 1), "int32")
    return low, high, share


@register("keras.layers")
class Solarization(RandomPictureLayer):
    """Add to each picture, and invert what is then at least a threshold: ``255 - x``.

    Args:
        addition_factor: largest addition, as a share of 255, or a pair; in 0 ... 1. As in Keras,
            the lower one of a pair counts in tones of 255.
        threshold_factor: largest threshold, in the same way.
        value_range: lowest and highest value of a pixel.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only; one
    addition and one threshold are drawn for each picture.

    >>> keras.layers.Solarization()(np.array([[[[100.0, 200.0]]]]), training=True).ravel()
    array([155.,  55.], dtype=float32)
    """

    casts = ("images",)

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, **kwargs)
        self.addition_factor = share_of("addition_factor", addition_factor)
        self.threshold_factor = share_of("threshold_factor", threshold_factor)
        self.value_range = range_of(value_range)

    def drawn(self, shape: Any, seed: Any) -> Any:
        def tones(limits):
            return uniform((shape[0], 1, 1, 1), limits[0], limits[1] * 255, seed=seed)

        return {
            "additions": tones(self.addition_factor),
            "thresholds": tones(self.threshold_factor),
        }

    def new_images(self, x: Any, transformation: Any) -> Any:
        x = self.in_range(x, self.value_range, (0, 255))
        x = ops.clip(x + self.as_compute(transformation["additions"]), 0, 255)
        dark = ops.less(x, self.as_compute(transformation["thresholds"]))
        return self.in_range(ops.where(dark, x, 255 - x), (0, 255), self.value_range)


def share_of(name: str | None, factor: Any) -> Any:
    """``(lower, upper)`` from a number, the upper limit, or a pair, all in 0 ... 1."""
    several = isinstance(factor, (tuple, list))
    values = tuple(factor) if several else (0, factor)
    numbers = all(isinstance(x, (int, float)) for x in values)
    if len(values) != 2 or not numbers or any(not 0 <= x <= 1 for x in values):
        raise ValueError(
            f"Argument `{name}` must be a number, or two numbers, in the range [0, 1]. Received: "
            f"{name}={factor}"
        )
    return tuple(sorted(values))
