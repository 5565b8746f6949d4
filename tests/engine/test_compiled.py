"""Compiled functions: a program per signature, fresh results, memory that does not grow."""

import tracemalloc

import numpy as np
import pytest

import hornlet
from hornlet import ops
from hornlet.engine import Compiled, GradientTape, Ref, cond, emit, scan, while_loop
from hornlet.engine import compiled as room


def test_one_program_per_signature():
    compiled = Compiled(lambda x, flag: x * 2 if flag else x)
    for n in (3, 4, 3):
        assert np.array_equal(compiled(np.ones(n), True), np.full(n, 2.0))
    compiled(np.ones(3), False)
    assert len(compiled.executables) == 3


def test_results_are_fresh_arrays():
    compiled = Compiled(lambda x: x + 1)
    first = compiled(np.zeros(2))
    compiled(np.ones(2))
    assert np.array_equal(first, [1, 1])


def test_ever_new_signatures_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(room, "MOST_SIGNATURES", 4)
    double = Compiled(lambda x: x * 2)
    for n in [*range(1, 10), 1]:
        assert double(np.ones(n)).sum() == 2 * n
    assert len(double.executables) == 4
