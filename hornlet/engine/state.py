"""What holds for this thread: the active trace or recording, and the check for NaN."""

from __future__ import annotations

import os
import threading
from typing import Any


class _State(threading.local):
    trace: Any = None  # the innermost Recording or Trace; see trace.py
    # See nans.py: whether primitives are checked, and the node whose gradient is being made.
    nans = os.environ.get("HORNLET_DEBUG_NANS", "") not in ("", "0")
    differentiated: Any = None
    alarm: Any = None  # called when a loss is NaN; see ops/custom.py


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
