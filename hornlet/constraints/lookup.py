"""Constraints by name: `get`, `serialize`, `deserialize`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hornlet.base.lookup as lookup
from hornlet.base.serialization import serialize_keras_object

ROOM = "keras.constraints"


def get(identifier: Any) -> Callable | None:
    """The constraint that `identifier` stands for: a name, a config, a callable or `None`.

    Raises `ValueError` for an unknown name, listing near ones.

    >>> type(keras.constraints.get("non_neg")).__name__
    'NonNeg'
    """
    return lookup.get(ROOM, identifier, "constraint")


def serialize(constraint: Any) -> Any:
    """The config of a constraint, with its class.

    >>> keras.constraints.serialize(keras.constraints.NonNeg())["class_name"]
    'NonNeg'
    """
    return serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The constraint described by what `serialize` returned.

    >>> config = {"class_name": "NonNeg", "config": {}}
    >>> type(keras.constraints.deserialize(config)).__name__
    'NonNeg'
    """
    return lookup.deserialize(ROOM, config, "constraint", custom_objects)
