"""The public helpers."""

import numpy as np
import pytest

import hornlet


@pytest.mark.parametrize(
    ("x", "count"), [([0, 2, 1], None), ([[0], [1]], 4), ([[0, 1], [1, 0]], None), ([], 3), (2, 3)]
)
def test_one_hot_rows_are_those_of_keras(x, count):
    keras = pytest.importorskip("keras")
    ours, theirs = hornlet.utils.to_categorical(x, count), keras.utils.to_categorical(x, count)
    assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype


@pytest.mark.parametrize(("x", "count"), [([0, 3], 3), ([-1, 0], None)])
def test_class_numbers_are_checked(x, count):
    with pytest.raises(ValueError, match="class numbers"):
        hornlet.utils.to_categorical(x, count)


@pytest.mark.parametrize(("axis", "order"), [(-1, 2), (-1, 1), (1, 2)])
def test_normalize_is_that_of_keras(axis, order):
    keras = pytest.importorskip("keras")
    x = np.random.default_rng(0).normal(size=(3, 4))
    x[1] = 0
    ours, theirs = (library.utils.normalize(x, axis, order) for library in (hornlet, keras))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_a_seed_repeats_everything():
    import random

    def draw():
        hornlet.utils.set_random_seed(5)
        return random.random(), np.random.rand(), float(hornlet.random.uniform(()))

    assert draw() == draw()
    with pytest.raises(ValueError, match="seed"):
        hornlet.utils.set_random_seed("5")


def test_a_cleared_session_counts_anew():
    from hornlet.base import names

    names.auto_name("thing")
    hornlet.utils.clear_session()
    assert names.auto_name("thing") == "thing"
