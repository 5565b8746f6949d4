"""MobileNet version 3: bottlenecks found by search, with hard activations and squeezing."""

from __future__ import annotations

from typing import Any

from hornlet.applications.blocks import (
    chain,
    channels,
    convolve,
    depthwise,
    eights,
    normalize,
    pad_for_stride,
)
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.layers.activation import ReLU
from hornlet.layers.batch_normalization import BatchNormalization
from hornlet.layers.convolution import Conv2D
from hornlet.layers.core import Activation
from hornlet.layers.merging import Add, Multiply
from hornlet.layers.pooling import GlobalAveragePooling2D
from hornlet.layers.preprocessing import Rescaling
from hornlet.layers.regularization import Dropout
from hornlet.layers.reshaping import Flatten

# `MobileNetV3Small` and `MobileNetV3Large` are public in `keras.applications` alone, as in Keras.
__all__ = ["decode_predictions", "preprocess_input"]

# Factor of expansion, filters, window, stride, whether to squeeze, whether the hard activation is
# used. The minimalistic form has 3 by 3 windows, ReLU and no squeezing throughout.
_SMALL = (
    (1, 16, 3, 2, True, False),
    (72 / 16, 24, 3, 2, False, False),
    (88 / 24, 24, 3, 1, False, False),
    (4, 40, 5, 2, True, True),
    *[(6, 40, 5, 1, True, True)] * 2,
    *[(3, 48, 5, 1, True, True)] * 2,
    (6, 96, 5, 2, True, True),
    *[(6, 96, 5, 1, True, True)] * 2,
)
_LARGE = (
    (1, 16, 3, 1, False, False),
    (4, 24, 3, 2, False, False),
    (3, 24, 3, 1, False, False),
    (3, 40, 5, 2, True, False),
    *[(3, 40, 5, 1, True, False)] * 2,
    (6, 80, 3, 2, False, True),
    (2.5, 80, 3, 1, False, True),
    *[(2.3, 80, 3, 1, False, True)] * 2,
    *[(6, 112, 3, 1, True, True)] * 2,
    (6, 160, 5, 2, True, True),
    *[(6, 160, 5, 1, True, True)] * 2,
)


def _body(
    x: Any,
    ask: Ask,
    *,
    blocks: tuple,
    last: int,
    alpha: float,
    minimalistic: bool,
    dropout_rate: float,
    include_preprocessing: bool,
) -> Any:
    def activation() -> Any:
        return ReLU() if minimalistic else Activation("hard_swish")

    if include_preprocessing:
        x = Rescaling(1 / 127.5, offset=-1.0)(x)
    x = convolve(x, 16, 3, "conv", strides=2)
    x = chain(x, _normalize("conv_bn"), activation())
    for number, (factor, filters, window, stride, squeeze, hard) in enumerate(blocks):
        x = _bottleneck(
            x,
            eights(channels(x) * factor),
            eights(filters * alpha),
            3 if minimalistic else window,
            stride,
            squeeze and not minimalistic,
            activation if hard else ReLU,
            number,
        )
    x = convolve(x, eights(channels(x) * 6), 1, "conv_1")
    x = chain(x, _normalize("conv_1_bn"), activation())
    if alpha > 1:
        last = eights(last * alpha)

    def top(ask: Ask) -> list:
        return [
            GlobalAveragePooling2D(keepdims=True),
            Conv2D(last, 1, padding="same", name="conv_2"),
            activation(),
            *([Dropout(dropout_rate)] if dropout_rate > 0 else []),
            Conv2D(ask.classes, 1, padding="same", name="logits"),
            Flatten(),
            Activation(ask.classifier_activation, name="predictions"),
        ]

    return ask.end(x, top)


def _bottleneck(
    x: Any,
    wide: int,
    filters: int,
    window: int,
    stride: int,
    squeeze: bool,
    activation: Any,
    block: int,
) -> Any:
    prefix = f"expanded_conv_{block}_" if block else "expanded_conv_"
    y = x
    if block:
        y = convolve(y, wide, 1, f"{prefix}expand")
        y = chain(y, _normalize(f"{prefix}expand_bn"), activation())
    if stride == 2:
        y = pad_for_stride(y, window, f"{prefix}depthwise_pad")
    name = f"{prefix}depthwise"
    y = depthwise(y, window, stride, name)
    y = chain(y, _normalize(f"{name}_bn"), activation())
    if squeeze:
        y = _squeeze(y, wide, f"{prefix}squeeze_excite_")
    y = convolve(y, filters, 1, f"{prefix}project")
    y = _normalize(f"{prefix}project_bn")(y)
    return Add(name=f"{prefix}add")([x, y]) if stride == 1 and channels(x) == filters else y


def _squeeze(x: Any, filters: int, prefix: str) -> Any:
    """Each channel by a factor that is computed from the averages of all channels."""
    y = GlobalAveragePooling2D(keepdims=True, name=f"{prefix}avg_pool")(x)
    y = Conv2D(eights(filters * 0.25), 1, padding="same", name=f"{prefix}conv")(y)
    y = ReLU(name=f"{prefix}relu")(y)
    y = Conv2D(filters, 1, padding="same", name=f"{prefix}conv_1")(y)
    y = ReLU(6.0)(y + 3.0) * (1 / 6)
    return Multiply(name=f"{prefix}mul")([x, y])


def _normalize(name: str) -> BatchNormalization:
    return normalize(name, momentum=0.999)


_FAMILY = Family(
    __name__,
    _body,
    "bottlenecks found by search (Howard et al., 2019).",
    arguments=(
        "input_shape alpha minimalistic include_top weights input_tensor classes pooling "
        "dropout_rate classifier_activation include_preprocessing name"
    ),
    any_size=True,
)
MobileNetV3Small = _FAMILY.variant(
    "MobileNetV3Small", "MobileNetV3Small", 2_554_968, blocks=_SMALL, last=1024
)
MobileNetV3Large = _FAMILY.variant(
    "MobileNetV3Large", "MobileNetV3Large", 5_507_432, blocks=_LARGE, last=1280
)
preprocess_input = preprocessing(__name__, "none")
