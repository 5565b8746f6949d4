"""Forgetting what has piled up in this process."""

from __future__ import annotations

import gc

from hornlet.base import names
from hornlet.tensor.dtype_policy import reset_dtype_policy
from hornlet.tensor.seed_generator import reset_global_seed_generator


def clear_session(free_memory: bool = True) -> None:
    """Start names, the global dtype policy and the global seed generator anew.

    Args:
        free_memory: whether to run Python's garbage collector.

    >>> keras.utils.clear_session()
    >>> keras.layers.Dense(1).name
    'dense'
    """
    names.reset()
    reset_dtype_policy()
    reset_global_seed_generator()
    if free_memory:
        gc.collect()
