"""How every room's `get` and `deserialize` find an object: by name, by config, or as it is."""

from __future__ import annotations

from typing import Any

from hornlet.base import registry
from hornlet.base.names import did_you_mean
from hornlet.base.serialization import ConfigError, deserialize_keras_object


def get(module: str, identifier: Any, argument: str) -> Any:
    """What a name, a config, a class or an object stands for in the room `module`."""
    if isinstance(identifier, dict):
        return deserialize(module, identifier, argument)
    return get_object(module, identifier, argument)


def deserialize(module: str, config: Any, argument: str, custom_objects: Any = None) -> Any:
    """Rebuild an object from its config; bare class names are looked up in the room `module`."""
    with registry.CustomObjectScope(custom_objects):
        if not isinstance(config, dict):
            return get_object(module, config, argument)
        name = config.get("class_name")
        if config.get("module") is None and isinstance(name, str):
            custom = registry.get_registered_object(config.get("registered_name") or name)
            cls = registry.spelled(module, name)
            if custom is None and cls is None and name not in ("function", "type"):
                hint = did_you_mean(name, registry.names_in(module))
                raise ConfigError(f"Unknown `{argument}`: {name!r} is not in {module}.{hint}")
            if custom is None and isinstance(cls, type):
                config = {"config": {}, **config, "module": module, "registered_name": None}
                config["class_name"] = registry.home(cls)[1]  # type: ignore[index]
        return get_object(module, deserialize_keras_object(config), argument)


def get_object(module: str, identifier, argument: str, instantiate: bool = True):
    """Return what a string, config, class, function or object stands for in one room.

    Args:
        module: the room's public name, `"keras.initializers"`.
        identifier: None, a name, a config dictionary, a class, a callable or an object.
        argument: the argument's name, for the error.
        instantiate: whether a class that was named is called.

    Raises:
        ValueError: an unknown name, with near ones; anything that is not callable.
    """
    thing = identifier
    if thing is None:
        return None
    if isinstance(thing, dict):
        thing = deserialize_keras_object(thing)
    elif isinstance(thing, str):
        thing = registry.get_registered_object(identifier)
        if thing is None:
            thing = registry.spelled(module, identifier)
        if thing is None:
            hint = did_you_mean(identifier, registry.names_in(module))
            raise ConfigError(f"Unknown `{argument}`: {identifier!r} is not in {module}.{hint}")
    if isinstance(thing, type) and instantiate:
        thing = thing()
    if callable(thing) or hasattr(thing, "get_config"):
        return thing
    raise ConfigError(
        f"Could not interpret `{argument}`: expected a name of {module}, a config, a callable or "
        f"None. Received: {identifier!r}"
    )
