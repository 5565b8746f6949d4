"""F scores, the R2 score and correlations."""

from __future__ import annotations

import warnings
from typing import Any

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.losses.loss import squeeze_or_expand_to_same_rank
from hornlet.metrics.metric import Metric
from hornlet.metrics.reduction import FunctionMetric


def _check_2d(metric: Any, y_true: Any, y_pred: Any) -> None:
    if len(y_true.shape) != 2 or len(y_pred.shape) != 2:
        raise ValueError(
            f"{type(metric).__name__} expects 2D inputs with shape (batch_size, output_dim). "
            f"Received input shapes: y_pred.shape={y_pred.shape} and y_true.shape={y_true.shape}."
        )


@register("keras.metrics")
class FBetaScore(Metric):
    """`(1 + beta**2) * precision * recall / (beta**2 * precision + recall)` of every class.

    Args:
        average: `None` for one score per class, `"micro"` over all counts, `"macro"` the mean over
            classes, `"weighted"` the mean weighted by the classes' sizes.
        beta: weight of the recall.
        threshold: predictions above it are positive; by default the largest of each sample is.
        name, dtype: as in `Metric`.

    Inputs have shape `(batch, classes)`.

    >>> metric = keras.metrics.FBetaScore(beta=2.0, threshold=0.5)
    >>> metric(np.array([[1.0, 1], [1, 0]]), np.array([[0.9, 0.1], [0.2, 0.8]])).round(3)
    array([0.556, 0.   ], dtype=float32)
    """

    _direction = "up"
    counted = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
    true_positives: Any
    false_positives: Any
    false_negatives: Any
    intermediate_weights: Any

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        one_of("average", average, (None, "micro", "macro", "weighted"))
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(
                "Invalid `beta` argument value. It should be a Python float > 0. "
                f"Received: beta={beta!r}"
            )
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            raise ValueError(
                "Invalid `threshold` argument value. It should be a Python float with "
                f"0 < threshold <= 1. Received: threshold={threshold!r}"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self._built = False

    def _build(self, n: int) -> None:
        shape = () if self.average == "micro" else (n,)
        for name in self.counted:
            setattr(self, name, self.add_variable(shape, "zeros", dtype=self.dtype, name=name))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        if not self._built:
            _check_2d(self, y_true, y_pred)
            self._build(y_pred.shape[-1])
        if self.threshold is None:
            largest = ops.max(y_pred, axis=-1, keepdims=True)
            y_pred = ops.logical_and(y_pred >= largest, ops.abs(y_pred) > 1e-9)
        else:
            y_pred = y_pred > self.threshold
        y_pred = ops.cast(y_pred, self.dtype)
        weight: Any = 1.0
        if sample_weight is not None:
            weight = ops.expand_dims(ops.convert_to_tensor(sample_weight, dtype=self.dtype), 1)
        axis = None if self.average == "micro" else 0
        self.true_positives.assign_add(ops.sum(y_pred * y_true * weight, axis=axis))
        self.false_positives.assign_add(ops.sum(y_pred * (1.0 - y_true) * weight, axis=axis))
        self.false_negatives.assign_add(ops.sum((1.0 - y_pred) * y_true * weight, axis=axis))
        self.intermediate_weights.assign_add(ops.sum(y_true * weight, axis=axis))

    def result(self) -> Any:
        tp = ops.convert_to_tensor(self.true_positives)
        precision = tp / (tp + self.false_positives + epsilon())
        recall = tp / (tp + self.false_negatives + epsilon())
        score = precision * recall / (self.beta**2 * precision + recall + epsilon())
        score = score * (1 + self.beta**2)
        if self.average == "weighted":
            sizes = ops.convert_to_tensor(self.intermediate_weights)
            return ops.sum(score * (sizes / (ops.sum(sizes) + epsilon())))
        return score if self.average is None else ops.mean(score)


@register("keras.metrics")
class F1Score(FBetaScore):
    """Harmonic mean of precision and recall: `FBetaScore` with `beta=1`.

    Args: as in `FBetaScore`.

    >>> metric = keras.metrics.F1Score(average="micro")
    >>> float(metric(np.eye(2), np.array([[0.9, 0.1], [0.2, 0.8]])).round(3))
    1.0
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: Any = None,
    ):
        super().__init__(average, 1.0, threshold, name, dtype)


@register("keras.metrics")
class R2Score(Metric):
    """Coefficient of determination: `1 - sum((y - p)**2) / sum((y - mean(y))**2)`.

    Args:
        class_aggregation: `None` for one score per output, `"uniform_average"` or
            `"variance_weighted_average"` over outputs.
        num_regressors: number of independent variables, for the adjusted score.
        name, dtype: as in `Metric`.

    Inputs have shape `(batch, outputs)`.

    >>> metric = keras.metrics.R2Score()
    >>> round(float(metric(np.array([[1.0], [4], [3]]), np.array([[2.0], [4], [4]]))), 4)
    0.5714
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype)
        known = (None, "uniform_average", "variance_weighted_average")
        one_of("class_aggregation", class_aggregation, known)
        if num_regressors < 0:
            raise ValueError(
                "Invalid value for argument `num_regressors`. Expected a value >= 0. "
                f"Received: num_regressors={num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._built = False

    def _build(self, n: int) -> None:
        self.squared_sum = self.add_variable((n,), "zeros", name="squared_sum")
        self.sum = self.add_variable((n,), "zeros", name="sum")
        self.total_mse = self.add_variable((n,), "zeros", name="residual")
        self.count = self.add_variable((n,), "zeros", name="count")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        if not self._built:
            _check_2d(self, y_true, y_pred)
            self._build(y_pred.shape[-1])
        weight = ops.convert_to_tensor(
            1 if sample_weight is None else sample_weight, dtype=self.dtype
        )
        if len(weight.shape) == 1:
            weight = ops.expand_dims(weight, 1)
        weight = ops.broadcast_to(weight, y_true.shape)
        weighted = y_true * weight
        self.sum.assign_add(ops.sum(weighted, axis=0))
        self.squared_sum.assign_add(ops.sum(y_true * weighted, axis=0))
        self.total_mse.assign_add(ops.sum(ops.square(y_true - y_pred) * weight, axis=0))
        self.count.assign_add(ops.sum(weight, axis=0))
        self.num_samples.assign_add(float(y_true.shape[0] * y_true.shape[1]))

    def result(self) -> Any:
        mean = ops.convert_to_tensor(self.sum) / self.count
        total = self.squared_sum - self.sum * mean
        scores = 1.0 - self.total_mse / total
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            score = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            score = ops.sum(total * scores) / ops.sum(total)
        else:
            score = scores
        return self._adjusted(score) if self.num_regressors else score

    def _adjusted(self, score: Any) -> Any:
        """`1 - (1 - score) (n - 1) / (n - p - 1)` where that is defined."""
        n, p = ops.convert_to_tensor(self.num_samples), float(self.num_regressors)
        if not hasattr(n, "node"):  # not in a trace: a number
            if p > n - 1:
                warnings.warn(
                    "More independent predictors than datapoints in adjusted R2 score. Falling "
                    "back to standard R2 score.",
                    stacklevel=3,
                )
            elif p == n - 1:
                warnings.warn(
                    "Division by zero in Adjusted R2 score. Falling back to standard R2 score.",
                    stacklevel=3,
                )
        rest = n - p - 1.0
        adjusted = 1.0 - (1.0 - score) * (n - 1.0) / ops.where(rest > 0, rest, 1.0)
        return ops.where(rest > 0, adjusted, score)


@register("keras.metrics")
def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Pearson's correlation of `y_true` and `y_pred` along an axis.

    >>> keras.metrics.pearson_correlation(np.array([[0.0, 1, 2]]), np.array([[0.0, 2, 4]])).round(4)
    array([1.])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    a = y_true - ops.mean(y_true, axis=axis, keepdims=True)
    b = y_pred - ops.mean(y_pred, axis=axis, keepdims=True)
    a = a / ops.std(a, axis=axis, keepdims=True)
    b = b / ops.std(b, axis=axis, keepdims=True)
    return ops.mean(a * b, axis=axis)


@register("keras.metrics")
def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Lin's concordance: the correlation, less where mean or scale differ, along an axis.

    >>> x = np.array([[0.0, 1, 2]])
    >>> keras.metrics.concordance_correlation(x, x).round(4)
    array([1.])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    mean = ops.mean(y_true, axis=axis, keepdims=True)
    mean_pred = ops.mean(y_pred, axis=axis, keepdims=True)
    var = ops.var(y_true - mean, axis=axis, keepdims=True)
    var_pred = ops.var(y_pred - mean_pred, axis=axis, keepdims=True)
    # As in Keras both factors are centred at the mean of the predictions; their sum is the same.
    product = (y_true - mean_pred) * (y_pred - mean_pred)
    norm = var + var_pred + ops.square(mean - mean_pred)
    return ops.mean(2.0 * product / (norm + epsilon()), axis=axis)


@register("keras.metrics", aliases=("pearson_correlation",))
class PearsonCorrelation(FunctionMetric):
    """Mean of Pearson's correlation of label and prediction.

    Args:
        axis: axis along which they are correlated; `name` and `dtype` as in `Metric`.

    >>> x = np.array([[0.0, 1, 3]])
    >>> round(float(keras.metrics.PearsonCorrelation()(x, 2 * x)), 4)
    1.0
    """

    _direction = "up"

    def __init__(self, name: str = "pearson_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)


@register("keras.metrics", aliases=("concordance_correlation",))
class ConcordanceCorrelation(FunctionMetric):
    """Mean of Lin's concordance correlation of label and prediction.

    Args:
        axis: axis along which they are correlated; `name` and `dtype` as in `Metric`.

    >>> x = np.array([[0.0, 1, 3]])
    >>> round(float(keras.metrics.ConcordanceCorrelation()(x, x)), 4)
    1.0
    """

    _direction = "up"

    def __init__(self, name: str = "concordance_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
