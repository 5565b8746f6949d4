"""The cross entropy of class probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops


def cross_entropy_loss(y_pred: Any, y_target: Any, deriv: bool = False) -> Any:
    """Mean cross entropy ``-mean_n sum_k t log(p)`` of probabilities `y_pred` and targets.

    Args:
        y_pred: probabilities of the shape ``(n, k)``.
        y_target: one-hot targets of the same shape.
        deriv: return the derivative by `y_pred`, ``-t / (p n)``; times the Jacobian of the
            softmax it is ``(p - t) / n``.

    Returns:
        a scalar, or an array of the shape of `y_pred`.

    >>> p, t = np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])
    >>> float(np.round(keras.mini.losses.cross_entropy_loss(p, t), 4))
    0.6931
    >>> keras.mini.losses.cross_entropy_loss(p, t, deriv=True)
    array([[-2., -0.]])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    if not np.issubdtype(y_pred.dtype, np.floating):
        y_pred = ops.cast(y_pred, "float32")
    y_target = ops.convert_to_tensor(y_target, dtype=y_pred.dtype)
    if y_pred.shape != y_target.shape:
        raise ValueError(
            "Arguments `y_pred` and `y_target` must have one shape. "
            f"Received: {tuple(y_pred.shape)} and {tuple(y_target.shape)}"
        )
    y_pred = ops.maximum(y_pred, np.finfo(y_pred.dtype).tiny)
    if deriv:
        return -y_target / (y_pred * len(y_pred))
    return ops.mean(-ops.sum(y_target * ops.log(y_pred), axis=-1))
