"""One model in many threads: bitwise what one thread computes, and never between two states."""

import asyncio
import sys
import threading
import time

import numpy as np
import pytest

import hornlet as keras
from hornlet import layers
from hornlet.saving import FileError
from hornlet.tensor.turn import Turn, common_turn
from tests.load import networks


@pytest.fixture(autouse=True)
def _switching_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(2e-5)
    yield
    sys.setswitchinterval(before)


def together(*functions):
    """Runs each in a thread of its own; raises what one of them raised."""
    errors = []

    def safely(function):
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=safely, args=(f,)) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def predicts(name, threads, times):
    model = networks.MODELS[name]()
    x, _ = networks.data(model, 300 if name == "wide" else 70)
    want = {n: model.predict(x[:n], verbose=0) for n in (1, 32, len(x))}
    seen = []

    def work(offset):
        for i in range(times):
            n = list(want)[(i + offset) % 3]
            assert np.array_equal(model.predict(x[:n], verbose=0), want[n])
            seen.append(n)

    together(*(lambda i=i: work(i) for i in range(threads)))
    assert len(seen) == threads * times


@pytest.mark.parametrize("name", networks.MODELS)
def test_eight_threads_predict_what_one_does(name):
    predicts(name, 8, 3 if name == "wide" else 40)


@pytest.mark.long
@pytest.mark.parametrize("name", ["dense", "recurrent", "pictures"])
def test_eight_threads_of_a_thousand_predicts(name):
    predicts(name, 8, 1000)


@pytest.mark.parametrize("call", ["predict", "predict_on_batch", "a call"])
def test_the_first_calls_may_all_come_at_once(call):
    """Building, tracing and planning happen once, whoever comes first."""
    model = keras.Sequential(
        [layers.Dense(7, "relu"), layers.LayerNormalization(), layers.Dense(2)]
    )
    if call == "a call":
        model.build((None, 5))
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    use = {
        "predict": lambda: model.predict(x, verbose=0),
        "predict_on_batch": lambda: model.predict_on_batch(x),
        "a call": lambda: model(x),
    }[call]
    start, results = threading.Barrier(8), []

    def work():
        start.wait()
        results.extend([use() for _ in range(4)])

    together(*[work] * 8)
    assert len(model.weights) == 6 and len(results) == 32
    for y in results:
        np.testing.assert_allclose(y, results[-1], rtol=1e-6, atol=1e-7)


def test_products_run_side_by_side():
    """No lock round the computation: a predict ends while another thread is inside one."""
    inside, done = threading.Event(), threading.Event()

    class Waits(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            if x.shape[0] == 3:
                inside.set()
                assert done.wait(30)
            return self.dense(x)

    model = Waits()
    model.compile(run_eagerly=True)
    x = np.ones((3, 4), "float32")
    done.set()
    model.predict(x, verbose=0)
    inside.clear(), done.clear()

    def quick():
        assert inside.wait(30)
        model.predict(x[:2], verbose=0)
        done.set()

    together(lambda: model.predict(x, verbose=0), quick)


def states(model, x):
    """Two sets of weights, and what the model predicts with each; any mixture is far from both."""
    found = []
    for value in (0.02, -0.04):
        model.set_weights([np.full(w.shape, value, "float32") for w in model.weights])
        found.append((model.get_weights(), model.predict(x, verbose=0)))
    assert not np.array_equal(found[0][1], found[1][1])
    return found


WRITERS = ("set_weights", "weights.h5", "safetensors", "legacy h5", "keras")


@pytest.mark.parametrize("writer", WRITERS)
def test_predictions_see_old_or_new_weights_whole(writer, tmp_path):
    model = keras.Sequential(
        [keras.Input((40,)), *(layers.Dense(40, name=f"d{i}") for i in range(8))]
    )
    x = np.ones((70, 40), "float32")
    (old, before), (new, after) = states(model, x)
    ending = {"weights.h5": "weights.h5", "safetensors": "safetensors", "keras": "keras",
              "legacy h5": "h5"}.get(writer)  # fmt: skip
    paths = []
    for i, weights in enumerate((old, new)):
        model.set_weights(weights)
        if ending:
            paths.append(tmp_path / f"{i}.{ending}")
            whole = writer in ("keras", "legacy h5")
            model.save(paths[i]) if whole else model.save_weights(paths[i])
    reading, seen = [3], [0, 0]

    def write():
        i = 0
        while reading[0]:
            i += 1
            model.load_weights(paths[i % 2]) if ending else model.set_weights((old, new)[i % 2])

    def read(rows, on_batch):
        try:
            last, n = time.monotonic() + 20, 0
            while n < 60 or (not all(seen) and time.monotonic() < last):
                n += 1
                predict = model.predict_on_batch if on_batch else quiet
                y = predict(x[:rows])
                state = [np.allclose(y, known[:rows], rtol=1e-3) for known in (before, after)]
                assert state in ([True, False], [False, True]), "a mixture"
                seen[state[1]] += 1
        finally:
            reading[0] -= 1

    def quiet(x):
        return model.predict(x, verbose=0)

    together(write, lambda: read(1, False), lambda: read(70, False), lambda: read(8, True))
    assert all(seen)


@pytest.mark.parametrize("eager", [False, True])
def test_predictions_while_another_thread_trains(eager):
    """Every batch is computed with the weights after a whole step: rows of one call agree."""
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(64), layers.Dense(64), layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(1e-2), "mse", run_eagerly=eager)
    x, y = np.ones((64, 6), "float32"), np.full((64, 1), 5.0, "float32")
    model.train_on_batch(x, y)
    stop, seen = threading.Event(), set()

    def train():
        model.fit(x, y, batch_size=8, epochs=4 if eager else 40, verbose=0)
        stop.set()

    def read(rows):
        while not stop.is_set():
            found = model.predict(x[:rows], verbose=0)
            assert np.unique(found[:32]).size == np.unique(found[-2:]).size == 1
            assert found[0, 0] == pytest.approx(found[-1, 0], rel=1e-5), "a step between batches"
            seen.add(float(found[0, 0]))

    together(train, lambda: read(2), lambda: read(64))
    assert len(seen) > 3
    assert np.isfinite(model.predict(x, verbose=0)).all()


