"""The progress bar writes, character by character, what Keras's writes, on one clock."""

import io
import sys
import time

import keras
import numpy as np
import pytest

import hornlet


class Clock:
    def __init__(self, step):
        self.now, self.step = 1000.0, step

    def __call__(self):
        return self.now


def written(k, clock, capsys, target, steps, values=None, **arguments):
    capsys.readouterr()
    clock.now = 1000.0
    bar = k.utils.Progbar(target, **arguments)
    for i in range(1, steps + 1):
        clock.now += clock.step
        bar.update(i, values(i) if values else None)
    if target is None:
        bar.target = steps
        bar.update(steps, values(steps) if values else None, finalize=True)
    return capsys.readouterr().out


def logs(i):
    return [("loss", 1.0 / i), ("small", 1e-5 * i), ("negative", -0.5), ("array", np.float32(i))]


@pytest.mark.parametrize("verbose", [0, 1, 2])
@pytest.mark.parametrize("step", [0.00002, 0.004, 0.2, 3.0, 700.0])
@pytest.mark.parametrize(
    "target, steps, arguments",
    [
        (3, 3, {}),
        (120, 12, {"width": 7, "unit_name": "sample"}),
        (12, 12, {"stateless_metrics": ["loss"]}),
        (12, 12, {"stateful_metrics": ["loss", "array"], "interval": 0.5}),
        (None, 4, {"stateless_metrics": []}),
    ],
)
def test_the_text_is_keras_s(target, steps, arguments, step, verbose, capsys, monkeypatch):
    clock = Clock(step)
    monkeypatch.setattr(time, "time", clock)
    texts = [
        written(k, clock, capsys, target, steps, logs, verbose=verbose, **arguments)
        for k in (hornlet, keras)
    ]
    assert texts[0] == texts[1]


def test_add_counts_on(capsys):
    bar = hornlet.utils.Progbar(4, verbose=2)
    bar.add(2)
    bar.add(2, [("loss", 0.5)])
    assert capsys.readouterr().out.startswith("4/4 - 0s - ")


def test_only_one_kind_of_names():
    with pytest.raises(ValueError, match="Only one"):
        hornlet.utils.Progbar(1, stateful_metrics=["a"], stateless_metrics=["b"])


def test_logging_instead_of_a_terminal(caplog, capsys):
    hornlet.config.disable_interactive_logging()
    with caplog.at_level("INFO", logger="hornlet"):
        hornlet.utils.Progbar(1, verbose=2).update(1, [("loss", 0.5)])
    assert "loss: 0.5000" in caplog.text and capsys.readouterr().out == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_the_bar_s_character(encoding, monkeypatch):
    monkeypatch.setattr(time, "time", Clock(0.0))
    texts = []
    for k in (hornlet, keras):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding))
        k.utils.Progbar(2).update(1, [("δloss", 0.5)])
        texts.append(raw.getvalue())
    assert texts[0] == texts[1] and b"=====" in texts[0]
