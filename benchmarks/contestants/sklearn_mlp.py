"""scikit-learn's multi-layer perceptron."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks import cases

COLD = {"import": "import sklearn.neural_network"}
warnings.simplefilter("ignore")


def _model(case):
    kind = MLPRegressor if case.loss == "mse" else MLPClassifier
    return kind(
        hidden_layer_sizes=case.sizes[1:-1], batch_size=case.batch, shuffle=False, alpha=0.0
    )


def make(name):
    if name in cases.TRAINING:
        case = cases.TRAINING[name]
        x, y = cases.data(case)
        model = _model(case)
        y = y.ravel()
        classes = {} if case.loss == "mse" else {"classes": np.arange(case.sizes[-1])}
        return lambda: model.partial_fit(x, y, **classes), case.steps
    if name in ("one row, predict", "10,000 rows"):
        case = cases.Training(cases.PREDICT_SIZES, 32, 10)
        model = _model(case).fit(*cases.data(case))
        if name == "10,000 rows":
            many = np.random.default_rng(0).normal(size=(10_000, 784)).astype("float32")
            return lambda: model.predict_proba(many), 1
        row = np.ones((1, 784), "float32")
        return lambda: [model.predict_proba(row) for _ in range(50)], 50
    return None