def test_two_models_train_side_by_side():
    def trained():
        keras.utils.set_random_seed(3)
        model = networks.dense()
        model.compile("adam", "mse")
        x, y = networks.data(model, 64)
        model.fit(x, y, epochs=3, verbose=0, shuffle=False)
        return model.get_weights()

    alone, results = trained(), []
    models = []
    for _ in range(3):
        keras.utils.set_random_seed(3)
        model = networks.dense()
        model.compile("adam", "mse")
        models.append(model)
    x, y = networks.data(models[0], 64)
    together(*(lambda m=m: m.fit(x, y, epochs=3, verbose=0, shuffle=False) for m in models))
    results = [model.get_weights() for model in models]
    for weights in results:
        for a, b in zip(weights, alone, strict=True):
            assert np.array_equal(a, b)


def test_in_asyncio_by_to_thread():
    model = networks.dense()
    x, _ = networks.data(model, 20)
    want = model.predict(x, verbose=0)

    async def serve():
        calls = (asyncio.to_thread(model.predict, x, verbose=0) for _ in range(50))
        return await asyncio.gather(*calls)

    assert all(np.array_equal(y, want) for y in asyncio.run(serve()))


def test_weights_that_cannot_be_loaded_leave_the_old_ones(tmp_path):
    def made(last):
        return keras.Sequential(
            [keras.Input((4,)), layers.Dense(3, name="a"), layers.Dense(last, name="b")]
        )

    model, other = made(2), made(5)
    for path in (tmp_path / "m.weights.h5", tmp_path / "m.safetensors", tmp_path / "m.h5"):
        other.save(path) if path.name == "m.h5" else other.save_weights(path)
        before = model.get_weights()
        with pytest.raises(FileError):
            model.load_weights(path)
        assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))


# The turn itself.


def test_who_waits_gets_in_between_two_changes():
    turn, stop, got = Turn(), threading.Event(), []

    def change():
        while not stop.is_set():
            with turn.changing():
                time.sleep(1e-4)

    def read():
        for _ in range(20):
            with turn.held():
                assert not turn.changes & 1
                got.append(turn.changes)
            time.sleep(1e-3)
        stop.set()

    together(change, read)
    assert len(set(got)) > 5


def test_a_thread_may_open_its_turn_again():
    turn = Turn()
    with turn.changing(), turn.changing(), turn.held():
        assert turn.changes == 1
    assert turn.changes == 2
    with turn.held():
        assert turn.changes == 2


def test_models_that_share_a_layer_share_the_turn():
    shared = layers.Dense(4)
    one = keras.Sequential([keras.Input((4,)), shared])
    two = keras.Sequential([keras.Input((4,)), shared, layers.Dense(2)])
    three = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    for model in (one, two, three):
        model.predict(np.ones((1, model.input_shape[1]), "float32"), verbose=0)
    turns = [model._turn.latest() for model in (one, two, three)]
    assert turns[0] is turns[1] is not turns[2]
    both = common_turn([one, three])
    assert {model._turn.latest() for model in (one, two, three)} == {both}
    shared.set_weights(shared.get_weights())
    assert both.changes == 2
