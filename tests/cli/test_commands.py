"""`python -m hornlet demo` and `python -m hornlet predict`, run as a user runs them."""

import subprocess
import sys

import numpy as np
import pytest

from hornlet.cli import demo, main
from hornlet.datasets import letters


@pytest.fixture
def small(monkeypatch):
    """The demo on two hundred letters of each part."""
    load = letters.load_folds
    monkeypatch.setattr(
        demo.data_set, "load_folds", lambda *args: tuple(part[:200] for part in load(*args))
    )


@pytest.mark.parametrize("kind", ["dense", "cnn", "mini"])
def test_demo_writes_its_files_and_ends_with_the_accuracy(small, tmp_path, capsys, kind):
    out = tmp_path / "results"
    assert main(["demo", "--model", kind, "--epochs", "1", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert not any(mark in printed for mark in "\b\r\x1b"), "plain text, as no terminal reads it"
    words = printed.strip().splitlines()[-1].split()
    assert words[:2] == ["test", "accuracy"] and 0 <= float(words[2]) <= 1 and len(words) == 3
    assert (out / "letters.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "letters.keras").exists()
    image = pytest.importorskip("PIL.Image")
    x, _ = letters.load_folds([9], "adeghp")
    image.fromarray(x[0]).save(out / "one.png")
    image.fromarray(x[1]).resize((90, 90)).save(out / "two.png")
    pictures = [str(out / "one.png"), str(out / "two.png")]
    assert main(["predict", str(out / "letters.keras"), *pictures]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 2 and lines[0].split(": ")[1][0] in "adeghp"


def test_the_same_seed_gives_the_same_model(small, tmp_path):
    keras = pytest.importorskip("hornlet.models")
    weights = []
    for name in ("a", "b"):
        demo.run_demo("cnn", 3, 1, str(tmp_path / name))
        model = keras.load_model(tmp_path / name / "letters.keras")
        weights.append(model.get_weights())
    for a, b in zip(*weights):
        assert np.array_equal(a, b)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["predict", "/nowhere.keras", "x.png"], "nowhere"),
        (["demo", "--epochs", "0"], "epochs"),
        (["demo", "--out", "/dev/null/x"], "/dev/null"),
    ],
)
def test_errors_are_one_line(capsys, words, text):
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and text in error and "Traceback" not in error


def test_unknown_words_show_the_usage(capsys):
    with pytest.raises(SystemExit):
        main(["demo", "--model", "transformer"])
    assert "invalid choice" in capsys.readouterr().err


def test_as_a_module():
    run = subprocess.run(
        [sys.executable, "-m", "hornlet", "--help"], capture_output=True, text=True, check=True
    )
    assert "demo" in run.stdout and "predict" in run.stdout


@pytest.mark.long
@pytest.mark.parametrize(("kind", "least"), [("dense", 0.95), ("cnn", 0.975), ("mini", 0.901)])
def test_the_main_job(tmp_path, kind, least):
    run = subprocess.run(
        [sys.executable, "-m", "hornlet", "demo", "--model", kind, "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    last = run.stdout.strip().splitlines()[-1]
    assert last.startswith("test accuracy ") and float(last.split()[-1]) >= least, last
