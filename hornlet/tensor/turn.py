"""Turns: threads change a model's weights one at a time, and others see no half of a change."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hornlet.engine.state import STATE as TRACES

_turns: weakref.WeakSet = weakref.WeakSet()
_joining = threading.Lock()


class Turn:
    """Whose turn it is to change some weights, and how often they were changed.

    Who only reads computes without a lock: it notes `changes` first and looks at it again when it
    is done. An odd number, or another one than before, says that a change was under way; then it
    copies the weights inside `held()`, when no change is, and computes on the copies.

    >>> from hornlet.tensor.turn import Turn
    >>> turn = Turn()
    >>> with turn.changing():
    ...     turn.changes
    1
    >>> turn.changes
    2
    """

    def __init__(self) -> None:
        self.changes = 0  # odd while a change is made
        self._successor: Turn | None = None
        self._renew()
        _turns.add(self)

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._queue = threading.Lock()
        self._waiting = 0
        self._owner: int | None = None
        self._depth = 0

    def __reduce__(self) -> Any:
        return Turn, ()  # a copied model has a turn of its own

    def begin(self) -> None:
        """Wait until nobody else changes or copies, then take the turn."""
        me = threading.get_ident()
        if self._owner == me:
            self._depth += 1
            return
        if self._waiting:  # who trains step after step lets those in who wait
            with self._queue:
                pass
        self._lock.acquire()
        self._owner = me
        self.changes += 1

    def end(self) -> None:
        """Give the turn back."""
        if self._depth:
            self._depth -= 1
            return
        self.changes += 1
        self._owner = None
        self._lock.release()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A block that changes weights; a thread may open it again inside."""
        if TRACES.trace is not None:  # only recorded here: who runs the step takes the turn
            yield
            return
        self.begin()
        try:
            yield
        finally:
            self.end()

    @contextmanager
    def held(self) -> Iterator[None]:
        """A block during which no other thread changes weights."""
        if self._owner == threading.get_ident():
            yield
            return
        with self._queue:
            self._waiting += 1
            self._lock.acquire()
            self._waiting -= 1
        try:
            yield
        finally:
            self._lock.release()

    def around(self, run: Callable[[], Any]) -> Callable[[], Any]:
        """`run` in a turn of its own."""

        def change() -> Any:
            self.begin()
            try:
                return run()
            finally:
                self.end()

        return change

    def apart(self, run: Callable[[], Any]) -> Callable[[], Any]:
        """`run`, which reads weights and may be run twice, on one state of them."""

        def read() -> Any:
            before = self.changes
            if not before & 1:
                result = run()
                if self.changes == before:
                    return result
            with self.held():
                return run()

        return read

    def latest(self) -> Turn:
        """This turn, or the one that it was joined to."""
        turn = self
        while turn._successor is not None:
            turn = turn._successor
        return turn

    def join(self, other: Turn) -> None:
        """Let `other` stand for this one from now on."""
        one, other = self.latest(), other.latest()
        if one is not other:
            one._successor = other


def common_turn(parts: list[Any]) -> Turn:
    """The one turn of all `parts` of a model, which a part may have from another model."""
    with _joining:
        known = [turn for part in parts if (turn := part.__dict__.get("_turn")) is not None]
        turn = known[0].latest() if known else Turn()
        for other in known[1:]:
            other.join(turn)
        for part in parts:
            object.__setattr__(part, "_turn", turn)
    return turn


def _after_fork() -> None:
    # The threads that held locks are gone in the child.
    global _joining
    _joining = threading.Lock()
    for turn in list(_turns):
        turn._renew()
        turn.changes += turn.changes & 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
