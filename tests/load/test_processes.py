"""Models after a fork, in processes that are forked and spawned, and forked beside training."""

import multiprocessing
import os
import signal
import threading

import numpy as np
import pytest

import hornlet as keras
from tests.load import networks

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
LATEST = 60  # seconds after which a child hangs
pytestmark = pytest.mark.filterwarnings("ignore:os.fork|This process:DeprecationWarning")


def forked(work):
    """Whether `work()` is true in a forked child; a child that hangs is killed."""
    child = os.fork()
    if child == 0:
        signal.alarm(LATEST)
        ended = 1
        try:
            ended = 0 if work() else 1
        finally:
            os._exit(ended)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@forks
@pytest.mark.parametrize("name", networks.MODELS)
def test_after_a_fork_both_predict_and_train_on(name):
    """Among them the model whose chains use the engine's second thread, which the child lacks."""
    model = networks.MODELS[name]()
    model.compile("adam", "mse")
    x, y = networks.data(model, 300 if name == "wide" else 40)
    model.fit(x, y, verbose=0)
    want = model.predict(x, verbose=0)

    def child():
        same = np.array_equal(model.predict(x, verbose=0), want)
        loss = model.fit(x, y, verbose=0).history["loss"][0]
        return same and np.isfinite(loss) and not np.array_equal(model.predict(x, verbose=0), want)

    assert forked(child)
    assert np.array_equal(model.predict(x, verbose=0), want)
    model.fit(x, y, verbose=0)
    assert not np.array_equal(model.predict(x, verbose=0), want)


@forks
def test_a_fork_while_another_thread_trains():
    """The child has nobody to wait for, whatever the thread held at that moment."""
    model = networks.dense()
    model.compile("adam", "mse")
    x, y = networks.data(model, 64)
    model.predict(x, verbose=0)
    stop = threading.Event()

    class UntilToldSo(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = stop.is_set()

    watch = UntilToldSo()
    settings = {"epochs": 10**6, "verbose": 0, "callbacks": [watch]}
    thread = threading.Thread(target=model.fit, args=(x, y), kwargs=settings)
    thread.start()

    def child():
        model.set_weights([w.numpy() for w in model.weights])
        return model.predict(x, verbose=0).shape == (64, 3)

    try:
        assert all(forked(child) for _ in range(5))
    finally:
        stop.set()
        thread.join()


def predicted(arguments):
    """What a model that came by pickle predicts; runs in another process."""
    model, x = arguments
    return model.predict(x, verbose=0)


@pytest.mark.parametrize(
    "method", [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()]
)
def test_a_pool_of_processes(method):
    model = networks.dense()
    x, _ = networks.data(model, 10)
    want = model.predict(x, verbose=0)
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.map_async(predicted, [(model, x)] * 4).get(LATEST)
    for y in results:
        assert np.array_equal(y, want)
