"""Nests, against keras.tree."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hornlet.base import nest

Point = namedtuple("Point", "x y")
SAMPLES = [
    3,
    None,
    [],
    (),
    {},
    [1, None, (2, [3])],
    {"b": 1, "a": {"d": 2, "c": [3, 4]}},
    OrderedDict([("b", 1), ("a", (2, 3))]),
    defaultdict(list, {"z": 1, "y": [2]}),
    Point(1, [Point(2, 3)]),
    deque([1, (2,)]),
    "text",
    {"a": (None, 3), "b": [(2, 2)]},
]
nests = st.recursive(
    st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def tree():
    return pytest.importorskip("keras.src.tree.optree_impl")


def _agree(tree, sample):
    assert nest.is_nested(sample) == tree.is_nested(sample)
    assert nest.flatten(sample) == tree.flatten(sample)
    assert nest.flatten_with_path(sample) == tree.flatten_with_path(sample)
    assert nest.lists_to_tuples(sample) == tree.lists_to_tuples(sample)

    def number(x):
        return (x, "seen")

    for function in ("map_structure", "map_shape_structure"):
        ours, theirs = (
            getattr(nest, function)(number, sample),
            getattr(tree, function)(number, sample),
        )
        assert ours == theirs and type(ours) is type(theirs)
    leaves = list(range(len(nest.flatten(sample))))
    ours, theirs = nest.pack_sequence_as(sample, leaves), tree.pack_sequence_as(sample, leaves)
    assert ours == theirs and type(ours) is type(theirs)
    double = nest.map_structure(lambda x, y: (x, y), sample, sample)
    assert double == tree.map_structure(lambda x, y: (x, y), sample, sample)


@pytest.mark.parametrize("sample", SAMPLES, ids=repr)
def test_agrees_with_keras(tree, sample):
    _agree(tree, sample)


@settings(max_examples=100, deadline=None)
@given(sample=nests)
def test_agrees_with_keras_on_random_nests(tree, sample):
    _agree(tree, sample)


@settings(max_examples=100, deadline=None)
@given(a=nests, b=nests)
def test_same_structure_is_judged_alike(tree, a, b):
    for function in ("assert_same_structure", "assert_same_paths"):
        try:
            getattr(tree, function)(a, b)
        except ValueError:
            with pytest.raises(ValueError):
                getattr(nest, function)(a, b)
        else:
            getattr(nest, function)(a, b)


def test_none_can_be_no_leaf():
    assert nest.map_structure(lambda x: x + 1, [1, None], none_is_leaf=False) == [2, None]
    with pytest.raises(ValueError, match="None"):
        nest.map_structure(lambda x, y: x, [1, None], [1, 2], none_is_leaf=False)


def test_traverse_replaces_nodes(tree):
    def fold(x):
        if x == [2]:
            return "two"
        return nest.MAP_TO_NONE if x == 1 else None

    for top_down in (True, False):
        assert nest.traverse(fold, [1, [2], (3,)], top_down) == [None, "two", (3,)]
        assert nest.traverse(fold, [1, [2]], top_down) == tree.traverse(fold, [1, [2]], top_down)


def test_map_up_to_a_shallow_nest(tree):
    shallow, deep = {"a": 0, "b": (0, 0)}, {"a": [1, 2], "b": (3, {"c": 4})}
    ours = nest.map_structure_up_to(shallow, lambda x: str(x), deep)
    assert ours == tree.map_structure_up_to(shallow, lambda x: str(x), deep)
    with pytest.raises(ValueError):
        nest.map_structure_up_to([0, [0]], str, [1, 2])


def test_registered_classes_are_nests():
    @nest.register_tree_node_class
    class Pair:
        def __init__(self, a, b):
            self.pair = [a, b]

        def tree_flatten(self):
            return self.pair, None

        @classmethod
        def tree_unflatten(cls, metadata, children):
            return cls(*children)

    assert nest.flatten([Pair(1, [2]), 3]) == [1, 2, 3]
    assert nest.map_structure(lambda x: -x, Pair(1, 2)).pair == [-1, -2]


@pytest.mark.parametrize(
    "call",
    [
        lambda: nest.pack_sequence_as([0, 0], [1]),
        lambda: nest.map_structure(lambda x, y: x, [1], [1, 2]),
        lambda: nest.map_structure(lambda x, y: x, [1], (1,)),
        lambda: nest.map_structure(lambda x, y: x, {"a": 1}, {"b": 1}),
        lambda: nest.map_structure(lambda x: x),
    ],
)
def test_mismatches_are_value_errors(call):
    with pytest.raises(ValueError):
        call()


def test_a_class_of_named_tuples_may_be_a_leaf():
    Size = nest.leaf(namedtuple("Size", "width height"))
    size = Size(3, 4)
    assert not nest.is_nested(size) and nest.flatten([size, (5,)]) == [size, 5]
    assert nest.map_structure(lambda x: x, {"a": size})["a"] is size
