"""Residual networks: bottlenecks of three convolutions, added to what they started from."""

from __future__ import annotations

from typing import Any

from hornlet.applications.blocks import chain, normalize_relu
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.layers.convolution import Conv2D
from hornlet.layers.core import Activation
from hornlet.layers.merging import Add
from hornlet.layers.padding import ZeroPadding2D
from hornlet.layers.pooling import MaxPooling2D

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]


def body(x: Any, ask: Ask, *, depths: tuple[int, ...], preactivated: bool) -> Any:
    """Four stacks of bottlenecks; they normalize before their convolutions in version 2."""
    x = ZeroPadding2D(3, name="conv1_pad")(x)
    x = Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    if not preactivated:
        x = chain(x, *normalize_relu("conv1"))
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, depth in enumerate(depths, 2):
        filters = 16 * 2**stage
        for number in range(1, depth + 1):
            name = f"conv{stage}_block{number}"
            first = number == 1
            if preactivated:
                stride = 2 if number == depth and stage < 5 else 1
                x = _preactivated_bottleneck(x, filters, stride, first, name)
            else:
                stride = 2 if first and stage > 2 else 1
                x = _bottleneck(x, filters, stride, first, name)
    if preactivated:
        x = chain(x, *normalize_relu("post"))
    return ask.end(x)


def _bottleneck(x: Any, filters: int, stride: int, project: bool, name: str) -> Any:
    shortcut = x
    if project:
        shortcut = Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = normalize_relu(f"{name}_0")[0](shortcut)
    x = Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x)
    x = chain(x, *normalize_relu(f"{name}_1"))
    x = Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = chain(x, *normalize_relu(f"{name}_2"))
    x = Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    x = normalize_relu(f"{name}_3")[0](x)
    x = Add(name=f"{name}_add")([shortcut, x])
    return Activation("relu", name=f"{name}_out")(x)


def _preactivated_bottleneck(x: Any, filters: int, stride: int, project: bool, name: str) -> Any:
    y = chain(x, *normalize_relu(f"{name}_preact"))
    shortcut = x
    if project:
        shortcut = Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(y)
    elif stride > 1:
        shortcut = MaxPooling2D(1, strides=stride)(x)
    y = Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = chain(y, *normalize_relu(f"{name}_1"))
    y = ZeroPadding2D(1, name=f"{name}_2_pad")(y)
    y = Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(y)
    y = chain(y, *normalize_relu(f"{name}_2"))
    y = Conv2D(4 * filters, 1, name=f"{name}_3_conv")(y)
    return Add(name=f"{name}_out")([shortcut, y])


_FAMILY = Family(__name__, body, "a residual network (He et al., 2015).")
ResNet50, ResNet101, ResNet152 = (
    _FAMILY.variant(title, title.lower(), parameters, depths=depths, preactivated=False)
    for title, parameters, depths in (
        ("ResNet50", 25_636_712, (3, 4, 6, 3)),
        ("ResNet101", 44_707_176, (3, 4, 23, 3)),
        ("ResNet152", 60_419_944, (3, 8, 36, 3)),
    )
)
preprocess_input = preprocessing(__name__, "caffe")
