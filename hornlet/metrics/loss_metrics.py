"""The losses as metrics: the mean over all samples of a loss function."""

from __future__ import annotations

from typing import Any

import hornlet.losses as losses
import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.losses.loss import squeeze_or_expand_to_same_rank
from hornlet.metrics.reduction import FunctionMetric, Mean


@register("keras.metrics", aliases=("mse", "MSE"))
class MeanSquaredError(FunctionMetric):
    """Mean of `(y_true - y_pred)**2`. Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.MeanSquaredError()(np.array([[0.0, 1.0]]), np.array([[1.0, 1.0]])))
    0.5
    """

    def __init__(self, name: str = "mean_squared_error", dtype: Any = None):
        super().__init__(losses.mean_squared_error, name, dtype)


@register("keras.metrics")
class RootMeanSquaredError(Mean):
    """Root of the mean of `(y_true - y_pred)**2`. Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.RootMeanSquaredError()(np.array([[0.0, 1.0]]), np.array([[2.0, 3.0]])))
    2.0
    """

    _direction = "down"

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        y_true = ops.convert_to_tensor(y_true, self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, self.dtype)
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        super().update_state(ops.square(y_pred - y_true), sample_weight)

    def result(self) -> Any:
        return ops.sqrt(super().result())


@register("keras.metrics", aliases=("mae", "MAE"))
class MeanAbsoluteError(FunctionMetric):
    """Mean of `|y_true - y_pred|`. Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.MeanAbsoluteError()(np.array([[0.0, 1.0]]), np.array([[1.0, 1.0]])))
    0.5
    """

    def __init__(self, name: str = "mean_absolute_error", dtype: Any = None):
        super().__init__(losses.mean_absolute_error, name, dtype)


@register("keras.metrics", aliases=("mape", "MAPE"))
class MeanAbsolutePercentageError(FunctionMetric):
    """Mean of `100 |y_true - y_pred| / |y_true|`. Args: `name` and `dtype` of `Metric`.

    >>> metric = keras.metrics.MeanAbsolutePercentageError()
    >>> float(metric(np.array([[2.0, 4.0]]), np.array([[1.0, 4.0]])))
    25.0
    """

    def __init__(self, name: str = "mean_absolute_percentage_error", dtype: Any = None):
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


@register("keras.metrics", aliases=("msle", "MSLE"))
class MeanSquaredLogarithmicError(FunctionMetric):
    """Mean of `(log(1 + y_true) - log(1 + y_pred))**2`. Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.MeanSquaredLogarithmicError()(np.zeros((1, 2)), np.zeros((1, 2))))
    0.0
    """

    def __init__(self, name: str = "mean_squared_logarithmic_error", dtype: Any = None):
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Cosine of the angle between `y_true` and `y_pred` along an axis."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    return ops.sum(ops.normalize(y_true, axis=axis) * ops.normalize(y_pred, axis=axis), axis=axis)


@register("keras.metrics")
class CosineSimilarity(FunctionMetric):
    """Mean cosine of the angle between label and prediction.

    Args:
        axis: axis of the vectors; `name` and `dtype` as in `Metric`.

    >>> metric = keras.metrics.CosineSimilarity()
    >>> round(float(metric(np.array([[0.0, 1.0]]), np.array([[1.0, 1.0]]))), 4)
    0.7071
    """

    _direction = "up"
    _config_exclude = ("axis",)
    axis: int

    def __init__(self, name: str = "cosine_similarity", dtype: Any = None, axis: int = -1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)

    def get_config(self) -> dict[str, Any]:
        """As Keras's, which leaves the axis out; one that is not -1 is written all the same."""
        config = super().get_config()
        return config if self.axis == -1 else {**config, "axis": self.axis}


@register("keras.metrics")
class LogCoshError(FunctionMetric):
    """Mean of `log(cosh(y_pred - y_true))`. Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.LogCoshError()(np.zeros((1, 2)), np.zeros((1, 2))))
    0.0
    """

    def __init__(self, name: str = "logcosh", dtype: Any = None):
        super().__init__(losses.log_cosh, name, dtype)


