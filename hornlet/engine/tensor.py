"""Questions about values, traced or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.engine.emit import Tensor
from hornlet.engine.ref import Ref


def is_tensor(x: Any) -> bool:
    """Whether `x` is a traced value."""
    return type(x) is Tensor


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of a Tensor, Ref, array or number."""
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def dtype_of(x: Any) -> np.dtype:
    """The NumPy dtype of a Tensor, Ref, array or number."""
    if isinstance(x, Ref):
        return x.array.dtype
    return x.dtype if isinstance(x, (Tensor, np.ndarray, np.generic)) else np.asarray(x).dtype
