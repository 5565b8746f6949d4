"""Rows: a loss class, its arguments, and the kind of targets and predictions it takes."""

from typing import NamedTuple

import numpy as np


class Case(NamedTuple):
    name: str
    arguments: dict
    kind: str

    @property
    def id(self):
        return "-".join([self.name, self.kind, *(f"{k}={v}" for k, v in self.arguments.items())])


def case(name, kind, **arguments):
    return Case(name, arguments, kind)


def softmax(x):
    y = np.exp(x - x.max(-1, keepdims=True))
    return y / y.sum(-1, keepdims=True)


def data(kind, dtype="float64", seed=0):
    """Targets and predictions: `y_true`, `y_pred`."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4, 3))
    labels = rng.integers(0, 3, size=4)
    cube = rng.normal(size=(2, 4, 3))
    y_true, y_pred = {
        "numbers": lambda: (rng.normal(size=(4, 3)), x),
        "column": lambda: (rng.normal(size=4), x[:, :1]),
        "cube": lambda: (rng.normal(size=(2, 4, 3)), cube),
        "counts": lambda: (rng.integers(0, 5, size=(4, 3)), np.exp(x)),
        "signs": lambda: (np.sign(rng.normal(size=(4, 3))), x),
        "bits": lambda: (rng.integers(0, 2, size=(4, 3)), 1 / (1 + np.exp(-x))),
        "bit logits": lambda: (rng.integers(0, 2, size=(4, 3)), 3 * x),
        "one-hot": lambda: (np.eye(3)[labels], softmax(x)),
        "one-hot logits": lambda: (np.eye(3)[labels], 3 * x),
        "labels": lambda: (labels, softmax(x)),
        "label column": lambda: (labels[:, None], softmax(x)),
        "label logits": lambda: (labels, 3 * x),
        "label cube": lambda: (rng.integers(0, 3, size=(2, 4)), softmax(cube)),
        "maps": lambda: (
            rng.integers(0, 2, size=(2, 3, 3, 1)), rng.uniform(size=(2, 3, 3, 1))
        ),
        "embeddings": lambda: (
            rng.integers(0, 2, size=6),
            (lambda e: e / np.linalg.norm(e, axis=1, keepdims=True))(rng.normal(size=(6, 4))),
        ),
        "sequences": lambda: (
            np.array([[1, 2, 0], [2, 2, 1]]), rng.normal(size=(2, 6, 4))
        ),
    }[kind]()  # fmt: skip
    return np.asarray(y_true), y_pred.astype(dtype)


CASES = [
    *(case(name, kind) for name in (
        "MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
        "CosineSimilarity", "Huber", "LogCosh",
    ) for kind in ("numbers", "column", "cube")),
    case("MeanSquaredLogarithmicError", "counts"),
    case("CosineSimilarity", "cube", axis=1),
    case("Huber", "numbers", delta=0.3),
    case("Hinge", "signs"),
    case("Hinge", "bits"),
    case("SquaredHinge", "signs"),
    case("SquaredHinge", "bits"),
    case("CategoricalHinge", "one-hot"),
    case("KLDivergence", "one-hot"),
    case("Poisson", "counts"),
    case("BinaryCrossentropy", "bits"),
    case("BinaryCrossentropy", "bit logits", from_logits=True),
    case("BinaryCrossentropy", "bits", label_smoothing=0.2),
    case("BinaryCrossentropy", "bits", axis=0),
    case("BinaryFocalCrossentropy", "bits"),
    case("BinaryFocalCrossentropy", "bits", gamma=3.0, label_smoothing=0.1),
    case("BinaryFocalCrossentropy", "bits", apply_class_balancing=True, alpha=0.4),
    case("BinaryFocalCrossentropy", "bit logits", from_logits=True),
    case("CategoricalCrossentropy", "one-hot"),
    case("CategoricalCrossentropy", "one-hot logits", from_logits=True),
    case("CategoricalCrossentropy", "one-hot", label_smoothing=0.3),
    case("CategoricalFocalCrossentropy", "one-hot"),
    case("CategoricalFocalCrossentropy", "one-hot", alpha=0.5, gamma=1.0, label_smoothing=0.1),
    case("CategoricalFocalCrossentropy", "one-hot logits", from_logits=True),
    case("SparseCategoricalCrossentropy", "labels"),
    case("SparseCategoricalCrossentropy", "label column"),
    case("SparseCategoricalCrossentropy", "label cube"),
    case("SparseCategoricalCrossentropy", "label logits", from_logits=True),
    case("SparseCategoricalCrossentropy", "label cube", ignore_class=1),
    case("SparseCategoricalCrossentropy", "label logits", from_logits=True, ignore_class=2),
    case("CategoricalGeneralizedCrossEntropy", "labels"),
    case("CategoricalGeneralizedCrossEntropy", "labels", q=0.2),
    case("Dice", "maps"),
    case("Dice", "maps", axis=(1, 2, 3)),
    case("Tversky", "maps"),
    case("Tversky", "maps", alpha=0.3, beta=0.7, axis=(1, 2, 3)),
    case("Circle", "embeddings"),
    case("Circle", "embeddings", gamma=5.0, margin=0.2, remove_diagonal=False),
    case("CTC", "sequences"),
]  # fmt: skip
