"""Inception-ResNet version 2: inception blocks whose sum is scaled and added to their input."""

from __future__ import annotations

from typing import Any

from hornlet.applications.blocks import chain, channels
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.inception_v3 import STEM, Step, average, convolve, fork, halve
from hornlet.applications.network import Ask, Family
from hornlet.base.registry import register
from hornlet.layers.base import Layer
from hornlet.layers.convolution import Conv2D
from hornlet.layers.core import Activation

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

_HALF: dict[str, Any] = {"strides": 2, "padding": "valid"}


@register("keras.src.applications.inception_resnet_v2")
class CustomScaleLayer(Layer):
    """The first input plus `scale` times the second."""

    def __init__(self, scale: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        """The sum."""
        return inputs[0] + inputs[1] * self.scale


# A kind of block: its scale, its branches, and how many there are.
_KINDS: dict[str, tuple[float, tuple[tuple[Step, ...], ...], int]] = {
    "block35": (
        0.17,
        (
            (convolve(32, 1),),
            (convolve(32, 1), convolve(32, 3)),
            (convolve(32, 1), convolve(48, 3), convolve(64, 3)),
        ),
        10,
    ),
    "block17": (
        0.1,
        ((convolve(192, 1),), (convolve(128, 1), convolve(160, (1, 7)), convolve(192, (7, 1)))),
        20,
    ),
    "block8": (
        0.2,
        ((convolve(192, 1),), (convolve(192, 1), convolve(224, (1, 3)), convolve(256, (3, 1)))),
        10,
    ),
}


def _blocks(kind: str) -> list[Step]:
    scale, branches, count = _KINDS[kind]
    steps = [_residual(branches, scale, f"{kind}_{n}", True) for n in range(1, count + 1)]
    if kind == "block8":  # the network's last block is neither scaled nor activated
        steps[-1] = _residual(branches, 1.0, f"{kind}_{count}", False)
    return steps


def _residual(branches: tuple, scale: float, name: str, activated: bool) -> Step:
    mixed = fork(*branches, name=f"{name}_mixed")

    def step(x: Any) -> Any:
        y = mixed(x)
        y = Conv2D(channels(x), 1, padding="same", name=f"{name}_conv")(y)
        y = CustomScaleLayer(scale)([x, y])
        return Activation("relu", name=f"{name}_ac")(y) if activated else y

    return step


_STEPS: tuple[Step, ...] = (
    *STEM,
    fork(
        (convolve(96, 1),),
        (convolve(48, 1), convolve(64, 5)),
        (convolve(64, 1), convolve(96, 3), convolve(96, 3)),
        (average, convolve(64, 1)),
        name="mixed_5b",
    ),
    *_blocks("block35"),
    fork(
        (convolve(384, 3, **_HALF),),
        (convolve(256, 1), convolve(256, 3), convolve(384, 3, **_HALF)),
        (halve,),
        name="mixed_6a",
    ),
    *_blocks("block17"),
    fork(
        (convolve(256, 1), convolve(384, 3, **_HALF)),
        (convolve(256, 1), convolve(288, 3, **_HALF)),
        (convolve(256, 1), convolve(288, 3), convolve(320, 3, **_HALF)),
        (halve,),
        name="mixed_7a",
    ),
    *_blocks("block8"),
    convolve(1536, 1, name="conv_7b"),
)


def _body(x: Any, ask: Ask) -> Any:
    return ask.end(chain(x, *_STEPS), names=("avg_pool", None, None))


_FAMILY = Family(
    __name__,
    _body,
    "inception blocks with residual connections (Szegedy et al., 2016).",
    size=299,
    least=75,
)
InceptionResNetV2 = _FAMILY.variant("InceptionResNetV2", "inception_resnet_v2", 55_873_736)
preprocess_input = preprocessing(__name__, "tf")
