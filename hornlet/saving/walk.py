"""Where each part of a model keeps its state in a file: Keras's paths, by walking attributes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from hornlet.base.names import to_snake_case
from hornlet.layers.base import Layer
from hornlet.optimizers.optimizer import Optimizer


def saveables(root: Any, places: Iterable[str] | None = None) -> Iterator[tuple[str, Any]]:
    """All objects with state below `root`, itself included, each once, with their paths.

    The order and the names are those of Keras's files: the layers of a model graph first, then
    public attributes by name, then private ones; lists and dictionaries by their items' classes.

    An object that can be reached in several ways has the first path; with `places`, the paths in
    a file, the first that is there. So files are read that were written before lists in lists had
    paths of their own, or before an attribute was renamed and its old name kept as a property.
    """
    walk = _Walk(places)
    yield from walk.below(root, "")
    walk.places = None
    for path, thing in walk.elsewhere:
        yield from walk.below(thing, path)


class _Walk:
    """What has been met on the way."""

    def __init__(self, places: Iterable[str] | None):
        self.seen: set[int] = set()
        self.elsewhere: list[tuple[str, Any]] = []  # met under a path that is not in the file
        self.places: set[str] | None = None
        if places is not None:
            parts = [place.split("/") for place in places]
            self.places = {"/".join(p[: i + 1]) for p in parts for i in range(len(p))}

    def below(self, thing: Any, path: str) -> Iterator[tuple[str, Any]]:
        if id(thing) in self.seen:
            return
        if self.places is not None and path and path not in self.places:
            self.elsewhere.append((path, thing))
            return
        self.seen.add(id(thing))
        yield path, thing
        for name, child in _children(thing):
            below = f"{path}/{name}" if path else name
            if _has_state(child):
                yield from self.below(child, below)
            elif isinstance(child, (list, tuple, dict)):
                yield from self.items(child, below, set())

    def items(self, kept: Any, path: str, entered: set[int]) -> Iterator[tuple[str, Any]]:
        if id(kept) in entered:  # a list may hold itself
            return
        entered.add(id(kept))
        used: dict[str, int] = {}
        for item in list(kept.values()) if isinstance(kept, dict) else list(kept):
            nested = isinstance(item, (list, tuple, dict))
            if not nested and not _has_state(item):
                continue
            name = "container" if nested else to_snake_case(type(item).__name__)
            n = used.get(name, 0)
            used[name] = n + 1
            below = f"{path}/{name}_{n}" if n else f"{path}/{name}"
            yield from self.items(item, below, entered) if nested else self.below(item, below)


def _has_state(thing: Any) -> bool:
    return isinstance(thing, (Layer, Optimizer))


def _children(thing: Any) -> Iterator[tuple[str, Any]]:
    graph = getattr(thing, "is_model_graph", False)
    if graph:
        yield "layers", thing.layers
    kind: Any = type(thing)
    names = set(vars(thing)) | _own_properties(kind)
    names.difference_update(getattr(kind, "_not_saved", ()))
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
