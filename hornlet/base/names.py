"""Names: automatic and unique ones, paths by scope, and near ones for error messages."""

from __future__ import annotations

import re
import threading
from typing import Any


class _State(threading.local):
    def __init__(self):
        self.counts: dict[str, int] = {}
        self.scopes: list[name_scope] = []


_state = _State()
_cases: dict[str, str] = {}


def to_snake_case(name: str) -> str:
    """Turn a class name into a variable name: ``"MaxPool"`` into ``"max_pool"``."""
    found = _cases.get(name)
    if found is None:
        text = re.sub(r"\W+", "", name)
        text = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", text)
        found = _cases[name] = re.sub(r"([a-z])([A-Z])", r"\1_\2", text).lower()
    return found


def auto_name(prefix: str) -> str:
    """Return ``dense``, then ``dense_1``, ``dense_2`` ... for the prefix ``Dense`` or ``dense``."""
    return unique_name(to_snake_case(prefix))


def unique_name(name: str) -> str:
    """Return `name` the first time it is asked for, then `name` with a number."""
    count = _state.counts.get(name, 0)
    _state.counts[name] = count + 1
    return f"{name}_{count}" if count else name


def get_uid(prefix: str = "") -> int:
    """Return how many times `prefix` has been asked for, this time included.

    >>> keras.backend.get_uid("letter")
    1
    """
    count = _state.counts.get(prefix, 0) + 1
    _state.counts[prefix] = count
    return count


def reset() -> None:
    """Forget all counters and scopes of this thread."""
    _state.counts = {}
    _state.scopes = []


class name_scope:
    """Put a name in front of the paths of all variables made inside the `with` block.

    Args:
        name: a string without ``/``.
        caller: the object that opens the scope; the same caller and name nested twice count once.
        deduplicate: whether to do so.
        override_parent: the path to stand under instead of the open scopes.

    >>> with keras.name_scope("encoder"):
    ...     v = keras.Variable(0.0, name="v")
    >>> v.path
    'encoder/v'
    """

    def __init__(
        self,
        name: str,
        caller: Any = None,
        deduplicate: bool = True,
        override_parent: str | None = None,
    ):
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name!r}"
            )
        self.name = name
        self.caller = caller
        self.deduplicate = deduplicate
        if override_parent is None and deduplicate:
            override_parent = getattr(caller, "_parent_path", None)
        self.override_parent = override_parent
        self._entered = False

    def __enter__(self):
        scopes = _state.scopes
        if self.deduplicate and self.caller is not None and scopes:
            if scopes[-1].caller is self.caller and scopes[-1].name == self.name:
                return self
        scopes.append(self)
        self._entered = True
        return self

    def __exit__(self, *_):
        if self._entered:
            self._entered = False
            if _state.scopes:
                _state.scopes.pop()


def current_path() -> str:
    """Return the open scopes' names joined by ``/``, an empty string outside of any."""
    parts: list[str] = []
    for scope in _state.scopes:
        if scope.override_parent is not None:
            parts = [part for part in scope.override_parent.split("/") if part]
        parts.append(scope.name)
    return "/".join(parts)


def get_object_name(thing) -> str:
    """Return the name of an object, function or instance in snake case."""
    name = getattr(thing, "name", None)
    if isinstance(name, str):
        return name
    return to_snake_case(getattr(thing, "__name__", None) or type(thing).__name__)


def near(name, names, count: int = 3) -> list[str]:
    """Return those of `names` that look like `name`, for error messages."""
    import difflib

    known = {str(other).lower(): str(other) for other in reversed(list(names))}
    found = difflib.get_close_matches(str(name).lower(), known, n=count, cutoff=0.5)
    return [known[key] for key in found]


def did_you_mean(name, names) -> str:
    """Return the end of an error message: near names, or all of them when there are few."""
    found = near(name, names)
    if found:
        return " Did you mean " + " or ".join(repr(other) for other in found) + "?"
    names = sorted(str(other) for other in names)
    return f" Known names: {', '.join(names)}." if len(names) <= 40 else ""


def one_of(name: str, value, choices, error: type[Exception] = ValueError):
    """Return `value` if it is among `choices`; else raise an error that shows them and a near one.

    Args:
        name: the argument's name, for the error.
        value: what was given.
        choices: what may be given.
        error: the error's type.
    """
    if value not in choices:
        close = near(value, [other for other in choices if other is not None], 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise error(
            f"Argument `{name}` must be one of {tuple(choices)}.{hint} Received: {name}={value!r}"
        )
    return value
