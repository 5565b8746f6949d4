"""VGG: stacks of 3 by 3 convolutions, and the variant of 16 layers with weights."""

from __future__ import annotations

from typing import Any

from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.layers.convolution import Conv2D
from hornlet.layers.core import Dense
from hornlet.layers.pooling import MaxPooling2D
from hornlet.layers.reshaping import Flatten

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]


def body(x: Any, ask: Ask, *, depths: tuple[int, ...]) -> Any:
    """Five stacks of convolutions, with a pooling after each."""
    for block, (filters, depth) in enumerate(zip((64, 128, 256, 512, 512), depths), 1):
        for number in range(1, depth + 1):
            name = f"block{block}_conv{number}"
            x = Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    return ask.end(x, _top, names=(None, None, None))


def _top(ask: Ask) -> list:
    dense = [Dense(4096, activation="relu", name=name) for name in ("fc1", "fc2")]
    return [Flatten(name="flatten"), *dense, ask.predictions()]


def family(module: str) -> Family:
    """The family as public in `module`."""
    about = "3 by 3 convolutions in five stacks (Simonyan and Zisserman, 2014)."
    return Family(module, body, about)


VGG16 = family(__name__).variant("VGG16", "vgg16", 138_357_544, depths=(2, 2, 3, 3, 3))
preprocess_input = preprocessing(__name__, "caffe")
