"""What the architectures share: chains of layers, widths in eights, padding before strides."""

from __future__ import annotations

from typing import Any

from hornlet.base.config import image_data_format
from hornlet.layers.batch_normalization import BatchNormalization
from hornlet.layers.convolution import Conv2D
from hornlet.layers.convolution_separable import DepthwiseConv2D
from hornlet.layers.core import Activation
from hornlet.layers.merging import Concatenate
from hornlet.layers.padding import ZeroPadding2D


def chain(x: Any, *layers: Any) -> Any:
    """`x` through one layer after the other."""
    for layer in layers:
        x = layer(x)
    return x


def channel_axis() -> int:
    """The axis of the channels in the layout that is set."""
    return 1 if image_data_format() == "channels_first" else 3


def channels(x: Any) -> int:
    """How many channels a symbol has."""
    return x.shape[channel_axis()]


def spatial(shape: Any) -> tuple:
    """Height and width of a shape without the batch."""
    return tuple(shape[1:] if image_data_format() == "channels_first" else shape[:2])


def convolve(x: Any, filters: int, window: Any, name: str, **options: Any) -> Any:
    """A convolution without bias, whose output has the size of its input unless it strides."""
    options = {"padding": "same", "use_bias": False, **options}
    return Conv2D(filters, window, name=name, **options)(x)


def depthwise(x: Any, window: int, stride: int, name: str, **options: Any) -> Any:
    """A convolution of each channel by itself, for pictures that are padded where it strides."""
    options = {"padding": "same" if stride == 1 else "valid", "use_bias": False, **options}
    return DepthwiseConv2D(window, strides=stride, name=name, **options)(x)


def normalize(name: str | None = None, **options: Any) -> BatchNormalization:
    """Batch normalization of the channels."""
    return BatchNormalization(axis=channel_axis(), name=name, **options)


def normalize_relu(name: str = "") -> list:
    """Batch normalization and ReLU, as residual and densely connected networks have them."""
    prefix = f"{name}_" if name else ""
    return [
        normalize(f"{prefix}bn", epsilon=1.001e-5),
        Activation("relu", name=f"{prefix}relu"),
    ]


def join(parts: list, name: str | None = None) -> Any:
    """The parts' channels, one after the other."""
    return Concatenate(axis=channel_axis(), name=name)(parts)


def eights(width: float, shrink: float = 0.1) -> int:
    """The multiple of 8 nearest to `width`; the next one where too much of it would be lost."""
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded + 8 if rounded < (1 - shrink) * width else rounded


def pad_for_stride(x: Any, kernel_size: int, name: str | None = None) -> Any:
    """Zeros around `x`, so that a window of stride 2 sees the centre of the picture.

    Even sizes get one zero less at the top and at the left than at the other side.
    """
    half = kernel_size // 2
    size = spatial(x.shape[1:])
    less = (1, 1) if size[0] is None else (1 - size[0] % 2, 1 - size[1] % 2)
    padding = tuple((half - cut, half) for cut in less)
    return ZeroPadding2D(padding=padding, name=name)(x)
