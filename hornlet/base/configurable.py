"""The constructor is the config: `get_config` is read off its signature, once for all classes."""

from __future__ import annotations

from typing import Any, NamedTuple

from hornlet.base import nest
from hornlet.base.serialization import ConfigError, encode


class Signature(NamedTuple):
    """Parameters of a constructor after `self`, in order; the two stars."""

    names: tuple[str, ...]
    positional: int
    varargs: bool
    varkw: bool
    defaults: dict[str, Any]


_REQUIRED = object()
_signatures: dict[type, Signature | None] = {}


def signature_of(cls: type) -> Signature | None:
    """Return the signature of the constructor that `cls` itself defines, or None."""
    if cls in _signatures:
        return _signatures[cls]
    function: Any = vars(cls).get("__init__")
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    found = None
    if function is not None and code is not None:
        count = code.co_argcount
        names = code.co_varnames[1:count] + code.co_varnames[count : count + code.co_kwonlyargcount]
        values = function.__defaults__ or ()
        defaults = dict(zip(code.co_varnames[count - len(values) : count], values))
        defaults.update(function.__kwdefaults__ or {})
        found = Signature(
            names, count - 1, bool(code.co_flags & 4), bool(code.co_flags & 8), defaults
        )
    _signatures[cls] = found
    return found


def _is_own(cls: type) -> bool:
    return cls.__module__.split(".", 1)[0] == "hornlet"


class Configurable:
    """Base of everything that has a config: layers, losses, metrics, optimizers and so on.

    A class of the library keeps each constructor argument under its own name, as an attribute; the
    config is these attributes, serialized. For a user's class that does not define `get_config` it
    is the arguments as they were given, which must then be plain values.

    `_config_exclude` in a class body names parameters of that class's own constructor that stay
    out of the config.
    """

    _constructor: tuple[tuple, dict[str, Any]]

    def __new__(cls, *args, **kwargs):
        if cls.__init__ is object.__init__ and (args or kwargs):
            raise TypeError(f"{cls.__name__}() takes no arguments. Received: {args}, {kwargs}")
        instance = super().__new__(cls)
        object.__setattr__(instance, "_constructor", (args, kwargs))
        return instance

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as a dictionary of plain values.

        >>> keras.initializers.Constant(3.0).get_config()
        {'value': 3.0}
        """
        return constructor_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]):
        """Make an object from what `get_config` returned.

        >>> keras.initializers.Constant.from_config({"value": 3.0}).value
        3.0
        """
        try:
            return cls(**config)
        except ConfigError:
            raise
        except (TypeError, ValueError, OverflowError) as error:
            raise ConfigError(
                f"Error when deserializing class '{cls.__name__}' using config={config}: {error}"
            ) from error


def constructor_config(thing, base: type = Configurable) -> dict[str, Any]:
    """Return the config of `thing` by the constructors of its classes up to `base`."""
    definer = next(c for c in type(thing).__mro__ if "get_config" in vars(c))
    if _is_own(type(thing)) or not _is_own(definer):
        return _attributes(thing, base)
    return _arguments(thing, base)


def _classes(thing, base: type):
    """Classes of `thing` above `base` that define a constructor, most derived first."""
    for cls in type(thing).__mro__:
        if cls is base or cls is Configurable or cls is object:
            return
        if signature_of(cls) is not None:
            yield cls, signature_of(cls)


def _attributes(thing, base) -> dict[str, Any]:
    """The library's own parameters, by attribute; a user's `get_config` adds the user's own."""
    parts = []
    reachable: tuple[str, ...] | None = None
    for cls, signature in _classes(thing, base):
        if not _is_own(cls):
            continue
        if reachable is not None:
            break
        excluded = vars(cls).get("_config_exclude", ())
        parts.append(
            {
                name: encode(getattr(thing, name))
                for name in signature.names
                if name not in excluded and hasattr(thing, name)
            }
        )
        if not signature.varkw:
            reachable = signature.names
    return {key: value for part in reversed(parts) for key, value in part.items()}


def _arguments(thing, base) -> dict[str, Any]:
    """The recorded arguments of a user's class, defaults included."""
    args, kwargs = thing._constructor
    given: dict[str, Any] = {}
    rest = dict(kwargs)
    first = True
    passed_on = True
    for cls, signature in _classes(thing, base):
        if not passed_on:
            break
        if first:
            if signature.varargs and len(args) > signature.positional:
                raise _no_config(thing, "variadic positional arguments")
            rest = {**dict(zip(signature.names, args)), **rest}
        for name in signature.names:
            if name in vars(cls).get("_config_exclude", ()):
                rest.pop(name, None)
            elif name in rest:
                value = rest.pop(name)
                own = _is_own(cls) and hasattr(thing, name)
                given[name] = encode(getattr(thing, name)) if own else value
            elif first and name not in given and name in signature.defaults:
                given[name] = signature.defaults[name]
        first = False
        passed_on = signature.varkw
    given.update(rest if passed_on else {})
    for name, value in given.items():
        for leaf in nest.flatten(value):
            if not isinstance(leaf, (str, int, float, bool, type(None))):
                raise _no_config(thing, f"a {type(leaf).__name__} as argument `{name}`")
    return given


def _no_config(thing, what: str) -> NotImplementedError:
    return NotImplementedError(
        f"Object {type(thing).__name__} was created with {what}, which no config can be derived "
        "from. Define `get_config(self)` in the class: call `super().get_config()` and add its "
        "own arguments as plain values, serialized by `keras.saving.serialize_keras_object`."
    )
