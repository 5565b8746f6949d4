"""The networks of the demo. A model's name tells which letters its outputs stand for."""

from __future__ import annotations

import hornlet.layers as layers
import hornlet.mini as mini
import hornlet.models as models
from hornlet.experiments.recipes import RECIPES

PREFIX = "letters_"
SIZE = 28


def _distortions(shift: float, turn: float, zoom: float) -> list:
    """What tells writers apart but not letters: small shifts, turns and changes of size."""
    return [
        layers.RandomTranslation(shift, shift, fill_mode="constant"),
        layers.RandomRotation(turn, fill_mode="constant"),
        layers.RandomZoom(zoom, zoom, fill_mode="constant"),
    ]


def dense(letters: str) -> models.Sequential:
    """The report's network: 784 inputs, five relu layers of 1200, a softmax."""
    return models.Sequential(
        [
            layers.Input((SIZE, SIZE)),
            layers.Rescaling(1 / 255),
            layers.Reshape((SIZE, SIZE, 1)),
            *_distortions(0.06, 0.02, 0.1),
            layers.Flatten(),
            *(layers.Dense(1200, activation="relu") for _ in range(5)),
            layers.Dense(len(letters), activation="softmax"),
        ],
        name=PREFIX + letters,
    )


def cnn(letters: str) -> models.Sequential:
    """The convolutional network of the experiments' recipes."""
    recipe = RECIPES["cnn"]
    return models.Sequential(
        [
            layers.Input((SIZE, SIZE)),
            layers.Rescaling(1 / 255),
            layers.Reshape((SIZE, SIZE, 1)),
            *_distortions(recipe.shift, recipe.turn, recipe.zoom),
            *recipe.build(len(letters)),
            layers.Softmax(),
        ],
        name=PREFIX + letters,
    )


def small(letters: str) -> mini.Sequential:
    """The report's network in mini-Keras."""
    model = mini.Sequential([mini.Layer(size=SIZE * SIZE)])
    for _ in range(5):
        model.add(mini.Layer(size=1200, activation="relu"))
    model.add(mini.Layer(size=len(letters), activation="softmax"))
    return model


def named(model: mini.Sequential, letters: str) -> models.Sequential:
    """The mini model as a Keras model that takes pictures, to save."""
    return models.Sequential(
        [
            layers.Input((SIZE, SIZE)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            *model.network.layers,
        ],
        name=PREFIX + letters,
    )


def uncompiled(model: models.Sequential) -> models.Sequential:
    """The same layers and weights without loss and optimizer."""
    return models.Sequential([layers.Input((SIZE, SIZE)), *model.layers], name=model.name)


def letters_of(model) -> str | None:
    """The letters that the outputs of a saved model stand for, None when its name does not tell."""
    letters = model.name[len(PREFIX) :]
    return letters if model.name.startswith(PREFIX) and letters.isalpha() else None
