"""Text in arrays, as the layers that read text see it: str, bytes or objects of either."""

from __future__ import annotations

import numpy as np

from hornlet.engine.tensor import Tensor
from hornlet.tensor.variable import Variable


def values_of(x, layer):
    """``x`` as an array; a traced Tensor gives its value, or an error where it has none."""
    if isinstance(x, Tensor):
        if x.value is None:
            raise TypeError(
                f"Layer '{layer.name}' (of type {type(layer).__name__}) reads values one by one "
                "and cannot be part of a traced step. Apply it to the data before the model, or "
                "compile the model with `run_eagerly=True`."
            )
        x = x.value
    return np.asarray(x.array if isinstance(x, Variable) else x)


def is_text(x):
    """Whether an array holds text."""
    return x.dtype.kind in "SUO"


def as_text(x, encoding="utf-8"):
    """An array of text, or of numbers, as an array of `str`."""
    if x.dtype.kind == "U":
        return x
    if x.dtype.kind == "S":
        return np.char.decode(x, encoding)
    if x.dtype.kind == "b":
        return np.where(x, "true", "false")
    if x.dtype.kind != "O":
        return x.astype(str)
    flat = [v.decode(encoding) if isinstance(v, bytes) else str(v) for v in x.ravel().tolist()]
    return np.array(flat, dtype=str).reshape(x.shape)


def hashed(x, bins, function, encoding="utf-8"):
    """``function(bytes of each text) % bins`` as integers; equal texts are hashed once."""
    unique, where = np.unique(as_text(x, encoding), return_inverse=True)
    places = [function(text.encode(encoding)) % bins for text in unique.tolist()]
    return np.array(places, dtype="int64")[where].reshape(x.shape)
