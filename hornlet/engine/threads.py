"""Work that is shared out between the calling thread and a second one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

Call = Callable[[], Any]


def share_count(work: int, threshold: int, most: int) -> int:
    """In how many shares work is given to `side_by_side`: one where a second thread cannot pay."""
    return most if work >= threshold and (os.cpu_count() or 1) > 1 else 1


def side_by_side(*lists: list[Call]) -> None:
    """Runs lists of calls on two threads: NumPy lets go of the interpreter in its loops.

    Each thread takes the next list when it is done with one: the threads of the matrix products
    go on spinning for a while after a product, and the second thread gets little of its core then.
    """
    second = _Second.get()
    second.keep_apart()
    left = iter(lists)
    other = second.pool.submit(_run, left)
    try:
        _run(left)
    finally:
        if not other.cancel():
            other.result()


def _run(lists: Iterator[list[Call]]) -> None:
    for calls in lists:
        for call in calls:
            call()


class _Second:
    """The second thread of this process."""

    found: list[_Second] = []

    def __init__(self) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.pool = ThreadPoolExecutor(1, "hornlet")
        self.number = self.pool.submit(threading.get_native_id).result()
        self.processor = _processor_of_this_thread()

    @classmethod
    def get(cls) -> _Second:
        if not cls.found:
            cls.found.append(cls())
        return cls.found[0]

    def keep_apart(self) -> None:
        """Keeps the thread off the processor that the caller runs on.

        While the threads of the products spin on the others, the system likes to put the second
        thread beside the first, where it gains nothing: Adam after a product takes 6.1 ms so, 3.4
        apart, and 5.8 on one thread.
        """
        if self.processor is None:
            return
        others = os.sched_getaffinity(0) - {self.processor()}
        if others:
            try:
                os.sched_setaffinity(self.number, others)
            except OSError:  # forbidden here
                self.processor = None


def _processor_of_this_thread() -> Callable[[], int] | None:
    """A function that tells the processor it runs on; None where the system does not tell."""
    import ctypes

    if not hasattr(os, "sched_setaffinity"):
        return None
    return getattr(ctypes.CDLL(None), "sched_getcpu", None)


if hasattr(os, "register_at_fork"):  # a thread does not outlive a fork
    os.register_at_fork(after_in_child=_Second.found.clear)
