"""Containers of other classes than list, dict and set: tracked, and still what they were."""

import copy
import pickle
from collections import Counter, OrderedDict, defaultdict, deque

import keras
import numpy as np
import pytest

import hornlet

ROOMS = pytest.mark.parametrize("room", [hornlet, keras], ids=["hornlet", "keras"])


class Stack(list):
    """A list with a method of its own."""

    def units(self):
        return [layer.units for layer in self]


class Ordered(OrderedDict):
    pass


class Attributes(dict):
    """A dictionary whose attributes are its items."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value


def layer_with(room, **kept):
    layer = room.layers.Layer(name="outer")
    for name, value in kept.items():
        setattr(layer, name, value)
    return layer


def blocks(room):
    """A layer whose sublayers stand in containers of all kinds."""

    class Blocks(room.layers.Layer):
        def __init__(self):
            super().__init__(name="blocks")
            dense = room.layers.Dense
            self.by_width = defaultdict(list, {3: [dense(3)], 2: [dense(2), dense(2)]})
            self.stack = Stack([dense(4), (dense(5), {"deep": dense(6)})])
            self.named = Ordered(b=dense(7), a=dense(8))
            self.counts = Counter("aab")

        def build(self, input_shape):
            for layer in room.tree.flatten([*self.by_width.values(), self.stack, self.named]):
                if not layer.built:
                    layer.build(input_shape)

        def call(self, x):
            return self.stack[0](x)

    inputs = room.Input((3,))
    return room.Model(inputs, Blocks()(inputs))


@pytest.mark.parametrize("one, other", [(hornlet, keras), (keras, hornlet)])
def test_weights_in_containers_of_all_kinds_go_both_ways(one, other, tmp_path):
    model, copied = blocks(one), blocks(other)
    assert len(model.weights) == 16
    model.set_weights([np.full(w.shape, i + 1.0) for i, w in enumerate(model.get_weights())])
    model.save_weights(tmp_path / "m.weights.h5")
    copied.load_weights(tmp_path / "m.weights.h5")
    assert sum(int(np.asarray(w).flat[0]) for w in copied.weights) == sum(range(1, 17))
    for x, y in zip(model.get_weights(), copied.get_weights(), strict=True):
        np.testing.assert_array_equal(np.asarray(x), np.asarray(y))


@ROOMS
@pytest.mark.parametrize("make, put", [
    (lambda x: defaultdict(list, a=[x]), lambda kept, x: kept.update({"b": x})),
    (lambda x: Ordered(a=x), lambda kept, x: kept.__setitem__("b", x)),
    (lambda x: Stack([x]), lambda kept, x: kept.append(x)),
    (lambda x: type("Bag", (set,), {})([x]), lambda kept, x: kept.add(x)),
    (lambda x: Attributes(a=x), lambda kept, x: kept.__setitem__("b", x)),
], ids=["defaultdict", "ordered", "list", "set", "attributes"])  # fmt: skip
def test_what_is_in_a_container_and_what_comes_in_is_found(room, make, put):
    layers = [room.layers.Dense(1), room.layers.Dense(1)]
    outer = layer_with(room, kept=make(layers[0]))
    put(outer.kept, layers[1])
    assert outer._layers == layers


@ROOMS
def test_a_container_shared_by_two_layers_is_tracked_by_both(room):
    first = layer_with(room, kept=[room.layers.Dense(1)])
    second = layer_with(room, kept=first.kept)
    assert second._layers == first._layers and len(second._layers) == 1
    second.kept.append(room.layers.Dense(1))
    assert len(second._layers) == 2 and len(first._layers) == 1


@ROOMS
def test_a_variable_is_removed_from_a_list_for_what_it_is(room):
    outer = room.layers.Layer()
    a, b = (outer.add_weight((2,), "zeros", name=name) for name in "ab")
    outer.kept = [a, b]
    outer.kept.remove(b)
    assert outer.kept[0] is a and [w.name for w in outer.weights] == ["a"]


@ROOMS
def test_a_deque_is_no_container(room):
    assert not layer_with(room, kept=deque([room.layers.Dense(1)]))._layers


def test_a_container_stays_what_it_was():
    dense = hornlet.layers.Dense
    outer = layer_with(
        hornlet, made=defaultdict(list), stack=Stack([dense(2)]), counts=Counter("aab"),
        settings=Attributes(units=3),
    )  # fmt: skip
    outer.made["new"].append(dense(1))
    assert len(outer.made["new"]) == 1 and len(outer._layers) == 2
    assert outer.stack.units() == [2] and isinstance(outer.stack, Stack)
    outer.counts.update("bc")
    assert outer.counts == Counter("aabbc") and outer.counts["z"] == 0
    outer.settings.rate = 0.5
    assert outer.settings == {"units": 3, "rate": 0.5} and outer.settings.units == 3
    kept = outer.stack
    outer.stack += [dense(4)]
    assert outer.stack is kept and len(outer._layers) == 3


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_of_the_classes_that_were_given(again):
    given = defaultdict(list, a=[1]), Stack([1, 2]), Counter("aab"), Ordered(b=1, a=2)
    kept = layer_with(hornlet, given=[*given, [1], {2: 3}, {4}, Attributes(a=1)]).given
    kept[1].note = "an attribute"
    copied = again(kept)
    assert [type(x) for x in copied] == [
        defaultdict, Stack, Counter, Ordered, list, dict, set, Attributes
    ]  # fmt: skip
    assert copied == kept and copied[0]["new"] == [] and copied[1].note == "an attribute"


def test_an_overridden_method_is_called_and_what_it_puts_in_is_tracked():
    class Noting(list):
        def append(self, value):
            self.notes = [*getattr(self, "notes", ()), value]
            super().append(value)

    outer = layer_with(hornlet, kept=Noting())
    outer.kept.append(hornlet.layers.Dense(1))
    assert outer.kept.notes == outer._layers and len(outer._layers) == 1
    assert hornlet.tree.map_structure(lambda layer: layer.units, outer.kept) == [1]
