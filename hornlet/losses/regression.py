"""Losses between numbers: squared, absolute and relative errors, and angles."""

from __future__ import annotations

import math
from typing import Any

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.base.registry import register
from hornlet.losses.loss import squeeze_or_expand_to_same_rank
from hornlet.losses.wrapper import FunctionLoss


def _pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as tensors of the dtype of `y_pred` and of one rank."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    return squeeze_or_expand_to_same_rank(y_true, y_pred)


@register("keras.losses", aliases=("mse", "MSE"))
def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """`mean((y_true - y_pred)**2)` over the last axis.

    >>> keras.losses.mean_squared_error(np.array([[0.0, 1.0]]), np.array([[0.0, 3.0]]))
    array([2.])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@register("keras.losses", aliases=("mae", "MAE"))
def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """`mean(abs(y_true - y_pred))` over the last axis.

    >>> keras.losses.mean_absolute_error(np.array([[0.0, 1.0]]), np.array([[0.0, 3.0]]))
    array([1.])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


@register("keras.losses", aliases=("mape", "MAPE"))
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """`100 * mean(abs((y_true - y_pred) / y_true))` over the last axis.

    Divides by `keras.config.epsilon()` where `abs(y_true)` is smaller.

    >>> keras.losses.mean_absolute_percentage_error(np.array([[2.0]]), np.array([[3.0]]))
    array([50.])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    relative = ops.abs((y_true - y_pred) / ops.maximum(ops.abs(y_true), epsilon()))
    return 100.0 * ops.mean(relative, axis=-1)


@register("keras.losses", aliases=("msle", "MSLE"))
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """`mean((log(y_true + 1) - log(y_pred + 1))**2)` over the last axis.

    Values below `keras.config.epsilon()` count as epsilon.

    >>> keras.losses.mean_squared_logarithmic_error(np.array([[1.0]]), np.array([[1.0]]))
    array([0.])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    log_pred = ops.log(ops.maximum(y_pred, epsilon()) + 1.0)
    log_true = ops.log(ops.maximum(y_true, epsilon()) + 1.0)
    return ops.mean(ops.square(log_pred - log_true), axis=-1)


@register("keras.losses")
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between `y_true` and `y_pred`: -1 is the same direction.

    >>> keras.losses.cosine_similarity(np.array([[0.0, 2.0]]), np.array([[0.0, 3.0]]))
    array([-1.])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return -ops.sum(ops.normalize(y_true, axis) * ops.normalize(y_pred, axis), axis=axis)


@register("keras.losses")
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Mean over the last axis of `e**2 / 2` where the error `|e| <= delta`, linear beyond.

    Huber, 1964, "Robust Estimation of a Location Parameter".

    >>> keras.losses.huber(np.array([[0.0, 0.0]]), np.array([[1.0, 3.0]]))
    array([1.5])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    error = ops.abs(y_pred - y_true)
    inner = 0.5 * ops.square(error)
    return ops.mean(ops.where(error <= delta, inner, delta * error - 0.5 * delta**2), axis=-1)


@register("keras.losses")
def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """`mean(log(cosh(y_pred - y_true)))` over the last axis, without overflow.

    >>> keras.losses.log_cosh(np.array([[0.0]]), np.array([[1.0]])).round(4)
    array([0.4338])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    error = y_pred - y_true
    return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


@register("keras.losses")
class MeanSquaredError(FunctionLoss):
    """Mean of `(y_true - y_pred)**2`.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> float(keras.losses.MeanSquaredError()(np.zeros((2, 1)), np.full((2, 1), 3.0)))
    9.0
    """

    def __init__(
        self,
        reduction: Any = "sum_over_batch_size",
        name: str = "mean_squared_error",
        dtype: Any = None,
    ):
        super().__init__(mean_squared_error, reduction, name, dtype)


@register("keras.losses")
class MeanAbsoluteError(FunctionLoss):
    """Mean of `abs(y_true - y_pred)`.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> float(keras.losses.MeanAbsoluteError()(np.zeros((2, 1)), np.full((2, 1), 3.0)))
    3.0
    """

    def __init__(
        self,
        reduction: Any = "sum_over_batch_size",
        name: str = "mean_absolute_error",
        dtype: Any = None,
    ):
        super().__init__(mean_absolute_error, reduction, name, dtype)


@register("keras.losses")
class MeanAbsolutePercentageError(FunctionLoss):
    """Mean of `100 * abs((y_true - y_pred) / y_true)`.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> float(keras.losses.MeanAbsolutePercentageError()(np.full((1, 1), 2.0), np.ones((1, 1))))
    50.0
    """

    def __init__(
        self,
        reduction: Any = "sum_over_batch_size",
        name: str = "mean_absolute_percentage_error",
        dtype: Any = None,
    ):
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


@register("keras.losses")
class MeanSquaredLogarithmicError(FunctionLoss):
    """Mean of `(log(y_true + 1) - log(y_pred + 1))**2`.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> float(keras.losses.MeanSquaredLogarithmicError()(np.ones((1, 1)), np.ones((1, 1))))
    0.0
    """

    def __init__(
        self,
        reduction: Any = "sum_over_batch_size",
        name: str = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ):
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


@register("keras.losses")
class CosineSimilarity(FunctionLoss):
    """Minus the cosine of the angle between `y_true` and `y_pred`.

    Args:
        axis: axis of the vectors; `reduction`, `name` and `dtype` as in `Loss`.

    >>> float(keras.losses.CosineSimilarity()(np.array([[0.0, 1.0]]), np.array([[0.0, 3.0]])))
    -1.0
    """

    unwritten = {"axis": -1}

    def __init__(
        self,
        axis: int = -1,
        reduction: Any = "sum_over_batch_size",
        name: str = "cosine_similarity",
        dtype: Any = None,
    ):
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)


@register("keras.losses")
class Huber(FunctionLoss):
    """Squared error near 0, absolute error beyond `delta`.

    Args:
        delta: where one becomes the other; `reduction`, `name` and `dtype` as in `Loss`.

    >>> float(keras.losses.Huber()(np.zeros((1, 2)), np.array([[1.0, 3.0]])))
    1.5
    """

    unwritten = {"delta": 1.0}

    def __init__(
        self,
        delta: float = 1.0,
        reduction: Any = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: Any = None,
    ):
        super().__init__(huber, reduction, name, dtype, delta=delta)


@register("keras.losses")
class LogCosh(FunctionLoss):
    """Mean of `log(cosh(y_pred - y_true))`.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> float(keras.losses.LogCosh()(np.zeros((1, 1)), np.zeros((1, 1))))
    0.0
    """

    def __init__(
        self, reduction: Any = "sum_over_batch_size", name: str = "log_cosh", dtype: Any = None
    ):
        super().__init__(log_cosh, reduction, name, dtype)
