"""Masks that travel with tensors: on Tensors and symbols an attribute, for arrays a weak table."""

from __future__ import annotations

import weakref
from functools import partial
from typing import Any

import numpy as np

from hornlet.base import nest

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


def masks_of(value: Any) -> Any:
    """The mask of a tensor; for a nest the nest of masks; None if there is none at all."""
    if isinstance(value, (list, tuple, dict)):
        masks = nest.map_structure(get_mask, value)
        return masks if any(m is not None for m in nest.flatten(masks)) else None
    return get_mask(value)


def set_mask(x: Any, mask: Any) -> None:
    """Let `mask` go with `x` from now on; None takes it away."""
    if not isinstance(x, np.ndarray):
        x._keras_mask = mask
        return
    key = id(x)
    if mask is None:
        _table.pop(key, None)
    else:
        # The table is the function's own: an array may outlive the names of this module.
        _table[key] = (weakref.ref(x, partial(_forget, _table, key)), mask)


def _forget(table: dict, key: int, reference: Any) -> None:
    table.pop(key, None)
