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


def test_models_that_are_gone_leave_nothing_behind():
    """After the collector has run: no table keeps arrays, programs or graphs of dead models."""
    code = """
import gc, tracemalloc
import numpy as np
import hornlet as keras

x, y = np.ones((4, 50), "float32"), np.ones((4, 1), "float32")

def once():
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dense(500), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    model.predict(x, verbose=0)

for _ in range(3):
    once()
gc.collect()
tracemalloc.start()
for _ in range(20):
    once()
gc.collect()
print(tracemalloc.get_traced_memory()[0])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) < ALLOWED
