"""Layers to and from configs: `serialize`, `deserialize`."""

from __future__ import annotations

from typing import Any

from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.layers.base import Layer


def serialize(layer: Any) -> dict[str, Any]:
    """The config of a layer, as a dictionary of plain values with its class's name.

    >>> keras.layers.serialize(keras.layers.Flatten())["class_name"]
    'Flatten'
    """
    return serialize_keras_object(layer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The layer that a config from `serialize` describes, with new weights.

    Args:
        config: the dictionary.
        custom_objects: names of your own classes and functions.

    Raises:
        ValueError: if it describes something else than a layer.

    >>> keras.layers.deserialize(keras.layers.serialize(keras.layers.Dense(3))).units
    3
    """
    layer = deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(layer, Layer):
        raise ValueError(
            "`keras.layers.deserialize` was passed a config of something that is not a layer. "
            f"Received: {config}"
        )
    return layer
