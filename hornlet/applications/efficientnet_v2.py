"""EfficientNet version 2: the first stages convolve all channels at once."""

from __future__ import annotations

from math import ceil
from typing import Any

from hornlet.applications.blocks import chain, channel_axis, channels, depthwise, eights
from hornlet.applications.efficientnet import (
    classifier,
    expand,
    kernel,
    normalize_activate,
    project,
    squeeze,
    unit,
)
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import USUAL, Ask, Family
from hornlet.layers.preprocessing import Normalization, Rescaling

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]

# Filters of the stem; depth, filters, factor of expansion and stride of each stage. The stages
# before `_FUSED` convolve all channels at once, those after it are depthwise, with squeezing.
_FUSED = 3
_B = 32, (
    (1, 16, 1, 1), (2, 32, 4, 2), (2, 48, 4, 2), (3, 96, 4, 2), (5, 112, 6, 1), (8, 192, 6, 2),
)  # fmt: skip
_S = 24, (
    (2, 24, 1, 1), (4, 48, 4, 2), (4, 64, 4, 2), (6, 128, 4, 2), (9, 160, 6, 1), (15, 256, 6, 2),
)  # fmt: skip
_M = 24, (
    (3, 24, 1, 1), (5, 48, 4, 2), (5, 80, 4, 2), (7, 160, 4, 2), (14, 176, 6, 1), (18, 304, 6, 2),
    (5, 512, 6, 1),
)  # fmt: skip
_L = 32, (
    (4, 32, 1, 1), (7, 64, 4, 2), (7, 96, 4, 2), (10, 192, 4, 2), (19, 224, 6, 1), (25, 384, 6, 2),
    (7, 640, 6, 1),
)  # fmt: skip
_MOMENTUM = 0.9
# At the last block; the rate grows from none at the first one.
_DROPPED = 0.2


def _body(
    x: Any, ask: Ask, *, stages: tuple, width: float, depth: float, include_preprocessing: bool
) -> Any:
    stem, rows = stages
    if include_preprocessing:
        x = _scale(x, standardize=stages is _B)
    x = unit(x, _wide(stem, width), 3, "stem_", strides=2, momentum=_MOMENTUM)
    blocks = sum(row[0] for row in rows)
    block = 0
    for stage, (repeats, filters, factor, first) in enumerate(rows, 1):
        make = _fused if stage <= _FUSED else _block
        for number in range(ceil(depth * repeats)):
            stride = first if number == 0 else 1
            name = f"block{stage}{chr(ord('a') + number)}_"
            rate = _DROPPED * block / blocks
            x = make(x, _wide(filters, width), factor, stride, rate, name)
            block += 1
    x = unit(x, _wide(1280, width), 1, "top_", momentum=_MOMENTUM)
    return ask.end(x, classifier(0.2))


def _wide(filters: int, width: float) -> int:
    return eights(filters * width, shrink=1.0)


def _scale(x: Any, standardize: bool) -> Any:
    if not standardize or channels(x) != 3:
        return Rescaling(1 / 128, offset=-1)(x)
    mean, deviation = [0.485, 0.456, 0.406], (0.229, 0.224, 0.225)
    variance = [d**2 for d in deviation]
    normalization = Normalization(mean=mean, variance=variance, axis=channel_axis())
    return chain(x, Rescaling(1 / 255), normalization)


def _block(x: Any, filters: int, factor: int, stride: int, rate: float, name: str) -> Any:
    y = expand(x, factor, name, momentum=_MOMENTUM)
    options = {"padding": "same", "depthwise_initializer": kernel()}
    y = depthwise(y, 3, stride, f"{name}dwconv2", **options)
    y = chain(y, *normalize_activate(name, momentum=_MOMENTUM))
    y = squeeze(y, channels(x), channels(y), name)
    return project(x, y, filters, stride, rate, name, momentum=_MOMENTUM)


def _fused(x: Any, filters: int, factor: int, stride: int, rate: float, name: str) -> Any:
    if factor == 1:
        return project(
            x, x, filters, stride, rate, name, 3, stride, activated=True, momentum=_MOMENTUM
        )
    wide = factor * channels(x)
    y = unit(x, wide, 3, f"{name}expand_", strides=stride, momentum=_MOMENTUM)
    return project(x, y, filters, stride, rate, name, momentum=_MOMENTUM)


_FAMILY = Family(
    __name__,
    _body,
    "an EfficientNet of version 2 (Tan and Le, 2021).",
    arguments=USUAL.replace(" name", " include_preprocessing name"),
)
(
    EfficientNetV2B0,
    EfficientNetV2B1,
    EfficientNetV2B2,
    EfficientNetV2B3,
    EfficientNetV2S,
    EfficientNetV2M,
    EfficientNetV2L,
) = (
    _FAMILY.variant(
        f"EfficientNetV2{kind}",
        f"efficientnetv2-{kind.lower()}",
        parameters,
        size=size,
        stages=stages,
        width=width,
        depth=depth,
    )
    for kind, parameters, size, stages, width, depth in (
        ("B0", 7_200_312, 224, _B, 1.0, 1.0),
        ("B1", 8_212_124, 240, _B, 1.0, 1.1),
        ("B2", 10_178_374, 260, _B, 1.1, 1.2),
        ("B3", 14_467_622, 300, _B, 1.2, 1.4),
        ("S", 21_612_360, 384, _S, 1.0, 1.0),
        ("M", 54_431_388, 480, _M, 1.0, 1.0),
        ("L", 119_027_848, 480, _L, 1.0, 1.0),
    )
)
preprocess_input = preprocessing(__name__, "none")
