"""Inception version 3: branches of different windows side by side, joined by their channels.

The network is a table of steps; a step is a function from symbol to symbol.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornlet.applications.blocks import chain, join, normalize
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import Ask, Family
from hornlet.layers.convolution import Conv2D
from hornlet.layers.core import Activation
from hornlet.layers.pooling import AveragePooling2D, MaxPooling2D

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

Step = Callable[[Any], Any]


def convolve(filters: int, window: Any, name: str | None = None, **options: Any) -> Step:
    """The step of a convolution, normalized and activated."""
    parts = (None, None, None) if name is None else (name, f"{name}_bn", f"{name}_ac")

    def step(x: Any) -> Any:
        layer = Conv2D(filters, window, use_bias=False, name=parts[0], **{**_SAME, **options})
        normalization = normalize(parts[1], scale=False)
        return chain(x, layer, normalization, Activation("relu", name=parts[2]))

    return step


def average(x: Any) -> Any:
    """The step of the means of 3 by 3 windows, which keeps the size."""
    return AveragePooling2D(3, strides=1, padding="same")(x)


def halve(x: Any) -> Any:
    """The step of the maxima of 3 by 3 windows, which halves the size."""
    return MaxPooling2D(3, strides=2)(x)


def fork(*branches: tuple[Step, ...], name: str | None = None) -> Step:
    """The step of several branches, each a row of steps, that are joined again."""
    return lambda x: join([chain(x, *branch) for branch in branches], name)


_SAME = {"padding": "same"}
_HALF: dict[str, Any] = {"strides": 2, "padding": "valid"}
STEM: tuple[Step, ...] = (
    convolve(32, 3, **_HALF),
    convolve(32, 3, padding="valid"),
    convolve(64, 3),
    halve,
    convolve(80, 1, padding="valid"),
    convolve(192, 3, padding="valid"),
    halve,
)


def _squares(pooled: int, name: str) -> Step:
    return fork(
        (convolve(64, 1),),
        (convolve(48, 1), convolve(64, 5)),
        (convolve(64, 1), convolve(96, 3), convolve(96, 3)),
        (average, convolve(pooled, 1)),
        name=name,
    )


def _strips(n: int, name: str) -> Step:
    """Windows of 7 by 7 as pairs of strips."""
    row, column = (1, 7), (7, 1)
    return fork(
        (convolve(192, 1),),
        (convolve(n, 1), convolve(n, row), convolve(192, column)),
        (
            convolve(n, 1),
            convolve(n, column),
            convolve(n, row),
            convolve(n, column),
            convolve(192, row),
        ),
        (average, convolve(192, 1)),
        name=name,
    )


def _crosses(number: int) -> Step:
    """Windows of 3 by 3 as a row and a column side by side."""
    cross = ((convolve(384, (1, 3)),), (convolve(384, (3, 1)),))
    return fork(
        (convolve(320, 1),),
        (convolve(384, 1), fork(*cross, name=f"mixed9_{number}")),
        (convolve(448, 1), convolve(384, 3), fork(*cross)),
        (average, convolve(192, 1)),
        name=f"mixed{9 + number}",
    )


_STEPS: tuple[Step, ...] = (
    *STEM,
    _squares(32, "mixed0"),
    _squares(64, "mixed1"),
    _squares(64, "mixed2"),
    fork(
        (convolve(384, 3, **_HALF),),
        (convolve(64, 1), convolve(96, 3), convolve(96, 3, **_HALF)),
        (halve,),
        name="mixed3",
    ),
    _strips(128, "mixed4"),
    _strips(160, "mixed5"),
    _strips(160, "mixed6"),
    _strips(192, "mixed7"),
    fork(
        (convolve(192, 1), convolve(320, 3, **_HALF)),
        (
            convolve(192, 1),
            convolve(192, (1, 7)),
            convolve(192, (7, 1)),
            convolve(192, 3, **_HALF),
        ),
        (halve,),
        name="mixed8",
    ),
    _crosses(0),
    _crosses(1),
)


def _body(x: Any, ask: Ask) -> Any:
    return ask.end(chain(x, *_STEPS), names=("avg_pool", None, None))


_FAMILY = Family(
    __name__, _body, "windows of several sizes (Szegedy et al., 2015).", size=299, least=75
)
InceptionV3 = _FAMILY.variant("InceptionV3", "inception_v3", 23_851_784)
preprocess_input = preprocessing(__name__, "tf")
