"""Activations by name: `get`, `serialize`, `deserialize`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hornlet.base.lookup as lookup
import hornlet.ops as ops
from hornlet.activations import piecewise, smooth
from hornlet.activations.piecewise import linear
from hornlet.base.registry import home, stand_in
from hornlet.base.serialization import serialize_keras_object

ROOM = "keras.activations"


def get(identifier: Any) -> Callable:
    """The activation that `identifier` stands for: a name, a config or a callable.

    `None` is the linear activation. Raises `ValueError` for an unknown name, listing near ones.

    >>> keras.activations.get("relu") is keras.activations.relu
    True
    """
    return linear if identifier is None else lookup.get(ROOM, identifier, "activation")


def serialize(activation: Any) -> Any:
    """The name of a built-in activation, or the config of any other.

    >>> keras.activations.serialize(keras.activations.tanh)
    'tanh'
    """
    place = home(activation)
    if place is not None and place[0] == ROOM:
        return place[1]
    return serialize_keras_object(activation)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The activation described by what `serialize` returned.

    >>> keras.activations.deserialize("tanh") is keras.activations.tanh
    True
    """
    return lookup.deserialize(ROOM, config, "activation", custom_objects)


for _name, _function in [*vars(piecewise).items(), *vars(smooth).items()]:
    if home(_function) == (ROOM, _name) and hasattr(ops, _name):
        stand_in(getattr(ops, _name), _function)
