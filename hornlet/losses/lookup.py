"""Losses by name: `get`, `serialize`, `deserialize`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hornlet.base.lookup as lookup
from hornlet.base.serialization import serialize_keras_object

ROOM = "keras.losses"


def get(identifier: Any) -> Callable | None:
    """The loss that `identifier` stands for.

    Args:
        identifier: name of a function (`"mean_squared_error"`, `"mse"`) or class
            (`"MeanSquaredError"`), a config, a function or loss, or `None`.

    Raises:
        ValueError: for an unknown name, listing near ones.

    >>> keras.losses.get("mse") is keras.losses.mean_squared_error
    True
    """
    return lookup.get(ROOM, identifier, "loss")


def serialize(loss: Any) -> Any:
    """The config of a loss or of a registered function.

    >>> keras.losses.serialize(keras.losses.MeanSquaredError())["class_name"]
    'MeanSquaredError'
    """
    return serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: Any = None) -> Any:
    """The loss described by what `serialize` returned.

    >>> config = {"class_name": "Huber", "config": {"delta": 2.0}}
    >>> keras.losses.deserialize(config).delta
    2.0
    """
    return lookup.deserialize(ROOM, name, "loss", custom_objects)
