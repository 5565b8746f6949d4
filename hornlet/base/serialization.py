"""Objects to Keras's config dictionaries and back. Names resolve in the registry alone."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.base import dtypes, names, registry
from hornlet.base.trust import DEEPEST as MAX_DEPTH
from hornlet.base.trust import ConfigError, Loading, check_config, shown

_FUNCTION_MODULES = (
    "keras.activations",
    "keras.constraints",
    "keras.initializers",
    "keras.losses",
    "keras.metrics",
    "keras.optimizers",
    "keras.regularizers",
    "keras.ops",
)


class _State(threading.local):
    def __init__(self):
        self.depth = 0
        self.live = False
        self.configs: dict[int, dict] | None = None
        self.objects: dict[Any, Any] | None = None


_state = _State()
_encoders: dict[type, tuple[str, Callable]] = {}
_decoders: dict[str, Callable] = {}


def register_leaf(cls: type, class_name: str, encode: Callable, decode: Callable) -> None:
    """Serialize instances of `cls` as ``{"class_name": class_name, "config": encode(x)}``."""
    _encoders[cls] = (class_name, encode)
    _decoders[class_name] = decode


class ObjectSharingScope:
    """Inside it an object met twice gets a `shared_object_id`, and is read back as one."""

    def __enter__(self):
        _state.configs = {}
        _state.objects = {}
        return self

    def __exit__(self, *_):
        _state.configs = None
        _state.objects = None


class LiveScope:
    """Inside it functions pass through configs as they are: for copies, never for files."""

    def __enter__(self):
        self._before = _state.live
        _state.live = True
        return self

    def __exit__(self, *_):
        _state.live = self._before


def encode(value):
    """Return the config of an argument: a built-in function is its name, anything else as usual."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, types.FunctionType):
        place = registry.home(value)
        if place is not None:
            return place[1]
    return serialize_keras_object(value)


def serialize_keras_object(obj: Any) -> Any:
    """Return the config dictionary of an object, which `deserialize_keras_object` reverses.

    Plain values and None are returned as they are, lists, tuples and dictionaries item by item.

    Args:
        obj: an object with `get_config`, a registered function, an array, a slice, a plain value.

    Raises:
        TypeError: something that has no config; ValueError: a lambda.

    >>> keras.saving.serialize_keras_object(keras.constraints.NonNeg())["class_name"]
    'NonNeg'
    """
    if obj is None or isinstance(obj, (str, int, float, bool)):
        return obj
    if isinstance(obj, list):
        return [serialize_keras_object(item) for item in obj]
    if isinstance(obj, tuple):
        return tuple([serialize_keras_object(item) for item in obj])
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    special = _special(obj)
    return special[0] if special else _object(obj)


