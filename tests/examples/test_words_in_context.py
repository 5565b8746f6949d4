"""The example about words: short, its parts right, and context helps on a small task."""

import importlib.util
import pathlib

import numpy as np
import pytest

from hornlet.datasets import words

PATH = pathlib.Path(__file__).parents[2] / "examples" / "words_in_context.py"
spec = importlib.util.spec_from_file_location("words_in_context", PATH)
example = importlib.util.module_from_spec(spec)
spec.loader.exec_module(example)


def test_it_stays_short():
    assert len(PATH.read_text().splitlines()) < 60


def test_new_words_are_new():
    train, test = words.load_data()
    some, new = example.without_some_words(train, test)
    spelled = lambda y: {tuple(row) for row in y.tolist()}  # noqa: E731
    assert len(spelled(new[1])) == 11 and not spelled(new[1]) & spelled(some[1])
    assert len(spelled(some[1])) == 44
    whole = {(x.tobytes(), y.tobytes()) for x, y in zip(*test)}
    assert all((x.tobytes(), y.tobytes()) in whole for x, y in zip(*new))


def test_both_readings_are_measured():
    train, test = ([part[:40] for part in side] for side in words.load_data())
    alone, together = example.shares(train, test, 1, 0)
    assert 0 <= alone <= 1 and 0 <= together <= 1


@pytest.mark.long
def test_context_helps():
    train, test = words.load_data()
    alone, together = example.shares(train, test, 8, 0)
    assert alone >= 0.92 and together >= 0.97 and together > alone + 0.02
    assert np.isfinite([alone, together]).all()
