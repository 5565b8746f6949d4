"""Overlap losses for segmentation: Dice and Tversky."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.base.registry import register
from hornlet.losses.wrapper import FunctionLoss


@register("keras.losses")
def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """`1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred))` over `axis`.

    >>> float(keras.losses.dice(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])).round(4))
    0.0
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    overlap = 2.0 * ops.sum(y_true * y_pred, axis=axis)
    total = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1 - overlap / (total + epsilon())


@register("keras.losses")
def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None
) -> Any:
    """`1 - tp / (tp + alpha * missed + beta * wrong)` over `axis`; Dice when both are 1/2.

    Salehi et al., 2017, arXiv:1706.05721.

    Args:
        y_true: labels between 0 and 1.
        y_pred: predictions of the same shape.
        alpha: weight of what is true but not predicted.
        beta: weight of what is predicted but not true.
        axis: axes of the sums; `None` for all.

    >>> float(keras.losses.tversky(np.array([[1.0, 1.0]]), np.array([[1.0, 0.0]])).round(4))
    0.3333
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    hit = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum((1 - y_pred) * y_true, axis=axis)
    wrong = ops.sum(y_pred * (1 - y_true), axis=axis)
    return 1 - hit / (hit + missed * alpha + wrong * beta + epsilon())


@register("keras.losses")
class Dice(FunctionLoss):
    """One minus the share of overlap of two regions.

    Args:
        axis: axes a region extends over, `None` for all of the batch; `reduction`, `name` and
            `dtype` as in `Loss`.

    >>> round(float(keras.losses.Dice()(np.eye(2), np.eye(2))), 4)
    0.0
    """

    def __init__(
        self,
        reduction: Any = "sum_over_batch_size",
        name: str = "dice",
        axis: Any = None,
        dtype: Any = None,
    ):
        super().__init__(dice, reduction, name, dtype, axis=axis)


@register("keras.losses")
class Tversky(FunctionLoss):
    """Dice loss with weights for what is missed and what is wrong.

    Args: see `keras.losses.tversky`; `reduction`, `name` and `dtype` as in `Loss`.

    >>> round(float(keras.losses.Tversky()(np.eye(2), np.eye(2))), 4)
    0.0
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: Any = "sum_over_batch_size",
        name: str = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ):
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)
