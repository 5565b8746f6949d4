"""Intersection over union, from a confusion matrix of class numbers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.base.registry import register
from hornlet.metrics.metric import Metric


class _IoUBase(Metric):
    """Keeps the confusion matrix: rows are labels, columns predictions."""

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        name: Any = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(name=name, dtype=dtype or "int32")
        self.num_classes = num_classes
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", dtype=self.dtype, name="total_confusion_matrix"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if not self.sparse_y_true:
            y_true = ops.argmax(y_true, axis=self.axis)
        if not self.sparse_y_pred:
            y_pred = ops.argmax(y_pred, axis=self.axis)
        y_true = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        y_pred = ops.cast(ops.reshape(y_pred, (-1,)), "int32")
        kind = getattr(getattr(sample_weight, "dtype", None), "kind", "")
        if kind == "f" and "int" in self.dtype:
            warnings.warn(
                "You are passing weight as `float`, but dtype is `int`: the weights are truncated. "
                "Pass integer weights, or set `dtype='float32'`.",
                stacklevel=2,
            )
        weight = ops.convert_to_tensor(1 if sample_weight is None else sample_weight)
        weight = ops.cast(weight, self.dtype)
        if len(weight.shape) > 1:
            weight = ops.reshape(weight, (-1,))
        weight = ops.broadcast_to(weight, y_true.shape)
        n = self.num_classes
        inside = ops.logical_and(y_true >= 0, y_true < n)
        inside = ops.logical_and(inside, ops.logical_and(y_pred >= 0, y_pred < n))
        if self.ignore_class is not None:
            inside = ops.logical_and(inside, ops.not_equal(y_true, self.ignore_class))
        cell = ops.where(inside, y_true * n + y_pred, 0)
        weight = ops.where(inside, weight, ops.zeros_like(weight))
        counts = ops.segment_sum(weight, cell, num_segments=n * n)
        self.total_cm.assign_add(ops.cast(ops.reshape(counts, (n, n)), self.dtype))


@register("keras.metrics")
class IoU(_IoUBase):
    """`TP / (TP + FP + FN)`, the mean over some classes.

    Args:
        num_classes: number of classes.
        target_class_ids: the classes that count.
        name: as in `Metric`.
        dtype: dtype of the counts, int32 by default.
        ignore_class: a label whose samples do not count.
        sparse_y_true: whether labels are class numbers, otherwise one-hot.
        sparse_y_pred: whether predictions are class numbers, otherwise scores.
        axis: axis of the classes.

    >>> metric = keras.metrics.IoU(num_classes=2, target_class_ids=[0])
    >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: Any = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"Target class id {max(target_class_ids)} is out of range, which is "
                f"[0, {num_classes})."
            )
        self.target_class_ids = list(target_class_ids)

    def result(self) -> Any:
        matrix = ops.convert_to_tensor(self.total_cm)
        hits = ops.diag(matrix)
        union = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - hits
        wanted = np.asarray(self.target_class_ids, "int32")
        hits = ops.cast(ops.take(hits, wanted), "float32")
        union = ops.cast(ops.take(union, wanted), "float32")
        present = union > 1e-9
        iou = ops.where(present, hits / (union + epsilon()), 0.0)
        return ops.sum(iou) / (ops.sum(ops.cast(present, "float32")) + epsilon())


@register("keras.metrics")
class BinaryIoU(IoU):
    """Mean intersection over union of "below" and "above" a threshold.

    Args:
        target_class_ids: the classes that count: 0 below, 1 above.
        threshold: scores from it on are of class 1.
        name, dtype: as in `IoU`.

    >>> metric = keras.metrics.BinaryIoU(threshold=0.3)
    >>> round(float(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Any = (0, 1),
        threshold: float = 0.5,
        name: Any = None,
        dtype: Any = None,
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_pred = ops.convert_to_tensor(y_pred, dtype="float32") >= self.threshold
        super().update_state(y_true, ops.cast(y_pred, "int32"), sample_weight)


@register("keras.metrics")
class MeanIoU(IoU):
    """Mean intersection over union of all classes.

    Args: as in `IoU`, without `target_class_ids`.

    >>> round(float(keras.metrics.MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: Any = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        ids = list(range(num_classes))
        super().__init__(
            num_classes, ids, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        )


@register("keras.metrics")
class OneHotIoU(IoU):
    """Intersection over union of some classes, for one-hot labels.

    Args: as in `IoU`; predictions are scores unless `sparse_y_pred`.

    >>> metric = keras.metrics.OneHotIoU(num_classes=2, target_class_ids=[0, 1])
    >>> round(float(metric(np.eye(2), np.eye(2))), 4)
    1.0
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: Any = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )


@register("keras.metrics")
class OneHotMeanIoU(MeanIoU):
    """Mean intersection over union of all classes, for one-hot labels.

    Args: as in `OneHotIoU`, without `target_class_ids`.

    >>> round(float(keras.metrics.OneHotMeanIoU(num_classes=2)(np.eye(2), np.eye(2))), 4)
    1.0
    """

    def __init__(
        self,
        num_classes: int,
        name: Any = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
