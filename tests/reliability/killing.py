"""R1: trainings that are killed at random instants until they come to their end.

`python -m tests.reliability.killing KILLS [SEED]` prints a line of JSON with what it counted. Every
victim is a fork of this process, which has imported the library and computed nothing.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback

import hornlet as keras
from hornlet.base.states import read_state
from hornlet.callbacks import BackupAndRestore, CSVLogger, ModelCheckpoint, newest_checkpoint

from . import runs

EPOCHS = 3
KIND = "arrays"


class Begun(keras.callbacks.Callback):
    """Tells through a pipe that the first batch begins."""

    def __init__(self, pipe):
        super().__init__()
        self.pipe = pipe

    def on_train_batch_begin(self, batch, logs=None):
        if self.pipe is not None:
            os.write(self.pipe, b"!")
            self.pipe = None

    def get_state(self):
        return {}


def fork(work):
    """(process, pipe) of a fork that does `work(pipe)` and ends."""
    reader, writer = os.pipe()
    process = os.fork()
    if process:
        os.close(writer)
        return process, reader
    status = 1
    try:
        os.close(reader)
        work(writer)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def files_in(folder):
    return os.path.join(folder, "{epoch}-{batch}.weights.h5")


def train(folder, pipe, *more):
    log = os.path.join(folder, "log.csv")
    saver = ModelCheckpoint(files_in(folder), save_weights_only=True, save_freq=1, keep=2)
    made, history = runs.train(
        KIND, Begun(pipe), CSVLogger(log), saver, *more, epochs=EPOCHS
    )  # fmt: skip
    with open(log, "rb") as file:
        os.write(pipe, (runs.fingerprint(made, history) + repr(file.read())).encode())


def victim(folder, pipe):
    backup = BackupAndRestore(os.path.join(folder, "state"), save_freq=1, double_checkpoint=True)
    train(folder, pipe, backup)


def outcome(process, pipe, written=b""):
    """What a victim that is left alone writes before its end; the start of it may be known."""
    while piece := os.read(pipe, 1 << 16):
        written += piece
    os.close(pipe)
    if process is not None:
        _, status = os.waitpid(process, 0)
        assert status == 0, f"the training failed: {status}"
    return written.removeprefix(b"!")


def check(folder, counted):
    """Whatever is there after a kill is whole."""
    state = os.path.join(folder, "state")
    names = os.listdir(state) if os.path.isdir(state) else []
    parts = [n for n in names + os.listdir(folder) if n.endswith("-part") or n.startswith(".next")]
    counted["in_the_middle_of_a_write"] += bool(parts)
    if "latest.state" in names:
        read_state(os.path.join(state, "latest.state"))
        counted["states_that_loaded"] += 1
    elif "previous.state" in names:
        read_state(os.path.join(state, "previous.state"))
        counted["states_before_that_loaded"] += 1
    if os.path.exists(os.path.join(folder, "checkpoints.json")):
        assert newest_checkpoint(files_in(folder)) is not None
        counted["checkpoints_that_verified"] += 1


def main(kills, seed=0):
    rng = random.Random(seed)
    folder = tempfile.mkdtemp(prefix="kills-")
    counted = dict.fromkeys(
        ("kills", "trainings", "in_the_middle_of_a_write", "states_that_loaded",
         "states_before_that_loaded", "checkpoints_that_verified", "equal"), 0)  # fmt: skip
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        start = time.perf_counter()
        expected = outcome(*fork(lambda pipe: train(folder, pipe)))
        longest = time.perf_counter() - start
        while counted["kills"] < kills:
            shutil.rmtree(folder)
            os.mkdir(folder)
            counted["trainings"] += 1
            while True:
                process, pipe = fork(lambda writer: victim(folder, writer))
                written = b""
                if counted["kills"] < kills:
                    # From the first batch on, mostly: what comes before writes nothing.
                    if rng.random() < 0.9:
                        written = os.read(pipe, 1)
                    time.sleep(rng.uniform(0, longest / 3))
                    os.kill(process, signal.SIGKILL)
                    _, status = os.waitpid(process, 0)
                    if os.WIFSIGNALED(status):
                        os.close(pipe)
                        counted["kills"] += 1
                        check(folder, counted)
                        continue
                    assert status == 0, f"the training failed: {status}"
                    process = None  # it was done just before
                found = outcome(process, pipe, written)
                assert found == expected, (found, expected)
                counted["equal"] += 1
                break
    print(json.dumps(counted))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
