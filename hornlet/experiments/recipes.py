"""The networks that the engine's best figures come from. Folds 0 to 7 alone chose the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import hornlet.layers as layers
import hornlet.models as models
from hornlet.losses import CategoricalCrossentropy
from hornlet.optimizers import Adam
from hornlet.optimizers.schedules import CosineDecay

SIZE = 28


class Recipe(NamedTuple):
    """How a network is made and trained; distortions are shares of the picture or of a turn."""

    build: Callable[[int], list]
    epochs: int
    batch: int
    rate: float
    smoothing: float
    shift: float
    turn: float
    zoom: float


def _deep(classes: int) -> list:
    """The report's network: five relu layers of 1200."""
    hidden = [
        layers.Dense(1200, activation="relu", kernel_initializer="he_normal") for _ in range(5)
    ]
    return [layers.Flatten(), *hidden, layers.Dense(classes)]


def _convolution(filters: int) -> list:
    return [
        layers.Conv2D(filters, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
    ]


def _cnn(classes: int) -> list:
    """Five convolutions on the part of the picture in which letters can stand."""
    return [
        layers.Cropping2D(((2, 2), (5, 5))),
        *_convolution(32), *_convolution(32), layers.MaxPooling2D(2),
        *_convolution(64), *_convolution(64), layers.MaxPooling2D(2), layers.Dropout(0.15),
        *_convolution(128), layers.Flatten(), layers.Dropout(0.3), layers.Dense(classes),
    ]  # fmt: skip


RECIPES = {
    "deep": Recipe(_deep, 8, 128, 1e-3, 0.0, shift=0.08, turn=0.03, zoom=0.15),
    "cnn": Recipe(_cnn, 10, 64, 2e-3, 0.0, shift=0.08, turn=0.03, zoom=0.15),
}


def compiled(kind: str, classes: int, steps: int) -> models.Sequential:
    """The network `kind` for pictures of 28x28 from 0 to 255, ready for `steps` steps.

    Small shifts, turns and changes of size in training are what tells writers apart but not
    letters.
    """
    own = RECIPES[kind]
    model = models.Sequential(
        [
            layers.Input((SIZE, SIZE)),
            layers.Rescaling(1 / 255),
            layers.Reshape((SIZE, SIZE, 1)),
            layers.RandomTranslation(own.shift, own.shift, fill_mode="constant"),
            layers.RandomRotation(own.turn, fill_mode="constant"),
            layers.RandomZoom(own.zoom, own.zoom, fill_mode="constant"),
            *own.build(classes),
        ]
    )
    model.compile(
        optimizer=Adam(CosineDecay(own.rate, steps)),
        loss=CategoricalCrossentropy(from_logits=True, label_smoothing=own.smoothing),
        metrics=["accuracy"],
    )
    return model
