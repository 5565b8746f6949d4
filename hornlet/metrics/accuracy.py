"""Accuracies: how often predictions name the label."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.config import floatx
from hornlet.base.registry import register
from hornlet.losses.loss import squeeze_or_expand_to_same_rank
from hornlet.metrics.reduction import FunctionMetric


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where `y_true` equals `y_pred`, else 0."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    return ops.cast(ops.equal(y_true, y_pred), floatx())


@register("keras.metrics")
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where `y_pred > threshold` equals `y_true`, else 0.

    >>> keras.metrics.binary_accuracy(np.array([1.0, 1.0]), np.array([0.9, 0.2]))
    array([1., 0.], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    y_pred = ops.cast(ops.greater(y_pred, threshold), y_true.dtype)
    return ops.cast(ops.equal(y_true, y_pred), floatx())


@register("keras.metrics")
def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction is that of the one-hot label, else 0.

    >>> keras.metrics.categorical_accuracy(np.eye(2), np.array([[0.9, 0.1], [0.8, 0.2]]))
    array([1., 0.], dtype=float32)
    """
    y_true = ops.argmax(ops.convert_to_tensor(y_true), axis=-1)
    y_pred = ops.argmax(ops.convert_to_tensor(y_pred), axis=-1)
    return ops.cast(ops.equal(y_true, y_pred), floatx())


@register("keras.metrics")
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction is that of the class `y_true`, else 0.

    >>> scores = np.array([[0.9, 0.1], [0.8, 0.2]])
    >>> keras.metrics.sparse_categorical_accuracy(np.array([0, 1]), scores)
    array([1., 0.], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    shape = y_true.shape
    squeezed = len(shape) == len(y_pred.shape) and shape[-1] == 1
    if squeezed:
        y_true = ops.squeeze(y_true, -1)
    y_pred = ops.cast(ops.argmax(y_pred, axis=-1), y_true.dtype)
    matches = ops.cast(ops.equal(y_true, y_pred), floatx())
    if squeezed:
        matches = ops.reshape(matches, shape)
    if len(matches.shape) > 1 and matches.shape[-1] == 1:
        matches = ops.squeeze(matches, -1)
    return matches


@register("keras.metrics")
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the one-hot label is among the `k` largest predictions, else 0.

    >>> keras.metrics.top_k_categorical_accuracy(np.eye(3)[:1], np.array([[0.2, 0.5, 0.3]]), k=2)
    array([0.], dtype=float32)
    """
    y_true = ops.argmax(ops.convert_to_tensor(y_true), axis=-1)
    return sparse_top_k_categorical_accuracy(y_true, y_pred, k)


@register("keras.metrics")
def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """1 where the class `y_true` is among the `k` largest predictions, else 0.

    With `from_sorted_ids` the predictions are class numbers, the best first.

    >>> scores = np.array([[0.2, 0.5, 0.3]])
    >>> keras.metrics.sparse_top_k_categorical_accuracy(np.array([2]), scores, k=2)
    array([1.], dtype=float32)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    shape = y_true.shape
    y_pred = ops.reshape(y_pred, (-1, y_pred.shape[-1])) if len(y_pred.shape) > 2 else y_pred
    y_true = ops.reshape(y_true, (-1,)) if len(shape) > 1 else y_true
    if from_sorted_ids:
        y_true = ops.cast(ops.expand_dims(y_true, 1), y_pred.dtype)
        matches = ops.any(ops.equal(y_true, y_pred[:, :k]), axis=1)
    else:
        matches = ops.in_top_k(ops.cast(y_true, "int32"), y_pred, k=k)
    matches = ops.cast(matches, floatx())
    return ops.reshape(matches, shape) if len(shape) > 1 else matches


@register("keras.metrics")
class Accuracy(FunctionMetric):
    """Share of the predictions that equal their label.

    Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    _direction = "up"

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(accuracy, name, dtype)


@register("keras.metrics", aliases=("binary_accuracy",))
class BinaryAccuracy(FunctionMetric):
    """Share of the predictions on the right side of a threshold.

    Args:
        threshold: predictions above it count as 1; `name` and `dtype` as in `Metric`.

    >>> float(keras.metrics.BinaryAccuracy()([1, 1, 0, 0], [0.98, 1.0, 0.0, 0.6]))
    0.75
    """

    _direction = "up"

    def __init__(
        self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5
    ):
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


@register("keras.metrics", aliases=("categorical_accuracy",))
class CategoricalAccuracy(FunctionMetric):
    """Share of the samples whose largest prediction is that of their one-hot label.

    Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.CategoricalAccuracy()(np.eye(2), np.array([[0.9, 0.1], [0.8, 0.2]])))
    0.5
    """

    _direction = "up"

    def __init__(self, name: str = "categorical_accuracy", dtype: Any = None):
        super().__init__(categorical_accuracy, name, dtype)


@register("keras.metrics", aliases=("sparse_categorical_accuracy",))
class SparseCategoricalAccuracy(FunctionMetric):
    """Share of the samples whose largest prediction is that of their class number.

    Args: `name` and `dtype` of `Metric`.

    >>> scores = np.array([[0.9, 0.1], [0.8, 0.2]])
    >>> float(keras.metrics.SparseCategoricalAccuracy()([0, 1], scores))
    0.5
    """

    _direction = "up"

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: Any = None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


@register("keras.metrics", aliases=("top_k_categorical_accuracy",))
class TopKCategoricalAccuracy(FunctionMetric):
    """Share of the samples whose one-hot label is among the `k` largest predictions.

    Args:
        k: how many predictions count; `name` and `dtype` as in `Metric`.

    >>> metric = keras.metrics.TopKCategoricalAccuracy(k=2)
    >>> float(metric(np.eye(3)[:1], np.array([[0.2, 0.5, 0.3]])))
    0.0
    """

    _direction = "up"

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


@register("keras.metrics", aliases=("sparse_top_k_categorical_accuracy",))
class SparseTopKCategoricalAccuracy(FunctionMetric):
    """Share of the samples whose class number is among the `k` largest predictions.

    Args:
        k: how many predictions count.
        from_sorted_ids: whether predictions are class numbers, the best first; `name` and `dtype`
            as in `Metric`.

    >>> metric = keras.metrics.SparseTopKCategoricalAccuracy(k=2)
    >>> float(metric([2], np.array([[0.2, 0.5, 0.3]])))
    1.0
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ):
        arguments = {"k": k, "from_sorted_ids": from_sorted_ids}
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, **arguments)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if not config["from_sorted_ids"]:
            del config["from_sorted_ids"]
        return config
