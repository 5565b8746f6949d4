"""Signals that wait until a step is done, so that no step is left half applied."""

from __future__ import annotations

# The functions of `signal` make enumerations of handlers: ten times as slow, in every small step.
import _signal
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

SIGINT, SIGTERM, DEFAULT = int(signal.SIGINT), int(signal.SIGTERM), int(signal.SIG_DFL)


class Interrupts:
    """A context in which Ctrl-C, and on demand SIGTERM, wait for the end of a step.

    While `held` is true a first signal is only noted in `waiting`; `deliver` does what it would
    have done. A second one is not held up. Elsewhere than in the main thread, and where the program
    has no handler of its own in Python, nothing is changed.

    Args:
        keep: called before a signal is delivered, to keep the state of training. With it signals
            are held until a batch and its callbacks are done, and SIGTERM is one of them.
    """

    __slots__ = ("before", "held", "keep", "process", "waiting")

    def __init__(self, keep: Callable[[], None] | None = None):
        self.keep = keep
        self.held = False
        self.waiting: int | None = None
        self.before: dict[int, Any] = {}
        self.process = os.getpid()

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in (SIGINT,) if self.keep is None else (SIGINT, SIGTERM):
            handler = _signal.getsignal(number)
            if callable(handler) or (number == SIGTERM and handler == DEFAULT):
                self.before[number] = handler
                _signal.signal(number, self._arrives)
        self.held = self.keep is not None
        return self

    def __exit__(self, *error: Any) -> None:
        self.held = False
        for number, handler in self.before.items():
            _signal.signal(number, handler)
        if self.waiting is not None:
            self._act(self.waiting, None)

    def _arrives(self, number: int, frame: Any) -> None:
        # A worker forked meanwhile has inherited the handler, and no step that would be waited for.
        if self.held and self.waiting is None and os.getpid() == self.process:
            self.waiting = number
        else:
            self._act(number, frame)

    def deliver(self, frame: Any = None) -> None:
        """Does what the waiting signal is for, once the state is kept."""
        number, self.waiting = self.waiting, None
        if number is not None:
            if self.keep is not None:
                self.keep()
            self._act(number, frame)

    def _act(self, number: int, frame: Any) -> None:
        handler = self.before[number]
        if callable(handler):
            handler(number, frame)
        else:
            raise SystemExit(128 + number)
