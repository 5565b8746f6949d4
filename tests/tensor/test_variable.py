"""Variables: values, assignment, names, operators, autocast, storage that comes later."""

import copy
import pickle

import numpy as np
import pytest

import hornlet
from hornlet.tensor.scope import AutocastScope, ShapesOnly, StatelessScope

Variable = hornlet.Variable


def test_from_values():
    assert Variable(1.0).array.dtype == "float32"
    assert Variable([1, 2]).array.dtype == "int32"
    assert Variable(np.zeros(2)).array.dtype == "float64"
    assert Variable([True]).array.dtype == "bool"
    assert Variable([1, 2], dtype="float16").array.dtype == "float16"
    assert Variable("ones", shape=(2, 3)).shape == (2, 3)
    source = np.zeros(2, "float32")
    v = Variable(source)
    v.assign([1.0, 1.0])
    np.testing.assert_array_equal(source, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        {"initializer": "ones"},
        {"initializer": "ones", "shape": (None, 2)},
        {"initializer": "ones", "shape": (-1, 2)},
        {"initializer": "oness", "shape": (2,)},
        {"initializer": 1.0, "name": "a/b"},
        {"initializer": 1.0, "aggregation": "most"},
        {"initializer": [1.0, 2.0], "shape": (3,)},
        {"initializer": lambda shape, dtype: np.zeros((7,)), "shape": (3,)},
    ],
    ids=lambda a: "-".join(a),
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError):
        Variable(**arguments)


def test_assign():
    v = Variable([1.0, 2.0])
    old = v.value
    np.testing.assert_array_equal(v.assign([3, 4]), [3, 4])
    np.testing.assert_array_equal(v.assign_add([1, 1]), [4, 5])
    np.testing.assert_array_equal(v.assign_sub(v), [0, 0])
    np.testing.assert_array_equal(old, [1, 2])
    with pytest.raises(ValueError, match="shape"):
        v.assign([1.0])
    assert v.array.dtype == "float32"


def test_operators_and_numpy():
    v = Variable([1.0, 2.0])
    x = np.array([3.0, 4.0], "float32")
    for y in (v + x, x + v, v * 2, 2 / v, v**2, -v, abs(v), v[0], v == x, v < x, v @ x, x @ v):
        assert isinstance(y, np.ndarray)
    np.testing.assert_array_equal(x - v, [2, 2])
    np.testing.assert_allclose(np.tanh(v), np.tanh([1, 2]), rtol=1e-6)
    np.testing.assert_array_equal(np.concatenate([v, x]), [1, 2, 3, 4])
    assert float(Variable(3.0)) == 3.0 and int(Variable(3)) == 3 and len(v) == 2
    with pytest.raises(TypeError):
        float(v)
    with pytest.raises(TypeError):
        bool(v)
    assert len({v: 1}) == 1


def test_names_and_paths():
    with hornlet.name_scope("outer"), hornlet.name_scope("inner"):
        v = Variable(0.0, name="v")
    assert (v.name, v.path) == ("v", "outer/inner/v")


def test_autocast():
    v, n = Variable(1.0), Variable(1)
    fixed = Variable(1.0, autocast=False)
    with AutocastScope("float16"):
        assert v.dtype == "float16" and v.value.dtype == "float16"
        assert n.value.dtype == "int32" and fixed.value.dtype == "float32"
        with AutocastScope(None):
            assert v.value.dtype == "float32"
    assert v.value.dtype == "float32"
    with pytest.raises(ValueError):
        AutocastScope("int32")


def test_storage_comes_later():
    with ShapesOnly():
        v = Variable("ones", shape=(1 << 20, 1 << 20))
        w = Variable("ones", shape=(2, 3))
    assert v.shape == (1 << 20, 1 << 20) and not v.allocated
    with pytest.raises(ValueError, match="allocate"):
        _ = v.value
    w.allocate()
    np.testing.assert_array_equal(w.value, np.ones((2, 3)))
    with ShapesOnly():
        u = Variable("zeros", shape=(2,))
    u.assign([1.0, 2.0])
    assert u.allocated and u.array.flags.writeable
    np.testing.assert_array_equal(u.numpy(), [1, 2])


def test_reading_takes_memory_within_bounds():
    with ShapesOnly(memory=24):
        v, w = (Variable("ones", shape=(4,)) for _ in range(2))
        np.testing.assert_array_equal(v.value, np.ones(4))
        with pytest.raises(ValueError, match="allocate"):
            _ = w.value
    assert v.allocated and not w.allocated
    w.allocate()
    assert w.allocated


def test_a_model_can_be_built_without_memory():
    with ShapesOnly():
        model = hornlet.Sequential([hornlet.Input((1 << 20,)), hornlet.layers.Dense(1 << 20)])
    assert model.count_params() == (1 << 40) + (1 << 20)


def test_stateless_scope():
    v = Variable(1.0)
    with StatelessScope([(v, np.float32(5.0))]) as scope:
        assert float(v.value) == 5.0
        v.assign_add(1.0)
        assert float(v.value) == 6.0
    assert float(v) == 1.0 and float(scope.get_current_value(v)) == 6.0
    with pytest.raises(ValueError):
        StatelessScope([(v, np.zeros(3))])


def test_copies():
    v = Variable([1.0, 2.0], name="v", trainable=False)
    for w in (copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        w.assign([0.0, 0.0])
        assert w.name == "v" and not w.trainable and w.ref_serial != v.ref_serial
    np.testing.assert_array_equal(v.numpy(), [1, 2])
