"""Precision, recall and the counts they are made of; one of them where the other is given."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.metrics.counting import NEVER, Counts, checked_thresholds, count
from hornlet.metrics.metric import Metric


class Counting(Metric):
    """Base of what counts; `counted` names the counts that are kept, as variables."""

    counted: tuple[str, ...] = Counts._fields
    thresholds: Any
    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    def _make(self, shape: tuple[int, ...]) -> None:
        for name in self.counted:
            setattr(self, name, self.add_variable(shape, "zeros", name=name))

    def _add(self, counts: Counts) -> None:
        for name in self.counted:
            getattr(self, name).assign_add(getattr(counts, name))

    def _single(self, value: Any) -> Any:
        return value[0] if len(self.thresholds) == 1 else value


class _Count(Counting):
    """Base of the counts: one of them, `kind`."""

    kind: str

    def __init__(self, thresholds: Any = None, name: Any = None, dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = checked_thresholds(thresholds, 0.5)
        self.accumulator = self.add_variable((len(self.thresholds),), "zeros", name="accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        counts = count(
            y_true, y_pred, self.thresholds, self.accumulator.dtype, sample_weight=sample_weight
        )
        self.accumulator.assign_add(getattr(counts, self.kind))

    def result(self) -> Any:
        return self._single(ops.convert_to_tensor(self.accumulator))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


@register("keras.metrics")
class TruePositives(_Count):
    """Number (or weight) of the positive samples with a prediction above the threshold.

    Args:
        thresholds: number in [0, 1] or list of them, 0.5 by default; `name` and `dtype` as in
            `Metric`.

    >>> float(keras.metrics.TruePositives()([0, 1, 1, 1], [1, 0, 1, 1]))
    2.0
    """

    kind = "true_positives"


@register("keras.metrics")
class TrueNegatives(_Count):
    """Number (or weight) of the negative samples with a prediction not above the threshold.

    Args: as in `TruePositives`.

    >>> float(keras.metrics.TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0]))
    2.0
    """

    kind = "true_negatives"


@register("keras.metrics")
class FalsePositives(_Count):
    """Number (or weight) of the negative samples with a prediction above the threshold.

    Args: as in `TruePositives`.

    >>> float(keras.metrics.FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1]))
    2.0
    """

    kind = "false_positives"


@register("keras.metrics")
class FalseNegatives(_Count):
    """Number (or weight) of the positive samples with a prediction not above the threshold.

    Args: as in `TruePositives`.

    >>> float(keras.metrics.FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0]))
    2.0
    """

    kind = "false_negatives"


class _Share(Counting):
    """Base of precision and recall: `true_positives / (true_positives + missed)`."""

    _direction = "up"

    def __init__(self, thresholds: Any, top_k: Any, class_id: Any, name: Any, dtype: Any):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = checked_thresholds(thresholds, 0.5 if top_k is None else NEVER)
        self._make((len(self.thresholds),))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        dtype = self.true_positives.dtype
        self._add(
            count(y_true, y_pred, self.thresholds, dtype, sample_weight, self.top_k, self.class_id)
        )

    def result(self) -> Any:
        other = getattr(self, self.counted[1])
        return self._single(ops.divide_no_nan(self.true_positives, self.true_positives + other))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


@register("keras.metrics")
class Precision(_Share):
    """Share of the predicted positives that are positive: `TP / (TP + FP)`.

    Args:
        thresholds: number in [0, 1] or list of them, 0.5 by default.
        top_k: only the `k` largest predictions of a sample count as positive.
        class_id: only this column of labels and predictions counts; `name` and `dtype` as in
            `Metric`.

    >>> round(float(keras.metrics.Precision()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
    0.6667
    """

    counted = ("true_positives", "false_positives")

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: Any = None,
        dtype: Any = None,
    ):
        super().__init__(thresholds, top_k, class_id, name, dtype)


@register("keras.metrics")
class Recall(_Share):
    """Share of the positives that are predicted: `TP / (TP + FN)`.

    Args: as in `Precision`.

    >>> round(float(keras.metrics.Recall()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
    0.6667
    """

    counted = ("true_positives", "false_negatives")

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: Any = None,
        dtype: Any = None,
    ):
        super().__init__(thresholds, top_k, class_id, name, dtype)


class _AtPoint(Counting):
    """Base of: the largest of one share at thresholds where another is large enough."""

    _direction = "up"
    argument = ""

    def __init__(self, value: Any, num_thresholds: int, class_id: Any, name: Any, dtype: Any):
        if not 0 <= value <= 1:
            raise ValueError(
                f"Argument `{self.argument}` must be in the range [0, 1]. "
                f"Received: {self.argument}={value}"
            )
        if num_thresholds <= 0:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 0. "
                f"Received: num_thresholds={num_thresholds}"
            )
        super().__init__(name=name, dtype=dtype)
        self.value = value
        setattr(self, self.argument, value)
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self.thresholds = spaced(num_thresholds)
        self._make((len(self.thresholds),))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        dtype = self.true_positives.dtype
        self._add(
            count(y_true, y_pred, self.thresholds, dtype, sample_weight, class_id=self.class_id)
        )

    def _best(self, constrained: Any, dependent: Any) -> Any:
        feasible = ops.greater_equal(constrained, self.value)
        return ops.maximum(ops.max(ops.where(feasible, dependent, 0.0)), 0.0)

    def _sensitivity(self) -> Any:
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_negatives)

    def _specificity(self) -> Any:
        return ops.divide_no_nan(self.true_negatives, self.true_negatives + self.false_positives)

    def _precision(self) -> Any:
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_positives)


def spaced(n: int) -> list[float]:
    """`n` thresholds from 0 to 1; the middle one alone."""
    if n == 1:
        return [0.5]
    return [0.0, *((i + 1) * 1.0 / (n - 1) for i in range(n - 2)), 1.0]


@register("keras.metrics")
class SensitivityAtSpecificity(_AtPoint):
    """Largest sensitivity `TP / (TP + FN)` where the specificity is at least `specificity`.

    Args:
        specificity: number in [0, 1].
        num_thresholds: how many thresholds are tried.
        class_id: only this column counts; `name` and `dtype` as in `Metric`.

    >>> metric = keras.metrics.SensitivityAtSpecificity(0.5)
    >>> float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    argument = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: Any = None,
        dtype: Any = None,
    ):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        return self._best(self._specificity(), self._sensitivity())


@register("keras.metrics")
class SpecificityAtSensitivity(_AtPoint):
    """Largest specificity `TN / (TN + FP)` where the sensitivity is at least `sensitivity`.

    Args:
        sensitivity: number in [0, 1]; the others as in `SensitivityAtSpecificity`.

    >>> metric = keras.metrics.SpecificityAtSensitivity(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.6667
    """

    argument = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: Any = None,
        dtype: Any = None,
    ):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        return self._best(self._sensitivity(), self._specificity())


@register("keras.metrics")
class PrecisionAtRecall(_AtPoint):
    """Largest precision where the recall is at least `recall`.

    Args:
        recall: number in [0, 1]; the others as in `SensitivityAtSpecificity`.

    >>> float(keras.metrics.PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    argument = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: Any = None,
        dtype: Any = None,
    ):
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        return self._best(self._sensitivity(), self._precision())


@register("keras.metrics")
class RecallAtPrecision(_AtPoint):
    """Largest recall where the precision is at least `precision`.

    Args:
        precision: number in [0, 1]; the others as in `SensitivityAtSpecificity`.

    >>> float(keras.metrics.RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.5
    """

    argument = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: Any = None,
        dtype: Any = None,
    ):
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        return self._best(self._precision(), self._sensitivity())
