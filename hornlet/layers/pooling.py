"""Pooling over windows (Max, Average) and over whole axes (GlobalMax, GlobalAverage), 1-3 D."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.config import standardize_data_format
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.layers.arguments import spread_defaults, tuple_of
from hornlet.layers.base import Layer
from hornlet.layers.spec import InputSpec


class Pooling(Layer):
    """Base of the window poolings: `rank` spatial axes."""

    rank: int

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if vars(cls).get("rank", 1) > 1 and "__init__" not in vars(cls):
            spread_defaults(cls)

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: str = "valid",
        data_format: str | None = None, name: str | None = None, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(name=name, **kwargs)
        self.pool_size = tuple_of("pool_size", pool_size, self.rank)
        self.strides = (
            self.pool_size if strides is None else tuple_of("strides", strides, self.rank)
        )
        self.padding = one_of("padding", padding.lower(), ("valid", "same"))
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Any:
        return self.pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class MaxPooling(Pooling):
    """Base of the maximum over windows."""

    def pool(self, *args: Any) -> Any:
        return ops.max_pool(*args)


class AveragePooling(Pooling):
    """Base of the mean over windows; padding does not count."""

    def __init__(
        self, pool_size: Any, strides: Any = None, padding: str = "valid",
        data_format: str | None = None, name: str | None = None, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def pool(self, *args: Any) -> Any:
        return ops.average_pool(*args)


@register("keras.layers", aliases=["keras.layers.MaxPool1D"])
class MaxPooling1D(MaxPooling):
    """Maximum over windows of steps.

    Args:
        pool_size: length of the window.
        strides: step from window to window, by default `pool_size`.
        padding: `"valid"`, or `"same"` to cover the ends too.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.MaxPooling1D(2)(np.ones((1, 6, 3))).shape
    (1, 3, 3)
    """

    rank = 1


@register("keras.layers", aliases=["keras.layers.MaxPool2D"])
class MaxPooling2D(MaxPooling):
    """Maximum over windows of pictures.

    Args:
        pool_size: height and width of the window, one integer for both.
        strides: steps from window to window, by default `pool_size`.
        padding: `"valid"`, or `"same"` to cover the borders too.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.MaxPooling2D()(np.ones((1, 6, 4, 3))).shape
    (1, 3, 2, 3)
    """

    rank = 2


@register("keras.layers", aliases=["keras.layers.MaxPool3D"])
class MaxPooling3D(MaxPooling):
    """Maximum over windows of volumes.

    Args:
        pool_size: sizes of the window, one integer for all.
        strides: steps from window to window, by default `pool_size`.
        padding: `"valid"`, or `"same"` to cover the borders too.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.MaxPooling3D()(np.ones((1, 4, 4, 4, 3))).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3


@register("keras.layers", aliases=["keras.layers.AvgPool1D"])
class AveragePooling1D(AveragePooling):
    """Mean over windows of steps.

    Args:
        pool_size: length of the window.
        strides: step from window to window, by default `pool_size`.
        padding: `"valid"`, or `"same"` to cover the ends too.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.AveragePooling1D(2)(np.ones((1, 6, 3))).shape
    (1, 3, 3)
    """

    rank = 1


@register("keras.layers", aliases=["keras.layers.AvgPool2D"])
class AveragePooling2D(AveragePooling):
    """Mean over windows of pictures.

    Args:
        pool_size: height and width of the window, one integer for both.
        strides: steps from window to window, by default `pool_size`.
        padding: `"valid"`, or `"same"` to cover the borders too.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.AveragePooling2D(2)(np.ones((1, 6, 4, 3))).shape
    (1, 3, 2, 3)
    """

    rank = 2


@register("keras.layers", aliases=["keras.layers.AvgPool3D"])
class AveragePooling3D(AveragePooling):
    """Mean over windows of volumes.

    Args:
        pool_size: sizes of the window, one integer for all.
        strides: steps from window to window, by default `pool_size`.
        padding: `"valid"`, or `"same"` to cover the borders too.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.AveragePooling3D(2)(np.ones((1, 4, 4, 4, 3))).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3


class GlobalPooling(Layer):
    """Base of the poolings over all spatial axes."""

    rank = 2

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def axes(self) -> Any:
        """The spatial axes."""
        first = 2 if self.data_format == "channels_first" else 1
        return tuple(range(first, first + self.rank))


class GlobalMaxPooling(GlobalPooling):
    """Base of the maximum over all positions."""

    def call(self, inputs: Any) -> Any:
        return ops.max(inputs, axis=self.axes(), keepdims=self.keepdims)


class GlobalAveragePooling(GlobalPooling):
    """Base of the mean over all positions."""

    def call(self, inputs: Any) -> Any:
        return ops.mean(inputs, axis=self.axes(), keepdims=self.keepdims)


@register("keras.layers", aliases=["keras.layers.GlobalMaxPool1D"])
class GlobalMaxPooling1D(GlobalMaxPooling):
    """Maximum over all steps.

    Args:
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        keepdims: whether the axis stays, with size 1.

    >>> keras.layers.GlobalMaxPooling1D()(np.ones((2, 6, 3))).shape
    (2, 3)
    """

    rank = 1


@register("keras.layers", aliases=["keras.layers.GlobalMaxPool2D"])
class GlobalMaxPooling2D(GlobalMaxPooling):
    """Maximum over all positions of a picture.

    Args:
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        keepdims: whether the axes stay, with size 1.

    >>> keras.layers.GlobalMaxPooling2D()(np.ones((2, 6, 4, 3))).shape
    (2, 3)
    """


@register("keras.layers", aliases=["keras.layers.GlobalMaxPool3D"])
class GlobalMaxPooling3D(GlobalMaxPooling):
    """Maximum over all positions of a volume.

    Args:
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        keepdims: whether the axes stay, with size 1.

    >>> keras.layers.GlobalMaxPooling3D()(np.ones((2, 2, 4, 4, 3))).shape
    (2, 3)
    """

    rank = 3


@register("keras.layers", aliases=["keras.layers.GlobalAvgPool1D"])
class GlobalAveragePooling1D(GlobalAveragePooling):
    """Mean over all steps; masked steps do not count.

    Args:
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        keepdims: whether the axis stays, with size 1.

    >>> keras.layers.GlobalAveragePooling1D()(np.ones((2, 6, 3))).shape
    (2, 3)
    """

    rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(inputs)
        (axis,) = self.axes()
        mask = ops.expand_dims(ops.cast(mask, inputs.dtype), 2 if axis == 1 else 1)
        total = ops.sum(inputs * mask, axis=axis, keepdims=self.keepdims)
        return total / ops.sum(mask, axis=axis, keepdims=self.keepdims)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


@register("keras.layers", aliases=["keras.layers.GlobalAvgPool2D"])
class GlobalAveragePooling2D(GlobalAveragePooling):
    """Mean over all positions of a picture.

    Args:
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        keepdims: whether the axes stay, with size 1.

    >>> keras.layers.GlobalAveragePooling2D()(np.ones((2, 6, 4, 3))).shape
    (2, 3)
    """


@register("keras.layers", aliases=["keras.layers.GlobalAvgPool3D"])
class GlobalAveragePooling3D(GlobalAveragePooling):
    """Mean over all positions of a volume.

    Args:
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        keepdims: whether the axes stay, with size 1.

    >>> keras.layers.GlobalAveragePooling3D()(np.ones((2, 2, 4, 4, 3))).shape
    (2, 3)
    """

    rank = 3
