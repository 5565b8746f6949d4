"""Accuracy and its complement."""

from __future__ import annotations

from typing import Any

import numpy as np


def classes(y: Any) -> np.ndarray:
    """Class numbers of one-hot rows or probabilities; class numbers stay as they are."""
    y = np.asarray(y)
    return y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(-1).astype(int)


def accuracy(y_pred: Any, target: Any) -> float:
    """The share of rows whose largest probability stands at the target's class.

    Args:
        y_pred: probabilities of the shape ``(n, k)``, or class numbers.
        target: one-hot rows of the shape ``(n, k)``, or class numbers.

    Raises:
        ValueError: different numbers of rows.

    >>> keras.mini.metrics.accuracy([[0.9, 0.1], [0.8, 0.2]], [[1, 0], [0, 1]])
    0.5
    """
    found, wanted = classes(y_pred), classes(target)
    if len(found) != len(wanted) or not len(found):
        raise ValueError(
            "Arguments `y_pred` and `target` must have the same number of rows, at least one. "
            f"Received: {len(found)} and {len(wanted)}"
        )
    return float(np.mean(found == wanted))


def zero_one_loss(y_pred: Any, target: Any) -> float:
    """The share of rows that are wrong, ``1 - accuracy``.

    Args:
        y_pred: as in `accuracy`.
        target: as in `accuracy`.

    >>> keras.mini.metrics.zero_one_loss([[0.9, 0.1], [0.8, 0.2]], [[1, 0], [0, 1]])
    0.5
    """
    return 1 - accuracy(y_pred, target)
