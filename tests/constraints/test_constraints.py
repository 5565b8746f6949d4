"""Laws of constraints: values and configs as Keras's, names."""

import keras
import numpy as np
import pytest

import hornlet.constraints as constraints
from hornlet.tensor.variable import Variable

CASES = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": (0, 1)}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": 1}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 3.0, "rate": 0.3, "axis": 1}),
]
by_case = pytest.mark.parametrize("name, arguments", CASES)


@by_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_equal_keras(name, arguments, dtype):
    w = np.random.default_rng(0).normal(size=(3, 4)).astype(dtype)
    ours = getattr(constraints, name)(**arguments)(Variable(w))
    theirs = getattr(keras.constraints, name)(**arguments)(keras.ops.convert_to_tensor(w))
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(theirs), rtol=1e-6)


@by_case
def test_config_equals_keras_and_round_trips(name, arguments):
    ours = getattr(constraints, name)(**arguments)
    theirs = getattr(keras.constraints, name)(**arguments)
    assert ours.get_config() == theirs.get_config()
    whole = constraints.serialize(ours)
    assert whole == keras.constraints.serialize(theirs)
    assert constraints.deserialize(whole).get_config() == ours.get_config()


def test_get():
    get = constraints.get
    assert get(None) is None
    for name in ("max_norm", "non_neg", "NonNeg", "unit_norm", "min_max_norm", "MinMaxNorm"):
        assert type(get(name)).__name__ == type(keras.constraints.get(name)).__name__
    assert get(abs) is abs
    with pytest.raises(ValueError, match="max_norm"):
        get("maxnorn")


def test_every_class_has_a_row():
    face = constraints
    named = {getattr(face, n).__name__ for n in face.__all__ if isinstance(getattr(face, n), type)}
    assert named - {"Constraint"} == {name for name, _ in CASES}
