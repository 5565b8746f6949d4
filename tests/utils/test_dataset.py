"""The streaming data set: every method against a list, and as what `fit` is given."""

import threading
import time

import numpy as np
import pytest

import hornlet as keras
from hornlet.utils.dataset import Dataset
from hornlet.utils.splitting import split_dataset


def ten():
    return Dataset.from_tensor_slices(np.arange(10))


def listed(data):
    return [x.tolist() if isinstance(x, np.ndarray) else int(x) for x in data]


CASES = {
    "map": (lambda d: d.map(lambda x: x * x), [x * x for x in range(10)]),
    "map in threads": (lambda d: d.map(lambda x: x * x, 3), [x * x for x in range(10)]),
    "filter": (lambda d: d.filter(lambda x: x % 3 == 0), [0, 3, 6, 9]),
    "batch": (lambda d: d.batch(4), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]),
    "batch, dropped": (lambda d: d.batch(4, True), [[0, 1, 2, 3], [4, 5, 6, 7]]),
    "unbatch": (lambda d: d.batch(4).unbatch(), [*range(10)]),
    "take": (lambda d: d.take(3), [0, 1, 2]),
    "take all": (lambda d: d.take(-1), [*range(10)]),
    "skip": (lambda d: d.skip(7), [7, 8, 9]),
    "skip more": (lambda d: d.skip(70), []),
    "skip all": (lambda d: d.skip(-1), []),
    "repeat": (lambda d: d.take(2).repeat(3), [0, 1] * 3),
    "repeat none": (lambda d: d.repeat(0), []),
    "repeat for ever": (lambda d: d.repeat().skip(8).take(4), [8, 9, 0, 1]),
    "repeat nothing": (lambda d: d.take(0).repeat(), []),
    "prefetch": (lambda d: d.prefetch(3), [*range(10)]),
    "prefetch some": (lambda d: d.prefetch(-1).take(2), [0, 1]),
    "no prefetch": (lambda d: d.prefetch(0), [*range(10)]),
    "cache": (lambda d: d.cache(), [*range(10)]),
    "shuffle of one": (lambda d: d.shuffle(1), [*range(10)]),
}


@pytest.mark.parametrize("name", CASES)
def test_methods(name):
    change, expected = CASES[name]
    data = change(ten())
    for _ in range(2):
        assert listed(data) == expected
    if data.cardinality() != -2:
        assert len(data) == len(expected)


def test_lengths():
    assert ten().repeat().cardinality() == -1 and ten().repeat().batch(3).cardinality() == -1
    assert ten().filter(bool).cardinality() == -2
    for data, word in ((ten().repeat(), "infinite"), (ten().filter(bool), "unknown")):
        with pytest.raises(TypeError, match=word):
            len(data)
        assert word in repr(data)


def test_shuffle():
    data = ten().shuffle(10, seed=1)
    first, second = listed(data), listed(data)
    assert sorted(first) == sorted(second) == [*range(10)]
    assert first != second and first != [*range(10)]
    again = ten().shuffle(10, seed=1)
    assert [listed(again), listed(again)] == [first, second]
    fixed = ten().shuffle(10, seed=1, reshuffle_each_iteration=False)
    assert listed(fixed) == listed(fixed)
    near = listed(Dataset.from_tensor_slices(np.arange(100)).shuffle(5, seed=0))
    assert all(x < i + 5 for i, x in enumerate(near)), "only from the next five"


def test_nests_texts_and_padding():
    words = ["w", "x", "y", "z"]
    data = Dataset.from_tensor_slices({"a": np.arange(4), "b": (np.ones((4, 2)), words)})
    first = next(iter(data.batch(3)))
    assert first["a"].shape == (3,) and first["b"][0].shape == (3, 2)
    assert first["b"][1].tolist() == ["w", "x", "y"]
    rows = Dataset(lambda: iter([np.ones(n) for n in (1, 3, 2)]), 3)
    np.testing.assert_array_equal(next(iter(rows.padded_batch(3))).sum(1), [1, 3, 2])
    assert [x.shape for x in next(iter(rows.ragged_batch(3)))] == [(1,), (3,), (2,)]
    with pytest.raises(ValueError, match="one length"):
        Dataset.from_tensor_slices((np.ones(2), np.ones(3)))
    pairs = Dataset.zip((ten(), ten().skip(5)))
    assert [(int(a), int(b)) for a, b in pairs] == [(0, 5), (1, 6), (2, 7), (3, 8), (4, 9)]
    assert len(pairs) == 5


