"""What hornlet and Keras have in common: the same program, given the module."""

from __future__ import annotations

import numpy as np

from benchmarks import cases


def dense(keras, case):
    hidden = [keras.layers.Dense(n, "relu") for n in case.sizes[1:-1]]
    last = None if case.loss == "mse" else "softmax"
    layers = [keras.Input((case.sizes[0],)), *hidden, keras.layers.Dense(case.sizes[-1], last)]
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss=case.loss)
    return model


def cnn(keras):
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def make(keras, name, ready=lambda y: y):
    """The case `name` as this API writes it."""
    if name in cases.TRAINING or name == "cnn":
        case = cases.TRAINING.get(name, cases.CNN)
        x, y = cases.data(case)
        model = cnn(keras) if name == "cnn" else dense(keras, case)
        x = x.reshape(-1, 28, 28, 1) if name == "cnn" else x

        def fit():
            model.fit(x, y, batch_size=case.batch, epochs=1, verbose=0, shuffle=False)

        return fit, case.steps
    model = dense(keras, cases.Training(cases.PREDICT_SIZES, 32, 1))
    row = np.ones((1, 784), "float32")
    many = np.random.default_rng(0).normal(size=(10_000, 784)).astype("float32")
    calls = range(cases.CALLS)
    return {
        "one row, call": (lambda: [ready(model(row)) for _ in calls], cases.CALLS),
        "one row, predict": (
            lambda: [model.predict(row, verbose=0) for _ in range(50)], 50),
        "10,000 rows": (lambda: model.predict(many, batch_size=10_000, verbose=0), 1),
        "10,000 rows in 32s": (lambda: model.predict(many, batch_size=32, verbose=0), 1),
    }[name]  # fmt: skip


FIRST_EPOCH = """
import numpy as np
{imports}
x = np.random.default_rng(0).normal(size=(1000, 784)).astype("float32")
y = np.random.default_rng(1).integers(0, 10, 1000)
model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(128, "relu"),
                          keras.layers.Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, verbose=0)
"""
