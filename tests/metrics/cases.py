"""One row per metric and setting: every law of `test_metrics.py` runs over them."""

from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    name: str  # of the class
    arguments: dict
    labels: str  # how labels and predictions are made, see `batches`
    weighted: bool


CASES: list[Case] = []


def case(name: str, labels: str, weighted: bool = True, **arguments: Any) -> None:
    CASES.append(Case(name, arguments, labels, weighted))


for _name in (
    "MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError",
    "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "CosineSimilarity",
    "LogCoshError", "Poisson", "PearsonCorrelation", "ConcordanceCorrelation",
):  # fmt: skip
    case(_name, "real")
case("MeanSquaredError", "sequence")
case("RootMeanSquaredError", "sequence")
case("PearsonCorrelation", "real", axis=0, weighted=False)
case("R2Score", "real")
case("R2Score", "real", class_aggregation=None)
case("R2Score", "real", class_aggregation="variance_weighted_average", num_regressors=2)
for _name in ("Hinge", "SquaredHinge"):
    case(_name, "binary")
for _name in ("CategoricalHinge", "KLDivergence", "CategoricalCrossentropy", "CategoricalAccuracy"):
    case(_name, "onehot")
case("CategoricalCrossentropy", "onehot", label_smoothing=0.1)
case("CategoricalCrossentropy", "onehot", from_logits=True)
case("BinaryCrossentropy", "binary")
case("BinaryCrossentropy", "binary", from_logits=True, label_smoothing=0.2)
case("SparseCategoricalCrossentropy", "sparse")
case("SparseCategoricalCrossentropy", "sparse", ignore_class=1, from_logits=True)
case("Accuracy", "classes")
case("BinaryAccuracy", "binary")
case("BinaryAccuracy", "binary", threshold=0.7)
case("SparseCategoricalAccuracy", "sparse")
case("SparseCategoricalAccuracy", "sparse column")
case("SparseCategoricalAccuracy", "sparse sequence")
case("TopKCategoricalAccuracy", "onehot", k=2)
case("SparseTopKCategoricalAccuracy", "sparse", k=2)
case("SparseTopKCategoricalAccuracy", "sorted ids", k=2, from_sorted_ids=True)
for _name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"):
    case(_name, "binary")
    case(_name, "column", thresholds=[0.2, 0.5, 0.9])
for _name in ("Precision", "Recall"):
    case(_name, "binary")
    case(_name, "column", thresholds=[0.0, 0.5, 1.0])
    case(_name, "onehot", top_k=2)
    case(_name, "onehot", class_id=1, thresholds=0.3)
    case(_name, "onehot", class_id=2, top_k=1)
for _name, _argument in (
    ("SensitivityAtSpecificity", "specificity"), ("SpecificityAtSensitivity", "sensitivity"),
    ("PrecisionAtRecall", "recall"), ("RecallAtPrecision", "precision"),
):  # fmt: skip
    case(_name, "column", **{_argument: 0.6})
    case(_name, "onehot", class_id=0, num_thresholds=11, **{_argument: 0.4})
case("SensitivityAtSpecificity", "column", specificity=0.5, num_thresholds=1)
for _curve in ("ROC", "PR", "PRGAIN"):
    for _method in ("interpolation", "majoring", "minoring"):
        case("AUC", "column", curve=_curve, summation_method=_method, num_thresholds=20)
case("AUC", "column")
case("AUC", "column", thresholds=[0.1, 0.5, 0.55], from_logits=True)
case("AUC", "column", curve="PR", num_thresholds=None, thresholds=[0.3, 0.5])
case("AUC", "binary", multi_label=True, num_labels=3)
case("AUC", "binary", multi_label=True, curve="PR", label_weights=[0.5, 0.2, 0.3], weighted=False)
case("AUC", "binary", label_weights=[0.5, 0.2, 0.3])
for _average in (None, "micro", "macro", "weighted"):
    case("FBetaScore", "onehot", average=_average, beta=2.0)
case("F1Score", "onehot", threshold=0.4)
case("IoU", "classes", num_classes=3, target_class_ids=[0, 2], weighted=False)
case("IoU", "classes", num_classes=3, target_class_ids=[0], dtype="float32", ignore_class=1)
case("BinaryIoU", "column", threshold=0.4, weighted=False)
case("MeanIoU", "classes", num_classes=3, weighted=False)
case("OneHotIoU", "onehot", num_classes=3, target_class_ids=[0, 2], weighted=False)
case("OneHotMeanIoU", "onehot", num_classes=3, weighted=False)
case("Mean", "values")
case("Sum", "values")

# Bases, which have rows of their own in `test_metrics.py`.
BASES = {"Metric", "MeanMetricWrapper"}


def batches(case: Case, dtype: str = "float32") -> list[tuple]:
    """Three batches of labels, predictions and weights."""
    rng = np.random.default_rng(3)
    made = []
    for n in (6, 5, 7):
        scores = rng.uniform(0.02, 0.98, (n, 3)).astype(dtype)
        shares = scores / scores.sum(-1, keepdims=True)
        classes = rng.integers(0, 3, n)
        column = rng.integers(0, 2, (n, 1)).astype(dtype), scores[:, :1]
        long = rng.uniform(0.02, 0.98, (n, 4, 3)).astype(dtype)
        y, p = {
            "real": lambda: (rng.uniform(0.5, 2, (n, 3)).astype(dtype), scores),
            "sequence": lambda: (rng.uniform(0.5, 2, (n, 4, 3)).astype(dtype), long),
            "binary": lambda: (rng.integers(0, 2, (n, 3)).astype(dtype), scores),
            "column": lambda: column,
            "onehot": lambda: (np.eye(3, dtype=dtype)[classes], shares),
            "sparse": lambda: (classes, shares),
            "sparse column": lambda: (classes[:, None], shares),
            "sparse sequence": lambda: (rng.integers(0, 3, (n, 4)), long),
            "sorted ids": lambda: (classes, scores.argsort(-1)),
            "classes": lambda: (classes, rng.integers(0, 3, n)),
            "values": lambda: (scores[:, 0], None),
        }[case.labels]()
        made.append((y, p, rng.uniform(0.2, 2.0, n).astype(dtype)))
    return made
