"""Where each part of a model keeps its state in a file: Keras's paths, by walking attributes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from hornlet.base.names import to_snake_case
from hornlet.layers.base import Layer
from hornlet.optimizers.optimizer import Optimizer


def saveables(root: Any) -> Iterator[tuple[str, Any]]:
    """All objects with state below `root`, itself included, each once, with their paths.

    The order and the names are those of Keras's files: the layers of a model graph first, then
    public attributes by name, then private ones; lists and dictionaries by their items' classes.
    """
    yield from _walk(root, "", set())


def _walk(thing: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(thing) in seen:
        return
    seen.add(id(thing))
    yield path, thing
    for name, child in _children(thing):
        below = f"{path}/{name}" if path else name
        if _has_state(child):
            yield from _walk(child, below, seen)
        elif isinstance(child, dict):
            yield from _walk_items(list(child.values()), below, seen)
        elif isinstance(child, (list, tuple)):
            yield from _walk_items(list(child), below, seen)


def _walk_items(items: list, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    used: dict[str, int] = {}
    for item in items:
        if _has_state(item) and id(item) not in seen:
            name = to_snake_case(type(item).__name__)
            n = used.get(name, 0)
            used[name] = n + 1
            yield from _walk(item, f"{path}/{name}_{n}" if n else f"{path}/{name}", seen)


def _has_state(thing: Any) -> bool:
    return isinstance(thing, (Layer, Optimizer))


def _children(thing: Any) -> Iterator[tuple[str, Any]]:
    graph = getattr(thing, "is_model_graph", False)
    if graph:
        yield "layers", thing.layers
    kind: Any = type(thing)
    names = set(vars(thing)) | _own_properties(kind)
    for name in sorted(names, key=lambda n: f"~{n}" if n.startswith("_") else n):
        if name in _plain_names() or name.startswith("__"):
            continue
        try:
            child = getattr(thing, name)
        except (AttributeError, LookupError, NotImplementedError, RuntimeError, ValueError):
            continue  # a property that says that it has nothing to show in this state
        except Exception as error:
            warnings.warn(
                f"Property `{name}` of {thing!r} raised {error!r}: nothing is saved or loaded "
                "under its name. Let it raise AttributeError where it has nothing to show.",
                stacklevel=2,
            )
            continue
        if child is not None:
            yield name, child


@lru_cache(None)
def _plain_names() -> frozenset[str]:
    """What every layer has: not state of its own."""
    return frozenset(dir(Layer(name="plain"))) - {"layers"}


@lru_cache(None)
def _own_properties(cls: type) -> frozenset[str]:
    if issubclass(cls, Optimizer):
        return frozenset()
    found: set[str] = set()
    for base in cls.__mro__:
        found.update(k for k, v in vars(base).items() if isinstance(v, property))
    return frozenset(found - _plain_names())
