"""The network written from scratch gives the numbers of `hornlet.mini`, and learns XOR."""

import importlib.util
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from hornlet import mini

PATH = pathlib.Path(__file__).parents[2] / "examples" / "mini_from_scratch.py"
spec = importlib.util.spec_from_file_location("mini_from_scratch", PATH)
scratch = importlib.util.module_from_spec(spec)
spec.loader.exec_module(scratch)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "linear"])
@pytest.mark.parametrize("penalty", ["ridge", "lasso"])
def test_the_same_numbers_as_mini(float64, activation, penalty):
    random = np.random.default_rng(0)
    x = random.normal(size=(20, 5))
    t = np.eye(3)[random.integers(0, 3, 20)]
    network = scratch.Network([5, 8, 7, 3], getattr(scratch, activation), seed=1)
    model = mini.Sequential([mini.Layer(size=5)])
    for size in (8, 7):
        model.add(mini.Layer(size=size, activation=activation))
    model.add(mini.Layer(size=3, activation="softmax"))
    start = [array for pair in zip(network.W, network.b) for array in pair]
    model.set_weights(start)
    settings = {"learning_rate": 0.2, "penalty": penalty, "weight_penalty": 0.01}
    model.compile(**settings)
    model.fit(x, t, iterations=25)
    norms = network.fit(x, t, iterations=25, **settings)
    close = {"rtol": 1e-12, "atol": 1e-12}
    found = [array for pair in zip(network.W, network.b) for array in pair]
    assert not np.allclose(found[0], start[0], atol=1e-3), "nothing was learned"
    for ours, theirs in zip(found, model.get_weights()):
        np.testing.assert_allclose(ours, theirs, **close)
    np.testing.assert_allclose(norms, model.norms, **close)
    np.testing.assert_allclose(network.predict(x), model.predict(x), **close)
    np.testing.assert_allclose(network.loss(x, t), model.score(x, t, "loss"), **close)


def test_it_stays_short_and_needs_numpy_only():
    lines = PATH.read_text().splitlines()
    assert len(lines) <= 150
    assert [line for line in lines if line.startswith(("import", "from"))] == ["import numpy as np"]


def test_as_a_program():
    run = subprocess.run([sys.executable, PATH], capture_output=True, text=True, check=True)
    answers = [line.split()[4] for line in run.stdout.splitlines() if " xor " in line]
    assert answers == ["0", "1", "1", "0"]
