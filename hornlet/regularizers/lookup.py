"""Regularizers by name: `get`, `serialize`, `deserialize`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hornlet.base.lookup as lookup
from hornlet.base.serialization import serialize_keras_object

ROOM = "keras.regularizers"


def get(identifier: Any) -> Callable | None:
    """The regularizer that `identifier` stands for: a name, a config, a callable or `None`.

    Raises `ValueError` for an unknown name, listing near ones.

    >>> type(keras.regularizers.get("l2")).__name__
    'L2'
    """
    return lookup.get(ROOM, identifier, "regularizer")


def serialize(regularizer: Any) -> Any:
    """The config of a regularizer, with its class.

    >>> keras.regularizers.serialize(keras.regularizers.L2())["class_name"]
    'L2'
    """
    return serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The regularizer described by what `serialize` returned.

    >>> config = {"class_name": "L2", "config": {}}
    >>> type(keras.regularizers.deserialize(config)).__name__
    'L2'
    """
    return lookup.deserialize(ROOM, config, "regularizer", custom_objects)
