"""Callbacks of one purpose: LambdaCallback, LearningRateScheduler, CSVLogger, TerminateOnNaN."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from hornlet.base.config import print_message
from hornlet.base.files import cut, open_log, sync
from hornlet.callbacks.callback import Callback
from hornlet.callbacks.monitor import rate_of, rated, rates


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_begin, on_epoch_end: functions of `epoch` and `logs`.
        on_train_begin, on_train_end: functions of `logs`.
        on_train_batch_begin, on_train_batch_end: functions of `batch` and `logs`.
        **kwargs: any other method of `Callback`.

    >>> epochs = []
    >>> note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    >>> note.on_epoch_end(0, {})
    >>> epochs
    [0]
    """

    def __init__(
        self,
        on_epoch_begin: Callable | None = None,
        on_epoch_end: Callable | None = None,
        on_train_begin: Callable | None = None,
        on_train_end: Callable | None = None,
        on_train_batch_begin: Callable | None = None,
        on_train_batch_end: Callable | None = None,
        **kwargs: Any,
    ):
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        self.__dict__.update({name: f for name, f in given.items() if f is not None})
        self.__dict__.update(kwargs)


class LearningRateScheduler(Callback):
    """Sets the learning rate before every epoch.

    Args:
        schedule: function of the epoch and the present rate that gives the new rate.
        verbose: 1 says so.

    >>> scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9)
    >>> round(scheduler.schedule(0, 1.0), 1)
    0.9
    """

    def __init__(self, schedule: Callable, verbose: int = 0):
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        for name, optimizer in rated(self.model.optimizer):
            new = self._scheduled(epoch, rate_of(optimizer))
            optimizer.learning_rate = new
            if self.verbose > 0:
                print_message(
                    f"\nEpoch {epoch + 1}: LearningRateScheduler setting {name and name + ' '}"
                    f"learning rate to {new}."
                )

    def _scheduled(self, epoch: int, rate: float) -> Any:
        try:
            new = self.schedule(epoch, rate)
        except TypeError:  # a function of the epoch alone
            new = self.schedule(epoch)
        if isinstance(new, np.ndarray) and new.ndim == 0:
            new = float(new)
        if not isinstance(new, (float, np.floating)):
            raise ValueError(f"The output of the `schedule` function should be a float. Got: {new}")
        return new

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs.update(rates(self.model.optimizer))


class TerminateOnNaN(Callback):
    """Ends training when the loss is NaN or infinite.

    Args:
        raise_error: whether a RuntimeError is raised, so that nothing else is done at the end.

    >>> keras.callbacks.TerminateOnNaN().raise_error
    False
    """

    def __init__(self, raise_error: bool = False):
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating "
                "training immediately."
            )
        print_message(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True


class CSVLogger(Callback):
    """Writes the logs of every epoch as a line of a CSV file.

    Args:
        filename: the file.
        separator: what stands between two values.
        append: whether lines are added to a file that exists.

    >>> keras.callbacks.CSVLogger("log.csv", separator=";").sep
    ';'
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.writer: Any = None
        self.keys: list[str] | None = None
        self.append_header = True
        self.csv_file: Any = None
        self._size = 0  # what the file holds of this training and, if appended to, before it

    def get_state(self) -> dict[str, Any]:
        """The columns, and how long the file is: an interrupted run may have written more."""
        if self.writer is not None:
            self._size = sync(self.csv_file)
        return {"keys": self.keys, "size": self._size}

    def set_state(self, state: dict[str, Any]) -> None:
        self.keys = state["keys"]
        self._size = min(state["size"], sync(self.csv_file))
        self.append_header = self._size == 0

    def on_train_begin(self, logs: Any = None) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = open_log(self.filename)
        # What follows is cut off with the first line, not now: a backup may know better.
        self._size = sync(self.csv_file) if self.append else 0
        if self.append:
            self.append_header = self._size == 0
        self.writer = self.keys = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        import csv

        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                # Validation may begin at a later epoch: its columns are there from the start.
                self.keys += [f"val_{key}" for key in self.keys]
        if self.writer is None:
            cut(self.csv_file, self._size)
            names = ["epoch", *self.keys]
            self.writer = csv.DictWriter(
                self.csv_file, names, delimiter=self.sep, lineterminator="\r\n"
            )
            if self.append_header:
                self.writer.writeheader()
        row = {"epoch": epoch, **{key: _cell(logs.get(key, "NA")) for key in self.keys}}
        self.writer.writerow(row)
        self.csv_file.flush()

    def on_train_end(self, logs: Any = None) -> None:
        if self.csv_file is not None:
            if self.writer is None:
                cut(self.csv_file, self._size)
            self.csv_file.close()
            self.csv_file = None
        self.writer = None


def _cell(value: Any) -> Any:
    if getattr(value, "ndim", 1) == 0 or isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return f'"[{", ".join(map(str, value))}]"'
    return value
