"""R6, R12: signals and errors in the middle of a step, a batch, a validation leave no halves."""

import functools
import os
import signal
import threading
import time

import numpy as np
import pytest

import hornlet as keras
from hornlet.callbacks import BackupAndRestore

from . import runs

X, Y, _ = runs.data()


def small():
    made = keras.Sequential(
        [keras.Input((runs.STEPS, runs.WIDTH)), keras.layers.Flatten(), keras.layers.Dense(2)]
    )
    made.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    made.set_weights([np.full(w.shape, 0.1, w.dtype) for w in made.get_weights()])
    return made


def handlers():
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


class Send(keras.callbacks.Callback):
    """Sends this process a signal at one moment of training, once."""

    def __init__(self, number, moment, after=0):
        super().__init__()
        self.number = number
        self.left = after
        setattr(self, moment, self._send)

    def _send(self, *args, **kwargs):
        self.left -= 1
        if self.left == -1:
            os.kill(os.getpid(), self.number)

    def get_state(self):
        return {}


def sends_within(step, number):
    """Lets the next run of a compiled step send a signal in its middle."""
    (executable,) = step.compiled.executables.values()
    (program,) = executable.free
    middle = len(program.calls) // 2
    assert middle > 3
    program.calls.insert(middle, functools.partial(os.kill, os.getpid(), number))
    return functools.partial(program.calls.__delitem__, middle)


@pytest.mark.parametrize("door", ["fit", "train_on_batch"])
def test_ctrl_c_leaves_no_step_half_applied(door):
    made, other = small(), small()
    run = {
        "fit": lambda m: m.fit(X, Y, batch_size=runs.ROWS, shuffle=False, verbose=0),
        "train_on_batch": lambda m: m.train_on_batch(X, Y),
    }[door]
    before = handlers()
    run(made)
    restore = sends_within(made.train_function, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(made)
    restore()
    assert handlers() == before
    for _ in range(2):
        run(other)
    for a, b in zip(made.optimizer.variables + made.variables,
                    other.optimizer.variables + other.variables):  # fmt: skip
        np.testing.assert_array_equal(a, b)
    run(made)


@pytest.mark.parametrize(
    ("moment", "after"),
    [("on_train_batch_begin", 2), ("on_train_batch_end", 6), ("on_test_batch_end", 0),
     ("on_test_begin", 1), ("on_epoch_end", 0), ("on_epoch_begin", 1)],
)  # fmt: skip
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_state_is_kept_at_a_signal(number, moment, after, tmp_path):
    expected = runs.fingerprint(*runs.train("arrays"))
    before = handlers()
    with pytest.raises((SystemExit, KeyboardInterrupt)) as caught:
        runs.train("arrays", Send(number, moment, after), resume=tmp_path)
    assert handlers() == before
    if number == signal.SIGTERM:
        assert caught.value.code == 143
    assert os.listdir(tmp_path) == ["latest.state"]
    keras.utils.set_random_seed(5)
    arguments, compile = runs.KINDS["arrays"]()
    made = runs.model(**compile)
    # The state is one of this very moment: less than a batch or a validation is done again.
    done = []
    count = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: done.append(batch)
    )
    assert (
        runs.fingerprint(*runs.fit(made, arguments, count, epochs=2, resume=tmp_path)) == expected
    )
    total = {
        "on_train_batch_begin": 5,
        "on_train_batch_end": 1,
        "on_test_begin": 0,
        "on_epoch_begin": 3,
    }.get(moment, 4)
    assert len(done) == total


