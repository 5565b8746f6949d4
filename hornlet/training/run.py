"""One call of `fit`: where it is, and its whole state as plain values."""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import hornlet.callbacks as callbacks_room
import hornlet.optimizers as optimizers
from hornlet.base import nest
from hornlet.callbacks.callback_list import plain_logs
from hornlet.tensor.seed_generator import random_state, restore_random_state
from hornlet.training.compilation import Compilation

VERSION = 1


class Run:
    """Where a training is. A context, in which the model knows of it.

    Args:
        model: what is trained.
        callbacks: the `CallbackList`, None outside `fit`.
        feed: the batches, None outside `fit`.
        validation: the batches of validation, None if there are none.
        loop: the loop over the steps.
    """

    def __init__(
        self, model: Any, callbacks: Any = None, feed: Any = None, validation: Any = None,
        loop: Any = None,
    ):  # fmt: skip
        self.model = model
        self.callbacks: Any = callbacks
        self.feed: Any = feed
        self.validation: Any = validation
        self.loop: Any = loop
        self.epoch = 0
        self.batch = 0  # of this epoch, so many are done
        self.logs: dict[str, Any] = {}  # of the last epoch
        self.read: Callable[[], Any] | None = None  # gives the logs of the present epoch
        self.resumed: dict[str, Any] | None = None  # what is gone on with, until its epoch is done
        self.stopped = False
        self._before: dict[str, Any] | None = None  # validation

    def __enter__(self) -> Run:
        self._outer, self.model._training_run = self.model._training_run, self
        return self

    def __exit__(self, *error: Any) -> None:
        self.model._training_run = self._outer

    @property
    def is_over(self) -> bool:
        """Whether a callback has ended training."""
        return self.stopped and not self.batch

    def begin_validation(self, logs: dict[str, Any]) -> None:
        """Notes what validation may change, so that it can be done anew."""
        self._before = {
            "so_far": logs,
            "random": random_state(),
            "validation": deepcopy(self.validation.get_state(0)),
        }

    def end_epoch(self, logs: dict[str, Any]) -> None:
        """The epoch and its validation are done."""
        self._before = self.resumed = None
        self.epoch += 1
        self.batch = 0
        self.logs = logs

    def get_state(self, epoch: int, batch: int) -> dict[str, Any]:
        """The whole state after so many batches of an epoch."""
        variables = state_variables(self.model)
        state = {
            "version": VERSION,
            "epoch": epoch,
            "batch": batch,
            "stop": bool(self.model.stop_training),
            "logs": self.logs,
            "so_far": self._so_far() if batch and self.read is not None else None,
            "validating": self._before is not None,
            "paths": [v.path for v in variables],
            "variables": [v.array for v in variables],
            "callbacks": self.callbacks and self.callbacks.get_state(),
            "feed": self.feed and self.feed.get_state(batch if self._before is None else 0),
            "validation": self.validation and self.validation.get_state(0),
            "random": random_state(),
        }
        return {**state, **(self._before or {})}

    def _so_far(self) -> dict[str, Any]:
        return plain_logs(self.model._epoch_logs(self.read()))  # type: ignore[misc]

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` returned; ValueError if it is that of another training."""
        if state.get("version") != VERSION:
            raise ValueError(
                f"The state of training is of version {state.get('version')}; {VERSION} is read. "
                "Resume it with the version of the library that wrote it."
            )
        if self.loop is not None:
            self.loop.warm()  # metrics that an eager step makes must be there
        _assign(self.model, state)
        self.epoch, self.batch, self.logs = state["epoch"], state["batch"], state["logs"]
        self.model.stop_training = self.stopped = state["stop"]
        self.resumed = {name: state[name] for name in ("so_far", "stop", "validating")}
        if self.callbacks is not None and state["callbacks"] is not None:
            self.callbacks.set_state(state["callbacks"])
        for feed, own in ((self.validation, state["validation"]), (self.feed, state["feed"])):
            if feed is not None and own is not None:
                feed.set_state(own)
        restore_random_state(state["random"])


def state_variables(model: Any) -> list:
    """All variables that training changes: of layers, metrics and optimizers, each once."""
    found = list(model.variables)
    metrics = [*model.metrics, *Compilation.metrics.fget(model)]  # type: ignore[attr-defined]
    found += [v for metric in metrics for v in metric.variables]
    for layer in model._flatten_layers():
        for value in vars(layer).values():
            parts = value.values() if isinstance(value, dict) else value
            for part in parts if isinstance(value, (dict, list, tuple)) else (value,):
                if isinstance(part, optimizers.Optimizer):
                    found += part.variables
    return list({id(v): v for v in found}.values())


def _assign(model: Any, state: dict[str, Any]) -> None:
    variables = state_variables(model)
    arrays, paths = state["variables"], state["paths"]
    wanted = [(v.path, v.array.shape, v.array.dtype) for v in variables]
    stored = [(path, x.shape, x.dtype) for path, x in zip(paths, arrays)]
    if [w[1:] for w in wanted] != [s[1:] for s in stored]:
        pairs = [(w, s) for w, s in zip(wanted, stored) if w[1:] != s[1:]]
        where = (
            f"first {pairs[0][0]} is to take over {pairs[0][1]}"
            if pairs
            else f"{len(wanted)} variables are to take over {len(stored)}"
        )
        raise ValueError(
            "The state of training is that of another model, optimizer or metrics: "
            f"{where}. Resume with what it was begun with, or use another folder."
        )
    with model._changing():
        for variable, array in zip(variables, arrays):
            variable.assign(array)


def with_backup(callbacks: Any, resume: Any) -> tuple[Any, Any]:
    """The callbacks of `fit`, with the backup that its argument `resume` asks for; and the backup.

    The backup is None when there is none among the callbacks either.
    """
    ready = isinstance(callbacks, callbacks_room.CallbackList)
    listed = callbacks.callbacks if ready else nest.flatten(callbacks) if callbacks else []
    kind = callbacks_room.BackupAndRestore
    found = [c for c in listed if isinstance(c, kind)]
    if resume is None:
        return callbacks, found[0] if found else None
    if found:
        raise ValueError(
            "Pass a backup once: as `resume`, or as one of `callbacks`. Received: "
            f"resume={resume!r} and {len(found)} BackupAndRestore in `callbacks`"
        )
    if isinstance(resume, kind):
        backup = resume
    elif isinstance(resume, (str, os.PathLike)) and os.fspath(resume):
        backup = kind(resume, delete_checkpoint=False)
    else:
        raise ValueError(
            "Argument `resume` must be the path of a folder, or a "
            f"`keras.callbacks.BackupAndRestore`. Received: resume={resume!r}"
        )
    if not ready:
        return [*listed, backup], backup
    callbacks.append(backup)
    callbacks.set_params(callbacks.params)
    callbacks.set_model(callbacks.model)
    return callbacks, backup
