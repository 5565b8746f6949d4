"""Objects in the form that Keras 2 wrote them in: class name and config, functions by name."""

from __future__ import annotations

import inspect
from typing import Any

from hornlet.base.registry import CustomObjectScope, get_registered_name, get_registered_object

__all__ = ["deserialize_keras_object", "serialize_keras_object"]


def serialize_keras_object(instance: Any) -> Any:
    """An object as ``{"class_name": ..., "config": ...}``, a function or class as its name.

    Args:
        instance: the object; None stays None.

    Raises:
        ValueError: it has neither a config nor a name.

    >>> keras.utils.legacy.serialize_keras_object(keras.regularizers.L2(0.5))
    {'class_name': 'L2', 'config': {'l2': 0.5}}
    """
    instance = inspect.unwrap(instance)
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        config = {key: _in_config(item) for key, item in instance.get_config().items()}
        return {"class_name": get_registered_name(type(instance)), "config": config}
    if hasattr(instance, "__name__"):
        return get_registered_name(instance)
    raise ValueError(
        f"Argument `instance` must have `get_config()` or a name. Received: {instance!r}"
    )


def _in_config(item: Any) -> Any:
    if not hasattr(item, "get_config") and not hasattr(item, "__name__"):
        return item
    made = serialize_keras_object(item)
    return {**made, "__passive_serialization__": True} if isinstance(made, dict) else made


def deserialize_keras_object(
    identifier: Any,
    module_objects: dict | None = None,
    custom_objects: dict | None = None,
    printable_module_name: str = "object",
) -> Any:
    """The object that `serialize_keras_object` described.

    Names are looked up among `custom_objects`, registered objects and `module_objects`, and
    nowhere else.

    Args:
        identifier: a dictionary of class name and config; a name (of a class, which is then
            made without arguments, or of a function); a function; or None.
        module_objects: classes and functions by name.
        custom_objects: the user's, by name.
        printable_module_name: what the object is, for errors.

    Raises:
        ValueError: an unknown name, or something else.

    >>> config = {"class_name": "L2", "config": {"l2": 0.5}}
    >>> keras.utils.legacy.deserialize_keras_object(config, vars(keras.regularizers)).l2
    0.5
    """
    if identifier is None or inspect.isfunction(identifier):
        return identifier
    if isinstance(identifier, str):
        found = _look_up(identifier, module_objects, custom_objects, printable_module_name)
        return found() if inspect.isclass(found) else found
    if not isinstance(identifier, dict) or not {"class_name", "config"} <= set(identifier):
        raise ValueError(
            f"The description of a {printable_module_name} must be a name or a dictionary with "
            f"`class_name` and `config`. Received: {identifier!r}"
        )
    name, config = identifier["class_name"], identifier["config"]
    cls = _look_up(name, module_objects, custom_objects, printable_module_name)
    with CustomObjectScope(custom_objects or {}):
        if not hasattr(cls, "from_config"):
            return cls(**config)
        if isinstance(config, dict):
            config = {key: _plain(value) for key, value in config.items()}
        return cls.from_config(config)


def _plain(value: Any) -> Any:
    """A config's value without the mark that it was an object."""
    if isinstance(value, dict) and "__passive_serialization__" in value:
        return {k: v for k, v in value.items() if k != "__passive_serialization__"}
    return value


def _look_up(name: str, module_objects: Any, custom_objects: Any, what: str) -> Any:
    found = get_registered_object(name, custom_objects, module_objects)
    if found is None:
        raise ValueError(
            f"Unknown {what}: {name!r}. Pass it in `custom_objects`, or register it by "
            "`keras.utils.register_keras_serializable`."
        )
    return found
