"""Every row of the layers' and optimizers' tables goes through files both ways with Keras."""

import keras
import numpy as np
import pytest

import hornlet
from tests.layers.cases import CASES
from tests.layers.test_models import QUICK, TRAINED, arguments, model_of, weights_of
from tests.models import architectures

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")
both_ways = pytest.mark.parametrize(
    ("one", "other"), [(hornlet, keras), (keras, hornlet)], ids=["to_keras", "from_keras"]
)


def as_list(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def close(a, b):
    for u, v in zip(as_list(a), as_list(b), strict=True):
        np.testing.assert_allclose(np.asarray(u), np.asarray(v), rtol=1e-5, atol=1e-6)


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


def goes_on(model, library, x, y, path):
    """The copy that `library` loads predicts the same, and so it does one step of training on."""
    model.train_on_batch(x, y)
    model.save(path)
    copy = library.saving.load_model(path)
    close(*(hornlet.tree.flatten(m.predict(x, verbose=0)) for m in (model, copy)))
    losses = [m.train_on_batch(x, y) for m in (model, copy)]
    np.testing.assert_allclose(*losses, rtol=1e-5, atol=1e-6)
    kept = [[*m.weights, *m.optimizer.variables] for m in (model, copy)]
    for u, v in zip(*kept, strict=True):
        np.testing.assert_allclose(np.asarray(u), np.asarray(v), rtol=1e-4, atol=1e-5)


def trained_cases():
    """All layers; by default one row of each, one way, by turns."""
    for i, case in enumerate(c for c in TRAINED if c.file):
        for there, libraries in enumerate([(hornlet, keras), (keras, hornlet)]):
            often = case in QUICK and i % 2 == there
            name = f"{case!r}-{'from_keras' if there else 'to_keras'}"
            yield pytest.param(case, *libraries, id=name, marks=() if often else pytest.mark.long)


@pytest.mark.filterwarnings("ignore:Layer 'flatten")
@pytest.mark.parametrize(("case", "one", "other"), list(trained_cases()))
def test_training_goes_on_with_every_layer(case, one, other, tmp_path):
    model = model_of(case, one)
    model.set_weights(weights_of(model))
    model.compile(one.optimizers.SGD(0.01, momentum=0.9), "mse")
    x = arguments(case)
    y = np.random.default_rng(1).normal(size=(len(x[0]), 1)).astype("float32")
    goes_on(model, other, x, y, tmp_path / "m.keras")


@both_ways
@pytest.mark.parametrize("make", [m for m in architectures.ALL if m is not architectures.chain])
def test_training_goes_on_with_whole_models(make, one, other, tmp_path):
    model = make(one)
    model.compile("adam", "mse")
    random = np.random.default_rng(0)

    def drawn(symbols):
        return one.tree.map_structure(
            lambda s: random.integers(0, 5, (8, *s.shape[1:])).astype("int32")
            if str(s.dtype).startswith("int")
            else random.normal(size=(8, *s.shape[1:])).astype("float32"),
            symbols,
        )  # fmt: skip

    if isinstance(model, one.Sequential):
        given, made = model.inputs[0], model.outputs[0]
    else:
        given, made = model.input, model.output
    goes_on(model, other, drawn(given), drawn(made), tmp_path / "m.keras")


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
