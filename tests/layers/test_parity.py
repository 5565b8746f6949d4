"""What Keras's own cases look at beside values: signatures, flags, configs, symbols, errors."""

import inspect

import keras
import numpy as np
import pytest

import hornlet
from hornlet import layers
from tests.layers.cases import CASES

NAMES = sorted({case.name for case in CASES})
each = pytest.mark.parametrize("k", [hornlet, keras], ids=["hornlet", "keras"])


def parameters(cls):
    found = inspect.signature(cls).parameters.values()
    return [(p.name, p.kind, p.default) for p in found]


@pytest.mark.parametrize("name", NAMES)
def test_constructors_are_those_of_keras(name):
    assert parameters(getattr(layers, name)) == parameters(getattr(keras.layers, name))


@each
def test_weights_of_a_frozen_layer_are_frozen(k):
    layer = k.layers.Dense(2, trainable=False)
    layer.build((None, 3))
    assert not any(w.trainable for w in layer.weights)
    layer.trainable = True
    assert all(w.trainable for w in layer.weights)


@each
@pytest.mark.parametrize("name", ["Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout"])
def test_a_rate_of_zero_needs_no_seed(k, name):
    assert len(getattr(k.layers, name)(0.0).variables) == 0
    assert len(getattr(k.layers, name)(0.5).variables) == 1


@each
def test_shapes_of_an_unbuilt_layer(k):
    layer = k.layers.Dense(2)
    assert layer.compute_output_spec(k.KerasTensor((None, 3))).shape == (None, 2)
    assert not layer.built


@each
def test_configs(k):
    class Plain(k.layers.Layer):
        pass

    config = Plain(name="p").get_config()
    assert config["activity_regularizer"] is None and config["autocast"] is True
    layer = k.layers.LayerNormalization(rms_scaling=True)
    layer.build((None, 3))
    assert layer.get_config()["center"] is True and len(layer.weights) == 1


@each
def test_symbols(k):
    x, named = k.Input((3,)), k.Input((3,), name="q")
    assert (x.name, named.name) == ("keras_tensor", "q") or x.name.startswith("keras_tensor_")
    assert x in [named, x] and (x == named) is False
    assert repr(named).endswith("dtype=float32, sparse=False, ragged=False, name=q>")
    with pytest.raises(NotImplementedError):
        iter(x)


@each
def test_mask_of_bidirectional(k):
    mask = np.array([[True, False]])
    inner = {"return_sequences": True, "return_state": True}
    one = k.layers.Bidirectional(k.layers.GRU(2, **inner), merge_mode="sum")
    two = k.layers.Bidirectional(k.layers.GRU(2, **inner), merge_mode=None)
    assert one.compute_mask(None, mask) is mask
    assert [m is mask for m in two.compute_mask(None, mask)[:2]] == [True, True]


@each
@pytest.mark.parametrize(
    "call, error",
    [
        (lambda k: k.Model(k.Input((2,)), []), ValueError),
        (lambda k: k.Model([], []), ValueError),
        (lambda k: k.Sequential(k.layers.Dense(1)), TypeError),
        (lambda k: k.layers.Layer().add_weight((2,), "ones", "float32", False), TypeError),
        (lambda k: k.layers.Dropout(0.5, noise_shape=3), ValueError),
        (lambda k: k.layers.RandomTranslation("a", 0.3), ValueError),
    ],
)
def test_errors(k, call, error):
    with pytest.raises(error):
        call(k)
