"""Programs: memory of their own for each thread, and none that is read before it is written."""

import sys
import threading

import numpy as np
import pytest

import hornlet
from hornlet.engine import Compiled, emit, program


def test_threads_use_programs_of_their_own():
    compiled = Compiled(lambda x: emit("matmul", emit("tanh", x), x))
    xs = [np.random.default_rng(i).normal(size=(20, 20)) for i in range(4)]
    expected = [np.tanh(x) @ x for x in xs]
    wrong = []

    def work(k):
        for _ in range(200):
            if not np.allclose(compiled(xs[k]), expected[k]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.fixture
def nan_in_fresh_memory(monkeypatch):
    """Memory that no step has written holds NaN."""
    plain = program._aligned

    def filled(nbytes):
        array = plain(nbytes)
        array.fill(255)
        return array

    monkeypatch.setattr(program, "_aligned", filled)


def test_a_training_step_reads_nothing_it_has_not_written(nan_in_fresh_memory):
    layers = hornlet.layers
    model = hornlet.Sequential(
        [
            hornlet.Input((28, 28, 1)),
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3),
            layers.BatchNormalization(),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(6, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).random((150, 28, 28, 1), "float32")
    y = np.random.default_rng(1).integers(0, 6, 150)
    history = model.fit(x, y, batch_size=128, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(model.predict(x, verbose=0)).all()


@pytest.fixture
def borrowing(monkeypatch):
    """A size from which arrays are read where they are."""
    monkeypatch.setattr(program, "BORROWED", 64)


def test_a_large_array_is_read_where_it_is_and_let_go_of(borrowing):
    made = Compiled(lambda x, y: emit("add", emit("tanh", x), y)).executable
    x, y = np.arange(32.0).reshape(8, 4), np.ones((8, 4))
    before = x.copy()
    own = made((x, y)).check_out()
    own.load((x, y[:, :]))
    assert own.inputs[0] is x and np.shares_memory(own.inputs[1], y)
    own.run()
    np.testing.assert_array_equal(own.outputs[0], np.tanh(x) + 1)
    references = sys.getrefcount(x)
    made((x, y)).check_in(own)
    assert not np.shares_memory(own.inputs[0], x) and sys.getrefcount(x) < references
    own.load((np.zeros((8, 4), "float32"), y))  # of another dtype: copied, and not into x
    own.run()
    np.testing.assert_array_equal(own.outputs[0], y)
    np.testing.assert_array_equal(x, before)


def test_what_is_laid_out_otherwise_is_copied(borrowing):
    x = np.arange(64.0).reshape(8, 8)
    own = Compiled(lambda x: emit("tanh", x)).executable((x,)).check_out()
    unaligned = np.empty(8 * 64 + 1, np.uint8)[1:].view(np.float64).reshape(8, 8)
    unaligned[...] = x
    for given in (x.T, np.asfortranarray(x), x[::-1], x.astype(">f8"), unaligned, x.astype("f4")):
        own.load((given,))
        assert own.inputs[0] is own.homes[0]
        own.run()
        np.testing.assert_array_equal(own.outputs[0], np.tanh(np.array(given, x.dtype)))
    assert not own.borrows


def test_predict_of_large_arrays_gives_the_same_and_leaves_them_alone(monkeypatch):
    model = hornlet.Sequential([hornlet.Input((6,)), hornlet.layers.Dense(3, activation="relu")])
    x = np.random.default_rng(0).normal(size=(70, 6)).astype("float32")
    before = x.copy()
    sizes = (70, 35, 32, 64)
    expected = [model.predict(x, batch_size=n, verbose=0) for n in sizes]
    monkeypatch.setattr(program, "BORROWED", 64)
    for _ in range(2):  # from the source's batches, then by the short way
        for n, y in zip(sizes, expected):
            np.testing.assert_array_equal(model.predict(x, batch_size=n, verbose=0), y)
            np.testing.assert_array_equal(model.predict_on_batch(x[:n]), y[:n])
    np.testing.assert_array_equal(model(x), expected[0])
    np.testing.assert_array_equal(x, before)
