"""Nests of lists, tuples, named tuples and dictionaries (Keras's `tree`); anything else is a leaf.

Dictionaries are walked in the order of their sorted keys, an `OrderedDict` in its own order.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any

_registered: dict[type, tuple[Callable, Callable]] = {}
_leaves: set[type] = set()
_DICTS = (dict, OrderedDict, defaultdict)


class MAP_TO_NONE:
    """Returned by a function given to `traverse`: put None in this place."""


def register_tree_node(
    cls: type, flatten: Callable | None = None, unflatten: Callable | None = None
) -> None:
    """Make a class a nest: `flatten(x)` gives ``(children, metadata[, keys])``.

    `unflatten(metadata, children)` makes an x again.
    """
    _registered[cls] = (
        flatten or (lambda x: x.tree_flatten()),
        unflatten or cls.tree_unflatten,  # type: ignore[attr-defined]
    )


def register_tree_node_class(cls: type) -> type:
    """Make a class with `tree_flatten` and `tree_unflatten` a nest (a decorator)."""
    register_tree_node(cls)
    return cls


def leaf(cls: type) -> type:
    """Make a class of named tuples a leaf (a decorator)."""
    _leaves.add(cls)
    return cls


def is_nested(structure: Any) -> bool:
    """Tell whether `structure` is a nest, empty ones included.

    >>> keras.tree.is_nested([1, 2]), keras.tree.is_nested(np.zeros(2))
    (True, False)
    """
    kind = type(structure)
    return kind in (list, tuple) or kind in _DICTS or _is_other(kind)


def _is_other(kind: type) -> bool:
    if kind in _registered or kind is deque:
        return True
    return issubclass(kind, tuple) and hasattr(kind, "_fields") and kind not in _leaves


def _sorted_keys(mapping) -> list:
    if type(mapping) is OrderedDict:
        return list(mapping)
    try:
        return sorted(mapping)
    except TypeError:
        return list(mapping)


def parts_of(nest) -> tuple[Iterable, Iterable]:
    """Keys and values of a nest, in order."""
    kind = type(nest)
    if kind in _DICTS:
        keys = _sorted_keys(nest)
        return keys, [nest[key] for key in keys]
    if kind in _registered:
        parts = _registered[kind][0](nest)
        values = list(parts[0])
        return (parts[2] if len(parts) > 2 else range(len(values))), values
    return range(len(nest)), nest


def _rebuild(nest, values):
    """A nest like `nest` with other values, given in the order of `parts_of`."""
    kind = type(nest)
    if kind is list:
        return list(values)
    if kind is tuple:
        return tuple(values)
    if kind in _DICTS:
        found = dict(zip(_sorted_keys(nest), values))
        ordered = ((key, found[key]) for key in nest)
        return defaultdict(nest.default_factory, ordered) if kind is defaultdict else kind(ordered)
    if kind in _registered:
        return _registered[kind][1](_registered[kind][0](nest)[1], list(values))
    if kind is deque:
        return deque(values, maxlen=nest.maxlen)
    return kind(*values)


def flatten(structure: Any) -> list:
    """Return the leaves of a nest in order.

    >>> keras.tree.flatten({"b": [2, 3], "a": 1})
    [1, 2, 3]
    """
    if not is_nested(structure):
        return [structure]
    leaves: list = []
    _flatten_into(structure, leaves)
    return leaves


def _flatten_into(nest, leaves: list) -> None:
    for value in nest if type(nest) in (list, tuple) else parts_of(nest)[1]:
        if is_nested(value):
            _flatten_into(value, leaves)
        else:
            leaves.append(value)


def flatten_with_path(structure: Any) -> list[tuple[tuple, Any]]:
    """Return pairs of path and leaf.

    >>> keras.tree.flatten_with_path({"a": [5, 6]})
    [(('a', 0), 5), (('a', 1), 6)]
    """
    return list(_leaves_with_path((), structure))


def _leaves_with_path(path, value):
    if not is_nested(value):
        yield path, value
        return
    for key, child in zip(*parts_of(value)):
        yield from _leaves_with_path((*path, key), child)


def map_structure(func: Callable, *structures: Any, none_is_leaf: bool = True) -> Any:
    """Return a nest of `func` applied to the leaves, of one nest or of several alike.

    >>> keras.tree.map_structure(lambda x, y: x + y, [1, (2,)], [10, (20,)])
    [11, (22,)]
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: func={func!r}")
    if not structures:
        raise ValueError("Must provide at least one structure")
    if len(structures) == 1:
        return _map_one(func, structures[0], none_is_leaf)
    return _map_many(func, structures, none_is_leaf)


