"""Trainer: fit, evaluate and predict, for whatever is a layer with these methods mixed in."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import hornlet.callbacks as callbacks_room
from hornlet.base import nest
from hornlet.base.config import max_epochs
from hornlet.callbacks.callback_list import plain_logs
from hornlet.training.arrays import NAMES, ArraySource, as_array, check_batch, fed_dtype
from hornlet.training.compile_metrics import CompileMetrics
from hornlet.training.data_utils import (
    class_weight_to_sample_weights,
    train_validation_split,
    unpack_x_y_sample_weight,
)
from hornlet.training.interrupts import Interrupts
from hornlet.training.loop import LabelCheck, collect, run_steps
from hornlet.training.nan_watch import NanWatch
from hornlet.training.run import Run, with_backup
from hornlet.training.sources import Feed, make_source
from hornlet.training.stateless import Stateless
from hornlet.training.step import Loop, Step, spec_like


class Trainer(Stateless):
    """Training for models: a class of the form `class Model(Trainer, Layer)`.

    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.ones((8, 2)), np.ones((8, 1)), epochs=3, verbose=0)
    >>> len(history.history["loss"])
    3
    """

    # fit, evaluate, predict.

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: dict | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        resume: Any = None,
    ) -> Any:
        """Trains the model for a number of epochs.

        Args:
            x: array, list or dictionary of arrays, generator, `PyDataset`, DataLoader, or function
                that returns an iterable of batches.
            y: labels, when `x` is arrays.
            batch_size: samples per step, 32 by default.
            epochs: number of the last epoch.
            verbose: 0 is silent, 1 (as "auto") a progress bar, 2 a line per epoch.
            callbacks: list of `keras.callbacks.Callback`.
            validation_split: share of the samples, at the end, kept for validation.
            validation_data: `(x, y)`, `(x, y, sample_weight)` or anything that `x` may be.
            shuffle: whether samples come in a new order at every epoch; "batch" within batches.
            class_weight: dictionary from class number to weight.
            sample_weight: weight of every sample.
            initial_epoch: number of epochs done before.
            steps_per_epoch, validation_steps: limits of steps, rounded up to whole executions
                where `compile` was given `steps_per_execution`.
            validation_batch_size: `batch_size` by default.
            validation_freq: every how many epochs to validate, or a list of epochs (from 1).
            resume: a folder where the state of training is kept after every epoch and at SIGTERM
                and Ctrl-C; what is kept there is gone on with, bit for bit. Or a
                `keras.callbacks.BackupAndRestore`, to keep it more often.

        Returns:
            A `History`; its `history` holds the metrics of every epoch.

        Raises:
            ValueError: for data of a wrong type or shape, or lengths that differ.
        """
        self._assert_compiled("fit")
        if not hasattr(epochs, "__index__"):
            raise TypeError(f"Argument `epochs` must be an integer. Received: epochs={epochs!r}")
        limit = max_epochs()
        if limit and limit < epochs:
            warnings.warn(f"Limiting epochs to {limit}", stacklevel=2)
            epochs = limit
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = train_validation_split(
                (x, y, sample_weight), validation_split
            )
        callbacks, backup = with_backup(callbacks, resume)
        source = make_source(
            x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight
        )
        feed = Feed(source, steps_per_epoch, self.steps_per_execution, backup is not None)
        val_feed: Feed | None = None
        if validation_data is not None:
            val_x, val_y, val_weight = unpack_x_y_sample_weight(validation_data)
            size = validation_batch_size or batch_size
            val_source = make_source(val_x, val_y, val_weight, size, validation_steps)
            val_feed = Feed(val_source, validation_steps, self.steps_per_execution)
        self._get_ready(source.peek(), train=True)
        step = self.make_train_function()
        if not isinstance(callbacks, callbacks_room.CallbackList):
            callbacks = callbacks_room.CallbackList(
                callbacks,
                add_history=True,
                add_progbar=verbose != 0,
                verbose=verbose,
                epochs=epochs,
                steps=feed.num_batches,
                model=self,
            )
        self.stop_training = False
        with Loop(step) as loop, Run(self, callbacks, feed, val_feed, loop) as run:
            loop.bind(source.peek())
            check = LabelCheck(self._compile_loss)
            check.source(source)
            keep = None if backup is None else lambda: backup.keep(run.batch)
            with Interrupts(keep) as interrupts:
                callbacks.on_train_begin()
                if run.resumed is None:
                    run.epoch = self._initial_epoch or initial_epoch
                watch = NanWatch(self, loop)
                while run.epoch < epochs and not run.is_over:
                    self._fit_epoch(run, interrupts, watch, validation_freq)
                    run.stopped = self.stop_training
                    if interrupts.waiting is not None:
                        interrupts.deliver()
            feed.close()
        finish = getattr(self.optimizer, "finalize_variable_values", None)
        if finish is not None and epochs > 0:
            with self._changing():  # type: ignore[attr-defined]
                finish(self.trainable_weights)  # type: ignore[attr-defined]
        callbacks.on_train_end(run.logs)
        return self.history

    def _fit_epoch(self, run: Run, interrupts: Interrupts, watch: NanWatch, freq: Any) -> None:
        epoch, callbacks, resumed = run.epoch, run.callbacks, run.resumed
        run.read = self._reader("train_step", run.loop)
        if resumed is None or not run.batch:
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            resumed = None
        done = 0
        if resumed is None or not (resumed["validating"] or resumed["stop"]):
            watch.epoch = epoch
            done = run_steps(
                self, "train", run.feed, run.loop, callbacks, run.read, interrupts, watch, run
            )
        if resumed is not None and not done:
            logs = dict(resumed["so_far"])
        else:
            logs = plain_logs(self._epoch_logs(run.read() if done else {}))
        if run.validation is not None and _is_due(epoch, freq):
            if interrupts.keep is not None:
                run.begin_validation(logs)
            val_logs = self._evaluate(run.validation, callbacks, interrupts)
            logs.update({f"val_{name}": value for name, value in val_logs.items()})
            logs = plain_logs(logs)
        run.end_epoch(logs)
        callbacks.on_epoch_end(epoch, logs)

    def _epoch_logs(self, logs: Any) -> dict[str, Any]:
        """The metrics' results, where a step's own logs have the same names; else the logs."""
        if not isinstance(logs, dict):
            return {"loss": logs}
        results = self.get_metrics_result()
        return results if set(results) == set(logs) else dict(logs)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and the metrics on a data set.

        Args: as in `fit`; `steps` limits the number of batches.

        Returns:
            The loss, a list of it and the metrics, or with `return_dict` a dictionary.
        """
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        self._assert_compiled("evaluate")
        source = make_source(x, y, sample_weight, batch_size, steps)
        feed = Feed(source, steps, self.steps_per_execution)
        if not isinstance(callbacks, callbacks_room.CallbackList):
            callbacks = callbacks_room.CallbackList(
                callbacks,
                add_progbar=verbose != 0,
                verbose=verbose,
                epochs=1,
                steps=feed.num_batches,
                model=self,
            )
        logs = self._evaluate(feed, callbacks, Interrupts())
        feed.close()
        return logs if return_dict else self._in_order(logs)

    def _evaluate(self, feed: Feed, callbacks: Any, interrupts: Interrupts) -> dict[str, Any]:
        self._get_ready(feed.source.peek())
        self.stop_evaluating = False
        with Loop(self.make_test_function()) as loop:
            loop.bind(feed.source.peek())
            check = LabelCheck(self._compile_loss)
            check.source(feed.source)
            callbacks.on_test_begin()
            self.reset_metrics()
            read = self._reader("test_step", loop)
            done = run_steps(self, "test", feed, loop, callbacks, read, interrupts)
            logs = plain_logs(self._epoch_logs(read() if done else {}))
        if feed.steps is not None:
            feed.close()
        callbacks.on_test_end(logs)
        return logs

    def _get_training_state(self, epoch: int, batch: int) -> dict[str, Any]:
        """The whole state of the training under way, which `BackupAndRestore` keeps."""
        return (self._training_run or Run(self)).get_state(epoch, batch)

    def _set_training_state(self, state: dict[str, Any]) -> None:
        """Goes on where `_get_training_state` was called."""
        (self._training_run or Run(self)).set_state(state)

    def _in_order(self, logs: dict[str, Any]) -> Any:
        """The values of logs in the order of the metrics; the single one alone."""
        names: list[str] = []
        for metric in self.metrics:
            if isinstance(metric, CompileMetrics):
                names += [m.name for m in metric.metrics]
            else:
                names.append(metric.name)
        values = [logs[name] for name in names if name in logs]
        values += [logs[name] for name in sorted(logs) if name not in names]
        return values[0] if len(values) == 1 else values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for all samples, computed batch by batch.

        Args: as in `fit`; `steps` limits the number of batches.

        Returns:
            An array, or a nest of arrays, whose first axis is that of the samples.
        """
        if verbose == 0 and not callbacks and steps is None and type(x) is np.ndarray:
            if self.predict_function is not None and 0 < len(x) <= (batch_size or 32):
                made = self.predict_function.known(x)
                if made is not None:  # one batch of a signature that was checked before
                    return made(x)
        source = make_source(x, None, None, batch_size, steps)
        n = self.steps_per_execution
        feed = Feed(source, steps, n)
        self._get_ready(source.peek())
        if verbose == 0 and not callbacks:
            self.stop_predicting = False
            step = self.make_predict_function()
            if isinstance(source, ArraySource):
                return step.whole(lambda loop: collect(self, Feed(source, steps, n), loop, None))
            with Loop(step) as loop:
                return collect(self, feed, loop, None)
        if not isinstance(callbacks, callbacks_room.CallbackList):
            callbacks = callbacks_room.CallbackList(
                callbacks,
                add_progbar=verbose != 0,
                verbose=verbose,
                epochs=1,
                steps=feed.num_batches,
                model=self,
            )
        self.stop_predicting = False
        with Loop(self.make_predict_function()) as loop:
            callbacks.on_predict_begin()
            results = collect(self, feed, loop, callbacks)
            callbacks.on_predict_end()
        feed.close()
        return results

    # One batch.

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of training; gives the loss, or it and the metrics, of this batch alone."""
        self._assert_compiled("train_on_batch")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError(
                    "Arguments `sample_weight` and `class_weight` cannot be specified at the same "
                    f"time. Received: sample_weight={sample_weight}, class_weight={class_weight}"
                )
            sample_weight = class_weight_to_sample_weights(y, class_weight)
        batch = _one_batch(x, y, sample_weight)
        self._get_ready(spec_like(batch), train=True)
        return self._on_batch("train_step", self.make_train_function(), batch, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss, or it and the metrics, of one batch."""
        self._assert_compiled("test_on_batch")
        batch = _one_batch(x, y, sample_weight)
        self._get_ready(spec_like(batch))
        return self._on_batch("test_step", self.make_test_function(), batch, return_dict)

    def _on_batch(self, name: str, step: Step, batch: Any, return_dict: bool) -> Any:
        with Loop(step) as loop:
            binding = loop.load(batch)
            LabelCheck(self._compile_loss).batch(batch)
            self.reset_metrics()
            with Interrupts() as interrupts:
                interrupts.held = True
                binding.run()
            logs = self._reader(name, loop)()
        logs = plain_logs(logs if isinstance(logs, dict) else {"loss": logs})
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as arrays."""
        batch = (_one_batch(x, None, None)[0],)
        self._get_ready(spec_like(batch))
        outputs = self.make_predict_function()(batch)
        return nest.map_structure(np.asarray, outputs)


def _one_batch(x: Any, y: Any, sample_weight: Any) -> tuple:
    def fed(a: Any, name: str) -> Any:
        if a is None:
            return None
        array = as_array(a, name)
        dtype = fed_dtype(array.dtype)
        return array if array.dtype == dtype else array.astype(dtype)

    if type(x) is np.ndarray and type(y) is np.ndarray and sample_weight is None:
        batch: tuple = (fed(x, "x"), fed(y, "y"), None)
    else:
        batch = tuple(
            nest.map_structure(lambda a, name=name: fed(a, name), part)
            for name, part in zip(NAMES, (x, y, sample_weight))
        )
    check_batch(batch)
    return batch


def _is_due(epoch: int, freq: Any) -> bool:
    if isinstance(freq, int):
        return (epoch + 1) % freq == 0
    if isinstance(freq, list):
        return epoch + 1 in freq
    raise ValueError(
        "Expected `validation_freq` to be a list or int. "
        f"Received: validation_freq={freq!r} of the type {type(freq)}."
    )
