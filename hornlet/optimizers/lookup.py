"""Optimizers by name: `get`, `serialize`, `deserialize`."""

from __future__ import annotations

from typing import Any

import hornlet.base.lookup as lookup
from hornlet.base.serialization import serialize_keras_object
from hornlet.optimizers.optimizer import Optimizer

ROOM = "keras.optimizers"


def get(identifier: Any) -> Optimizer | None:
    """The optimizer that `identifier` stands for: a name, a config, an optimizer or `None`.

    Raises `ValueError` for an unknown name, listing near ones, and for anything else.

    >>> type(keras.optimizers.get("adam")).__name__
    'Adam'
    """
    if identifier is None:
        return None
    if isinstance(identifier, str):
        identifier = {"class_name": identifier, "config": {}}
    found = deserialize(identifier) if isinstance(identifier, dict) else identifier
    if not isinstance(found, Optimizer):
        raise ValueError(
            f"Could not interpret optimizer identifier: {identifier!r}. Expected a name, a config "
            "or an optimizer."
        )
    return found


def serialize(optimizer: Any) -> Any:
    """The config of an optimizer, with its class.

    >>> keras.optimizers.serialize(keras.optimizers.SGD())["class_name"]
    'SGD'
    """
    return serialize_keras_object(optimizer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The optimizer described by what `serialize` returned; the class name in any case.

    >>> config = {"class_name": "sgd", "config": {"learning_rate": 0.5}}
    >>> float(keras.optimizers.deserialize(config).learning_rate)
    0.5
    """
    name = config.get("class_name")
    if isinstance(name, str) and lookup.registry.spelled(ROOM, name.lower()) is not None:
        config = {**config, "class_name": name.lower()}
        if config.get("registered_name") in (None, name):
            config["module"] = config["registered_name"] = None
    return lookup.deserialize(ROOM, config, "optimizer", custom_objects)
