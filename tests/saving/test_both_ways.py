"""Every row of the layers' and optimizers' tables goes through files both ways with Keras."""

import keras
import numpy as np
import pytest

import hornlet
from tests.layers.cases import CASES

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")
both_ways = pytest.mark.parametrize(
    ("one", "other"), [(hornlet, keras), (keras, hornlet)], ids=["to_keras", "from_keras"]
)


def as_list(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def close(a, b):
    for u, v in zip(as_list(a), as_list(b), strict=True):
        np.testing.assert_allclose(np.asarray(u), np.asarray(v), rtol=2e-4, atol=2e-5)


@both_ways
@pytest.mark.parametrize("case", [c for c in CASES if c.file and c.symbolic and c.model], ids=repr)
def test_a_model_of_every_layer(case, one, other, tmp_path):
    xs = case.args("float32")
    several = isinstance(case.inputs, list)
    arrays = as_list(xs)
    dtype = "int32" if case.integers else "float32"
    inputs = [one.Input(x.shape[1:], batch_size=len(x), dtype=dtype) for x in arrays]
    given = inputs if several else inputs[0]
    model = one.Model(given, case.make(one.layers)(given))
    model.save(tmp_path / "m.keras")
    copy = other.saving.load_model(tmp_path / "m.keras")
    size = len(arrays[0])
    close(
        model.predict(xs, batch_size=size, verbose=0), copy.predict(xs, batch_size=size, verbose=0)
    )
    model.set_weights([np.asarray(w) + 1 for w in model.get_weights()])
    model.save_weights(tmp_path / "m.weights.h5")
    copy.load_weights(tmp_path / "m.weights.h5")
    for a, b in zip(model.get_weights(), copy.get_weights(), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


OPTIMIZERS = {
    "SGD": {"momentum": 0.9, "nesterov": True},
    "Adam": {"amsgrad": True},
    "AdamW": {"weight_decay": 0.01},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Adagrad": {},
    "Adadelta": {},
    "Adamax": {},
    "Nadam": {},
    "Ftrl": {},
    "Lion": {},
    "Lamb": {},
    "Adafactor": {},
    "Muon": {},
}


@both_ways
@pytest.mark.parametrize("name", [*OPTIMIZERS, "a schedule", "averages", "a loss scale"])
def test_training_goes_on_with_the_state_of_every_optimizer(name, one, other, tmp_path):
    kinds = one.optimizers
    optimizer = {
        "a schedule": lambda: kinds.Adam(kinds.schedules.ExponentialDecay(0.01, 2, 0.5)),
        "averages": lambda: kinds.SGD(0.05, use_ema=True, ema_momentum=0.8),
        "a loss scale": lambda: kinds.LossScaleOptimizer(kinds.Adam(), dynamic_growth_steps=2),
    }.get(name, lambda: getattr(kinds, name)(**OPTIMIZERS[name]))()
    model = one.Sequential([one.Input((4,)), one.layers.Dense(3, "tanh"), one.layers.Dense(2)])
    model.compile(optimizer, "mse", jit_compile=False)
    for _ in range(3):
        model.train_on_batch(X, Y)
    model.save(tmp_path / "m.keras")
    copy = other.saving.load_model(tmp_path / "m.keras")
    assert type(copy.optimizer).__name__ == type(optimizer).__name__
    assert int(copy.optimizer.iterations) == int(optimizer.iterations)
    for m in (model, copy):
        m.train_on_batch(X, Y)
    close(model.get_weights(), copy.get_weights())
