"""Programs: memory of their own for each thread, and none that is read before it is written."""

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