def _special(obj) -> tuple | None:
    """A 1-tuple of the config of a value that is no object with a config of its own."""
    for cls in type(obj).__mro__:
        if cls in _encoders:
            class_name, encoder = _encoders[cls]
            return ({"class_name": class_name, "config": encoder(obj)},)
    if isinstance(obj, bytes):
        return ({"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}},)
    if isinstance(obj, slice):
        keys = ("start", "stop", "step")
        parts = {key: serialize_keras_object(getattr(obj, key)) for key in keys}
        return ({"class_name": "__slice__", "config": parts},)
    if obj is Ellipsis:
        return ({"class_name": "__ellipsis__", "config": {}},)
    if isinstance(obj, np.dtype):
        return (dtypes.standardize_dtype(obj),)
    if isinstance(obj, np.ndarray) and obj.ndim:
        config = {"value": obj.tolist(), "dtype": dtypes.standardize_dtype(obj.dtype)}
        return ({"class_name": "__numpy__", "config": config},)
    if isinstance(obj, (np.ndarray, np.generic)):
        return (obj.item(),)
    if isinstance(obj, (types.FunctionType, types.BuiltinFunctionType)) and _state.live:
        return ({"class_name": "__live__", "config": {"value": obj}},)
    if isinstance(obj, types.FunctionType) and obj.__name__ == "<lambda>":
        raise ConfigError(
            "A lambda cannot be serialized: files hold no code. Define a named function, register "
            "it with `@keras.saving.register_keras_serializable()` and pass that."
        )
    return None


def _object(obj) -> dict[str, Any]:
    inner = _inner_config(obj)
    cls = type(obj)
    place = registry.home(cls)
    if place is not None:
        config = {"module": place[0], "class_name": place[1], "config": inner}
        config["registered_name"] = getattr(cls, "_file_registered_name", None)
    else:
        config = {"module": cls.__module__, "class_name": cls.__name__, "config": inner}
        config["registered_name"] = registry.get_registered_name(cls)
    for key in ("build_config", "compile_config"):
        if hasattr(obj, "get_" + key):
            extra = getattr(obj, "get_" + key)()
            if extra is not None:
                config[key] = {name: serialize_keras_object(v) for name, v in extra.items()}
    if config["module"] == "__main__":
        config["module"] = None
    if _state.configs is not None:
        before = _state.configs.setdefault(id(obj), config)
        if before is not config:
            config["shared_object_id"] = before["shared_object_id"] = id(obj)
    return config


def _inner_config(obj):
    if isinstance(obj, types.FunctionType):
        return registry.get_registered_name(obj)
    if hasattr(obj, "get_config") and not isinstance(obj, type):
        config = obj.get_config()
        if not isinstance(config, dict):
            raise TypeError(
                f"The `get_config()` method of {obj} should return a dict. Received: {config!r}"
            )
        return {key: serialize_keras_object(value) for key, value in config.items()}
    if hasattr(obj, "__name__"):
        return registry.get_registered_name(obj)
    raise TypeError(
        f"Cannot serialize object {obj!r} of type {type(obj).__name__}: its class must define "
        "`get_config()`."
    )


def deserialize_keras_object(
    config: Any,
    custom_objects: dict | None = None,
    safe_mode: bool = True,
    **kwargs: Any,
) -> Any:
    """Return the object a config describes. Never imports, evaluates or runs stored code.

    Args:
        config: what `serialize_keras_object` returned, or that read back from JSON.
        custom_objects: a dictionary from name to class or function, besides the registered ones.
        safe_mode: False lets this one config name other files (vocabularies) to read; stored code
            is refused with either value.
        module_objects: a dictionary in which plain strings and class names are looked up first.
        printable_module_name: taken, as from callers that were written for older Keras, and unused.

    Raises:
        ValueError: a name that is not registered, stored code, a config of the wrong form.

    >>> config = keras.saving.serialize_keras_object(keras.constraints.NonNeg())
    >>> type(keras.saving.deserialize_keras_object(config)).__name__
    'NonNeg'
    """
    module_objects = kwargs.pop("module_objects", None)
    kwargs.pop("printable_module_name", None)
    if kwargs:
        raise TypeError(f"Unknown arguments: {sorted(kwargs)}")
    outermost = _state.depth == 0
    with Loading(safe_mode), registry.CustomObjectScope(custom_objects):
        if outermost and not _state.live:
            check_config(config)
        if module_objects is not None:
            found = _in_module(config, module_objects)
            if found is not None:
                return found[0]
        try:
            return _decode(config)
        except RecursionError:
            raise ConfigError("The config is nested too deeply to be read.") from None


def _in_module(config, module_objects) -> tuple | None:
    """Look a string, or the class name of a dictionary, up in a table given by the caller."""
    if isinstance(config, dict) and isinstance(config.get("class_name"), str):
        thing = module_objects.get(config["class_name"])
        if isinstance(thing, type) and registry.get_registered_object(config["class_name"]) is None:
            return (_instance(thing, config.get("config") or {}, config),)
        return None
    if isinstance(config, str) and registry.get_registered_object(config) is None:
        thing = module_objects.get(config, config)
        return (thing() if isinstance(thing, type) else thing,)
    return None


def _decode(config):
    _state.depth += 1
    try:
        if _state.depth > MAX_DEPTH:
            raise ConfigError(f"The config is nested more than {MAX_DEPTH} deep.")
        if isinstance(config, str):
            found = registry.get_registered_object(config)
            return config if found is None else found
        if config is None or isinstance(config, (int, float, bool)):
            return config
        if isinstance(config, (list, tuple)):
            return [_decode(item) for item in config]
        if not isinstance(config, dict):
            raise ConfigError(f"Could not parse config: {shown(config)}")
        if "class_name" not in config or "config" not in config:
            return {key: _decode(value) for key, value in config.items()}
        return _decode_object(config)
    finally:
        _state.depth -= 1


def _decode_object(config):
    class_name = config["class_name"]
    inner = {} if config["config"] is None else config["config"]
    if not isinstance(class_name, str):
        raise ConfigError(f"`class_name` must be a string. Received: {shown(class_name)}")
    if class_name in ("function", "type"):
        return _function(config, inner)
    if not isinstance(inner, dict):
        raise ConfigError(
            f"The `config` of '{class_name}' must be a dictionary. Received: {shown(inner)}"
        )
    if class_name in _decoders:
        return _decoders[class_name](inner)
    if class_name.startswith("__"):
        return _decode_special(class_name, inner)
    shared = config.get("shared_object_id")
    if shared is not None and _state.objects and shared in _state.objects:
        return _state.objects[shared]
    cls = _find_class(config, class_name)
    if isinstance(cls, types.FunctionType):
        return cls
    instance = _instance(cls, inner, config)
    if shared is not None and _state.objects is not None:
        _state.objects[shared] = instance
    return instance


def _decode_special(class_name, inner):
    if class_name == "__lambda__":
        raise ConfigError(
            "The file holds a Python lambda as code, which is never run. Pass the function by "
            "`custom_objects`, or save the model with a named, registered function."
        )
    try:
        if class_name in ("__numpy__", "__tensor__"):
            dtype = dtypes.numpy_dtype(inner["dtype"])
            if dtype.kind == "O":
                raise ConfigError("An array of objects is refused.")
            return np.array(inner["value"], dtype=dtype)
        if class_name == "__bytes__":
            return inner["value"].encode("utf-8")
        if class_name == "__ellipsis__":
            return Ellipsis
        if class_name == "__slice__":
            return slice(*(_decode(inner[key]) for key in ("start", "stop", "step")))
        if class_name == "__live__" and _state.live:
            return inner["value"]
    except (KeyError, AttributeError, OverflowError) as error:
        raise ConfigError(f"Incomplete config of {class_name}: {error!r}") from error
    raise ConfigError(f"Unknown kind of config: class_name={class_name!r}")


def _function(config, name):
    if not isinstance(name, str):
        raise ConfigError(f"A function's `config` must be its name. Received: {shown(name)}")
    module = config.get("module")
    builtin = None
    if isinstance(module, str) and module.startswith("keras"):
        builtin = registry.lookup(module, name)
    found = builtin or registry.get_registered_object(name)
    if found is None and module == "builtins":
        places = (registry.spelled(place, name) for place in _FUNCTION_MODULES)
        builtin = next((thing for thing in places if thing is not None), None)
        # Keras 3.6 and older wrote a registered function's name without its package.
        found = builtin or registry.without_package(name)
    if builtin is not None:
        _check_not_registered(config, name, module)
    if found is None:
        known = [other for place in _FUNCTION_MODULES for other in registry.names_in(place)]
        raise _unknown("function", name, module, known)
    return found


def _check_not_registered(config, name, module):
    """A built-in has no registered name: one beside it says that something else was meant."""
    registered = config.get("registered_name") or name
    if registered not in (name, config.get("class_name")):
        raise ConfigError(
            f"registered_name={shown(registered)} stands beside the built-in {module}.{name}. "
            "Remove it from the config."
        )


def _find_class(config, class_name):
    module = config.get("module")
    registered = config.get("registered_name") or class_name
    if not isinstance(registered, str) or not isinstance(module, (str, type(None))):
        raise ConfigError(
            f"`module` and `registered_name` must be strings. Received: {shown(config)}"
        )
    builtin = registry.lookup(module, class_name) if module else None
    if builtin is not None:
        _check_not_registered(config, class_name, module)
        return builtin
    found = registry.get_registered_object(registered)
    if found is None:
        found = registry.get_registered_object(class_name)
    if found is None and module is None:
        places = [place for place in registry.all_modules() if registry.lookup(place, class_name)]
        found = registry.lookup(places[0], class_name) if places else None
    if found is None:
        raise _unknown("class", class_name, module, registry.names_in(module or "keras.layers"))
    return found


def _instance(cls, inner, config):
    if not hasattr(cls, "from_config"):
        raise ConfigError(f"Class '{cls.__name__}' has no `from_config()` method.")
    # Whatever a constructor stumbles over in a config of unknown origin is the config's fault.
    try:
        instance = cls.from_config(inner)
        build_config = config.get("build_config")
        if build_config and not getattr(instance, "built", True):
            instance.build_from_config(build_config)
            instance.built = True
        compile_config = config.get("compile_config")
        if compile_config and hasattr(instance, "compile_from_config"):
            instance.compile_from_config(compile_config)
            instance.compiled = True
    except ValueError:
        raise
    except Exception as error:
        raise ConfigError(
            f"{cls.__name__} could not be made from its config {shown(inner)}: {error!r}"
        ) from error
    return instance


def _unknown(kind, name, module, known) -> ConfigError:
    near = names.near(name, known)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return ConfigError(
        f"Could not locate {kind} '{name}' of module {module!r}: it is neither built in nor "
        f"registered.{hint} Decorate your own with "
        "`@keras.saving.register_keras_serializable()` or pass it by `custom_objects`."
    )
