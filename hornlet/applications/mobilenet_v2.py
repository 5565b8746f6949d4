"""MobileNet version 2: bottlenecks that are wide inside and narrow where they are added."""

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
    spatial,
)
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.layers.activation import ReLU
from hornlet.layers.batch_normalization import BatchNormalization
from hornlet.layers.merging import Add

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

# Filters, stride of the first block, and number of blocks in a stack.
_STACKS = (
    (16, 1, 1), (24, 2, 2), (32, 2, 3), (64, 2, 4), (96, 1, 3), (160, 2, 3), (320, 1, 1),
)  # fmt: skip


def _body(x: Any, ask: Ask, *, alpha: float) -> Any:
    filters = eights(32 * alpha)
    x = convolve(x, filters, 3, "Conv1", strides=2)
    x = chain(x, _normalize("bn_Conv1"), ReLU(6.0, name="Conv1_relu"))
    block = 0
    for filters, first, depth in _STACKS:
        for number in range(depth):
            stride = first if number == 0 else 1
            x = _bottleneck(x, eights(int(filters * alpha)), stride, block)
            block += 1
    last = eights(1280 * alpha) if alpha > 1 else 1280
    x = convolve(x, last, 1, "Conv_1")
    x = chain(x, _normalize("Conv_1_bn"), ReLU(6.0, name="out_relu"))
    return ask.end(x, names=(None, None, None))


def _bottleneck(x: Any, filters: int, stride: int, block: int) -> Any:
    prefix = f"block_{block}_" if block else "expanded_conv_"
    y = x
    if block:
        y = convolve(x, 6 * channels(x), 1, f"{prefix}expand")
        y = _normalize(f"{prefix}expand_BN")(y)
        y = ReLU(6.0, name=f"{prefix}expand_relu")(y)
    if stride == 2:
        y = pad_for_stride(y, 3, f"{prefix}pad")
    name = f"{prefix}depthwise"
    y = depthwise(y, 3, stride, name)
    y = chain(y, _normalize(f"{name}_BN"), ReLU(6.0, name=f"{name}_relu"))
    y = convolve(y, filters, 1, f"{prefix}project")
    y = _normalize(f"{prefix}project_BN")(y)
    return Add(name=f"{prefix}add")([x, y]) if stride == 1 and channels(x) == filters else y


def _normalize(name: str) -> BatchNormalization:
    return normalize(name, momentum=0.999)


def _name(shape: tuple, *, alpha: float, **_: Any) -> str:
    return f"mobilenetv2_{alpha:0.2f}_{spatial(shape)[0]}"


_FAMILY = Family(
    __name__,
    _body,
    "inverted residual blocks (Sandler et al., 2018).",
    arguments=(
        "input_shape alpha include_top weights input_tensor pooling classes "
        "classifier_activation name"
    ),
    naming=_name,
)
MobileNetV2 = _FAMILY.variant("MobileNetV2", None, 3_538_984)
preprocess_input = preprocessing(__name__, "tf")
