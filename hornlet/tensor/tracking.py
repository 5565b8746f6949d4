"""Tracking: what is assigned to an attribute of a layer, or put in a list there, is found again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any

from hornlet.base.nest import register_tree_node


class Tracker:
    """Sorts values into stores by predicates, looking into lists, dictionaries and sets.

    Args:
        config: dictionary from a store's name to a pair (predicate, list that is the store).
    """

    def __init__(self, config: dict[str, tuple[Callable[[Any], bool], list]]):
        self.config = config
        self.locked = False
        self.message = ""

    def track(self, value: Any) -> Any:
        """Enter `value` if it is of interest; containers come back as tracked ones."""
        kind = type(value)
        if kind in _PLAIN:
            return value
        for name, (predicate, _) in self.config.items():
            if predicate(value):
                self.add(name, value)
                return value
        if kind is list:
            return TrackedList(value, self)
        if kind is dict:
            return TrackedDict(value, self)
        if kind is OrderedDict:
            return TrackedOrderedDict(value, self)
        if kind is set:
            return TrackedSet(value, self)
        if isinstance(value, tuple):
            items = [self.track(item) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        return value

    def add(self, name: str, value: Any) -> None:
        """Enter `value` in a store; not if it is in one, and not when the layer is locked.

        A variable stays where it was entered when it is frozen.
        """
        if any(item is value for _, store in self.config.values() for item in store):
            return
        if self.locked:
            raise ValueError(self.message)
        self.config[name][1].append(value)

    def untrack(self, value: Any) -> None:
        """Forget `value`."""
        for _, store in self.config.values():
            if any(item is value for item in store):
                store[:] = [item for item in store if item is not value]

    def lock(self, message: str | None = None) -> None:
        """Refuse new entries from now on, with this message or that of the time before."""
        self.locked = True
        self.message = message or self.message

    def unlock(self) -> None:
        """Accept entries again."""
        self.locked = False


_PLAIN = frozenset((type(None), bool, int, float, str, bytes, type))


def no_automatic_dependency_tracking(method: Callable) -> Callable:
    """Make attributes that `method` sets be plain ones."""

    @wraps(method)
    def untracked(self, *args, **kwargs):
        before = self.__dict__.get("_tracking", True)
        object.__setattr__(self, "_tracking", False)
        try:
            return method(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_tracking", before)

    return untracked


class _Tracked:
    """What the three containers have in common: a tracker, lost when they are copied."""

    tracker: Tracker | None = None

    def _in(self, value):
        return value if self.tracker is None else self.tracker.track(value)

    def _out(self, value):
        if self.tracker is not None:
            self.tracker.untrack(value)
        return value

    def __reduce__(self):
        plain = next(base for base in (list, OrderedDict, dict, set) if isinstance(self, base))
        return plain, (plain(self),)


class TrackedList(_Tracked, list):
    """A list whose items are tracked."""

    def __init__(self, values=(), tracker=None):
        self.tracker = tracker
        super().__init__(self._in(v) for v in values)

    def append(self, value):
        super().append(self._in(value))

    def insert(self, index, value):
        super().insert(index, self._in(value))

    def extend(self, values):
        super().extend([self._in(v) for v in values])

    def __iadd__(self, values):  # type: ignore[misc]
        self.extend(values)
        return self

    def __setitem__(self, index, value):
        if isinstance(index, slice):
            super().__setitem__(index, [self._in(v) for v in value])
        else:
            super().__setitem__(index, self._in(value))

    def remove(self, value):
        self._out(value)
        super().remove(value)

    def pop(self, index=-1):
        return self._out(super().pop(index))

    def clear(self):
        for value in self:
            self._out(value)
        super().clear()

    def __delitem__(self, index):
        gone = self[index]
        for value in gone if isinstance(index, slice) else [gone]:
            self._out(value)
        super().__delitem__(index)


class _TrackedMapping(_Tracked):
    """What a dictionary and an ordered one have in common."""

    def __init__(self, values=(), tracker=None):
        self.tracker = tracker
        super().__init__({key: self._in(value) for key, value in dict(values).items()})

    def __setitem__(self, key, value):
        super().__setitem__(key, self._in(value))

    def update(self, *others, **more):
        super().update({key: self._in(v) for key, v in dict(*others, **more).items()})

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key, *default):
        return self._out(super().pop(key, *default))

    def popitem(self, *last):
        key, value = super().popitem(*last)
        return key, self._out(value)

    def clear(self):
        for value in self.values():
            self._out(value)
        super().clear()

    def __delitem__(self, key):
        self._out(self[key])
        super().__delitem__(key)


class TrackedDict(_TrackedMapping, dict):
    """A dictionary whose values are tracked."""


class TrackedOrderedDict(_TrackedMapping, OrderedDict):
    """A dictionary in the order of its keys' arrival, whose values are tracked."""


class TrackedSet(_Tracked, set):
    """A set whose items are tracked."""

    def __init__(self, values=(), tracker=None):
        self.tracker = tracker
        super().__init__({self._in(v) for v in values})

    def add(self, value):
        super().add(self._in(value))

    def update(self, values):
        super().update([self._in(v) for v in values])

    def remove(self, value):
        self._out(value)
        super().remove(value)

    def pop(self):
        return self._out(super().pop())

    def clear(self):
        for value in self:
            self._out(value)
        super().clear()


def _items(tracked: TrackedDict) -> tuple:
    keys = sorted(tracked)
    return [tracked[key] for key in keys], keys, keys


# A tracked container is a nest like the plain one; what is made of it is plain.
register_tree_node(TrackedList, lambda x: (list(x), None), lambda _, children: list(children))
register_tree_node(TrackedDict, _items, lambda keys, children: dict(zip(keys, children)))
register_tree_node(
    TrackedOrderedDict,
    lambda x: (list(x.values()), list(x), list(x)),
    lambda keys, children: OrderedDict(zip(keys, children)),
)
