"""R6: training that is resumed at any batch ends with the bits of one without interruption."""

import functools
import os
import shutil
import warnings

import numpy as np
import pytest

import hornlet as keras
from hornlet.callbacks import BackupAndRestore, CSVLogger

from . import runs


class Copies(keras.callbacks.Callback):
    """Copies what a backup has kept, after every batch: as if the power were cut there."""

    comes_last = True

    def __init__(self, folder, places):
        super().__init__()
        self.folder, self.places, self.number = folder, places, 0

    def on_train_batch_end(self, batch, logs=None):
        place = self.places / str(self.number)
        shutil.copytree(self.folder, place)
        self.number += 1

    def get_state(self):
        return {}


@functools.cache
def straight(kind):
    return runs.fingerprint(*runs.train(kind))


def states(kind, tmp_path):
    """Folders with the states after every batch of a whole training."""
    folder = tmp_path / "state"
    backup = BackupAndRestore(folder, save_freq=1)
    made = runs.train(kind, backup, Copies(folder, tmp_path / "copies"))
    assert runs.fingerprint(*made) == straight(kind), "keeping the state changes nothing"
    assert not folder.exists()
    return sorted((tmp_path / "copies").iterdir(), key=lambda path: int(path.name))


def resumed(kind, folder, **settings):
    """Goes on in a fresh model, as another process would: other seeds, other weights."""
    keras.utils.set_random_seed(99)
    arguments, compile = runs.KINDS[kind]()
    made = runs.model(**compile)
    made.set_weights([np.zeros(w.shape, w.dtype) for w in made.get_weights()])
    return runs.fit(made, arguments, epochs=2, resume=folder, **settings)


@pytest.mark.parametrize("kind", runs.KINDS)
def test_resumed_in_both_epochs(kind, tmp_path):
    kept = states(kind, tmp_path)
    assert len(kept) >= 5
    every = len(kept) if kind == "arrays" else 2  # all kinds at every batch: a long test
    for folder in (kept[1], kept[-2])[:every] if every == 2 else kept:
        assert runs.fingerprint(*resumed(kind, folder)) == straight(kind), folder.name


@pytest.mark.long
@pytest.mark.parametrize("kind", runs.KINDS)
def test_resumed_at_every_batch(kind, tmp_path):
    for folder in states(kind, tmp_path):
        assert runs.fingerprint(*resumed(kind, folder)) == straight(kind), folder.name


def test_a_finished_training_is_given_back_and_can_be_prolonged(tmp_path):
    made, history = runs.train("arrays", resume=tmp_path)
    again, same = resumed("arrays", tmp_path)
    assert same == history and again.optimizer.iterations == made.optimizer.iterations
    expected = runs.fingerprint(*runs.train("arrays", epochs=3))
    keras.utils.set_random_seed(8)
    arguments, compile = runs.KINDS["arrays"]()
    # What ends a training, storing the averages in the weights, is no part of what is resumed.
    longer = runs.fit(runs.model(**compile), arguments, epochs=3, resume=tmp_path)
    assert runs.fingerprint(*longer) == expected


def test_settings_may_be_changed_before_training_is_resumed(tmp_path):
    x, y, _ = runs.data()

    def run(epochs, patience):
        stop = keras.callbacks.EarlyStopping("loss", patience=patience, min_delta=99.0)
        made = runs.model()
        return made.fit(
            x, y, epochs=epochs, verbose=0, callbacks=[stop], resume=tmp_path
        ).epoch, stop  # fmt: skip

    run(2, 50)
    epochs, stop = run(9, 4)
    assert stop.patience == 4 and epochs == [0, 1, 2, 3, 4] and stop.wait == 4


def test_a_log_is_continued_without_what_was_written_in_vain(tmp_path):
    logs = []
    for cut in (None, 5):
        log = tmp_path / f"{cut}.csv"
        folder = tmp_path / f"state {cut}"
        if cut is not None:
            runs.train("arrays", CSVLogger(log), epochs=2, resume=folder)
            with open(log, "a") as file:
                file.write("9,9,9,torn")
            keras.utils.set_random_seed(3)
        arguments, compile = runs.KINDS["arrays"]()
        if cut is None:
            runs.train("arrays", CSVLogger(log), epochs=4)
        else:
            runs.fit(runs.model(**compile), arguments, CSVLogger(log), epochs=4, resume=folder)
        logs.append(log.read_bytes())
    assert logs[0] == logs[1] and logs[0].count(b"\n") == 5


