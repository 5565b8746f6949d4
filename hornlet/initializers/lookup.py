"""Initializers by name: `get`, `serialize`, `deserialize`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import hornlet.base.lookup as lookup
import hornlet.ops as ops
from hornlet.base.dtypes import standardize_dtype
from hornlet.base.serialization import serialize_keras_object
from hornlet.engine.ref import Ref

ROOM = "keras.initializers"


def get(identifier: Any) -> Callable | None:
    """The initializer that `identifier` stands for.

    Args:
        identifier: a name, a config, an initializer or its class, a function
            `f(shape, dtype)`, an array that is the value itself, or `None`.

    Raises:
        ValueError: for an unknown name, listing near ones.

    >>> type(keras.initializers.get("he_normal")).__name__
    'HeNormal'
    """
    if isinstance(identifier, (np.ndarray, np.generic, Ref)) or ops.is_tensor(identifier):
        return _constant(identifier)
    return lookup.get(ROOM, identifier, "initializer")


def _constant(value: Any) -> Callable:
    def initialize(shape: Any, dtype: Any = None) -> Any:
        if tuple(shape) != tuple(value.shape):
            raise ValueError(
                f"An array of shape {tuple(value.shape)} was given as initializer, so `shape` must "
                f"be the same. Received: shape={tuple(shape)}"
            )
        return ops.cast(value, standardize_dtype(dtype))

    return initialize


def serialize(initializer: Any) -> Any:
    """The config of an initializer, with its class.

    >>> keras.initializers.serialize(keras.initializers.Zeros())["class_name"]
    'Zeros'
    """
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The initializer described by what `serialize` returned.

    >>> type(keras.initializers.deserialize({"class_name": "Ones", "config": {}})).__name__
    'Ones'
    """
    return lookup.deserialize(ROOM, config, "initializer", custom_objects)
