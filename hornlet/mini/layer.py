"""What a mini-Keras layer is made of."""

from __future__ import annotations

from math import sqrt

from hornlet.base.names import one_of
from hornlet.initializers import Constant, RandomNormal
from hornlet.layers import Dense, Dropout
from hornlet.mini.activations import TYPES

BIAS = 0.01


class Layer:
    """A fully connected layer; the first one of a model only states the size of the input.

    Weights start normal with the standard deviation ``sqrt(2 / fan_in)``, biases at 0.01.

    Args:
        size: number of outputs.
        activation: "sigmoid", "relu", "softmax" or "linear".
        type: "dense", or "dropout" to drop outputs in training.
        dropout_keep_prob: with "dropout" the probability with which an output is kept; what is
            kept is divided by it.

    Raises:
        ValueError: an unknown name, a size that is no positive integer, a probability outside of
            ``(0, 1]``.

    >>> keras.mini.Layer(size=600, activation="relu", type="dropout", dropout_keep_prob=0.8)
    Layer(size=600, activation='relu', type='dropout', dropout_keep_prob=0.8)
    """

    def __init__(
        self,
        size: int = 10,
        activation: str = "linear",
        type: str = "dense",
        dropout_keep_prob: float = 1,
    ):
        if isinstance(size, bool) or not hasattr(size, "__index__") or size < 1:
            raise ValueError(f"Argument `size` must be a positive integer. Received: size={size!r}")
        if not isinstance(dropout_keep_prob, (int, float)) or not 0 < dropout_keep_prob <= 1:
            raise ValueError(
                "Argument `dropout_keep_prob` must be above 0 and at most 1. "
                f"Received: dropout_keep_prob={dropout_keep_prob!r}"
            )
        self.size = int(size)
        self.activation = one_of("activation", activation, tuple(TYPES))
        self.type = one_of("type", type, ("dense", "dropout"))
        self.dropout_keep_prob = dropout_keep_prob

    def __repr__(self) -> str:
        return (
            f"Layer(size={self.size}, activation={self.activation!r}, type={self.type!r}, "
            f"dropout_keep_prob={self.dropout_keep_prob})"
        )

    def build(self, inputs: int, logits: bool = False) -> list:
        """The library's layers that this one stands for, after `inputs` values.

        With `logits` its activation is left out.
        """
        dense = Dense(
            self.size,
            activation="linear" if logits else self.activation,
            kernel_initializer=RandomNormal(stddev=sqrt(2 / inputs)),
            bias_initializer=Constant(BIAS),
        )
        if not self.drops:
            return [dense]
        return [dense, Dropout(1 - self.dropout_keep_prob)]

    @property
    def drops(self) -> bool:
        """Whether outputs are dropped in training."""
        return self.type == "dropout" and self.dropout_keep_prob < 1
