"""KerasTensors, inference by tracing, dtype policies, tracking and masks."""

import copy
import gc
from collections import OrderedDict

import numpy as np
import pytest

import hornlet
from hornlet import ops
from hornlet.base import nest
from hornlet.tensor import masks
from hornlet.tensor.operation import any_symbolic, infer
from hornlet.tensor.tracking import Tracker

keras = pytest.importorskip("keras")
Symbol = hornlet.KerasTensor


def test_symbols():
    x = Symbol((None, 3), dtype="float16", name="x")
    assert (x.shape, x.dtype, x.ndim, x.name) == ((None, 3), "float16", 2, "x")
    for action in (
        lambda: np.asarray(x),
        lambda: np.tanh(x),
        lambda: bool(x),
        lambda: list(x),
        lambda: float(x),
        lambda: setattr(x, "shape", (1,)),
    ):
        with pytest.raises((ValueError, TypeError, AttributeError, NotImplementedError)):
            action()
    for shape in (None, 3, ("a",), (-1,), (1.5,), (True,)):
        with pytest.raises(ValueError):
            Symbol(shape)


EXPRESSIONS = {
    "plus": lambda k, x: x + 1,
    "reflected": lambda k, x: 2.0 - x,
    "power": lambda k, x: x**2,
    "compare": lambda k, x: x > 0,
    "negative": lambda k, x: -x,
    "item": lambda k, x: x[:, 0],
    "new axis": lambda k, x: x[:, None],
    "slice": lambda k, x: x[:, 1:, ..., :2],
    "matmul": lambda k, x: x @ k.ops.ones((5, 7)),
    "mean": lambda k, x: k.ops.mean(x, axis=1),
    "flatten": lambda k, x: k.ops.reshape(x, (-1, 20)),
    "rows": lambda k, x: k.ops.reshape(x, (-1, 5)),
    "transpose": lambda k, x: k.ops.transpose(x, (2, 0, 1)),
    "concatenate": lambda k, x: k.ops.concatenate([x, x], axis=1),
    "stack": lambda k, x: k.ops.stack([x, x], axis=0),
    "argmax": lambda k, x: k.ops.argmax(x, axis=-1),
    "one hot": lambda k, x: k.ops.one_hot(k.ops.cast(x, "int32"), 3),
    "broadcast": lambda k, x: x + k.ops.ones((1, 4, 1)),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("shape", [(None, 4, 5), (2, 4, 5)], ids=str)
def test_inferred_shapes_equal_those_of_keras(name, shape):
    f = EXPRESSIONS[name]
    ours, theirs = f(hornlet, Symbol(shape)), f(keras, keras.KerasTensor(shape))
    assert (ours.shape, ours.dtype) == (tuple(theirs.shape), theirs.dtype)


def test_infer_keeps_nests_and_what_is_no_tensor():
    def f(x, scale):
        return {"twice": x * scale, "both": (x, np.sum(x, axis=0)), "none": None}

    found = infer(f, (Symbol((None, 3)),), {"scale": 2})
    shapes = nest.map_structure(lambda s: getattr(s, "shape", s), found)
    assert found["twice"].shape == (None, 3) and found["both"][1].shape == (3,)
    assert found["none"] is None and set(shapes) == {"twice", "both", "none"}


def test_unknown_dimensions_in_the_middle():
    y = infer(lambda x: ops.reshape(x, (x.shape[0], -1)), (Symbol((2, None, 3)),))
    assert y.shape == (2, None)


AGREEING = {  # an unknown dimension is what the function needs it to be
    "add in the middle": (lambda k, x, y: x + y, (None, None, 3), (None, 5, 3)),
    "add both ways": (lambda k, x, y: x + y, (None, 3), (2, None)),
    "add batches of two": (lambda k, x, y: x + y, (None, None, 1), (None, 1, None)),
    "where": (lambda k, x, y: k.ops.where(x > y, x, y), (2, None, 1), (None, 3)),
    "matmul": (lambda k, x, y: k.ops.matmul(x, y), (None, 3), (None, 2)),
    "matmul of stacks": (lambda k, x, y: x @ y, (None, 3, None), (3, None, 5)),
    "einsum": (lambda k, x, y: k.ops.einsum("ij,jk->ik", x, y), (None, 3), (None, 4)),
    "tensordot": (lambda k, x, y: k.ops.tensordot(x, y, 1), (2, None), (None, 4)),
    "concatenate": (lambda k, x, y: k.ops.concatenate([x, y], -1), (2, 3, 4), (None, None, 5)),
    "broadcast": (lambda k, x, y: k.ops.broadcast_to(x, (2, 3, 3)) + y, (None, 3), (3,)),
    "reshape": (lambda k, x, y: k.ops.reshape(x, (3, 2)) + y, (None, 3), (2,)),
    "unstack": (lambda k, x, y: k.ops.unstack(x, 3, axis=1)[2] + y, (2, None), (2,)),
    "conv": (lambda k, x, y: k.ops.conv(x, y), (None, 10, None), (3, 4, 6)),
}


@pytest.mark.parametrize("name", AGREEING)
def test_unknown_dimensions_agree_with_the_sizes_they_meet_as_in_keras(name):
    f, first, second = AGREEING[name]
    ours = f(hornlet, Symbol(first), Symbol(second))
    theirs = f(keras, keras.KerasTensor(first), keras.KerasTensor(second))
    assert ours.shape == tuple(theirs.shape)


def test_known_sizes_that_differ_are_refused_whatever_is_unknown():
    with pytest.raises(ValueError, match=r"do not broadcast.*3\).*4\)"):
        Symbol((None, 3)) + Symbol((None, 4))
    with pytest.raises(ValueError, match="Inner dimensions"):
        ops.matmul(Symbol((None, 3)), np.ones((4, 2)))


def test_a_model_divides_by_how_many_elements_there_are():
    x = hornlet.Input((3,))
    assert ops.size(x).shape == () and ops.size(x).dtype == "int32"
    model = hornlet.Model(x, x / ops.cast(ops.size(x), "float32"))
    again = hornlet.Model.from_config(model.get_config())
    for m in (model, again):
        assert np.allclose(m.predict(np.ones((4, 3)), verbose=0), 1 / 12)


def test_a_model_adds_a_table_of_positions_to_sequences_of_unknown_length():
    x = hornlet.Input((None, 3))
    y = hornlet.Input((5, 3))
    model = hornlet.Model([x, y], x + y)
    assert model.output_shape == (None, 5, 3)
    assert np.allclose(model.predict([np.ones((2, 5, 3)), np.ones((2, 5, 3))], verbose=0), 2)


def test_infer_leaves_variables_alone():
    v = hornlet.Variable(1.0)
    infer(lambda x: v.assign(ops.sum(x)), (Symbol((None,)),))
    assert float(v) == 1.0


def test_any_symbolic():
    x = Symbol((2,))
    assert any_symbolic((1, [2, {"a": x}])) and any_symbolic((), {"x": (x,)})
    assert not any_symbolic((1, [np.zeros(2)], "x"), {"y": None})


def test_dtype_policies():
    for name in ("float32", "mixed_float16", "mixed_bfloat16", "float64", "int8"):
        ours, theirs = hornlet.DTypePolicy(name), keras.DTypePolicy(name)
        assert ours.compute_dtype == theirs.compute_dtype
        assert ours.variable_dtype == theirs.variable_dtype
        serialized = hornlet.dtype_policies.serialize(ours)
        assert serialized == keras.dtype_policies.serialize(theirs)
        assert hornlet.dtype_policies.deserialize(serialized) == ours
    for bad in ("mixed_float17", 3.5):
        with pytest.raises((ValueError, TypeError)):
            hornlet.dtype_policies.get(bad)


def test_tracker_looks_into_containers():
    found = []
    tracker = Tracker({"numbers": (lambda x: isinstance(x, complex), found)})
    kept = tracker.track([1j, {"a": 2j}, (3j, "text")])
    kept.append(4j)
    kept[1]["b"] = 5j
    assert found == [1j, 2j, 3j, 4j, 5j]
    kept.pop()
    del kept[1]["b"]
    assert found == [1j, 2j, 3j]
    tracker.lock("no more")
    with pytest.raises(ValueError, match="no more"):
        kept.append(6j)
    kept.append(kept[0])


def test_layers_in_an_ordered_dictionary_are_tracked_in_its_order():
    class Towers(hornlet.layers.Layer):
        def __init__(self):
            super().__init__()
            self.towers = OrderedDict(b=hornlet.layers.Dense(2), a=hornlet.layers.Dense(3))

        def call(self, x):
            return [tower(x) for tower in self.towers.values()]

    layer = Towers()
    assert [y.shape[-1] for y in layer(np.ones((1, 4)))] == [2, 3]
    assert [w.shape for w in layer.weights] == [(4, 2), (2,), (4, 3), (3,)]
    assert isinstance(layer.towers, OrderedDict) and list(layer.towers) == ["b", "a"]
    assert nest.flatten(layer.towers) == list(layer.towers.values())
    layer.towers.popitem(False)
    assert type(copy.copy(layer.towers)) is OrderedDict and len(layer.towers) == 1


def test_masks_go_with_their_arrays():
    before = len(masks._table)
    x = np.zeros(3)
    masks.set_mask(x, "mask")
    assert masks.get_mask(x) == "mask" and masks.get_mask(x.copy()) is None
    del x
    gc.collect()
    assert len(masks._table) == before


class Scaled(hornlet.Operation):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, x):
        return self.factor * x


def test_a_name_is_in_the_config_where_the_constructor_takes_one():
    class Named(Scaled):
        def __init__(self, factor, name=None):
            super().__init__(factor)

    assert Scaled(2).get_config() == {"factor": 2}
    assert Scaled.from_config(Scaled(2).get_config())(3) == 6
    assert Named(2).get_config() == {"factor": 2, "name": "named"}
