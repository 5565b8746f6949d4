"""BackupAndRestore: training goes on where it was interrupted, bit for bit."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from typing import Any

from hornlet.base.files import FileError, make_folder, put
from hornlet.base.states import read_state, write_state
from hornlet.callbacks.callback import only_if
from hornlet.callbacks.pace import Paced, counts_batches

LATEST, PREVIOUS = "latest.state", "previous.state"


class BackupAndRestore(Paced):
    """Keeps the state of training in a folder, so that `fit` goes on after an interruption.

    The next `fit` with the same folder goes on after the last batch that was kept, and ends with
    the bits that a training without interruption ends with: weights, optimizer, moving averages,
    seeds, metrics, the order of the samples, the `History`, and what the other callbacks remember
    (see `Callback.get_state`). NumPy's and Python's global random generators are put back, too. A
    generator given as `x` is run again up to its place, unless it says where it is by methods
    `get_state()` and `set_state(state)`.

    One file is one state, written whole or not at all. While it is at work, SIGTERM and Ctrl-C wait
    for the end of the batch and for the state to be kept, and then do what they would have done:
    SIGTERM ends the program by `SystemExit(143)`, Ctrl-C raises `KeyboardInterrupt`. A second one
    does not wait.

    The model must be built before `fit`. The folder is removed when training ends.

    Args:
        backup_dir: the folder; nothing else should use it.
        save_freq: "epoch", a number of batches, or False to keep the state at signals only.
        double_checkpoint: whether the state before the last is kept too, in case the last is
            damaged.
        delete_checkpoint: whether the folder is removed at the end.

    Raises:
        FileError: the state in the folder is damaged, and there is none before it.
        ValueError: it is that of another model or of other data.

    >>> keras.callbacks.BackupAndRestore("backup").save_freq
    'epoch'
    """

    comes_last = True

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        super().__init__()
        if not backup_dir:
            raise ValueError("Empty `backup_dir` argument passed")
        self.backup_dir = os.fspath(backup_dir)
        if save_freq is False:
            self.save_freq = False
        else:
            self._set_pace(save_freq)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._epoch = 0

    def get_state(self) -> dict[str, Any]:
        return {"_epoch": self._epoch, "_since": self._since, "_last": self._last}

    def _file(self, name: str) -> str:
        return os.path.join(self.backup_dir, name)

    def on_train_begin(self, logs: Any = None) -> None:
        if not self.model.built:
            raise ValueError(
                "To use the BackupAndRestore callback, your model must be built before you call "
                "`fit()`. You can build it by calling it on a batch of data."
            )
        self._epoch, self._since, self._last = 0, 0, None
        state = self._newest()
        if state is not None:
            self.model._set_training_state(state)
        elif os.path.exists(self._file("latest.weights.h5")):
            self._restore_weights()

    def _newest(self) -> Any:
        """The last state that is whole, None if nothing was kept."""
        latest, previous = self._file(LATEST), self._file(PREVIOUS)
        if os.path.exists(latest):
            try:
                return read_state(latest)
            except (FileError, OSError) as error:
                if not os.path.exists(previous):
                    raise
                warnings.warn(
                    f"{error}. Training goes on from the state before, {previous}.", stacklevel=2
                )
        return read_state(previous) if os.path.exists(previous) else None

    def _restore_weights(self) -> None:
        """From what Keras's own callback keeps: weights and the number of the epoch."""
        self.model.load_weights(self._file("latest.weights.h5"))
        metadata = self._file("training_metadata.json")
        if os.path.exists(metadata):
            with open(metadata, encoding="utf-8") as file:
                self.model._initial_epoch = int(json.load(file)["epoch"])

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch + 1
        if self.save_freq == "epoch":
            self.keep(0)

    @only_if(counts_batches)
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._is_due(batch):
            self.keep(batch + 1)

    def keep(self, batch: int) -> None:
        """Writes the state of training after so many batches of the present epoch."""
        state = self.model._get_training_state(self._epoch, batch)
        make_folder(self.backup_dir)
        latest = self._file(LATEST)
        if self.double_checkpoint and os.path.exists(latest):
            put(latest, self._file(PREVIOUS))
        write_state(latest, state)

    def on_train_end(self, logs: Any = None) -> None:
        self.model._initial_epoch = None
        if self.delete_checkpoint and os.path.exists(self.backup_dir):
            shutil.rmtree(self.backup_dir)
