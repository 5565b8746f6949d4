"""The closed table of names: what a file or a string argument may name, and nothing else.

Built-in classes and functions enter it by `register` where they are defined; a user's by
`register_keras_serializable`, a `custom_object_scope` or a `custom_objects` argument.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from hornlet.base import names

_builtins: dict[tuple[str, str], object] = {}
_homes: dict[object, tuple[str, str]] = {}
_spellings: dict[str, dict[str, object]] = {}
_custom: dict[str, object] = {}
_custom_names: dict[object, str] = {}
_loaders: list[Callable[[], None]] = []


class _State(threading.local):
    def __init__(self):
        self.scope: dict[str, object] = {}


_state = _State()


def register(module: str, name: str | None = None, aliases: Iterable[str] = ()) -> Callable:
    """Enter a built-in class or function under its public module, ``@register("keras.layers")``.

    Args:
        module: the public module that files name, `"keras.layers"`.
        name: its name there, by default its own.
        aliases: more names: plain ones (`"mse"`) for string arguments, dotted ones
            (`"keras.models.Sequential"`) for other places where files look for it.
    """

    def enter(thing):
        own = name or thing.__name__
        place(thing, module, own, aliases)
        return thing

    return enter


def place(thing, module: str, name: str, aliases: Iterable[str] = ()) -> None:
    """Enter `thing` as `module.name`; what `register` does, for things without a definition."""
    known = _builtins.setdefault((module, name), thing)
    if known is not thing:
        raise ValueError(f"{module}.{name} is registered already, as {known!r}")
    _homes.setdefault(thing, (module, name))
    spellings = _spellings.setdefault(module, {})
    spellings[name] = thing
    if isinstance(thing, type):
        spellings.setdefault(names.to_snake_case(name), thing)
        spellings.setdefault(name.lower(), thing)
    for alias in aliases:
        if "." in alias:
            other, _, last = alias.rpartition(".")
            _builtins.setdefault((other, last), thing)
        else:
            spellings[alias] = thing


def stand_in(thing, builtin) -> None:
    """Let files name `thing` as the built-in that computes the same."""
    _homes.setdefault(thing, _homes[builtin])


def complete_with(loader: Callable[[], None]) -> None:
    """Have `loader` import all rooms, and so fill the table, before a first name is not found."""
    _loaders.append(loader)


def _complete() -> bool:
    """Whether rooms have been imported just now, so that looking again makes sense."""
    if not _loaders:
        return False
    while _loaders:
        _loaders.pop()()
    return True


def lookup(module: str, name: str):
    """Return the built-in that files call `module.name`, or None."""
    found = _builtins.get((module, name))
    if found is None and _complete():
        found = _builtins.get((module, name))
    if found is None and module.startswith("keras.src."):
        found = _builtins.get((_public(module), name))
    return found


def _public(module: str) -> str:
    """The public module of a private one: `keras.layers` of `keras.src.layers.core`.

    Optimizers that Keras's backends specialize lie deeper, in `keras.src.backend.x.optimizers`.
    """
    rooms = (f"keras.{part}" for part in module.split(".")[2:])
    return next((room for room in rooms if room in _spellings), module)


def spelled(module: str, name: str):
    """Return the built-in of `module` by class name, snake case or alias, or None."""
    found = _spellings.get(module, {}).get(name)
    if found is None and _complete():
        found = _spellings.get(module, {}).get(name)
    return found


def spellings(module: str) -> dict[str, object]:
    """Return the live table of what `spelled` finds in `module`; what is entered is found too."""
    _complete()
    return _spellings.setdefault(module, {})


def names_in(module: str) -> list[str]:
    """Return the accepted spellings in `module`, for error messages."""
    _complete()
    return sorted(_spellings.get(module, ()))


def all_modules() -> list[str]:
    """Return the public modules that have entries."""
    _complete()
    return list(_spellings)


def home(thing) -> tuple[str, str] | None:
    """Return ``(public module, name)`` of a built-in, None for anything else."""
    try:
        return _homes.get(thing)
    except TypeError:
        return None


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable:
    """Let files name your class or function as ``package>name`` (a decorator).

    Args:
        package: a prefix that tells your names from others'.
        name: the name under it, by default the object's own.

    Raises:
        ValueError: a class without `get_config`.

    >>> @keras.saving.register_keras_serializable("my_package")
    ... def double(x):
    ...     return 2 * x
    >>> keras.saving.get_registered_name(double)
    'my_package>double'
    """

    def enter(thing):
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ValueError(
                "Cannot register a class that does not have a get_config() method. "
                f"Received: {thing.__name__}"
            )
        full_name = f"{package}>{name or thing.__name__}"
        _custom[full_name] = thing
        _custom_names[thing] = full_name
        return thing

    return enter


def get_registered_name(obj: Any) -> str:
    """Return the name an object is registered under, or its own.

    >>> keras.saving.get_registered_name(keras.layers.Dense)
    'Dense'
    """
    try:
        return _custom_names[obj]
    except (KeyError, TypeError):
        return obj.__name__


def get_registered_object(
    name: str, custom_objects: dict | None = None, module_objects: Any = None
) -> Any:
    """Return the class or function a name stands for, or None.

    Looked up in the open `custom_object_scope`, what `register_keras_serializable` has entered,
    `custom_objects` and `module_objects`, in this order.

    >>> keras.saving.get_registered_object("unheard_of") is None
    True
    """
    for table in (_state.scope, _custom, custom_objects, module_objects):
        if table and name in table:
            return table[name]
    return None


def without_package(name: str) -> Any:
    """Return what is registered as `package>name`, if that is one thing alone; otherwise None."""
    known = {**_custom, **_state.scope}
    found = {id(thing): thing for full, thing in known.items() if full.endswith(f">{name}")}
    return next(iter(found.values())) if len(found) == 1 else None


def get_custom_objects() -> dict[str, object]:
    """Return the live table of the classes and functions registered by the user.

    >>> isinstance(keras.saving.get_custom_objects(), dict)
    True
    """
    return _custom


class CustomObjectScope:
    """Make custom classes and functions known inside a `with` block.

    Args:
        custom_objects: a dictionary from name to class or function.

    >>> def twice(x):
    ...     return x + x
    >>> with keras.saving.custom_object_scope({"twice": twice}):
    ...     layer = keras.layers.Dense(2, activation="twice")
    """

    def __init__(self, custom_objects: dict | None):
        self.custom_objects = custom_objects or {}
        self._before: list[dict] = []

    def __enter__(self):
        self._before.append(_state.scope)
        _state.scope = {**_state.scope, **self.custom_objects}
        return self

    def __exit__(self, *_):
        _state.scope = self._before.pop()


custom_object_scope = CustomObjectScope
