"""Callbacks that watch one metric: EarlyStopping and ReduceLROnPlateau, and their base."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import print_message
from hornlet.callbacks.callback import Callback


class MonitorCallback(Callback):
    """Base of what asks whether a metric has improved.

    Args:
        monitor: name of the metric in the logs.
        mode: "min" or "max" is better; "auto" knows it from the metric.
        baseline: the value to improve on at first.
        min_delta: by how much a value must be better.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Any = None  # `ops.greater` if more is better, `ops.less` if less is

    def _decide(self) -> None:
        """Finds out what is better, once the model's metrics exist."""
        if self.monitor_op is not None:
            return
        if self.mode != "auto":
            self.monitor_op = ops.greater if self.mode == "max" else ops.less
            return
        name = self.monitor.removeprefix("val_")
        if name == "loss":
            self.monitor_op = ops.less
        for metric in _single(getattr(self.model, "metrics", [])):
            direction = getattr(metric, "_direction", None)
            if metric.name == name and direction is not None:
                self.monitor_op = ops.greater if direction == "up" else ops.less
        if self.monitor_op is None:
            raise ValueError(
                f"{type(self).__name__} callback received monitor={self.monitor}, but it is not "
                "known whether that metric should be maximized or minimized. Pass `mode='max'` or "
                "`mode='min'`."
            )

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        if reference is None:
            return True
        margin = -self.min_delta if self.monitor_op is ops.less else self.min_delta
        return bool(self.monitor_op(value - margin, reference))

    def _value(self, logs: Any, what: str) -> Any:
        """The monitored value, or None with a warning."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"{what} conditioned on metric `{self.monitor}` which is not available. Available "
                f"metrics are: {','.join(logs or {})}",
                stacklevel=3,
            )
        return value


def _single(metrics: Any) -> list:
    """Metrics, with those that are collections opened."""
    return [m for metric in metrics for m in (getattr(metric, "metrics", None) or [metric])]


def rate_of(optimizer: Any) -> float:
    """The learning rate an optimizer has now."""
    if not hasattr(optimizer, "learning_rate"):
        raise ValueError('Optimizer must have a "learning_rate" attribute.')
    return float(optimizer.learning_rate)


def rated(optimizer: Any) -> list[tuple[str, Any]]:
    """Those that have a learning rate, several in a `MultiOptimizer`, each after its name."""
    several = getattr(optimizer, "optimizers", None)
    return [("", optimizer)] if several is None else [(each.name, each) for each in several]


def rates(optimizer: Any) -> dict[str, float]:
    """The learning rates by their names in logs."""
    return {
        f"learning_rate_{name}" if name else "learning_rate": rate_of(each)
        for name, each in rated(optimizer)
    }


class EarlyStopping(MonitorCallback):
    """Ends training when a metric has not improved for some epochs.

    Args:
        monitor: name of the metric.
        min_delta: by how much a value must be better.
        patience: how many epochs without improvement are waited for.
        verbose: 1 says when it stops.
        mode: "min" or "max" is better; "auto" knows it from the metric.
        baseline: the value to improve on; training ends if it is not reached in time.
        restore_best_weights: whether the weights of the best epoch are put back.
        start_from_epoch: epochs before it do not count.

    >>> keras.callbacks.EarlyStopping(patience=3).monitor
    'val_loss'
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._forget()

    def _forget(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_weights: Any = None
        self.best_epoch = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._decide()
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights = self.model.get_weights()
            self.best_epoch = epoch
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def get_monitor_value(self, logs: Any) -> Any:
        """The monitored value, or None with a warning; may be overridden."""
        return self._value(logs, "Early stopping")

    def on_train_end(self, logs: Any = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print_message(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print_message(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}."
                )
            self.model.set_weights(self.best_weights)


class ReduceLROnPlateau(MonitorCallback):
    """Lowers the learning rate when a metric has not improved for some epochs.

    Args:
        monitor: name of the metric.
        factor: what the learning rate is multiplied by, below 1.
        patience: how many epochs without improvement are waited for.
        verbose: 1 says so.
        mode: "min" or "max" is better; "auto" knows it from the metric.
        min_delta: by how much a value must be better.
        cooldown: epochs after a change that do not count.
        min_lr: the lowest learning rate.

    >>> keras.callbacks.ReduceLROnPlateau(factor=0.5).factor
    0.5
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(
                f"ReduceLROnPlateau does not support a factor >= 1.0. Received factor={factor}"
            )
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether the last change is too recent for another."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._decide()
        logs = {} if logs is None else logs
        logs.update(rates(self.model.optimizer))
        current = self._value(logs, "Learning rate reduction is")
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        for name, optimizer in rated(self.model.optimizer):
            rate = rate_of(optimizer)
            if rate <= np.float32(self.min_lr):  # the rate is kept in float32
                continue
            optimizer.learning_rate = new = max(rate * self.factor, self.min_lr)
            if self.verbose > 0:
                print_message(
                    f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing {name and name + ' '}"
                    f"learning rate to {new}."
                )
            self.cooldown_counter = self.cooldown
            self.wait = 0
