"""The models that are put under load, small and of every kind that computes differently."""

import numpy as np

import hornlet as keras
from hornlet import layers


def dense():
    """Products and elementwise chains."""
    return keras.Sequential(
        [
            keras.Input((12,)),
            layers.Dense(16, "gelu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(3, "softmax"),
        ]
    )


def recurrent():
    """A loop whose body is a program of its own."""
    return keras.Sequential([keras.Input((6, 2)), layers.LSTM(5), layers.Dense(3)])


def pictures():
    """Convolution and pooling, in C where the extension is built."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def wide():
    """Large enough for the engine's second thread."""
    return keras.Sequential([keras.Input((64,)), layers.Dense(2048, "gelu"), layers.Dense(3)])


MODELS = {"dense": dense, "recurrent": recurrent, "pictures": pictures, "wide": wide}


def data(model, n, seed=0):
    """Inputs and targets of `n` rows."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, *model.input_shape[1:])).astype("float32")
    return x, random.normal(size=(n, 3)).astype("float32")
