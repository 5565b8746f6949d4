"""Gradient norms are those of the loss; the live plot goes to a file or to the notebook."""

import sys
import types

import numpy as np
import pytest

import hornlet
from hornlet import callbacks

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 4)), RNG.normal(size=(12, 2))


def model(rate=0.1):
    made = hornlet.Sequential(
        [hornlet.Input((4,)), hornlet.layers.Dense(3, "tanh"), hornlet.layers.Dense(2)]
    )
    made.compile(hornlet.optimizers.SGD(rate), "mse")
    return made


def test_the_norms_are_those_of_the_gradient(float64):
    made = model(rate=0.0)
    (w, b), (v, c) = (layer.get_weights() for layer in made.layers)
    norms = callbacks.GradientNorms(X, Y, every=2)
    made.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[norms])
    hidden = np.tanh(X @ w + b)
    dy = 2 * (hidden @ v + c - Y) / Y.size
    expected = {
        "dense/kernel": np.linalg.norm(X.T @ (dy @ v.T * (1 - hidden**2))),
        "dense_1/kernel": np.linalg.norm(hidden.T @ dy),
    }
    assert len(norms.norms) == 2
    for series, wanted in zip(norms.norms.values(), expected.values()):
        np.testing.assert_allclose(series, [wanted] * 3, rtol=1e-9)


def test_norms_follow_the_weights_and_leave_the_training_alone():
    weights = model().get_weights()
    results = []
    for given in ([], [callbacks.GradientNorms(X, Y)]):
        made = model()
        made.set_weights(weights)
        made.fit(X, Y, epochs=3, verbose=0, shuffle=False, callbacks=given)
        results.append(made.get_weights())
    for a, b in zip(*results):
        np.testing.assert_array_equal(a, b)
    series = next(iter(given[0].norms.values()))
    assert len(set(series)) == 3
    with pytest.raises(ValueError, match="every"):
        callbacks.GradientNorms(X, Y, every=0)


def test_a_file_is_written_after_every_epoch(tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "live.png"
    seen = []
    note = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(path.read_bytes()))
    live = callbacks.LivePlot(path, metrics=["loss"])
    model().fit(X, Y, epochs=2, verbose=0, validation_data=(X, Y), callbacks=[live, note])
    assert all(content.startswith(b"\x89PNG") for content in seen) and seen[0] != seen[1]


def test_a_notebook_shows_the_figure_in_its_place(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    shown = []
    display = types.SimpleNamespace(
        display=lambda figure: shown.append(len(figure.axes)),
        clear_output=lambda wait: shown.append("cleared"),
    )
    shell = types.SimpleNamespace(kernel=object())
    ipython = types.SimpleNamespace(get_ipython=lambda: shell, display=display)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    path = tmp_path / "live.png"
    model().fit(X, Y, epochs=1, verbose=0, callbacks=[callbacks.LivePlot(path)])
    assert shown == ["cleared", 1] and not path.exists()


def test_without_matplotlib_the_error_comes_at_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"hornlet\[plot\]"):
        callbacks.LivePlot()
