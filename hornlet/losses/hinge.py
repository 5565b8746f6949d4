"""Margin losses: labels are -1 and 1 (or 0 and 1)."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.losses.wrapper import FunctionLoss


def _margin(y_true: Any, y_pred: Any) -> Any:
    """`max(1 - y_true * y_pred, 0)`, after turning labels 0 and 1 into -1 and 1."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    y_true = ops.where(binary, 2.0 * y_true - 1.0, y_true)
    return ops.maximum(1.0 - y_true * y_pred, 0.0)


@register("keras.losses")
def hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true * y_pred, 0))` over the last axis; labels -1 and 1, or 0 and 1.

    >>> keras.losses.hinge(np.array([[0.0, 1.0]]), np.array([[-2.0, 0.5]]))
    array([0.25])
    """
    return ops.mean(_margin(y_true, y_pred), axis=-1)


@register("keras.losses")
def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true * y_pred, 0)**2)` over the last axis; labels -1 and 1, or 0 and 1.

    >>> keras.losses.squared_hinge(np.array([[0.0, 1.0]]), np.array([[-2.0, 0.0]]))
    array([0.5])
    """
    return ops.mean(ops.square(_margin(y_true, y_pred)), axis=-1)


@register("keras.losses")
def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """`max(neg - pos + 1, 0)`: `pos = sum(y_true * y_pred)`, `neg = max((1 - y_true) * y_pred)`.

    >>> keras.losses.categorical_hinge(np.array([[0.0, 1.0]]), np.array([[0.5, 2.0]]))
    array([0.])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    pos = ops.sum(y_true * y_pred, axis=-1)
    neg = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(neg - pos + 1.0, 0.0)


@register("keras.losses")
class Hinge(FunctionLoss):
    """Mean of `max(1 - y_true * y_pred, 0)`.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> float(keras.losses.Hinge()(np.array([[0.0, 1.0]]), np.array([[-2.0, 0.5]])))
    0.25
    """

    def __init__(
        self, reduction: Any = "sum_over_batch_size", name: str = "hinge", dtype: Any = None
    ):
        super().__init__(hinge, reduction, name, dtype)


@register("keras.losses")
class SquaredHinge(FunctionLoss):
    """Mean of `max(1 - y_true * y_pred, 0)**2`.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> float(keras.losses.SquaredHinge()(np.array([[0.0, 1.0]]), np.array([[-2.0, 0.0]])))
    0.5
    """

    def __init__(
        self, reduction: Any = "sum_over_batch_size", name: str = "squared_hinge", dtype: Any = None
    ):
        super().__init__(squared_hinge, reduction, name, dtype)


@register("keras.losses")
class CategoricalHinge(FunctionLoss):
    """Margin between the true class and the best wrong one, for one-hot labels.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> float(keras.losses.CategoricalHinge()(np.array([[0.0, 1.0]]), np.array([[0.5, 1.0]])))
    0.5
    """

    def __init__(
        self,
        reduction: Any = "sum_over_batch_size",
        name: str = "categorical_hinge",
        dtype: Any = None,
    ):
        super().__init__(categorical_hinge, reduction, name, dtype)
