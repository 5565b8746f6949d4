"""Memory stays flat however often a model is used: measured as the process's resident bytes."""

import gc
import subprocess
import sys

import numpy as np
import pytest

import hornlet as keras

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
ALLOWED = 1_000_000
X = np.random.default_rng(0).normal(size=(8, 20)).astype("float32")
Y = np.ones((8, 1), "float32")
USES = {
    "predict": lambda model: model.predict(X[:1], verbose=0),
    "call": lambda model: model(X[:1]),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "fit": lambda model: model.fit(X, Y, verbose=0),
}


def resident():
    """Bytes of this process in memory."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def grown(use, times):
    """How many bytes the process grows by when a warm model is used that often."""
    model = keras.Sequential(
        [
            keras.Input((20,)),
            keras.layers.Dense(32, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    for _ in range(100):
        use(model)
    gc.collect()
    before = resident()
    for _ in range(times):
        use(model)
    gc.collect()
    return resident() - before


@linux
@pytest.mark.parametrize("name", USES)
def test_a_thousand_uses(name):
    assert grown(USES[name], 1000) < ALLOWED


@linux
@pytest.mark.long
@pytest.mark.parametrize("name", ["predict", "train_on_batch"])
def test_ten_thousand_uses(name):
    assert grown(USES[name], 10_000) < ALLOWED


MODELS = """
import gc, sys, tracemalloc
import numpy as np
import hornlet as keras
from hornlet import layers

x, y = np.ones((4, 50), "float32"), np.ones((4, 1), "float32")

def sequential():
    return keras.Sequential([keras.Input((50,)), layers.Dense(500), layers.Dropout(0.1),
                             layers.BatchNormalization(), layers.Dense(1)])

def functional():
    start = keras.Input((50,))
    h = layers.Dense(9, "relu")(start)
    g, *_ = layers.LSTM(3, return_state=True)(layers.Reshape((3, 3))(h))
    return keras.Model(start, layers.Dense(1)(layers.Concatenate()([h, g]) * 2))

class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.parts = [layers.Dense(4), layers.Dense(1)]

    def call(self, x):
        return self.parts[1](self.parts[0](x))

def once(make):
    model = make()
    model.compile("adam", "mse", metrics=["mae"])
    history = model.fit(x, y, validation_data=(x, y), verbose=0)
    model.train_on_batch(x, y)
    model.predict(x, verbose=0)
    model(x), model(x), model(x)

for make in (sequential, functional, Own):
    once(make), once(make)
"""


def run(code):
    """What a fresh interpreter prints for `MODELS` and `code`."""
    command = [sys.executable, "-c", MODELS + code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_models_go_without_the_collector():
    """Build, fit, delete, with the collector off: nothing is left for it, and no memory is held."""
    found = run("""
gc.collect()
gc.disable()
tracemalloc.start()
for make in (sequential, functional, Own):
    for _ in range(3):
        once(make)
print(gc.collect(), tracemalloc.get_traced_memory()[0])
""")
    assert int(found[0]) == 0 and int(found[1]) < ALLOWED / 10


@linux
@pytest.mark.long
def test_five_hundred_models():
    found = run("""
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if "VmRSS" in line)

gc.collect()
gc.disable()
for _ in range(20):
    once(sequential)
before = resident()
for _ in range(500):
    once(sequential)
print((resident() - before) * 1024, gc.collect())
""")
    assert int(found[0]) < ALLOWED and int(found[1]) == 0


def test_a_symbol_that_nobody_held_is_there_again():
    """A layer's output, kept or not, is the start of further models; unused outputs keep order."""
    start = keras.Input((6,), name="start")
    layer = keras.layers.Dense(3)
    layer(start)
    again = layer.output
    assert again is layer.output and again.shape == (None, 3)
    model = keras.Model(start, keras.layers.Dense(2)(again))
    assert [type(part).__name__ for part in model.layers] == ["InputLayer", "Dense", "Dense"]
    hidden, state, _ = keras.layers.LSTM(4, return_state=True)(keras.layers.Reshape((2, 3))(start))
    several = keras.Model(start, keras.layers.Add()([hidden, state]))
    part = keras.Model(several.layers[1].output, several.output)
    x = np.ones((5, 6), "float32")
    np.testing.assert_array_equal(several(x), part(x.reshape(5, 2, 3)))
    copied = keras.models.clone_model(several)
    copied.set_weights(several.get_weights())
    np.testing.assert_array_equal(several(x), copied(x))