def test_cache_reads_once():
    seen = []
    data = ten().map(lambda x: seen.append(x) or x).cache()
    listed(data.take(3))
    listed(data)
    listed(data)
    assert len(seen) == 3 + 10


@pytest.mark.parametrize("change", [lambda d: d.prefetch(2), lambda d: d.map(lambda x: x, 2)])
def test_errors_come_through_and_threads_end(change):
    def broken(x):
        if x == 3:
            raise KeyError("three")
        return x

    before = threading.active_count()
    data = change(ten().map(broken))
    with pytest.raises(KeyError, match="three"):
        listed(data)
    part = iter(change(ten().repeat()))
    next(part)
    part.close()
    for _ in range(50):
        if threading.active_count() <= before:
            break
        time.sleep(0.05)
    assert threading.active_count() <= before


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "3", None])
def test_sizes_are_positive(size):
    with pytest.raises(ValueError, match="batch_size"):
        ten().batch(size)
    with pytest.raises(ValueError, match="buffer_size"):
        ten().shuffle(size)


def test_fit_evaluate_and_predict():
    x = np.random.RandomState(0).randn(20, 3).astype("float32")
    y = x.sum(1, keepdims=True)
    data = Dataset.from_tensor_slices((x, y)).batch(8).prefetch(1)
    results = []
    for given in ((data,), (x, y)):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        kwargs = {} if given[0] is data else {"batch_size": 8, "shuffle": False}
        history = model.fit(*given, epochs=3, verbose=0, validation_data=data, **kwargs)
        results.append([history.history["loss"], history.history["val_loss"],
                        model.evaluate(data, verbose=0), model.predict(data, verbose=0)])
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    model.fit(data.repeat(), epochs=2, steps_per_epoch=3, verbose=0)


def test_normalization_adapts_to_one():
    x = np.random.RandomState(0).randn(20, 3).astype("float32")
    whole, streamed = keras.layers.Normalization(), keras.layers.Normalization()
    whole.adapt(x)
    streamed.adapt(Dataset.from_tensor_slices(x).batch(8))
    np.testing.assert_allclose(streamed(x), whole(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("sizes", "expected"), [
    ({"left_size": 0.8}, (8, 2)), ({"left_size": 3}, (3, 7)), ({"right_size": 0.25}, (8, 2)),
    ({"right_size": 4}, (6, 4)), ({"left_size": 0.5, "right_size": 0.2}, (5, 2)),
    ({"left_size": 5, "right_size": 2}, (5, 2)),
])  # fmt: skip
def test_split(sizes, expected):
    for data in (np.arange(10), ten(), [*range(10)] and ten().batch(3)):
        left, right = split_dataset(data, **sizes)
        if isinstance(data, Dataset) and data.batch_size:
            left, right = left.unbatch(), right.unbatch()
        assert listed(left) == [*range(expected[0])]
        assert listed(right) == [*range(10 - expected[1], 10)]


def test_split_of_several_arrays_shuffled():
    left, right = split_dataset((np.arange(10), np.arange(10) * 2), 0.5, shuffle=True, seed=1)
    rows = [(int(a), int(b)) for a, b in [*left, *right]]
    assert sorted(rows) == [(i, 2 * i) for i in range(10)] and rows != sorted(rows)
    again = split_dataset((np.arange(10), np.arange(10) * 2), 0.5, shuffle=True, seed=1)[0]
    assert [int(a) for a, _ in again] == [a for a, _ in rows[:5]]


@pytest.mark.parametrize(("data", "sizes", "error"), [
    (np.arange(10), {}, ValueError),
    (np.arange(10), {"left_size": 1.5}, ValueError),
    (np.arange(10), {"left_size": 0}, ValueError),
    (np.arange(10), {"right_size": 10}, ValueError),
    (np.arange(10), {"left_size": 0.7, "right_size": 0.7}, ValueError),
    (np.arange(10), {"left_size": 7, "right_size": 7}, ValueError),
    (np.arange(10), {"left_size": 0.01}, ValueError),
    (np.arange(10), {"left_size": "5"}, TypeError),
    ([], {"left_size": 0.5}, ValueError),
    ([[1, 2]], {"left_size": 0.5}, ValueError),
    ([np.ones(2), np.ones(3)], {"left_size": 0.5}, ValueError),
    (7, {"left_size": 0.5}, TypeError),
    (ten().repeat(), {"left_size": 0.5}, ValueError),
])  # fmt: skip
def test_split_refuses(data, sizes, error):
    with pytest.raises(error):
        split_dataset(data, **sizes)
