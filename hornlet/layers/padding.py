"""Layers that change the spatial size without weights: Cropping, ZeroPadding, UpSampling."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.config import standardize_data_format
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.layers.arguments import positive_integer, tuple_of
from hornlet.layers.base import Layer
from hornlet.layers.spec import InputSpec


def pairs_of(name, value, rank):
    """``value`` as one pair ``(before, after)`` per spatial axis."""
    if hasattr(value, "__index__"):
        value = (value,) * rank
    if not hasattr(value, "__len__") or len(value) != rank:
        raise ValueError(
            f"Argument `{name}` must be an integer, {rank} integers or {rank} pairs of them. "
            f"Received: {name}={value!r}"
        )
    return tuple(tuple_of(name, pair, 2, allow_zero=True) for pair in value)


class Spatial(Layer):
    """Base of the layers here: `rank` spatial axes and a data format."""

    rank = 2

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def first_axis(self):
        """The first spatial axis."""
        return 2 if self.data_format == "channels_first" else 1

    def all_axes(self, spatial, other):
        """``spatial`` entries for spatial axes and ``other`` for batch and channels."""
        if self.data_format == "channels_first":
            return (other, other, *spatial)
        return (other, *spatial, other)


class Cropping(Spatial):
    """Base of the cropping layers."""

    def __init__(self, cropping, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.cropping = pairs_of("cropping", cropping, self.rank)

    def call(self, inputs):
        pairs = ((self.cropping,) if self.rank == 1 else self.cropping)
        sizes = inputs.shape[self.first_axis() :]
        if any(before + after >= n for (before, after), n in zip(pairs, sizes)):
            raise ValueError(
                "Argument `cropping` must leave something of every spatial axis. Received: "
                f"cropping={self.cropping}, input shape {tuple(inputs.shape)}"
            )
        spatial = [slice(before, n - after) for (before, after), n in zip(pairs, sizes)]
        return inputs[self.all_axes(spatial, slice(None))]


@register("keras.layers")
class Cropping1D(Cropping):
    """Cut steps off both ends of a sequence.

    Args:
        cropping: integer or pair ``(start, end)``.

    >>> keras.layers.Cropping1D((1, 2))(np.ones((2, 6, 3))).shape
    (2, 3, 3)
    """

    rank = 1
    _config_exclude = ()

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any):
        pair = tuple_of("cropping", cropping, 2, allow_zero=True)
        super().__init__((pair,), "channels_last", **kwargs)
        self.cropping = pair

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("data_format", None)
        return config


@register("keras.layers")
class Cropping2D(Cropping):
    """Cut rows and columns off pictures.

    Args:
        cropping: integer, pair ``(height, width)``, or ``((top, bottom), (left, right))``.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.Cropping2D(((1, 2), (0, 1)))(np.ones((2, 6, 5, 3))).shape
    (2, 3, 4, 3)
    """

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ):
        super().__init__(cropping, data_format, **kwargs)


@register("keras.layers")
class Cropping3D(Cropping):
    """Cut planes off volumes.

    Args:
        cropping: integer, three integers, or three pairs ``(before, after)``.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.Cropping3D(1)(np.ones((2, 4, 5, 6, 3))).shape
    (2, 2, 3, 4, 3)
    """

    rank = 3

    def __init__(
        self,
        cropping: Any = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(cropping, data_format, **kwargs)


class ZeroPadding(Spatial):
    """Base of the padding layers."""

    def __init__(self, padding, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.padding = pairs_of("padding", padding, self.rank)

    def call(self, inputs):
        pairs = (self.padding,) if self.rank == 1 else self.padding
        return ops.pad(inputs, self.all_axes(pairs, (0, 0)))


@register("keras.layers")
class ZeroPadding1D(ZeroPadding):
    """Add zero steps at both ends of a sequence.

    Args:
        padding: integer or pair ``(start, end)``.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.ZeroPadding1D((1, 2))(np.ones((2, 3, 4))).shape
    (2, 6, 4)
    """

    rank = 1

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any):
        pair = tuple_of("padding", padding, 2, allow_zero=True)
        super().__init__((pair,), data_format, **kwargs)
        self.padding = pair


@register("keras.layers")
class ZeroPadding2D(ZeroPadding):
    """Add rows and columns of zeros around pictures.

    Args:
        padding: integer, pair ``(height, width)``, or ``((top, bottom), (left, right))``.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.ZeroPadding2D(((1, 2), (0, 1)))(np.ones((2, 3, 4, 3))).shape
    (2, 6, 5, 3)
    """

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any):
        super().__init__(padding, data_format, **kwargs)


@register("keras.layers")
class ZeroPadding3D(ZeroPadding):
    """Add planes of zeros around volumes.

    Args:
        padding: integer, three integers, or three pairs ``(before, after)``.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.ZeroPadding3D(1)(np.ones((2, 2, 3, 4, 3))).shape
    (2, 4, 5, 6, 3)
    """

    rank = 3

    def __init__(
        self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ):
        super().__init__(padding, data_format, **kwargs)


@register("keras.layers")
class UpSampling1D(Layer):
    """Repeat each step of a sequence.

    Args:
        size: how many times.

    >>> keras.layers.UpSampling1D(2)(np.ones((2, 3, 4))).shape
    (2, 6, 4)
    """

    def __init__(self, size: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.size = int(positive_integer("size", size))
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        return ops.repeat(inputs, self.size, axis=1)


@register("keras.layers")
class UpSampling2D(Spatial):
    """Enlarge pictures by whole factors.

    Args:
        size: factors ``(height, width)``; one integer stands for both.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        interpolation: `"nearest"` repeats pixels; `"bilinear"`, `"bicubic"`, `"lanczos3"` and
            `"lanczos5"` interpolate.

    >>> keras.layers.UpSampling2D((2, 3))(np.ones((1, 2, 2, 3))).shape
    (1, 4, 6, 3)
    """

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ):
        super().__init__(data_format, **kwargs)
        self.size = tuple_of("size", size, 2)
        names = ("bicubic", "bilinear", "lanczos3", "lanczos5", "nearest")
        self.interpolation = one_of("interpolation", interpolation.lower(), names)

    def call(self, inputs: Any) -> Any:
        axis = self.first_axis()
        height, width = self.size
        if self.interpolation == "nearest":
            return ops.repeat(ops.repeat(inputs, height, axis=axis), width, axis=axis + 1)
        return ops.image.resize(
            inputs,
            (inputs.shape[axis] * height, inputs.shape[axis + 1] * width),
            interpolation=self.interpolation,
            data_format=self.data_format,
        )


@register("keras.layers")
class UpSampling3D(Spatial):
    """Enlarge volumes by repeating voxels.

    Args:
        size: three factors; one integer stands for all.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.UpSampling3D(2)(np.ones((1, 2, 2, 2, 3))).shape
    (1, 4, 4, 4, 3)
    """

    rank = 3

    def __init__(self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.size = tuple_of("size", size, 3)

    def call(self, inputs: Any) -> Any:
        for axis, times in enumerate(self.size, self.first_axis()):
            inputs = ops.repeat(inputs, times, axis=axis)
        return inputs
