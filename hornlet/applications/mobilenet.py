"""MobileNet: depthwise convolutions, each followed by one over the channels."""

from __future__ import annotations

from typing import Any

from hornlet.applications.blocks import chain, convolve, depthwise, normalize, spatial
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.layers.activation import ReLU
from hornlet.layers.convolution import Conv2D
from hornlet.layers.core import Activation
from hornlet.layers.padding import ZeroPadding2D
from hornlet.layers.pooling import GlobalAveragePooling2D
from hornlet.layers.regularization import Dropout
from hornlet.layers.reshaping import Reshape

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

# Filters and stride of each pair of convolutions.
_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    *[(512, 1)] * 5, (1024, 2), (1024, 1),
)  # fmt: skip


def _body(x: Any, ask: Ask, *, alpha: float, depth_multiplier: int, dropout: float) -> Any:
    x = convolve(x, int(32 * alpha), 3, "conv1", strides=2)
    x = chain(x, *_normalize_relu("conv1"))
    for number, (filters, stride) in enumerate(_BLOCKS, 1):
        if stride == 2:
            x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
        name = f"conv_dw_{number}"
        x = depthwise(x, 3, stride, name, depth_multiplier=depth_multiplier)
        x = chain(x, *_normalize_relu(name))
        name = f"conv_pw_{number}"
        x = convolve(x, int(filters * alpha), 1, name)
        x = chain(x, *_normalize_relu(name))

    def top(ask: Ask) -> list:
        return [
            GlobalAveragePooling2D(keepdims=True),
            Dropout(dropout, name="dropout"),
            Conv2D(ask.classes, 1, padding="same", name="conv_preds"),
            Reshape((ask.classes,), name="reshape_2"),
            Activation(ask.classifier_activation, name="predictions"),
        ]

    return ask.end(x, top, names=(None, None, None))


def _normalize_relu(name: str) -> list:
    return [normalize(f"{name}_bn"), ReLU(6.0, name=f"{name}_relu")]


def _name(shape: tuple, *, alpha: float, **_: Any) -> str:
    return f"mobilenet_{alpha:0.2f}_{spatial(shape)[0]}"


_FAMILY = Family(
    __name__,
    _body,
    "depthwise separable convolutions for small devices (Howard et al., 2017).",
    arguments=(
        "input_shape alpha depth_multiplier dropout include_top weights input_tensor pooling "
        "classes classifier_activation name"
    ),
    naming=_name,
)
MobileNet = _FAMILY.variant("MobileNet", None, 4_253_864)
preprocess_input = preprocessing(__name__, "tf")
