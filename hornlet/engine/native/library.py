"""Finds the compiled kernels, if they were built with the package.

NumPy is always the reference: `HORNLET_NATIVE=0` in the environment leaves the kernels out.
"""

from __future__ import annotations

import os
from typing import Any

_found: list = []


def library() -> Any:
    """The loaded library (a `ctypes.CDLL`), or None where there is none or it is switched off."""
    if not _found:
        _found.append(_load())
    return _found[0]


def _load() -> Any:
    if os.environ.get("HORNLET_NATIVE", "1") == "0":
        return None
    import ctypes
    from importlib.machinery import EXTENSION_SUFFIXES

    folder = os.path.dirname(os.path.abspath(__file__))
    for suffix in EXTENSION_SUFFIXES:
        path = os.path.join(folder, "_kernels" + suffix)
        if os.path.exists(path):
            try:
                return ctypes.CDLL(path)
            except OSError:  # built for another machine: NumPy serves
                return None
    return None