@register("keras.metrics")
class Hinge(FunctionMetric):
    """Mean of `max(1 - y_true * y_pred, 0)`. Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.Hinge()(np.array([[0.0, 1.0]]), np.array([[-2.0, 0.5]])))
    0.25
    """

    def __init__(self, name: str = "hinge", dtype: Any = None):
        super().__init__(losses.hinge, name, dtype)


@register("keras.metrics")
class SquaredHinge(FunctionMetric):
    """Mean of `max(1 - y_true * y_pred, 0)**2`. Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.SquaredHinge()(np.array([[0.0, 1.0]]), np.array([[-2.0, 0.0]])))
    0.5
    """

    def __init__(self, name: str = "squared_hinge", dtype: Any = None):
        super().__init__(losses.squared_hinge, name, dtype)


@register("keras.metrics")
class CategoricalHinge(FunctionMetric):
    """Mean margin between the true class and the best wrong one. Args: as in `Metric`.

    >>> float(keras.metrics.CategoricalHinge()(np.array([[0.0, 1.0]]), np.array([[0.5, 1.0]])))
    0.5
    """

    def __init__(self, name: str = "categorical_hinge", dtype: Any = None):
        super().__init__(losses.categorical_hinge, name, dtype)


@register("keras.metrics")
class KLDivergence(FunctionMetric):
    """Mean of `sum(y_true * log(y_true / y_pred))`. Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.KLDivergence()(np.full((1, 2), 0.5), np.full((1, 2), 0.5)))
    0.0
    """

    def __init__(self, name: str = "kl_divergence", dtype: Any = None):
        super().__init__(losses.kl_divergence, name, dtype)


@register("keras.metrics")
class Poisson(FunctionMetric):
    """Mean of `y_pred - y_true * log(y_pred)`. Args: `name` and `dtype` of `Metric`.

    >>> round(float(keras.metrics.Poisson()(np.ones((1, 2)), np.ones((1, 2)))), 4)
    1.0
    """

    def __init__(self, name: str = "poisson", dtype: Any = None):
        super().__init__(losses.poisson, name, dtype)


@register("keras.metrics", aliases=("bce", "BCE"))
class BinaryCrossentropy(FunctionMetric):
    """Mean crossentropy of labels 0 and 1.

    Args:
        from_logits: whether predictions are before the sigmoid.
        label_smoothing: how far labels are moved towards 0.5; `name` and `dtype` as in `Metric`.

    >>> round(float(keras.metrics.BinaryCrossentropy()(np.eye(2), np.full((2, 2), 0.5))), 4)
    0.6931
    """

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ):
        arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(losses.binary_crossentropy, name, dtype, **arguments)


@register("keras.metrics")
class CategoricalCrossentropy(FunctionMetric):
    """Mean crossentropy of one-hot labels.

    Args:
        from_logits: whether predictions are before the softmax.
        label_smoothing: share of each label given to all classes alike.
        axis: axis of the classes; `name` and `dtype` as in `Metric`.

    >>> round(float(keras.metrics.CategoricalCrossentropy()(np.eye(2), np.full((2, 2), 0.5))), 4)
    0.6931
    """

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ):
        arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(losses.categorical_crossentropy, name, dtype, **arguments)


@register("keras.metrics")
class SparseCategoricalCrossentropy(FunctionMetric):
    """Mean crossentropy with class numbers as labels.

    Args:
        from_logits: whether predictions are before the softmax.
        ignore_class: a label whose samples count as 0.
        axis: axis of the classes; `name` and `dtype` as in `Metric`.

    >>> round(float(keras.metrics.SparseCategoricalCrossentropy()([0, 1], np.full((2, 2), 0.5))), 4)
    0.6931
    """

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ):
        arguments = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(losses.sparse_categorical_crossentropy, name, dtype, **arguments)
