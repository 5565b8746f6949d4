"""The progress bar, in the form of Keras's, and the callback that shows it."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from hornlet.base.config import print_message
from hornlet.callbacks.callback import Callback

_FILLED, _EMPTY, _BOLD, _OFF = "\33[32m", "\33[37m", "\x1b[1m", "\x1b[0m"


class Progbar:
    """A progress bar with the time per step and the latest values.

    Args:
        target: number of steps, `None` if unknown.
        width: number of characters of the bar.
        verbose: 0 is silent, 1 a bar that moves, 2 one line at the end.
        interval: least time between two updates of the bar, in seconds.
        stateful_metrics: names of values that are shown as they are; others are averaged.
        stateless_metrics: names of values that are averaged; others are shown as they are.
        unit_name: what a step is called.

    >>> bar = keras.utils.Progbar(2, verbose=0)
    >>> bar.update(1, [("loss", 0.5)])
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Only one of `stateful_metrics` and `stateless_metrics` can be given. Received: "
                f"stateful_metrics={stateful_metrics}, stateless_metrics={stateless_metrics}"
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        averaged = stateless_metrics is not None
        self.stateful_metrics = None if averaged else set(stateful_metrics or ())
        self.stateless_metrics = set(stateless_metrics or ()) if averaged else None
        self._dynamic_display = (
            (hasattr(sys.stdout, "isatty") and sys.stdout.isatty())
            or "ipykernel" in sys.modules
            or "posix" in sys.modules
            or "PYCHARM_HOSTED" in os.environ
        )
        self._seen_so_far = 0
        self._values: dict[str, list] = {}  # name -> [sum, count]
        self._start = time.time()
        self._last_update = 0.0
        self._time_after_first_step: float | None = None
        self._previous_width = 0

    def due(self) -> bool:
        """Whether `update` would show anything now, apart from the last step."""
        return self.verbose == 1 and time.time() - self._last_update >= self.interval

    def update(self, current: int, values: Any = None, finalize: bool | None = None) -> None:
        """Shows step `current`.

        Args:
            current: number of steps done.
            values: pairs of a name and the last step's value.
            finalize: whether this is the last update, by default when `current` is the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._collect(current, values or (), finalize)
        self._seen_so_far = current
        now = time.time()
        per_step = self._estimate_step_duration(current, now)
        if self.verbose == 1:
            if now - self._last_update < self.interval and not finalize:
                return
            print_message(self._bar_line(current, now, per_step, finalize), line_break=False)
        elif self.verbose == 2 and finalize and self.target:
            line = f"{self._count(current)} - {now - self._start:.0f}s -"
            line += _duration(per_step, self.unit_name) + self._metrics(signed=True)
            print_message(line)
        self._last_update = now

    def add(self, n: int, values: Any = None) -> None:
        """Shows `n` more steps."""
        self.update(self._seen_so_far + n, values)

    def _collect(self, current: int, values: Any, finalize: bool) -> None:
        n = max(current - self._seen_so_far, 1)
        for name, value in values:
            if self.stateful_metrics is not None:
                averaged = name not in self.stateful_metrics
            else:
                averaged = name in self.stateless_metrics  # type: ignore[operator]
            if averaged and not finalize and name in self._values:
                self._values[name][0] += value * n
                self._values[name][1] += n
            elif averaged and not finalize:
                self._values[name] = [value * n, n]
            else:
                self._values[name] = [value, 1]

    def _count(self, current: int) -> str:
        digits = int(math.log10(self.target)) + 1  # type: ignore[arg-type]
        return f"{current:{digits}d}/{self.target}"

    def _bar_line(self, current: int, now: float, per_step: float, finalize: bool) -> str:
        """One update; what it covers of the line before is counted without colour codes."""
        head = "\b" * self._previous_width + "\r" if self._dynamic_display else "\n"
        if self.target:
            filled = int(self.width * current / self.target)
            count = self._count(current)
            bar = f"{_BOLD}{count}{_OFF} "
            bar += f"{_FILLED}{'━' * filled}{_OFF}" if filled > 0 else ""
            bar += f"{_EMPTY}{'━' * (self.width - filled)}{_OFF}"
            width = len(count) + 1 + max(filled, 0) + max(self.width - filled, 0)
        else:
            bar = f"{current:7d}/Unknown"
            width = len(bar)
        if self.target and not finalize:
            clock = _remaining(per_step * (self.target - current))
        else:
            clock = f"{now - self._start:.0f}s"
        tail = _duration(per_step, self.unit_name) + self._metrics()
        width += 1 + len(clock) + len(tail)
        line = f"{head}{bar} {_BOLD}{clock}{_OFF}{tail}"
        line += " " * max(self._previous_width - width, 0) + ("\n" if finalize else "")
        self._previous_width = width
        return line

    def _metrics(self, signed: bool = False) -> str:
        text = ""
        for name, (total, count) in self._values.items():
            mean = (total if isinstance(total, float) else np.mean(total)) / max(1, count)
            size = mean if signed else abs(mean)
            text += f" - {name}: " + (f"{mean:.4f}" if size > 1e-3 else f"{mean:.4e}")
        return text

    def _estimate_step_duration(self, current: int, now: float) -> float:
        """Time per step, without the first one, which traces the program."""
        if not current:
            return 0
        if self._time_after_first_step is not None and current > 1:
            per_step = (now - self._time_after_first_step) / (current - 1)
        else:
            per_step = (now - self._start) / current
        if current == 1:
            self._time_after_first_step = now
        return per_step


def _duration(seconds: float, unit: str) -> str:
    if seconds >= 1 or seconds == 0:
        return f" {seconds:.0f}s/{unit}"
    if seconds >= 1e-3:
        return f" {seconds * 1e3:.0f}ms/{unit}"
    return f" {seconds * 1e6:.0f}us/{unit}"


def _remaining(seconds: float) -> str:
    whole = int(seconds)
    if seconds > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if seconds > 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"


class ProgbarLogger(Callback):
    """Shows the progress of `fit`, `evaluate` and `predict`; `verbose` is taken from them.

    >>> logger = keras.callbacks.ProgbarLogger()
    >>> logger.set_params({"verbose": 0, "epochs": 1, "steps": 2})
    >>> logger.on_epoch_begin(0)
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose = 1
        self.epochs = 1
        self._called_in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        self.verbose = 1 if params["verbose"] == "auto" else params["verbose"]
        self.epochs = params["epochs"]
        self.target = params["steps"]

    def get_state(self) -> dict[str, Any]:
        """Nothing: what is shown is of this run."""
        return {}

    def due(self) -> bool:
        """Whether a batch's logs would be shown now; if not, nobody need compute them."""
        return self.verbose == 1 and (self.progbar is None or self.progbar.due())

    def on_train_begin(self, logs: Any = None) -> None:
        self._called_in_fit = True

    def on_test_begin(self, logs: Any = None) -> None:
        if not self._called_in_fit:
            self._start()

    def on_predict_begin(self, logs: Any = None) -> None:
        self._start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start()
        if self.verbose and self.epochs > 1:
            print_message(f"Epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._show(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._called_in_fit:
            self._show(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._show(batch, None)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._finish(logs)

    def on_test_end(self, logs: Any = None) -> None:
        if not self._called_in_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._finish(logs)

    def _start(self) -> None:
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())

    def _show(self, batch: int, logs: Any) -> None:
        if self.progbar is None:
            self._start()
        self.seen = batch + 1
        if self.verbose == 1:
            self.progbar.update(self.seen, (logs or {}).items(), finalize=False)  # type: ignore[union-attr]

    def _finish(self, logs: Any) -> None:
        if self.progbar is None:
            self._start()
        if self.target is None:
            self.target = self.seen
            self.progbar.target = self.target  # type: ignore[union-attr]
        self.progbar.update(self.target, (logs or {}).items(), finalize=True)  # type: ignore[union-attr]