def _map_one(func, structure, none_is_leaf=True):
    kind = type(structure)
    if kind is list:
        return [_map_one(func, value, none_is_leaf) for value in structure]
    if kind is tuple:
        return tuple([_map_one(func, value, none_is_leaf) for value in structure])
    if is_nested(structure):
        values = [_map_one(func, value, none_is_leaf) for value in parts_of(structure)[1]]
        return _rebuild(structure, values)
    return None if structure is None and not none_is_leaf else func(structure)


def _map_many(func, structures, none_is_leaf):
    first = structures[0]
    if not is_nested(first):
        if any(is_nested(other) for other in structures[1:]):
            raise ValueError(
                f"Structures don't have the same nested structure. Received: {_brief(structures)}"
            )
        if first is None and not none_is_leaf:
            if any(other is not None for other in structures[1:]):
                raise ValueError(f"None meets a value in another structure: {_brief(structures)}")
            return None
        return func(*structures)
    for other in structures[1:]:
        _check_nodes(first, other)
    rows = zip(*(_aligned(first, other) for other in structures))
    return _rebuild(first, [_map_many(func, row, none_is_leaf) for row in rows])


def _aligned(first, other) -> Iterable:
    """The children of `other`, in the order of those of `first`."""
    if type(first) in _DICTS:
        return [other[key] for key in _sorted_keys(first)]
    return parts_of(other)[1]


def _check_nodes(a, b) -> None:
    same_kind = type(a) is type(b) or (type(a) in _DICTS and type(b) in _DICTS)
    if not is_nested(a) or not is_nested(b) or not same_kind:
        raise ValueError(
            "Structures don't have the same nested structure: "
            f"{type(a).__name__} and {type(b).__name__}. Received: {_brief((a, b))}"
        )
    if type(a) in _DICTS and set(a) != set(b):
        raise ValueError(
            "Structures don't have the same nested structure: dictionary keys "
            f"{list(a)} and {list(b)} differ."
        )
    if len(list(parts_of(a)[1])) != len(list(parts_of(b)[1])):
        raise ValueError(
            f"Structures don't have the same nested structure: lengths differ in {_brief((a, b))}"
        )


def _brief(structures) -> str:
    text = ", ".join(repr(map_structure(_leaf_brief, structure)) for structure in structures)
    return text if len(text) <= 400 else text[:400] + "..."


def _leaf_brief(leaf):
    return leaf if isinstance(leaf, (str, int, float, type(None))) else type(leaf).__name__


