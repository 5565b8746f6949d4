"""The four activations, and their derivatives as functions of the activation's output."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.activations as library
import hornlet.ops as ops
from hornlet.base.names import one_of


def sigmoid(x: Any, deriv: bool = False) -> Any:
    """Sigmoid ``1 / (1 + exp(-x))``; with `deriv` the slope ``y (1 - y)`` at the output ``y = x``.

    Args:
        x: an array; with `deriv` the activation's output.
        deriv: whether to return the slope.

    >>> sigmoid = keras.mini.activations.sigmoid
    >>> sigmoid(np.zeros(2)), sigmoid(np.array([0.5]), deriv=True)
    (array([0.5, 0.5]), array([0.25]))
    """
    x = ops.convert_to_tensor(x)
    return x * (1 - x) if deriv else library.sigmoid(x)


def relu(x: Any, deriv: bool = False) -> Any:
    """``max(x, 0)``; with `deriv` the slope, 1 where the output is positive and else 0.

    Args:
        x: an array; with `deriv` the activation's output.
        deriv: whether to return the slope.

    >>> relu = keras.mini.activations.relu
    >>> relu(np.array([-1.0, 2.0])), relu(np.array([0.0, 2.0]), deriv=True)
    (array([0., 2.]), array([0., 1.]))
    """
    x = ops.convert_to_tensor(x)
    return ops.cast(x > 0, x.dtype) if deriv else library.relu(x)


def linear(x: Any, deriv: bool = False) -> Any:
    """`x` itself; with `deriv` its slope, 1 everywhere.

    Args:
        x: an array.
        deriv: whether to return the slope.

    >>> keras.mini.activations.linear(np.array([3.0]), deriv=True)
    array([1.])
    """
    x = ops.convert_to_tensor(x)
    return ops.ones_like(x) if deriv else library.linear(x)


def softmax(x: Any, deriv: bool = False) -> Any:
    """``exp(x) / sum(exp(x))`` along the last axis; with `deriv` the Jacobian at the output.

    Args:
        x: an array of the shape ``(..., k)``; with `deriv` the activation's output ``y``.
        deriv: whether to return the Jacobian ``dy_i / dx_j = y_i (1[i = j] - y_j)``, of the
            shape ``(..., k, k)``.

    >>> softmax = keras.mini.activations.softmax
    >>> softmax(np.array([[0.0, 0.0]])), softmax(np.array([[0.5, 0.5]]), deriv=True)
    (array([[0.5, 0.5]]), array([[[ 0.25, -0.25],
            [-0.25,  0.25]]]))
    """
    x = ops.convert_to_tensor(x)
    if not deriv:
        return library.softmax(x)
    identity = np.eye(x.shape[-1], dtype=x.dtype)
    return ops.expand_dims(x, -1) * (identity - ops.expand_dims(x, -2))


TYPES = {"sigmoid": sigmoid, "relu": relu, "softmax": softmax, "linear": linear}


def activation(x: Any, type: str = "relu", deriv: bool = False) -> Any:
    """The activation called `type`, or its derivative.

    Args:
        x: an array; with `deriv` the activation's output.
        type: "sigmoid", "relu", "softmax" or "linear".
        deriv: whether to return the derivative.

    Raises:
        ValueError: an unknown `type`.

    >>> keras.mini.activations.activation(np.array([-1.0, 2.0]), type="relu")
    array([0., 2.])
    """
    return TYPES[one_of("type", type, tuple(TYPES))](x, deriv)
