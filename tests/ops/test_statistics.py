"""Counting, beside its rows in `cases.py`: memory, and what is out of range."""

import tracemalloc

import numpy as np
import pytest

from hornlet import ops
from hornlet.engine.compiled import Compiled

X = np.random.default_rng(0).integers(0, 9, (4, 6)).astype("int32")
W = np.random.default_rng(1).normal(size=(4, 6)).astype("float32")


@pytest.mark.parametrize(
    "count",
    [
        lambda x: ops.bincount(x, minlength=20_000),
        lambda x: ops.histogram(x.astype("float32"), bins=20_000)[0],
    ],
    ids=["bincount", "histogram"],
)
def test_counting_takes_the_memory_of_the_counts(count):
    x = np.arange(10_000) % 7
    count(x[:9])
    tracemalloc.start()
    counts = count(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.sum(counts) == len(x) and peak < 20e6


@pytest.mark.parametrize("rows", [X, X[0]], ids=["rows", "one row"])
@pytest.mark.parametrize("n", [5, 12])
def test_numbers_out_of_range_are_not_counted_in_a_trace(rows, n):
    weights = W[: len(rows)] if rows.ndim == 2 else W[0]
    found = Compiled(lambda x, w: ops.bincount(x, w, minlength=n))(rows - 1, weights)
    pairs = zip(rows, weights) if rows.ndim == 2 else [(rows, weights)]
    expected = [[np.sum(w[x - 1 == k]) for k in range(n)] for x, w in pairs]
    np.testing.assert_allclose(np.reshape(found, (-1, n)), expected, atol=1e-6)


def test_counts_of_nothing():
    assert ops.bincount(np.zeros((0,), "int32")).shape == (0,)
    counts = ops.bincount(np.zeros((2, 0), "int32"), minlength=3)
    np.testing.assert_array_equal(counts, np.zeros((2, 3)))


def test_half_precision_is_averaged_in_float32():
    x = np.array([60000.0, 60000.0, 59008.0, 59008.0], "float16")
    assert ops.mean(x) == np.float16(59504) and ops.mean(x).dtype == np.float16
    far = np.array([500.0, -500.0], "float16")  # their variance is beyond float16
    assert ops.std(far) == 500 and ops.std(far).dtype == np.float16
    assert ops.var(np.array([200.0, -200.0], "float16")) == np.float16(40000)
