"""Counts of true and false positives and negatives, for one threshold or many at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.losses.loss import squeeze_or_expand_to_same_rank

NEVER = -1e10  # a score below every threshold


class Counts(NamedTuple):
    """Weighted counts of shape `(thresholds,)`, or `(thresholds, labels)` when by label."""

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any


def checked_thresholds(thresholds: Any, default: float) -> list[float]:
    """Thresholds as a list; ValueError for one outside of `[0, 1]`."""
    if thresholds is None:
        return [default]
    values = list(thresholds) if isinstance(thresholds, (list, tuple)) else [thresholds]
    wrong = [t for t in values if t is None or t < 0 or t > 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return values


def evenly_spaced(thresholds: Any) -> bool:
    """Whether thresholds cut [0, 1] into equal parts, so that a division finds the part."""
    n = len(thresholds)
    even = np.arange(n, dtype="float32") / max(n - 1, 1)
    return n >= 3 and bool(np.allclose(thresholds, even, atol=epsilon()))


def count(
    y_true: Any,
    y_pred: Any,
    thresholds: Any,
    dtype: str,
    sample_weight: Any = None,
    top_k: int | None = None,
    class_id: int | None = None,
    by_label: bool = False,
    label_weights: Any = None,
) -> Counts:
    """Counts predictions above each threshold, and the others, by what their label is."""
    y_true = ops.cast(ops.convert_to_tensor(y_true), dtype)
    y_pred = ops.cast(ops.convert_to_tensor(y_pred), dtype)
    y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
    if sample_weight is not None:
        weight = ops.expand_dims(ops.cast(ops.convert_to_tensor(sample_weight), dtype), -1)
        _, sample_weight = squeeze_or_expand_to_same_rank(y_true, weight, expand_rank_1=False)
    if top_k is not None:
        y_pred = _only_top(y_pred, top_k)
    if class_id is not None:
        if len(y_pred.shape) == 1:
            raise ValueError(
                "When class_id is provided, y_pred must be a 2D array with shape "
                f"(num_samples, num_classes), found shape: {y_pred.shape}"
            )
        y_true = y_true[..., class_id, None]
        y_pred = y_pred[..., class_id, None]
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            "`y_true` and `y_pred` must have the same shape. "
            f"Received: y_true of shape {y_true.shape}, y_pred of shape {y_pred.shape}"
        )
    weights: Any = None
    for weight in (sample_weight, label_weights):
        if weight is not None:
            weight = ops.broadcast_to(ops.cast(ops.convert_to_tensor(weight), dtype), y_pred.shape)
            weights = weight if weights is None else weights * weight
    labels = y_pred.shape[-1] if by_label else 1
    y_pred = ops.reshape(y_pred, (-1, labels))
    positive = ops.reshape(ops.cast(ops.cast(y_true, "bool"), dtype), (-1, labels))
    negative = 1.0 - positive
    if weights is not None:
        weights = ops.reshape(weights, (-1, labels))
        positive, negative = positive * weights, negative * weights
    if evenly_spaced(thresholds):
        tp, fp = _by_bucket(y_pred, thresholds, positive, negative)
    else:
        above = np.asarray(thresholds, dtype).reshape(-1, 1, 1)
        above = ops.cast(ops.greater(ops.expand_dims(y_pred, 0), above), dtype)
        tp, fp = ops.sum(above * positive, axis=1), ops.sum(above * negative, axis=1)
    counts = (tp, fp, ops.sum(negative, axis=0) - fp, ops.sum(positive, axis=0) - tp)
    if by_label:
        return Counts(*counts)
    return Counts(*(ops.reshape(c, (len(thresholds),)) for c in counts))


def _by_bucket(y_pred: Any, thresholds: Any, positive: Any, negative: Any) -> tuple[Any, Any]:
    """Sorts the scores into the parts between thresholds once, and sums from above."""
    n, labels = len(thresholds), y_pred.shape[-1]
    y_pred = ops.clip(y_pred, 0.0, 1.0)
    bucket = ops.ceil(y_pred * float(n - 1))  # 0 is below all thresholds
    if thresholds[0] < 0:
        bucket = ops.maximum(bucket, 1.0)
    bucket = ops.cast(bucket, "int32") * labels + np.arange(labels, dtype="int32")
    bucket = ops.reshape(bucket, (-1,))

    def above(values: Any) -> Any:
        sums = ops.segment_sum(ops.reshape(values, (-1,)), bucket, num_segments=(n + 1) * labels)
        sums = ops.reshape(sums, (n + 1, labels))[1:]
        return ops.flip(ops.cumsum(ops.flip(sums, axis=0), axis=0), axis=0)

    return above(positive), above(negative)


def _only_top(y_pred: Any, k: int) -> Any:
    """The `k` largest scores of each sample, and `NEVER` instead of the others."""
    _, best = ops.top_k(y_pred, k)
    mask = ops.sum(ops.one_hot(best, y_pred.shape[-1], dtype=y_pred.dtype), axis=-2)
    return y_pred * mask + NEVER * (1.0 - mask)
