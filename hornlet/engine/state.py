"""Which trace or recording is active in this thread, if any."""

from __future__ import annotations

import threading
from typing import Any


class _State(threading.local):
    trace: Any = None  # the innermost Recording or Trace; see trace.py


STATE = _State()


class active:
    """Context in which `trace` is the active one; None suspends tracing."""

    def __init__(self, trace: Any):
        self.trace = trace

    def __enter__(self) -> Any:
        self.outer = STATE.trace
        STATE.trace = self.trace
        return self.trace

    def __exit__(self, *error: Any) -> None:
        STATE.trace = self.outer
