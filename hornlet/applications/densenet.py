"""Densely connected networks: every block sees the outputs of all blocks before it."""

from __future__ import annotations

from typing import Any

from hornlet.applications.blocks import chain, channels, join, normalize_relu
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.layers.convolution import Conv2D
from hornlet.layers.padding import ZeroPadding2D
from hornlet.layers.pooling import AveragePooling2D, MaxPooling2D

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

_GROWTH = 32


def _body(x: Any, ask: Ask, *, depths: tuple[int, ...]) -> Any:
    x = ZeroPadding2D(3)(x)
    x = Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = chain(x, *normalize_relu("conv1"), ZeroPadding2D(1))
    x = MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, depth in enumerate(depths, 2):
        if stage > 2:
            x = _halve(x, f"pool{stage - 1}")
        for number in range(1, depth + 1):
            x = _grow(x, f"conv{stage}_block{number}")
    return ask.end(chain(x, *normalize_relu()))


def _grow(x: Any, name: str) -> Any:
    y = chain(x, *normalize_relu(f"{name}_0"))
    y = Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = chain(y, *normalize_relu(f"{name}_1"))
    y = Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return join([x, y], f"{name}_concat")


def _halve(x: Any, name: str) -> Any:
    x = chain(x, *normalize_relu(name))
    x = Conv2D(channels(x) // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


_FAMILY = Family(
    __name__,
    _body,
    "a densely connected network (Huang et al., 2016).",
    layouts=("channels_last",),
)
DenseNet121, DenseNet169, DenseNet201 = (
    _FAMILY.variant(title, title.lower(), parameters, depths=depths)
    for title, parameters, depths in (
        ("DenseNet121", 8_062_504, (6, 12, 24, 16)),
        ("DenseNet169", 14_307_880, (6, 12, 32, 32)),
        ("DenseNet201", 20_242_984, (6, 12, 48, 32)),
    )
)
preprocess_input = preprocessing(__name__, "torch")
