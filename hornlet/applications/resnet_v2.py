"""Residual networks that normalize and activate before each convolution."""

from __future__ import annotations

from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Family
from hornlet.applications.resnet import body

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

_FAMILY = Family(__name__, body, "a preactivated residual network (He et al., 2016).")
ResNet50V2, ResNet101V2, ResNet152V2 = (
    _FAMILY.variant(title, title.lower(), parameters, depths=depths, preactivated=True)
    for title, parameters, depths in (
        ("ResNet50V2", 25_613_800, (3, 4, 6, 3)),
        ("ResNet101V2", 44_675_560, (3, 4, 23, 3)),
        ("ResNet152V2", 60_380_648, (3, 8, 36, 3)),
    )
)
preprocess_input = preprocessing(__name__, "tf")
