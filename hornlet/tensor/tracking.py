"""Tracking: what is assigned to an attribute of a layer, or put in a list there, is found again."""

from __future__ import annotations

import copyreg
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from functools import lru_cache, wraps
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
        if isinstance(value, _Tracked):
            if value.tracker is self:
                return value
            kind = value.plain
        if kind in _TRACKED:
            return _TRACKED[kind](value, self)
        if isinstance(value, tuple):
            items = [self.track(item) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        if isinstance(value, (list, dict, set)):
            return _copy(_tracked(kind), value, self)  # type: ignore[arg-type]
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
    """What the containers have in common: a tracker, lost when they are copied."""

    tracker: Tracker | None = None
    plain: Any = None  # the class whose place this one takes

    def _follow(self, tracker):
        object.__setattr__(self, "tracker", tracker)  # whatever the class makes of attributes

    def _in(self, value):
        return value if self.tracker is None else self.tracker.track(value)

    def _out(self, value):
        if self.tracker is not None:
            self.tracker.untrack(value)
        return value

    def __reduce_ex__(self, protocol):
        make, *rest = _copy(self.plain, self).__reduce_ex__(max(protocol, 2))
        return (_new if make is copyreg.__newobj__ else make, *rest)


def _new(kind: Any, *args: Any) -> Any:
    """What pickle's own function of this purpose does, for an instance of another class."""
    return kind.__new__(kind, *args)


class TrackedList(_Tracked, list):
    """A list whose items are tracked."""

    plain = list

    def __init__(self, values=(), tracker=None):
        self._follow(tracker)
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
        # Of variables `==` has no truth, so the thing itself is looked for first.
        places = (i for i, item in enumerate(self) if item is value)
        index = next(places, None)
        del self[super().index(value) if index is None else index]

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

    def __init__(self, values=(), tracker=None, **more):
        self._follow(tracker)
        super().__init__({key: self._in(v) for key, v in dict(values, **more).items()})

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

    plain = dict


class TrackedOrderedDict(_TrackedMapping, OrderedDict):
    """A dictionary in the order of its keys' arrival, whose values are tracked."""

    plain = OrderedDict


class TrackedSet(_Tracked, set):
    """A set whose items are tracked."""

    plain = set

    def __init__(self, values=(), tracker=None):
        self._follow(tracker)
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


_TRACKED: dict[type, Any] = {
    c.plain: c for c in (TrackedList, TrackedDict, TrackedOrderedDict, TrackedSet)
}


# Containers of other classes: a subclass of theirs is tracked, and is all that they are.


@lru_cache
def _tracked(kind: type) -> type:
    """A subclass of `kind`, itself one of list, dict or set, whose items are tracked."""
    base: Any = next(b for b in (list, OrderedDict, dict, set) if issubclass(kind, b))

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        made = kind.__new__(cls, *args, **kwargs)
        made._follow(None)
        return made

    def missing(self: Any, key: Any) -> Any:
        value = kind.__missing__(self, key)  # type: ignore[attr-defined]
        return self.get(key, value)  # what is kept of it is tracked

    # A slot, for attributes of some dictionaries are their items.
    body: dict[str, Any] = {"__slots__": ("tracker",), "plain": kind, "__new__": new}
    if hasattr(kind, "__missing__"):
        body["__missing__"] = missing
    made = type(kind.__name__, (kind, _TRACKED[base]), body)
    if base is not set:
        register_tree_node(made, *_NESTS[base])
    return made


def _copy(kind: Any, container: Any, tracker: Tracker | None = None) -> Any:
    """The items and the attributes of a container in one of this class, without its constructor."""
    made = kind.__new__(kind)
    if isinstance(made, _Tracked):
        made._follow(tracker)
    if hasattr(made, "__dict__"):
        made.__dict__.update(
            {k: v for k, v in getattr(container, "__dict__", {}).items() if k != "tracker"}
        )
    if isinstance(container, defaultdict):
        made.default_factory = container.default_factory
    track = (lambda x: x) if tracker is None else tracker.track
    if isinstance(made, list):
        list.extend(made, [track(x) for x in container])
    elif isinstance(made, set):
        set.update(made, [track(x) for x in container])
    else:
        fill = OrderedDict.__setitem__ if isinstance(made, OrderedDict) else dict.__setitem__
        for key, value in dict.items(container):
            fill(made, key, track(value))
    return made


def _sorted_items(mapping: Any) -> tuple:
    keys = sorted(mapping)
    return [mapping[key] for key in keys], keys, keys


# A tracked container is a nest like the plain one; what is made of it is plain.
_NESTS: dict[type, tuple[Callable, Callable]] = {
    list: (lambda x: (list(x), None), lambda _, children: list(children)),
    dict: (_sorted_items, lambda keys, children: dict(zip(keys, children))),
    OrderedDict: (
        lambda x: (list(x.values()), list(x), list(x)),
        lambda keys, children: OrderedDict(zip(keys, children)),
    ),
}
for _kind, _rules in _NESTS.items():
    register_tree_node(_TRACKED[_kind], *_rules)
