"""R6: training that is resumed at any batch ends with the bits of one without interruption."""

import functools

import numpy as np
import pytest

import hornlet as keras
from hornlet.callbacks import BackupAndRestore

from . import runs

# Every callback that comes before is called before it.
BATCHES = {kind: 8 if "steps" not in kind else 6 for kind in runs.KINDS}


class PowerCut(BaseException):
    pass


class Cut(keras.callbacks.Callback):
    """Cuts the power after so many batches, in the `batch` or at the start of an `epoch`."""

    comes_last = True

    def __init__(self, after):
        super().__init__()
        self.left = after

    def on_train_batch_begin(self, batch, logs=None):
        if self.left == 0:
            raise PowerCut
        self.left -= 1

    def get_state(self):
        return {}


@functools.cache
def straight(kind):
    return runs.fingerprint(*runs.train(kind))


def interrupted(kind, after, folder, **settings):
    """Trains with a cut after so many batches, then goes on in a fresh model from another seed."""
    with pytest.raises(PowerCut):
        runs.train(kind, Cut(after), BackupAndRestore(folder, save_freq=1))
    keras.utils.set_random_seed(99)
    arguments, compile = runs.KINDS[kind]()
    made = runs.model(**compile)
    made.set_weights([np.zeros(w.shape, w.dtype) for w in made.get_weights()])
    return runs.fit(made, arguments, BackupAndRestore(folder, save_freq=1), epochs=2, **settings)


@pytest.mark.parametrize("kind", runs.KINDS)
def test_a_training_is_the_same_twice(kind):
    assert runs.fingerprint(*runs.train(kind)) == straight(kind)


@pytest.mark.parametrize("kind", runs.KINDS)
def test_resumed_in_both_epochs(kind, tmp_path):
    per_run = 2 if kind == "several steps at once" else 1
    steps = {"steps across epochs": 3, "several steps at once": 3, "arrays": 4,
             "arrays in order": 5, "shuffled in batches": 5, "eager": 5, "function": 5,
             "streaming data set": 5}.get(kind, 4)  # fmt: skip
    assert per_run
    for after in (2, steps + 1):
        made = interrupted(kind, after, tmp_path / str(after))
        assert runs.fingerprint(*made) == straight(kind), after
