"""Laws of regularizers: values and configs as Keras's, gradients, names."""

import keras
import numpy as np
import pytest

import hornlet.regularizers as regularizers
from hornlet.engine.tape import GradientTape
from hornlet.tensor.variable import Variable

CASES = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L2", {"l2": 1}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.2, "l2": 0.3}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]
by_case = pytest.mark.parametrize("name, arguments", CASES)


def matrix(seed=0):
    return np.random.default_rng(seed).normal(size=(3, 4))


@by_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_equal_keras(name, arguments, dtype):
    x = matrix().astype(dtype)
    ours = getattr(regularizers, name)(**arguments)(Variable(x))
    theirs = getattr(keras.regularizers, name)(**arguments)(keras.ops.convert_to_tensor(x))
    assert np.shape(ours) == ()
    assert float(ours) == pytest.approx(float(keras.ops.convert_to_numpy(theirs)), rel=1e-6)


@by_case
def test_gradient_is_the_directional_difference(name, arguments):
    if (name, arguments) == ("L1L2", {}):
        return
    penalty, x, direction = getattr(regularizers, name)(**arguments), matrix(1), matrix(2)
    w = Variable(x, dtype="float64")
    with GradientTape() as tape:
        value = penalty(w)
    dw = tape.gradient(value, w)
    h = 1e-6
    ahead, behind = (float(penalty(x + s * h * direction)) for s in (1, -1))
    assert np.sum(dw * direction) == pytest.approx((ahead - behind) / (2 * h), rel=1e-6, abs=1e-8)


@by_case
def test_config_equals_keras_and_round_trips(name, arguments):
    ours = getattr(regularizers, name)(**arguments)
    theirs = getattr(keras.regularizers, name)(**arguments)
    config, expected = ours.get_config(), theirs.get_config()
    assert config.keys() == expected.keys()
    for key, value in config.items():  # Keras's has passed through float32
        assert value == pytest.approx(expected[key]) if key != "mode" else value == expected[key]
    whole = regularizers.serialize(ours)
    assert {**whole, "config": None} == {**keras.regularizers.serialize(theirs), "config": None}
    assert regularizers.deserialize(whole).get_config() == config


def test_get():
    get = regularizers.get
    assert get(None) is None
    for name in ("l1", "l2", "L1L2", "l1l2", "L1", "orthogonal_regularizer"):
        assert type(get(name)).__name__ == type(keras.regularizers.get(name)).__name__
    assert get(np.sum) is np.sum
    with pytest.raises(ValueError, match="l2"):
        get("l2_")


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, "much", None])
def test_bad_arguments(value):
    if value is None:
        assert regularizers.L2(None).l2 == 0.01
        return
    for make in (regularizers.L1, regularizers.L2, regularizers.L1L2):
        with pytest.raises(ValueError, match="l[12]"):
            make(value)
    with pytest.raises(ValueError, match="factor"):
        regularizers.OrthogonalRegularizer(value)
    with pytest.raises(ValueError, match="mode"):
        regularizers.OrthogonalRegularizer(mode=value)
    with pytest.raises(ValueError, match="rank 2"):
        regularizers.OrthogonalRegularizer()(np.zeros(3))


def test_every_class_has_a_row():
    face = regularizers
    named = {getattr(face, n).__name__ for n in face.__all__ if isinstance(getattr(face, n), type)}
    assert named - {"Regularizer"} == {name for name, _ in CASES}
