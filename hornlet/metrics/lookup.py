"""Metrics by name: `get`, `serialize`, `deserialize`."""

from __future__ import annotations

from typing import Any

import hornlet.base.lookup as lookup
from hornlet.base.serialization import serialize_keras_object

ROOM = "keras.metrics"


def get(identifier: Any) -> Any:
    """The metric that `identifier` stands for.

    Args:
        identifier: name of a metric (`"mean_squared_error"`, `"mse"`, `"AUC"`), a config, a
            function or metric, or `None`.

    Raises:
        ValueError: for an unknown name, listing near ones.

    >>> keras.metrics.get("mse").name
    'mean_squared_error'
    """
    return lookup.get(ROOM, identifier, "metric")


def serialize(metric: Any) -> Any:
    """The config of a metric or of a registered function.

    >>> keras.metrics.serialize(keras.metrics.Sum())["class_name"]
    'Sum'
    """
    return serialize_keras_object(metric)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The metric described by what `serialize` returned.

    >>> keras.metrics.deserialize({"class_name": "Mean", "config": {"name": "size"}}).name
    'size'
    """
    return lookup.deserialize(ROOM, config, "metric", custom_objects)
