"""Finds the compiled kernels, if they were built with the package.

NumPy is always the reference: `HORNLET_NATIVE=0` in the environment leaves the kernels out.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

_found: list = []


def library() -> Any:
    """The loaded library (a `ctypes.CDLL`), or None where there is none or it is switched off."""
    if not _found:
        _found.append(_load())
    return _found[0]


def is_wide() -> bool:
    """Whether the kernels for AVX-512 are there and this processor runs them."""
    native = library()
    return hasattr(native, "hornlet_wide") and native.hornlet_wide() == 1


def addresses(arrays: list) -> np.ndarray:
    """Where arrays lie, as the elements of an array; 0 for None."""
    return np.array([0 if a is None else a.ctypes.data for a in arrays], np.uintp)


def call_on(
    name: str, arrays: list, sizes: list[int], owners: list | tuple = ()
) -> Callable[[], Any]:
    """A call of a C function with one structure: addresses of arrays, then sizes."""
    import ctypes

    function = getattr(library(), name)
    function.restype = None
    job = np.array([*addresses(arrays), *sizes], np.int64)
    call = partial(function, ctypes.c_void_p(job.ctypes.data))
    call.owners = (job, arrays, list(owners))  # type: ignore[attr-defined]  # kept alive with it
    return call


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
