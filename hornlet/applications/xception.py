"""Xception: depthwise separable convolutions in residual blocks."""

from __future__ import annotations

from typing import Any

from hornlet.applications.blocks import chain, normalize
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.layers.convolution import Conv2D
from hornlet.layers.convolution_separable import SeparableConv2D
from hornlet.layers.core import Activation
from hornlet.layers.merging import Add
from hornlet.layers.pooling import MaxPooling2D

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

# Filters of each block's separable convolutions, from block 2 on; the middle ones keep the size.
_BLOCKS = ((128, 128), (256, 256), (728, 728), *[(728, 728, 728)] * 8, (728, 1024))


def _body(x: Any, ask: Ask) -> Any:
    x = Conv2D(32, 3, strides=2, use_bias=False, name="block1_conv1")(x)
    x = chain(x, normalize("block1_conv1_bn"), _relu("block1_conv1"))
    x = Conv2D(64, 3, use_bias=False, name="block1_conv2")(x)
    x = chain(x, normalize("block1_conv2_bn"), _relu("block1_conv2"))
    for number, widths in enumerate(_BLOCKS, 2):
        x = _residual(x, widths, f"block{number}", activated=number == 2)
    for number, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{number}"
        x = chain(x, *_separable(filters, name), _relu(name))
    return ask.end(x, names=("avg_pool", None, None))


def _residual(x: Any, widths: tuple[int, ...], block: str, activated: bool) -> Any:
    shortcut, halve = x, len(widths) == 2
    if halve:
        shortcut = Conv2D(widths[-1], 1, strides=2, padding="same", use_bias=False)(x)
        shortcut = normalize()(shortcut)
    for number, filters in enumerate(widths, 1):
        name = f"{block}_sepconv{number}"
        if number > 1 or not activated:
            x = _relu(name)(x)
        x = chain(x, *_separable(filters, name))
    if halve:
        x = MaxPooling2D(3, strides=2, padding="same", name=f"{block}_pool")(x)
    return Add()([x, shortcut])


def _relu(name: str) -> Activation:
    return Activation("relu", name=f"{name}_act")


def _separable(filters: int, name: str) -> list:
    return [
        SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name),
        normalize(f"{name}_bn"),
    ]


_FAMILY = Family(
    __name__,
    _body,
    "separable convolutions in residual blocks (Chollet, 2016).",
    size=299,
    least=71,
)
Xception = _FAMILY.variant("Xception", "xception", 22_910_480)
preprocess_input = preprocessing(__name__, "tf")