def map_structure_up_to(shallow_structure: Any, func: Callable, *structures: Any) -> Any:
    """Return a nest like `shallow_structure` of `func` applied to what stands at its leaves.

    >>> keras.tree.map_structure_up_to([0, 0], len, ["ab", [1, 2, 3]])
    [2, 3]
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: func={func!r}")
    if not structures:
        raise ValueError("Must provide at least one structure")
    if not is_nested(shallow_structure):
        return func(*structures)
    for other in structures:
        _check_nodes(shallow_structure, other)
    aligned = (_aligned(shallow_structure, other) for other in structures)
    rows = zip(parts_of(shallow_structure)[1], *aligned)
    return _rebuild(
        shallow_structure, [map_structure_up_to(row[0], func, *row[1:]) for row in rows]
    )


def assert_same_structure(a: Any, b: Any, check_types: Any = None) -> None:
    """Raise ValueError unless two nests have the same shape, keys and types of nodes.

    `check_types` has no effect and warns; `assert_same_paths` does not look at types.

    >>> keras.tree.assert_same_structure([1, {"a": 2}], [3, {"a": 4}])
    """
    if check_types is not None:
        warnings.warn(
            "`check_types` has no effect: types of nodes are always compared. Leave it out, or "
            "use `keras.tree.assert_same_paths`, which does not look at them.",
            DeprecationWarning,
            stacklevel=2,
        )
    if not is_nested(a) and not is_nested(b):
        return
    _check_nodes(a, b)
    for child_a, child_b in zip(parts_of(a)[1], _aligned(a, b)):
        assert_same_structure(child_a, child_b)


def assert_same_paths(a: Any, b: Any) -> None:
    """Raise ValueError unless two nests have leaves at the same paths, whatever the node types.

    >>> keras.tree.assert_same_paths([1, 2], (3, 4))
    """
    a_paths = {path for path, _ in flatten_with_path(a)}
    b_paths = {path for path, _ in flatten_with_path(b)}
    if a_paths != b_paths:
        raise ValueError(
            "`a` and `b` don't have the same paths. "
            f"Only in `a`: {a_paths - b_paths}. Only in `b`: {b_paths - a_paths}."
        )


def pack_sequence_as(structure: Any, flat_sequence: Any) -> Any:
    """Return a nest like `structure` filled with the values of `flat_sequence`.

    >>> keras.tree.pack_sequence_as({"a": 0, "b": (0, 0)}, [1, 2, 3])
    {'a': 1, 'b': (2, 3)}
    """
    values = list(flat_sequence)
    expected = len(flatten(structure))
    if len(values) != expected:
        raise ValueError(
            f"`flat_sequence` must have one value for each of the {expected} leaves of "
            f"`structure`. Received: {len(values)} values"
        )
    rest = iter(values)
    return _map_one(lambda _: next(rest), structure)


def traverse(func: Callable, structure: Any, top_down: bool = True) -> Any:
    """Call `func` on every node; what it returns (None: go on) takes the node's place.

    >>> keras.tree.traverse(lambda x: tuple(x) if isinstance(x, list) else None, [1, [2]], False)
    (1, (2,))
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: func={func!r}")

    return _traverse(func, structure, top_down)


def _traverse(func, node, top_down):
    if top_down:
        result = func(node)
        if result is None:
            return _below(func, node, top_down)
    else:
        node = _below(func, node, top_down)
        result = func(node)
        if result is None:
            return node
    return None if _means_none(result) else result


def _below(func, node, top_down):
    if not is_nested(node):
        return node
    return _rebuild(node, [_traverse(func, child, top_down) for child in parts_of(node)[1]])


def _means_none(result) -> bool:
    return isinstance(result, type) and result.__name__ == "MAP_TO_NONE"


def lists_to_tuples(structure: Any) -> Any:
    """Return the nest with every list made a tuple.

    >>> keras.tree.lists_to_tuples([1, {"a": [2, 3]}])
    (1, {'a': (2, 3)})
    """
    return traverse(lambda x: tuple(x) if isinstance(x, list) else None, structure, top_down=False)


def map_shape_structure(func: Callable, structure: Any) -> Any:
    """Like `map_structure`, with every list or tuple of ints and Nones a leaf.

    >>> keras.tree.map_shape_structure(len, [(None, 3), {"a": (1, 2, 3)}])
    [2, {'a': 3}]
    """
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: func={func!r}")
    if isinstance(structure, (list, tuple)) and all(
        isinstance(size, (int, type(None))) for size in structure
    ):
        return func(structure)
    if not is_nested(structure):
        return func(structure)
    values = [map_shape_structure(func, child) for child in parts_of(structure)[1]]
    return _rebuild(structure, values)
