"""Laws of the random primitives: bits from the seed alone, independent streams, moments."""

import threading

import numpy as np
import pytest

import hornlet.engine  # noqa: F401  (fills the table of primitives)
from hornlet.engine.emit import emit
from hornlet.engine.primitive import PRIMITIVES

F32, I32 = np.dtype("float32"), np.dtype("int32")
HALF = np.float32(0.5)
# name, parameters, attributes, mean and variance of the distribution
ROWS = [
    ("random_uniform", (), {"dtype": F32}, 1 / 2, 1 / 12),
    ("random_uniform", (), {"dtype": F32, "low": -3.0, "high": 1.0}, -1, 16 / 12),
    ("random_normal", (), {"dtype": F32}, 0, 1),
    ("random_truncated_normal", (), {"dtype": F32}, 0, 0.7737413),
    ("random_int", (), {"dtype": I32, "low": -2, "high": 5}, 1, 4),
    ("dropout_mask", (), {"dtype": F32, "rate": 0.5}, 1, 1),
    ("dropout_mask", (), {"dtype": F32, "rate": 0.1}, 1, 1 / 9),
    ("dropout_mask", (), {"dtype": F32, "rate": 0.005}, 1, 0.005 / 0.995),
    ("random_gamma", (np.float32(2.5),), {"dtype": F32}, 2.5, 2.5),
    ("random_beta", (np.float32(2), np.float32(3)), {"dtype": F32}, 0.4, 0.04),
    ("random_binomial", (np.float32(8), HALF), {"dtype": F32}, 4, 2),
]  # fmt: skip
IDS = [f"{name}-{i}" for i, (name, *_) in enumerate(ROWS)]


def seed(*words):
    return np.array(words, np.uint32)


def drawn(row, words=(1, 2), shape=(40_000,)):
    name, parameters, attributes, _, _ = row
    return emit(name, seed(*words), *(np.asarray(p) for p in parameters), shape=shape, **attributes)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_moments(row):
    x = drawn(row).astype("float64")
    mean, variance = row[3:]
    assert x.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / x.size))
    assert x.var() == pytest.approx(variance, rel=0.05 if variance > 0.01 else 0.3)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_bits_depend_on_the_seed_alone(row):
    first = drawn(row)
    drawn(row, (9, 9), (7,))
    np.testing.assert_array_equal(drawn(row), first)
    results = []
    threads = [threading.Thread(target=lambda: results.append(drawn(row))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for x in results:
        np.testing.assert_array_equal(x, first)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
@pytest.mark.parametrize("other", [(1, 3), (2, 2), (2, 1), (1, 2 + (1 << 31)), (0, 2)])
def test_neighbouring_seeds_give_independent_numbers(row, other):
    a, b = drawn(row), drawn(row, other)
    correlation = np.corrcoef(a, b)[0, 1]
    assert abs(correlation) < 5 / np.sqrt(a.size)
    shifted = np.corrcoef(a[1:], b[:-1])[0, 1]
    assert abs(shifted) < 5 / np.sqrt(a.size)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_out_may_be_strided_and_shapes_empty_or_without_axes(row):
    name, parameters, attributes, _, _ = row
    parameters = [np.asarray(p) for p in parameters]
    expected = drawn(row, shape=(5, 7))
    room = np.zeros((5, 7, 2), expected.dtype)
    PRIMITIVES[name].kernel(seed(1, 2), *parameters, out=room[..., 0], shape=(5, 7), **attributes)
    np.testing.assert_array_equal(room[..., 0], expected)
    assert not room[..., 1].any()
    assert drawn(row, shape=()).shape == ()
    assert drawn(row, shape=(0, 3)).shape == (0, 3)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_uniform_never_reaches_its_upper_bound(dtype):
    attributes = {"shape": (200_000,), "dtype": np.dtype(dtype), "low": 1.0, "high": 1.01}
    x = emit("random_uniform", seed(0, 0), **attributes)
    assert x.min() >= 1.0
    assert x.max() < np.asarray(1.01, dtype)


def test_truncated_normal_stays_within_two():
    x = emit("random_truncated_normal", seed(4, 4), shape=(100_000,), dtype=F32)
    assert np.abs(x).max() <= 2


def test_permutation_holds_every_index_once():
    x = emit("random_permutation", seed(1, 1), n=1000)
    assert x.dtype == np.int32
    assert sorted(x.tolist()) == list(range(1000))
    assert (x != np.arange(1000)).mean() > 0.9


@pytest.mark.parametrize(
    "name,attributes,message",
    [
        ("random_int", {"shape": (2,), "dtype": I32, "low": 3, "high": 3}, "minval"),
        ("random_int", {"shape": (2,), "dtype": F32, "low": 0, "high": 3}, "integer dtype"),
        ("dropout_mask", {"shape": (2,), "dtype": F32, "rate": 1.0}, "rate"),
        ("random_normal", {"shape": (-2,), "dtype": F32}, "shape"),
    ],
)
def test_wrong_attributes_are_named(name, attributes, message):
    with pytest.raises(ValueError, match=message):
        emit(name, seed(0, 0), **attributes)


def test_a_seed_has_two_words():
    with pytest.raises(ValueError, match="2 words"):
        emit("random_normal", seed(1, 2, 3), shape=(2,), dtype=F32)
