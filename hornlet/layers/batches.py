"""What `adapt` reads: one array, or an iterable of batches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np


def batches_of(data: Any, steps: int | None = None, whole: tuple[type, ...] = ()) -> Iterator[Any]:
    """The batches of `data`, at most `steps`; an array, and an instance of `whole`, is one."""
    if isinstance(data, (np.ndarray, *whole)) or hasattr(data, "__array__"):
        return iter([data])
    if hasattr(data, "__iter__"):
        return islice(data, steps)
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        return islice((data[i] for i in range(len(data))), steps)
    return iter([data])
