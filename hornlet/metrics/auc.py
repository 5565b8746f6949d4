"""The area under the ROC curve, the precision-recall curve or its gain."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.metrics.confusion import Counting, spaced
from hornlet.metrics.counting import count

_CURVES = {"roc": "ROC", "pr": "PR", "prgain": "PRGAIN"}
_METHODS = ("interpolation", "majoring", "minoring")


@register("keras.metrics")
class AUC(Counting):
    """Area under a curve of rates over thresholds, by Riemann sums.

    Args:
        num_thresholds: number of thresholds; None with `thresholds`.
        curve: `"ROC"` (recall over false positive rate), `"PR"` (precision over recall) or
            `"PRGAIN"` (the gains of these).
        summation_method: `"interpolation"` (trapezoids; for PR the interpolation of Davis and
            Goadrich), `"minoring"` or `"majoring"` (the smaller or larger height).
        thresholds: thresholds in [0, 1] instead of `num_thresholds`.
        multi_label: whether columns are labels of their own, whose areas are averaged.
        num_labels: number of labels, if known.
        label_weights: weights of the labels.
        from_logits: whether predictions are before the sigmoid; `name` and `dtype` as in `Metric`.

    Davis and Goadrich, The relationship between precision-recall and ROC curves, 2006.

    >>> float(keras.metrics.AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.75
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds: int | None = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: Any = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ):
        one_of("curve", curve, (*_CURVES.values(), *_CURVES))
        one_of("summation_method", str(summation_method).lower(), _METHODS)
        if thresholds is not None:
            inner = sorted(thresholds)
        elif num_thresholds is not None and num_thresholds > 1:
            inner = spaced(num_thresholds)[1:-1]
        else:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 1, unless `thresholds` are given. "
                f"Received: num_thresholds={num_thresholds}"
            )
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        super().__init__(name=name, dtype=dtype)
        self._given = thresholds is not None
        self.num_thresholds = len(inner) + 2
        self.thresholds = [-epsilon(), *inner, 1.0 + epsilon()]
        self.curve = _CURVES[curve.lower()]
        self.summation_method = summation_method.lower()
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self.from_logits = from_logits
        self._built = False
        if not multi_label or num_labels:
            self._build((None, num_labels))

    def _build(self, shape: Any) -> None:
        if self.multi_label and len(shape) != 2:
            raise ValueError(
                "`y_pred` must have rank 2 when `multi_label=True`. "
                f"Received: y_pred of shape {tuple(shape)}"
            )
        self._make((self.num_thresholds, shape[1]) if self.multi_label else (self.num_thresholds,))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_pred = ops.convert_to_tensor(y_pred)
        if not self._built:
            self._build(y_pred.shape)
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        counts = count(
            y_true,
            y_pred,
            self.thresholds,
            self.true_positives.dtype,
            sample_weight,
            by_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
        )
        self._add(counts)

    def result(self) -> Any:
        tp, fp = ops.convert_to_tensor(self.true_positives), self.false_positives
        tn, fn = self.true_negatives, self.false_negatives
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        recall = ops.divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            x, y = ops.divide_no_nan(fp, fp + tn), recall
        elif self.curve == "PR":
            x, y = recall, ops.divide_no_nan(tp, tp + fp)
        else:
            odds = ops.divide_no_nan(tp + fn, tn + fp)
            none = ops.equal(tp, 0.0)
            x = ops.where(none, 0.0, 1.0 - odds * ops.divide_no_nan(fn, tp))
            x = ops.maximum(x, 0.0)
            y = ops.where(none, 1.0, 1.0 - odds * ops.divide_no_nan(fp, tp))
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        elif self.summation_method == "minoring":
            heights = ops.minimum(y[:-1], y[1:])
        else:
            heights = ops.maximum(y[:-1], y[1:])
        return self._averaged((x[:-1] - x[1:]) * heights)

    def interpolate_pr_auc(self) -> Any:
        """The area under precision over recall, which between thresholds are linear in counts."""
        tp = ops.convert_to_tensor(self.true_positives)
        return self._averaged(_interpolated(tp, self.false_positives, self.false_negatives))

    def _averaged(self, parts: Any) -> Any:
        """The area, summed over thresholds and averaged over labels."""
        area = ops.sum(parts, axis=0)
        if not self.multi_label:
            return area
        if self.label_weights is None:
            return ops.mean(area)
        weights = ops.convert_to_tensor(self.label_weights, dtype=self.dtype)
        return ops.divide_no_nan(ops.sum(area * weights), ops.sum(weights))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["thresholds"]
        if self._given:
            config["thresholds"] = list(self.thresholds[1:-1])
        return config


def _interpolated(tp: Any, fp: Any, fn: Any) -> Any:
    """Parts of the area under precision over recall, linear in the counts between thresholds."""
    p = tp + fp
    dtp = tp[:-1] - tp[1:]
    slope = ops.divide_no_nan(dtp, ops.maximum(p[:-1] - p[1:], 0.0))
    intercept = tp[1:] - slope * p[1:]
    both = ops.logical_and(p[:-1] > 0, p[1:] > 0)
    ratio = ops.divide_no_nan(p[:-1], ops.maximum(p[1:], 0.0))
    ratio = ops.where(both, ratio, ops.ones_like(p[1:]))
    parts = slope * (dtp + intercept * ops.log(ratio))
    return ops.divide_no_nan(parts, ops.maximum(tp[1:] + fn[1:], 0.0))