def test_a_handler_of_the_program_decides_after_the_state_is_kept(tmp_path):
    calls = []
    before = signal.signal(signal.SIGTERM, lambda *args: calls.append(os.listdir(tmp_path)))
    try:
        made = small()
        send = Send(signal.SIGTERM, "on_train_batch_begin")
        history = made.fit(X, Y, epochs=2, verbose=0, callbacks=[send], resume=tmp_path)
        assert calls == [["latest.state"]] and history.epoch == [0, 1]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    class Twice(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            raise AssertionError("the second one is delivered at once")

    with pytest.raises(KeyboardInterrupt):
        small().fit(X, Y, verbose=0, callbacks=[Twice()], resume=tmp_path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_worker_forked_meanwhile_ends_at_once(tmp_path):
    statuses = []

    class Fork(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            reader, writer = os.pipe()
            process = os.fork()
            if process == 0:
                os.write(writer, b"!")
                time.sleep(20)
                os._exit(7)
            os.read(reader, 1)
            os.kill(process, signal.SIGTERM)
            statuses.append(os.waitpid(process, 0)[1])

    code = os.getpid()
    try:
        small().fit(X, Y, batch_size=runs.ROWS, verbose=0, callbacks=[Fork()], resume=tmp_path)
    finally:
        if os.getpid() != code:  # SystemExit, in the child
            os._exit(3)
    assert [os.waitstatus_to_exitcode(status) for status in statuses] == [3]


def test_without_a_backup_sigterm_is_left_alone():
    seen = []
    look = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append(signal.getsignal(signal.SIGTERM))
    )
    small().fit(X, Y, verbose=0, callbacks=[look])
    assert set(seen) == {signal.getsignal(signal.SIGTERM)}


def test_in_another_thread_signals_are_left_alone(tmp_path):
    histories = []

    def work():
        histories.append(small().fit(X, Y, epochs=3, verbose=0, resume=tmp_path).history)

    thread = threading.Thread(target=work)
    before = handlers()
    thread.start()
    thread.join()
    assert handlers() == before and len(histories[0]["loss"]) == 3


# R12


class Moody:
    """Raises, at the n-th batch, what it is given; in any of the places users' code stands in."""

    def __init__(self, error, n=4):
        self.error, self.left = error, n

    def __call__(self, *args, **kwargs):
        self.left -= 1
        if self.left == 0:
            raise self.error


def broken_generator(moody):
    for rows in np.array_split(np.arange(runs.ROWS), 5):
        moody()
        yield X[rows], Y[rows]


class BrokenData(keras.utils.PyDataset):
    def __init__(self, moody, **more):
        super().__init__(**more)
        self.moody = moody

    def __len__(self):
        return 4

    def __getitem__(self, index):
        self.moody()
        return X[index : index + 4], Y[index : index + 4]


class MoodyLayer(keras.layers.Layer):
    moody = None

    def call(self, x):
        if self.moody is not None:
            self.moody()
        return x


def layered(moody):
    layer = MoodyLayer()
    made = keras.Sequential([keras.Input((runs.STEPS, runs.WIDTH)), layer, keras.layers.Flatten(),
                             keras.layers.Dense(2)])  # fmt: skip
    made.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                 run_eagerly=True)  # fmt: skip
    layer.moody = moody
    return made


PLACES = {
    "a callback": lambda m: (
        small(), {"x": X, "y": Y, "batch_size": 5,
                  "callbacks": [keras.callbacks.LambdaCallback(on_train_batch_end=m)]}),
    "a generator": lambda m: (small(), {"x": broken_generator(m)}),
    "a data set": lambda m: (small(), {"x": BrokenData(m)}),
    "a data set's worker": lambda m: (small(), {"x": BrokenData(m, workers=2)}),
    "a layer": lambda m: (layered(m), {"x": X, "y": Y, "batch_size": 5}),
}  # fmt: skip


@pytest.mark.parametrize(
    "error",
    [RuntimeError("mine"), KeyboardInterrupt(), SystemExit(3)],
    ids=lambda e: type(e).__name__,
)
@pytest.mark.parametrize("place", PLACES)
def test_what_users_code_raises_leaves_model_and_state_whole(place, error, tmp_path):
    made, arguments = PLACES[place](Moody(error))
    before = handlers()
    backup = BackupAndRestore(tmp_path, save_freq=1, delete_checkpoint=False)
    with pytest.raises(type(error)) as caught:
        made.fit(**arguments, verbose=0, epochs=2, resume=backup)
    assert caught.value is error
    assert handlers() == before and made._training_run is None
    assert int(made.optimizer.iterations) >= 1
    # The state that was kept is one that another model goes on from, and this one goes on as it is.
    other = small()
    other.fit(X, Y, batch_size=5, shuffle=False, epochs=1, verbose=0)
    assert np.isfinite(made.fit(X, Y, epochs=2, verbose=0).history["loss"]).all()
    assert np.isfinite(made.predict(X, verbose=0)).all()
