"""Quantizers by name: `get`, `serialize`, `deserialize`."""

from __future__ import annotations

from typing import Any

import hornlet.base.lookup as lookup
from hornlet.base.serialization import serialize_keras_object

ROOM = "keras.quantizers"


def get(identifier: Any, **kwargs: Any) -> Any:
    """The quantizer that `identifier` stands for: a name, a config, a callable or `None`.

    >>> type(keras.quantizers.get("abs_max_quantizer")).__name__
    'AbsMaxQuantizer'
    """
    return lookup.get(ROOM, identifier, "quantizer")


def serialize(initializer: Any) -> Any:
    """The config of a quantizer, with its class.

    >>> keras.quantizers.serialize(keras.quantizers.AbsMaxQuantizer())["class_name"]
    'AbsMaxQuantizer'
    """
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The quantizer described by what `serialize` returned.

    >>> config = keras.quantizers.serialize(keras.quantizers.AbsMaxQuantizer(axis=0))
    >>> keras.quantizers.deserialize(config).axis
    (0,)
    """
    return lookup.deserialize(ROOM, config, "quantizer", custom_objects)
