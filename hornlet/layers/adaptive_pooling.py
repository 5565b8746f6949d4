"""Pooling to a size that is asked for: AdaptiveAveragePooling and AdaptiveMaxPooling, 1-3 D."""

from __future__ import annotations

import hornlet.ops as ops
from hornlet.base.config import standardize_data_format
from hornlet.base.registry import register
from hornlet.layers.base import Layer


class AdaptivePooling(Layer):
    """Base: `rank` spatial axes, each cut into so many even windows as the output is long."""

    rank = 1

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.output_size = self.sizes_of(output_size)
        self.data_format = standardize_data_format(data_format)

    def sizes_of(self, output_size):
        """``output_size`` as a tuple of `rank` sizes."""
        if isinstance(output_size, int):
            return (output_size,) * self.rank
        message = (
            f"Argument `output_size` must be an integer or a tuple of {self.rank} of them. "
            f"Received: output_size={output_size!r} of type {type(output_size).__name__}"
        )
        if not isinstance(output_size, (tuple, list)):
            raise TypeError(message)
        if len(output_size) != self.rank:
            # As in Keras, whose 1D layers say ValueError and the others TypeError.
            raise (ValueError if self.rank == 1 else TypeError)(message)
        return tuple(output_size)


class AdaptiveAverage(AdaptivePooling):
    """Base of the means."""

    def call(self, inputs):
        return ops.adaptive_average_pool(inputs, self.output_size, self.data_format)


class AdaptiveMax(AdaptivePooling):
    """Base of the maxima."""

    def call(self, inputs):
        return ops.adaptive_max_pool(inputs, self.output_size, self.data_format)


@register("keras.layers")
class AdaptiveAveragePooling1D(AdaptiveAverage):
    """Means over windows of steps, so many that the output has the size asked for.

    Window `i` of `n` covers the steps from ``i * steps // n`` up to
    ``ceil((i + 1) * steps / n)``; windows overlap where `n` does not divide the steps.

    Args:
        output_size: number of windows.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input shape: ``(batch, steps, channels)``, or with the channels first.

    >>> keras.layers.AdaptiveAveragePooling1D(2)(np.ones((1, 6, 3))).shape
    (1, 2, 3)
    """


@register("keras.layers")
class AdaptiveAveragePooling2D(AdaptiveAverage):
    """Means over windows of pictures, so many that the output has the size asked for.

    Along each axis the windows are those of `AdaptiveAveragePooling1D`.

    Args:
        output_size: height and width of the output, one integer for both.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input shape: ``(batch, height, width, channels)``, or with the channels first.

    >>> keras.layers.AdaptiveAveragePooling2D((2, 3))(np.ones((1, 6, 4, 3))).shape
    (1, 2, 3, 3)
    """

    rank = 2


@register("keras.layers")
class AdaptiveAveragePooling3D(AdaptiveAverage):
    """Means over windows of volumes, so many that the output has the size asked for.

    Along each axis the windows are those of `AdaptiveAveragePooling1D`.

    Args:
        output_size: the three sizes of the output, one integer for all.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input shape: ``(batch, depth, height, width, channels)``, or with the channels first.

    >>> keras.layers.AdaptiveAveragePooling3D(2)(np.ones((1, 6, 4, 5, 3))).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3


@register("keras.layers")
class AdaptiveMaxPooling1D(AdaptiveMax):
    """Maxima over the windows of `AdaptiveAveragePooling1D`, whose arguments and shapes it has.

    >>> keras.layers.AdaptiveMaxPooling1D(2)(np.ones((1, 6, 3))).shape
    (1, 2, 3)
    """


@register("keras.layers")
class AdaptiveMaxPooling2D(AdaptiveMax):
    """Maxima over the windows of `AdaptiveAveragePooling2D`, whose arguments and shapes it has.

    >>> keras.layers.AdaptiveMaxPooling2D((2, 3))(np.ones((1, 6, 4, 3))).shape
    (1, 2, 3, 3)
    """

    rank = 2


@register("keras.layers")
class AdaptiveMaxPooling3D(AdaptiveMax):
    """Maxima over the windows of `AdaptiveAveragePooling3D`, whose arguments and shapes it has.

    >>> keras.layers.AdaptiveMaxPooling3D(2)(np.ones((1, 6, 4, 5, 3))).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3
