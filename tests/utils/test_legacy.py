"""Objects in Keras 2's form, against Keras."""

import keras
import pytest

import hornlet

CASES = [
    lambda k: k.regularizers.L1L2(0.1, 0.2),
    lambda k: k.initializers.GlorotUniform(seed=3),
    lambda k: k.layers.Dense(3, "relu", kernel_regularizer="l2", name="d"),
    lambda k: k.losses.Hinge(),
    lambda k: k.activations.relu,
    lambda k: None,
]


@pytest.mark.parametrize("make", CASES)
def test_written_as_by_keras(make):
    ours = hornlet.legacy.saving.serialize_keras_object(make(hornlet))
    theirs = keras.legacy.saving.serialize_keras_object(make(keras))
    assert type(ours) is type(theirs)
    if isinstance(ours, dict):
        assert ours["class_name"] == theirs["class_name"]
        assert set(ours["config"]) == set(theirs["config"])
    else:
        assert ours == theirs


def test_read_again():
    legacy = hornlet.utils.legacy
    layer = CASES[2](hornlet)
    made = legacy.deserialize_keras_object(
        legacy.serialize_keras_object(layer), vars(hornlet.layers)
    )
    assert made.get_config() == layer.get_config()
    assert legacy.deserialize_keras_object("relu", vars(hornlet.activations)) is (
        hornlet.activations.relu)  # fmt: skip
    assert legacy.deserialize_keras_object("Zeros", vars(hornlet.initializers)).get_config() == {}
    assert legacy.deserialize_keras_object(CASES[2]) is CASES[2]

    class Own(hornlet.layers.Dense):
        pass

    config = {"class_name": "Own", "config": {"units": 2}}
    assert type(legacy.deserialize_keras_object(config, {}, {"Own": Own})) is Own
    for wrong in (config, "Own", {"class_name": "Own"}, 3):
        with pytest.raises(ValueError):
            legacy.deserialize_keras_object(wrong, {})
    with pytest.raises(ValueError):
        legacy.serialize_keras_object(object())
