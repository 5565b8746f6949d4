"""Callbacks that save: ModelCheckpoint and BackupAndRestore."""

from __future__ import annotations

import os
import warnings
from typing import Any

from hornlet.base.config import print_message
from hornlet.base.files import atomic_write
from hornlet.callbacks.callback import Callback
from hornlet.callbacks.monitor import MonitorCallback


class _Frequency:
    """Tells when so many batches have passed since the last time."""

    def __init__(self, every: Any, argument: str = "save_freq"):
        if every != "epoch" and (not isinstance(every, int) or isinstance(every, bool)):
            raise ValueError(
                f"Unrecognized {argument}: {every!r}. Expected 'epoch' or a number of batches."
            )
        self.every = every
        self.since = 0
        self.last: int | None = None

    def due(self, batch: int) -> bool:
        if self.every == "epoch":
            return False
        new_epoch = self.last is None or batch <= self.last
        self.since += batch + 1 if new_epoch else batch - self.last  # type: ignore[operator]
        self.last = batch
        if self.since < self.every:
            return False
        self.since = 0
        return True


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after epochs or so many batches.

    Args:
        filepath: the file, `.keras` or (weights only) `.weights.h5`; may name `{epoch:02d}` and
            metrics such as `{val_loss:.2f}`.
        monitor: name of the metric for `save_best_only`.
        verbose: 1 says when it saves.
        save_best_only: whether only a model better than all before is saved.
        save_weights_only: whether weights alone are saved.
        mode: "min" or "max" is better; "auto" knows it from the metric.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: the value to improve on at first.

    >>> keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True).filepath
    'best.keras'
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._frequency = _Frequency(save_freq)
        self._current_epoch = 0
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ValueError(
                f"The `filepath` must end in {' or '.join(endings)} "
                f"{'when `save_weights_only=True`' if save_weights_only else 'for a whole model'}. "
                f"Received: filepath={self.filepath}"
            )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._frequency.due(batch):
            if self.save_best_only:
                self._decide()
            self._save(self._current_epoch, batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.save_best_only:
            self._decide()
        if self.save_freq == "epoch":
            self._save(epoch, None, logs)

    def _save(self, epoch: int, batch: int | None, logs: Any) -> None:
        path = self._path(epoch, batch, logs or {})
        if not self._wanted(epoch, logs or {}, path):
            return
        if os.path.isdir(path):
            raise OSError(
                "Please specify a non-directory filepath for ModelCheckpoint. Filepath used is an "
                f"existing directory: {path}"
            )
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if self.verbose > 0:
            print_message(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _path(self, epoch: int, batch: int | None, logs: dict) -> str:
        names = {"epoch": epoch + 1, **logs}
        if batch is not None and "batch" not in logs:
            names["batch"] = batch + 1
        try:
            return self.filepath.format(**names)
        except KeyError as error:
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". Reason: {error} is '
                f"not among {sorted(names)}"
            ) from error

    def _wanted(self, epoch: int, logs: dict, path: str) -> bool:
        said = f"\nEpoch {epoch + 1}: "
        if not self.save_best_only:
            if self.verbose > 0:
                print_message(f"{said}saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None or getattr(current, "shape", ()) != ():
            warnings.warn(
                f"Can save best model only with {self.monitor} available as a scalar; saving every "
                f"time. Received: {current}",
                stacklevel=4,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            if self.verbose > 0:
                print_message(f"{said}{self.monitor} did not improve from {best}")
            return False
        if self.verbose > 0:
            print_message(
                f"{said}{self.monitor} improved from {best} to {current:.5f}, saving model to "
                f"{path}"
            )
        self.best = current
        return True


class BackupAndRestore(Callback):
    """Keeps the state of training in a folder, so that `fit` goes on after an interruption.

    The model must be built before `fit`. The folder is removed when training ends.

    Args:
        backup_dir: the folder; nothing else should use it.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether the state before the last is kept too.
        delete_checkpoint: whether the folder is removed at the end.

    >>> keras.callbacks.BackupAndRestore("backup").save_freq
    'epoch'
    """

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
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._frequency = _Frequency(save_freq)
        self._current_epoch = 0
        self._batch = 0

    def _file(self, name: str) -> str:
        return os.path.join(self.backup_dir, name)

    def on_train_begin(self, logs: Any = None) -> None:
        if not self.model.built:
            raise ValueError(
                "To use the BackupAndRestore callback, your model must be built before you call "
                "`fit()`. You can build it by calling it on a batch of data."
            )
        for ending in ("", ".bkp"):
            weights = self._file("latest.weights.h5")
            if ending and os.path.exists(weights + ending):
                os.replace(weights + ending, weights)
                _move(self._file("training_metadata.json") + ending)
            if not os.path.exists(weights):
                continue
            try:
                self._restore(weights)
                return
            except (OSError, ValueError):
                if ending or not os.path.exists(weights + ".bkp"):
                    raise

    def _restore(self, weights: str) -> None:
        import json

        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        self.model.load_weights(weights)
        metadata = self._file("training_metadata.json")
        if os.path.exists(metadata):
            with open(metadata) as file:
                self.model._initial_epoch = int(json.load(file)["epoch"])

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch + 1
        self._batch = 0
        if self.save_freq == "epoch":
            self._backup()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._batch = batch
        if self._frequency.due(batch):
            self._backup()

    def _backup(self) -> None:
        import json
        import shutil

        os.makedirs(self.backup_dir, exist_ok=True)
        weights = self._file("latest.weights.h5")
        metadata = self._file("training_metadata.json")
        if self.double_checkpoint:
            for path in (weights, metadata):
                if os.path.exists(path):
                    shutil.copyfile(path, path + ".bkp")
        self.model.save_weights(weights, overwrite=True)
        text = json.dumps({"epoch": self._current_epoch, "batch": self._batch})
        atomic_write(metadata, lambda file: file.write(text.encode()))

    def on_train_end(self, logs: Any = None) -> None:
        self.model._initial_epoch = None
        if self.delete_checkpoint:
            import shutil

            shutil.rmtree(self.backup_dir, ignore_errors=True)


def _move(path: str) -> None:
    if os.path.exists(path):
        os.replace(path, path.removesuffix(".bkp"))
