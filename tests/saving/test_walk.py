"""The walk over what a model keeps: properties that cannot be read, and saving that goes on."""

import h5py
import keras
import numpy as np
import pytest

import hornlet
from hornlet import layers
from hornlet.saving.walk import saveables


class Odd(hornlet.Model):
    """A model with a property that raises."""

    def __init__(self, error):
        super().__init__()
        self.head = layers.Dense(2)
        self.error = error

    @property
    def broken(self):
        raise self.error

    def call(self, x):
        return self.head(x)


@pytest.mark.parametrize("error", [AttributeError("none"), ValueError("not yet")])
def test_a_property_with_nothing_to_show_is_passed_over(error, recwarn):
    model = Odd(error)
    assert model.head in dict(saveables(model)).values() and not recwarn


def test_a_property_that_fails_is_told_and_the_rest_is_saved(tmp_path):
    model = Odd(ZeroDivisionError("odd"))
    x = np.ones((1, 3))
    expected = model(x)
    with pytest.warns(UserWarning, match="`broken`.*ZeroDivisionError.*AttributeError"):
        model.save_weights(tmp_path / "m.weights.h5")
    twin = Odd(ValueError())
    twin(x)
    twin.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(twin(x), expected)


def nested(k):
    """A model whose layers lie in lists in lists, some twice, and in one that holds itself."""

    class Nested(k.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [
                (k.layers.Dense(3), k.layers.Dropout(0.1)),
                {"last": [k.layers.Dense(2)]},
            ]
            self.blocks.append(self.blocks)
            self.also = [k.layers.Dense(3), self.blocks[0][0], k.layers.Dense(2)]
            self.out = k.layers.Dense(1)

        def call(self, x):
            for layer in (*self.blocks[0], *self.also, *self.blocks[1]["last"], self.out):
                x = layer(x) if layer is not self.also[1] else x
            return x

    model = Nested()
    model(np.ones((1, 3), "float32"))
    return model


def places_in(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, x: found.update({name: x[()]}) if isinstance(x, h5py.Dataset) else None
        )
    return found


def test_lists_in_lists_have_keras_s_paths(tmp_path):
    own, theirs = nested(hornlet), nested(keras)
    own.save_weights(tmp_path / "own.weights.h5")
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    first, second = (places_in(tmp_path / f"{name}.weights.h5") for name in ("own", "theirs"))
    assert set(first) == set(second) and any("container_1/container" in place for place in first)
    own.load_weights(tmp_path / "theirs.weights.h5")
    own.save_weights(tmp_path / "again.weights.h5")
    for place, values in places_in(tmp_path / "again.weights.h5").items():
        np.testing.assert_array_equal(values, second[place])
    theirs.load_weights(tmp_path / "own.weights.h5")


def test_files_from_before_lists_in_lists_had_paths_are_read(tmp_path):
    def make(k):
        class Blocks(k.Model):
            def __init__(self):
                super().__init__()
                self.blocks = [(k.layers.Dense(3),), (k.layers.Dense(2),)]
                self.out = k.layers.Dense(1)

            def call(self, x):
                for (layer,) in self.blocks:
                    x = layer(x)
                return self.out(x)

        model = Blocks()
        return model, model(np.ones((1, 3), "float32"))

    (theirs, expected), (own, before) = make(keras), make(hornlet)
    assert not np.allclose(before, expected)
    path = tmp_path / "old.weights.h5"
    theirs.save_weights(path)
    with h5py.File(path, "r+") as file:
        file.move("blocks/container/dense", "layers/dense")
        file.move("blocks/container_1/dense", "layers/dense_1")
        del file["blocks"]
    own.load_weights(path)
    np.testing.assert_allclose(own(np.ones((1, 3), "float32")), expected, rtol=1e-5)


class Before(hornlet.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


class After(Before):
    def __init__(self):
        hornlet.Model.__init__(self)
        self.a_dense = layers.Dense(2)

    @property
    def dense(self):
        return self.a_dense


def test_a_renamed_part_is_found_by_its_old_name(tmp_path):
    x = np.ones((1, 3), "float32")
    old, new = Before(), After()
    expected = old(x)
    assert not np.allclose(new(x), expected)
    old.save_weights(tmp_path / "m.weights.h5")
    new.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(new(x), expected)
    assert list(dict(saveables(new))) == ["", "a_dense"]
    assert list(dict(saveables(new, ["dense"]))) == ["", "dense"]


@pytest.mark.parametrize("built", [True, False], ids=["with input", "by a call"])
def test_a_sequential_s_groups_are_those_of_keras(built, tmp_path):
    groups = []
    for library in (hornlet, keras):
        begin = [library.Input((3,))] if built else []
        inner = library.Sequential([library.layers.Dense(4, name="a")])
        model = library.Sequential([*begin, inner, library.layers.Dense(2, name="b")])
        model(np.ones((1, 3), "float32"))
        path = tmp_path / f"{library.__name__}.weights.h5"
        model.save_weights(path)
        found = []
        with h5py.File(path) as file:
            file.visit(found.append)
        groups.append(sorted(found))
    assert groups[0] == groups[1] and "layers/dense/vars/0" in groups[0]


def test_a_sequential_file_with_the_groups_of_its_graph_is_read(tmp_path):
    make = lambda: hornlet.Sequential([hornlet.Input((3,)), layers.Dense(2)])
    model, again = make(), make()
    model.save_weights(tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5", "a") as file:
        file.create_group("_functional/layers/input_layer/vars")
        file.create_group("_functional/vars")
    again.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
