"""Masks that travel with tensors: on Tensors and symbols an attribute, for arrays a weak table."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

# By an array's id: a weak reference to it, and its mask. The entry goes when the array does.
_table: dict[int, tuple[Any, Any]] = {}


def get_mask(x: Any) -> Any:
    """The mask that goes with `x`, or None."""
    if type(x) is not np.ndarray:
        return getattr(x, "_keras_mask", None)
    if not _table:
        return None
    entry = _table.get(id(x))
    return entry[1] if entry is not None and entry[0]() is x else None


def set_mask(x: Any, mask: Any) -> None:
    """Let `mask` go with `x` from now on; None takes it away."""
    if not isinstance(x, np.ndarray):
        x._keras_mask = mask
        return
    key = id(x)
    if mask is None:
        _table.pop(key, None)
    else:
        _table[key] = (weakref.ref(x, lambda _: _table.pop(key, None)), mask)
