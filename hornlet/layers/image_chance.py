"""Layers that change some of the pictures: each with a chance, all that change in the same way."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.registry import register
from hornlet.layers.pictures import (
    RandomPictureLayer,
    chosen,
    factor_of,
    per_picture,
    uniform,
)


class ChanceLayer(RandomPictureLayer):
    """Base: a picture is changed with a chance that is drawn from `factor`."""

    def __init__(self, factor: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.factor = factor_of("factor", factor, 0, 1)


@register("keras.layers")
class RandomGrayscale(RandomPictureLayer):
    """Make some of the pictures gray, of three equal channels.

    Args:
        factor: the chance, in 0 ... 1.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture of three channels, a batch, or a dictionary with `"images"`. Acts in
    training only.

    >>> layer = keras.layers.RandomGrayscale(1.0)
    >>> layer(np.array([[[[255.0, 0.0, 0.0]]]]), training=True).ravel().round(1)
    array([76.2, 76.2, 76.2], dtype=float32)
    """

    def __init__(
        self, factor: Any = 0.5, data_format: str | None = None, seed: Any = None, **kwargs: Any
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if factor < 0 or factor > 1:
            raise ValueError(
                f"Argument `factor` must be in the range [0, 1]. Received: factor={factor}"
            )
        self.factor = factor

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("seed", None)  # as in Keras's files
        return config

    def idle(self, transformation: Any, training: Any) -> bool:
        return not training

    def drawn(self, shape: Any, seed: Any) -> Any:
        return ops.less(uniform((shape[0], 1, 1, 1), seed=seed), self.factor)

    def new_images(self, x: Any, transformation: Any) -> Any:
        if transformation is None:
            transformation = self.get_random_transformation(x)
        gray = ops.image.rgb_to_grayscale(x, data_format=self.data_format)
        return ops.where(transformation, gray, x)


@register("keras.layers")
class RandomInvert(ChanceLayer):
    """Invert some of the pictures: ``y = high - x``.

    Args:
        factor: the chance, or a pair of limits it is drawn from, in 0 ... 1.
        value_range: lowest and highest value of a pixel.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only.

    >>> layer = keras.layers.RandomInvert((1.0, 1.0))
    >>> layer(np.array([[[[255.0, 55.0, 0.0]]]]), training=True).ravel()
    array([  0., 200., 255.], dtype=float32)
    """

    def __init__(
        self, factor: Any = 1.0, value_range: Any = (0, 255), seed: Any = None,
        data_format: str | None = None, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(factor, seed=seed, data_format=data_format, **kwargs)
        self.value_range = value_range

    def drawn(self, shape: Any, seed: Any) -> Any:
        return {"apply_inversion": chosen(shape[0], self.factor, seed)}

    def new_images(self, x: Any, transformation: Any) -> Any:
        x = self.as_compute(x)
        inverted = per_picture(transformation["apply_inversion"], x)
        return ops.where(inverted, self.value_range[1] - x, x)


@register("keras.layers")
class RandomGaussianBlur(ChanceLayer):
    """Blur some of the pictures by a Gaussian of random width.

    Args:
        factor: the chance, or a pair of limits it is drawn from, in 0 ... 1.
        kernel_size: odd size of the kernel, or a pair of them.
        sigma: largest standard deviation in pixels, or a pair of limits, in 0 ... 1; one is
            drawn for each of the two axes.
        value_range: lowest and highest value of a pixel.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only.

    >>> layer = keras.layers.RandomGaussianBlur(kernel_size=3, sigma=0.5)
    >>> layer(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    casts = ("images",)

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(factor, seed=seed, data_format=data_format, **kwargs)
        sizes = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * 2
        if len(sizes) != 2 or any(not isinstance(k, (int, float)) or k % 2 == 0 for k in sizes):
            raise ValueError(
                "Argument `kernel_size` must be an odd number, or two of them. Received: "
                f"kernel_size={kernel_size}"
            )
        self.kernel_size = tuple(sizes)
        self.sigma = factor_of("sigma", sigma, 0, 1)
        self.value_range = value_range

    def drawn(self, shape: Any, seed: Any) -> Any:
        return {
            "should_apply_blur": chosen(shape[0], self.factor, seed),
            "blur_factor": uniform((2,), *self.sigma, seed=seed) + 1e-6,
        }

    def new_images(self, x: Any, transformation: Any) -> Any:
        blurred = ops.image.gaussian_blur(
            x, self.kernel_size, self.as_compute(transformation["blur_factor"]),
            data_format=self.data_format,
        )  # fmt: skip
        x = ops.where(per_picture(transformation["should_apply_blur"], x), blurred, x)
        return self.as_compute(ops.clip(x, *self.value_range))


def blocks(n: int, height: Any, width: Any, shares: Any, seed: Any) -> Any:
    """Random rectangles as masks ``(n, height, width)``, and the area of each as a share.

    Their sides are ``shares``, a pair of ``(n,)``, of the picture's height and width.
    """

    def interval(length, share):
        side = share * length
        start = uniform((n,), seed=seed) * (length - side)
        return start, start + side

    def within(length, start, end):
        at = ops.arange(length, dtype=start.dtype)[None]
        return ops.logical_and(at >= start[:, None], at < end[:, None])

    x0, x1 = interval(width, shares[1])
    y0, y1 = interval(height, shares[0])
    rows, columns = within(height, y0, y1), within(width, x0, x1)
    masks = ops.logical_and(rows[:, :, None], columns[:, None, :])
    return masks, (x1 - x0) * (y1 - y0) / (width * height)


@register("keras.layers")
class RandomErasing(ChanceLayer):
    """Fill a random rectangle of some of the pictures with noise or a color.

    Args:
        factor: the chance, or a pair of limits it is drawn from, in 0 ... 1.
        scale: limits of the rectangle's sides, squared, as shares of the picture's.
        fill_value: a number, three for the channels, or None for normal noise times the highest
            value.
        value_range: lowest and highest value of a pixel.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only.
    Reference: Zhong et al., 2017, https://arxiv.org/abs/1708.04896

    >>> layer = keras.layers.RandomErasing((1.0, 1.0), scale=(0.25, 0.25), fill_value=0)
    >>> y = layer(np.ones((1, 8, 8, 1)), training=True)
    >>> int(y.sum()) in range(36, 65)
    True
    """

    casts = ("images",)

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(factor, seed=seed, data_format=data_format, **kwargs)
        self.scale = factor_of("scale", scale, 0, 1)
        self.fill_value = fill_value
        self.value_range = value_range

    def filling(self, shape: Any, seed: Any) -> Any:
        value, highest = self.fill_value, self.value_range[1]
        if value is None:
            x = random.normal(shape, dtype="float32", seed=seed) * highest
        else:
            several = isinstance(value, (tuple, list))
            if not (several and len(value) == 3) and not isinstance(value, (int, float)):
                raise ValueError(
                    "Argument `fill_value` must be a number, or three numbers. Received: "
                    f"fill_value={value}"
                )
            x = ops.convert_to_tensor(value, dtype="float32")
            if several:
                axes = [1, 1, 1]
                axes[self.channel_axis] = 3
                x = ops.reshape(x, axes)
            x = ops.broadcast_to(x, shape)
        return self.as_compute(ops.clip(x, *self.value_range))

    def drawn(self, shape: Any, seed: Any) -> Any:
        n, (height, width) = shape[0], self.sides(shape)
        shares = ops.sqrt(uniform((n, 2), *self.scale, seed=seed))
        masks, _ = blocks(n, height, width, (shares[:, 1], shares[:, 0]), seed)
        return {
            "apply_erasing": chosen(n, self.factor, seed),
            "batch_masks": ops.expand_dims(masks, self.channel_axis),
            "fill_value": self.filling(shape, seed),
        }

    def new_images(self, x: Any, transformation: Any) -> Any:
        applied = per_picture(transformation["apply_erasing"], x)
        erased = ops.logical_and(transformation["batch_masks"], applied)
        return ops.where(erased, transformation["fill_value"], x)