def test_a_damaged_state_is_told_or_the_one_before_is_taken(tmp_path):
    for double in (False, True):
        folder = tmp_path / str(double)
        backup = BackupAndRestore(folder, double_checkpoint=double, delete_checkpoint=False)
        runs.train("arrays", backup)
        assert len(os.listdir(folder)) == 1 + double
        latest = folder / "latest.state"
        latest.write_bytes(latest.read_bytes()[:-1])
        if not double:
            with pytest.raises(keras.saving.FileError, match=r"latest\.state.*damaged"):
                resumed("arrays", folder)
            continue
        with pytest.warns(UserWarning, match=r"damaged.*goes on from the state before"):
            keras.utils.set_random_seed(99)
            made = runs.model()
            arguments, _ = runs.KINDS["arrays"]()
            history = made.fit(
                **arguments, verbose=0, epochs=2, callbacks=runs.callbacks(), resume=folder
            ).history
        assert runs.fingerprint(made, history) == straight("arrays")


def small(units=2, optimizer="adam"):
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units)])
    made.compile(optimizer, "mse")
    return made


X = np.ones((12, 3), "float32")


@pytest.mark.parametrize(
    ("made", "arguments", "words"),
    [
        (lambda: small(3), {"x": X, "y": X}, "another model.*dense"),
        (lambda: small(optimizer="sgd"), {"x": X, "y": X[:, :2]}, "another model, optimizer"),
        (small, {"x": X[:8], "y": X[:8, :2]}, "12 samples in batches of 4. Received: 8 samples"),
        (small, {"x": X, "y": X[:, :2], "batch_size": 3}, "12 samples in batches of 4"),
        (small, {"x": iter([(X[:4], X[:4, :2])] * 2)}, "begun with arrays. Received: generator"),
    ],
    ids=["shapes", "optimizer", "samples", "batch_size", "generator"],
)
def test_what_does_not_belong_together_is_told(made, arguments, words, tmp_path):
    class Cut(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small().fit(
            X, X[:, :2], batch_size=4, verbose=0, callbacks=[Cut()],
            resume=BackupAndRestore(tmp_path, save_freq=1),
        )  # fmt: skip
    with pytest.raises(ValueError, match=words):
        made().fit(**{"batch_size": None if "y" not in arguments else 4, **arguments}, verbose=0,
                   resume=tmp_path)  # fmt: skip


@pytest.mark.parametrize("resume", ["", 3, True, ["folder"]])
def test_resume_is_a_folder_or_a_backup(resume):
    with pytest.raises(ValueError, match="Argument `resume`.*Received"):
        small().fit(X, X[:, :2], verbose=0, resume=resume)


def test_one_backup_is_enough(tmp_path):
    with pytest.raises(ValueError, match="as `resume`, or as one of `callbacks`"):
        small().fit(X, X[:, :2], callbacks=[BackupAndRestore(tmp_path)], resume=tmp_path)


class Keeps(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.parser = object()
        self.count = 0

    def on_epoch_end(self, epoch, logs=None):
        self.count += 1


class Shuffles(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X, X[:, :2]

    def on_epoch_end(self):
        pass


def test_what_cannot_be_kept_is_told_when_training_is_resumed(tmp_path):
    keeps = [Keeps(), Keeps()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small().fit(Shuffles(), verbose=0, callbacks=keeps[:1], resume=tmp_path)
    with pytest.warns(UserWarning) as caught:
        small().fit(Shuffles(), epochs=2, verbose=0, callbacks=keeps[1:], resume=tmp_path)
    told = [str(w.message) for w in caught]
    assert len(told) == 2 and "without `parser` of Keeps" in told[0]
    assert "PyDataset that may change between epochs" in told[1]
    assert keeps[1].count == 2


def test_a_model_without_fit_is_kept_by_the_callbacks_alone(tmp_path):
    """As in a loop of one's own around `train_on_batch`."""
    made, other = small(), small()
    for model, epochs in ((made, 2), (other, 0)):
        several = keras.callbacks.CallbackList(
            [BackupAndRestore(tmp_path, delete_checkpoint=False)], model=model
        )
        model.optimizer.build(model.trainable_variables)
        several.on_train_begin()
        for epoch in range(epochs):
            model.train_on_batch(X, X[:, :2])
            several.on_epoch_end(epoch)
    assert int(other.optimizer.iterations) == 2
    np.testing.assert_array_equal(made.get_weights()[0], other.get_weights()[0])
