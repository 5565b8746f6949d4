"""The moves of a loop's step, in C and in NumPy."""

import numpy as np
import pytest

from hornlet.engine.native import steps


@pytest.fixture(params=["c", "numpy"])
def kernels(request, monkeypatch):
    if request.param == "numpy":
        monkeypatch.setattr(steps, "library", lambda: None)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "bool"])
def test_parts_go_to_their_places(kernels, dtype):
    stacked = np.arange(24).reshape(4, 3, 2).astype(dtype)
    part, back = np.zeros((3, 2), dtype), np.zeros((4, 3, 2), dtype)
    first, last = np.zeros((3, 2), dtype), np.zeros((0, 2), dtype)
    move = steps.moves([
        (part, stacked, False, True), (back, part, True, False), (first, part, False, False),
        (last, last.copy(), False, False),
    ])  # fmt: skip
    for t in (3, 0):
        move(t)
        np.testing.assert_array_equal(part, stacked[t])
        np.testing.assert_array_equal(first, stacked[t])
    np.testing.assert_array_equal(back[[0, 3]], stacked[[0, 3]])
    assert not back[1:3].any()


def test_numbers_and_nothing(kernels):
    counts, total = np.zeros(5), np.array(7.0)
    steps.moves([(counts, total, True, False)])(2)
    np.testing.assert_array_equal(counts, [0, 0, 7, 0, 0])
    steps.moves([])(0)


@pytest.mark.parametrize("move", [
    (np.zeros((2, 3)), np.arange(12.0).reshape(2, 6)[:, ::2], 0, 0),
    (np.zeros((2, 3)), np.arange(6.0).reshape(3, 2).T, 0, 0),
    (np.zeros((2, 3)), np.arange(6, dtype="float32").reshape(2, 3), 0, 0),
    (np.zeros((2, 3)), np.arange(3.0), 0, 0),
])  # fmt: skip
def test_what_lies_otherwise_is_moved_too(move):
    steps.moves([move])(0)
    np.testing.assert_array_equal(move[0], np.broadcast_to(move[1], (2, 3)))
