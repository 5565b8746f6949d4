"""ModelCheckpoint: the model, or its weights, as files while it is trained."""

from __future__ import annotations

import os
import warnings
from string import Formatter
from typing import Any

from hornlet.base.config import print_message
from hornlet.base.files import make_folder
from hornlet.callbacks.callback import only_if
from hornlet.callbacks.manifest import kept
from hornlet.callbacks.monitor import MonitorCallback
from hornlet.callbacks.pace import Paced, counts_batches


class ModelCheckpoint(MonitorCallback, Paced):
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
        keep: how many of the latest files are kept; all by default. With it a list of them,
            `checkpoints.json`, lies beside them: steps and digests, by which `newest_checkpoint`
            finds the newest that is whole. `filepath` must give every file a name of its own.

    Raises:
        ValueError: a `filepath` of another ending, or one that `keep` cannot tell files by.

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
        keep: int | None = None,
    ):
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self._set_pace(save_freq)
        self._current_epoch = 0
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ValueError(
                f"The `filepath` must end in {' or '.join(endings)} "
                f"{'when `save_weights_only=True`' if save_weights_only else 'for a whole model'}. "
                f"Received: filepath={self.filepath}"
            )
        self.keep = keep
        if keep is not None:
            self._check_keep()

    def _check_keep(self) -> None:
        keep = self.keep
        if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
            raise ValueError(f"Argument `keep` must be a positive integer. Received: {keep!r}")
        named = {name for _, name, _, _ in Formatter().parse(self.filepath)}
        for name in ("epoch", "batch") if counts_batches(self) else ("epoch",):
            if name not in named:
                raise ValueError(
                    f"With `keep={keep}` every file needs a name of its own: put {{{name}}} into "
                    f"`filepath`. Received: filepath={self.filepath}"
                )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._current_epoch = epoch

    @only_if(counts_batches)
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._is_due(batch):
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
            make_folder(folder)
        if self.keep is None:
            self._write(path)
        else:
            about = {"step": self._step(), "epoch": epoch, "batch": batch}
            kept(self.filepath, path, self.keep, self._write, about)
        if self.verbose > 0:
            print_message(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _write(self, path: str) -> None:
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _step(self) -> int | None:
        iterations = getattr(self.model.optimizer, "iterations", None)
        return None if iterations is None else int(iterations)

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
