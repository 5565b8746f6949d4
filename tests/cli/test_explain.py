"""The page about a model: its graph, the traced step, the plan as a picture, the times."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import hornlet
from hornlet.cli import main
from hornlet.cli.explain import arena_picture, example_batch, explain_page, times_by_primitive
from tests.browser import needs_browser, opened

SVG = "{http://www.w3.org/2000/svg}"


def simple():
    layers = hornlet.layers
    model = hornlet.Sequential(
        [
            hornlet.Input((6,)),
            layers.Dense(5, "relu"),
            layers.Dense(4, "tanh"),
            layers.Dense(3, "softmax"),
        ],
        name="simple",
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def two_of_everything():
    tokens, numbers = hornlet.Input((None,), dtype="int32"), hornlet.Input((4,))
    read = hornlet.layers.GRU(3)(hornlet.layers.Embedding(9, 2)(tokens))
    joined = hornlet.layers.Concatenate()([read, numbers])
    outputs = [hornlet.layers.Dense(2, "softmax")(joined), hornlet.layers.Dense(1)(joined)]
    model = hornlet.Model([tokens, numbers], outputs, name="two")
    model.compile("sgd", ["sparse_categorical_crossentropy", "mse"])
    return model


def program_of(model):
    x, y = example_batch(model)
    model.train_on_batch(x, y)
    return next(iter(model.train_function.compiled.executables.values())).check_out()


@pytest.mark.parametrize("make", [simple, two_of_everything])
def test_the_page_shows_everything(make):
    model = make()
    page = explain_page(model)
    for heading in ("The model", "gradient", "The whole step", "The plan", "Where the time goes"):
        assert heading in page
    for layer in model.layers:
        assert layer.name in page
    pictures = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(pictures) == 2
    for picture in pictures:
        ElementTree.fromstring(picture)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


@needs_browser
def test_the_page_opens_without_errors_or_requests(tmp_path):
    assert opened(explain_page(two_of_everything()), tmp_path) == ["asked for: "]


def test_the_picture_is_the_plan():
    plan = program_of(simple()).plan
    pieces = [b for b in plan.buffers if b.slot.kind == "arena"]
    root = ElementTree.fromstring(arena_picture(plan))
    frame, *boxes = root.findall(f"{SVG}rect")
    height = float(frame.get("height"))
    assert len(boxes) == len(pieces)
    shown = {box.find(f"{SVG}title").text: box for box in boxes}
    for piece in pieces:
        words = next(w for w in shown if f"{piece.nbytes:,} bytes at {piece.slot.offset:,}," in w)
        box = shown[words]
        bottom = height - float(box.get("y")) - float(box.get("height"))
        assert bottom == pytest.approx(piece.slot.offset / plan.arena_bytes * height, abs=0.02)
    wholes = [b for b in pieces if b.parent is None]
    for i, one in enumerate(wholes):
        for other in wholes[:i]:
            apart_in_time = one.end < other.start or other.end < one.start
            apart_in_space = (
                one.slot.offset + one.nbytes <= other.slot.offset
                or other.slot.offset + other.nbytes <= one.slot.offset
            )
            assert apart_in_time or apart_in_space


def test_times_are_those_of_the_steps():
    program = program_of(simple())
    seconds, calls = times_by_primitive(program, repeats=2)
    assert sum(calls.values()) == len(program.plan.steps) and set(seconds) == set(calls)
    assert calls["matmul"] == 8 and min(seconds.values()) > 0


@pytest.mark.parametrize("compiled", [True, False])
def test_a_file_is_explained(compiled, tmp_path, capsys):
    model = (
        simple() if compiled else hornlet.Sequential([hornlet.Input((2,)), hornlet.layers.Dense(1)])
    )
    if compiled:
        model.train_on_batch(*example_batch(model))
    model.save(tmp_path / "m.keras")
    out = tmp_path / "folder" / "page.html"
    assert main(["explain", str(tmp_path / "m.keras"), "--out", str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    assert ("its own loss" if compiled else "mean squared error") in out.read_text()


def test_the_demo_is_explained(tmp_path):
    out = tmp_path / "demo.html"
    assert main(["explain", "demo", "--out", str(out)]) == 0
    saved = re.search(r"(\d+)% are saved", out.read_text())
    assert int(saved[1]) > 50


@pytest.mark.parametrize(
    "words", [["no.keras"], ["demo", "--out", "/dev/null/page.html"]], ids=["file", "folder"]
)
def test_bad_input_is_one_line(words, capsys):
    assert main(["explain", *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1


def test_made_up_samples_fit_the_model():
    x, y = example_batch(two_of_everything())
    assert [a.shape for a in x] == [(32, 8), (32, 4)] and x[0].dtype == np.int32
    assert y[0].shape == (32,) and y[1].shape == (32, 1)
