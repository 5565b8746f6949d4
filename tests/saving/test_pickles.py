"""Everything that holds state can be pickled and deep-copied, and goes on as the original."""

import copy
import pickle

import numpy as np
import pytest

import hornlet as keras

X = np.random.RandomState(0).randn(8, 3).astype("float32")
Y = (X[:, :1] > 0).astype("float32")


class Own(keras.Model):
    def __init__(self, units=2):
        super().__init__()
        self.units = units
        self.parts = [keras.layers.Dense(units), keras.layers.Dense(1)]

    def call(self, x):
        for part in self.parts:
            x = part(x)
        return x


def trained(optimizer="adam", model=None):
    if model is None:
        model = keras.Sequential(
            [keras.layers.Dense(4), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
        )
    model.compile(optimizer, "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0, shuffle=False)
    return model


def built(layer, x=X):
    layer(x)
    return layer


def adapted(layer, data=X):
    layer.adapt(data)
    return layer


def goes_on(model):
    model.fit(X, Y, verbose=0, shuffle=False)
    return model.predict(X, verbose=0)


def updated(metric):
    metric.update_state(Y, np.abs(X[:, :1]) % 1)
    return metric


def state(optimizer):
    return np.concatenate([np.ravel(v) for v in optimizer.variables])


def call(layer):
    return layer(X)


def call_series(layer):
    return layer(X[:, None])


def call_metric(metric):
    return updated(metric).result()


def functional():
    x = keras.Input((3,))
    y = keras.layers.Dense(4, "relu")(x)
    return keras.Model(x, keras.layers.Add()([y, keras.layers.Dense(4)(x)]))


CASES = {
    "Dense": (lambda: built(keras.layers.Dense(2, "relu", kernel_regularizer="l2")), call),
    "BatchNormalization": (lambda: built(keras.layers.BatchNormalization()), call),
    "Dropout": (lambda: keras.layers.Dropout(0.5, seed=1), lambda x: x(X, training=True)),
    "stateful LSTM": (
        lambda: built(keras.layers.LSTM(2, stateful=True), X[:, None]), call_series),
    "Bidirectional": (
        lambda: built(keras.layers.Bidirectional(keras.layers.GRU(2)), X[:, None]), call_series),
    "Normalization": (lambda: adapted(keras.layers.Normalization()), call),
    "TextVectorization": (
        lambda: adapted(keras.layers.TextVectorization(), ["a b", "b c"]),
        lambda layer: layer(["a b", "c d"]),
    ),
    "Sequential": (trained, goes_on),
    "Functional": (lambda: trained(model=functional()), goes_on),
    "own model": (lambda: trained(model=Own()), goes_on),
    "Adam": (lambda: trained("adam").optimizer, state),
    "Muon": (lambda: trained("muon").optimizer, state),
    "schedule": (
        lambda: keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 10)),
        lambda optimizer: optimizer.learning_rate,
    ),
    "loss": (lambda: keras.losses.BinaryCrossentropy(from_logits=True), lambda f: f(Y, X[:, :1])),
    "Mean": (lambda: keras.metrics.Mean(), lambda m: (m.update_state(X), m.result())[1]),
    "AUC": (lambda: updated(keras.metrics.AUC()), call_metric),
    "BinaryAccuracy": (lambda: updated(keras.metrics.BinaryAccuracy()), call_metric),
    "MeanIoU": (lambda: keras.metrics.MeanIoU(2), lambda m: (m.update_state(Y, Y), m.result())[1]),
    "R2Score": (lambda: updated(keras.metrics.R2Score()), call_metric),
    "SeedGenerator": (lambda: keras.random.SeedGenerator(3), lambda s: s.next()),
    "initializer": (lambda: keras.initializers.GlorotUniform(seed=1), lambda f: f((2, 2))),
    "constraint": (lambda: keras.constraints.MaxNorm(1.0), lambda f: f(X)),
    "regularizer": (lambda: keras.regularizers.L1L2(0.1, 0.2), lambda f: f(X)),
    "DTypePolicy": (
        lambda: keras.DTypePolicy("mixed_float16"), lambda p: p.compute_dtype == "float16"),
}  # fmt: skip


@pytest.mark.parametrize("how", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy],
                         ids=["pickle", "deepcopy"])
@pytest.mark.parametrize("name", CASES)
def test_copies_go_on_as_the_original(name, how):
    make, use = CASES[name]
    original = make()
    copied = how(original)
    expected = np.array(use(original), copy=True)  # which must leave the copy alone
    np.testing.assert_allclose(np.asarray(use(copied)), expected, rtol=1e-6)
