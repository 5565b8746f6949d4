"""EfficientNet: inverted bottlenecks with squeezing, grown in width, depth and picture together."""

from __future__ import annotations

from math import ceil
from typing import Any

from hornlet.applications.blocks import (
    chain,
    channel_axis,
    channels,
    convolve,
    depthwise,
    eights,
    normalize,
    pad_for_stride,
)
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.initializers.random import VarianceScaling
from hornlet.layers.core import Activation
from hornlet.layers.merging import Add, Multiply
from hornlet.layers.pooling import GlobalAveragePooling2D
from hornlet.layers.preprocessing import Normalization, Rescaling
from hornlet.layers.regularization import Dropout
from hornlet.layers.reshaping import Reshape

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]

# Depth, filters, factor of expansion, window and stride of each stage.
_STAGES = (
    (1, 16, 1, 3, 1), (2, 24, 6, 3, 2), (2, 40, 6, 5, 2), (3, 80, 6, 3, 2),
    (3, 112, 6, 5, 1), (4, 192, 6, 5, 2), (1, 320, 6, 3, 1),
)  # fmt: skip
# At the last block; the rate grows from none at the first one.
_DROPPED = 0.2


def _body(x: Any, ask: Ask, *, width: float, depth: float, dropout: float) -> Any:
    x = Rescaling(1 / 255)(x)
    x = Normalization(axis=channel_axis())(x)
    x = pad_for_stride(x, 3, "stem_conv_pad")
    filters, start = eights(32 * width), {"padding": "valid", "kernel_initializer": kernel()}
    x = convolve(x, filters, 3, "stem_conv", strides=2, **start)
    x = chain(x, *normalize_activate("stem_"))
    depths = [ceil(depth * stage[0]) for stage in _STAGES]
    block = 0
    for stage, (repeats, row) in enumerate(zip(depths, _STAGES), 1):
        _, filters, factor, window, first = row
        for number in range(repeats):
            stride = first if number == 0 else 1
            name = f"block{stage}{chr(ord('a') + number)}_"
            y = expanded = expand(x, factor, name)
            if stride == 2:
                y = pad_for_stride(y, window, f"{name}dwconv_pad")
            y = depthwise(y, window, stride, f"{name}dwconv", depthwise_initializer=kernel())
            y = chain(y, *normalize_activate(name))
            y = squeeze(y, channels(x), channels(expanded), name)
            rate = _DROPPED * block / sum(depths)
            x = project(x, y, eights(filters * width), stride, rate, name)
            block += 1
    x = unit(x, eights(1280 * width), 1, "top_")
    return ask.end(x, classifier(dropout))


def kernel() -> VarianceScaling:
    """How the kernels of convolutions start."""
    return VarianceScaling(scale=2.0, mode="fan_out", distribution="truncated_normal")


def normalize_activate(prefix: str, **options: Any) -> list:
    """Batch normalization and the activation."""
    return [
        normalize(f"{prefix}bn", **options),
        Activation("swish", name=f"{prefix}activation"),
    ]


def unit(x: Any, filters: int, window: int, prefix: str, strides: int = 1, **options: Any) -> Any:
    """A convolution, normalized and activated; `options` are the normalization's."""
    start = {"strides": strides, "kernel_initializer": kernel()}
    y = convolve(x, filters, window, f"{prefix}conv", **start)
    return chain(y, *normalize_activate(prefix, **options))


def expand(x: Any, factor: int, name: str, **options: Any) -> Any:
    """`factor` times as many channels."""
    if factor == 1:
        return x
    return unit(x, factor * channels(x), 1, f"{name}expand_", **options)


def squeeze(x: Any, narrow: int, wide: int, name: str) -> Any:
    """Each channel by a factor that is computed from the averages of all channels."""
    y = GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    shape = (wide, 1, 1) if channel_axis() == 1 else (1, 1, wide)
    y = Reshape(shape, name=f"{name}se_reshape")(y)
    for filters, activation, part in (
        (max(1, narrow // 4), "swish", "reduce"),
        (wide, "sigmoid", "expand"),
    ):
        start = {"use_bias": True, "kernel_initializer": kernel()}
        y = convolve(y, filters, 1, f"{name}se_{part}", activation=activation, **start)
    return Multiply(name=f"{name}se_excite")([x, y])


def project(
    x: Any,
    y: Any,
    filters: int,
    stride: int,
    rate: float,
    name: str,
    window: int = 1,
    strides: int = 1,
    activated: bool = False,
    **options: Any,
) -> Any:
    """Back to few channels, added to `x` where the shape is the same; whole samples are dropped."""
    start = {"strides": strides, "kernel_initializer": kernel()}
    y = convolve(y, filters, window, f"{name}project_conv", **start)
    y = chain(y, *normalize_activate(f"{name}project_", **options)[: 1 + activated])
    if stride != 1 or channels(x) != filters:
        return y
    if rate > 0:
        y = Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(y)
    return Add(name=f"{name}add")([y, x])


def classifier(dropout: float) -> Any:
    """The classifier: an average, dropout and a dense layer."""

    def top(ask: Ask) -> list:
        start = VarianceScaling(scale=1 / 3, mode="fan_out", distribution="uniform")
        return [
            GlobalAveragePooling2D(name="avg_pool"),
            *([Dropout(dropout, name="top_dropout")] if dropout > 0 else []),
            ask.predictions(kernel_initializer=start),
        ]

    return top


_FAMILY = Family(__name__, _body, "an EfficientNet (Tan and Le, 2019).")
(
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
) = (
    _FAMILY.variant(
        f"EfficientNetB{number}",
        f"efficientnetb{number}",
        parameters,
        size=size,
        width=width,
        depth=depth,
        dropout=dropout,
    )
    for number, (parameters, size, width, depth, dropout) in enumerate(
        (
            (5_330_571, 224, 1.0, 1.0, 0.2),
            (7_856_239, 240, 1.0, 1.1, 0.2),
            (9_177_569, 260, 1.1, 1.2, 0.3),
            (12_320_535, 300, 1.2, 1.4, 0.3),
            (19_466_823, 380, 1.4, 1.8, 0.4),
            (30_562_527, 456, 1.6, 2.2, 0.4),
            (43_265_143, 528, 1.8, 2.6, 0.5),
            (66_658_687, 600, 2.0, 3.1, 0.5),
        )
    )
)
preprocess_input = preprocessing(__name__, "none")
