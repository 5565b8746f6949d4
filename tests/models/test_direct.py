"""``model(x)`` on arrays runs a program from the second call on, and nobody can tell."""

import numpy as np
import pytest

import hornlet as keras
from hornlet.tensor.masks import get_mask


def small():
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(2)]
    )


def test_later_calls_give_what_the_first_gives():
    model = small()
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    first, second, third = model(x), model(x), model(x)
    np.testing.assert_allclose(second, first, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(second, third)
    assert model._direct_calls.compiled.executables
    assert second is not third and not np.shares_memory(second, third)


def test_weights_assigned_in_between_count():
    model = small()
    x = np.ones((1, 4), "float32")
    before = [model(x) for _ in range(3)][-1]
    model.set_weights([2 * w for w in model.get_weights()])
    assert not np.allclose(model(x), before)


def test_a_changed_attribute_counts():
    model = keras.Sequential([keras.Input((4,)), keras.layers.LeakyReLU(0.5)])
    x = -np.ones((1, 4), "float32")
    assert [model(x)[0, 0] for _ in range(3)] == [-0.5] * 3
    model.layers[0].negative_slope = 0.25
    assert [model(x)[0, 0] for _ in range(3)] == [-0.25] * 3


def test_training_flag_and_running_statistics():
    model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(momentum=0.5)])
    x = np.random.default_rng(0).normal(3.0, size=(8, 4)).astype("float32")
    for _ in range(3):
        y = model(x, training=True)
        np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-5)
    mean = model.layers[0].moving_mean.numpy()
    np.testing.assert_allclose(mean, (1 - 0.5**3) * x.mean(axis=0), rtol=1e-5)
    assert not np.allclose(model(x), y)


def test_dropout_draws_anew():
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5)])
    x = np.ones((2, 50), "float32")
    draws = [model(x, training=True) for _ in range(4)]
    assert all(not np.array_equal(draws[0], d) for d in draws[1:])
    np.testing.assert_array_equal(model(x), x)


def test_masks_come_out():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Embedding(4, 2, mask_zero=True)])
    x = np.array([[1, 0, 2]])
    for _ in range(3):
        np.testing.assert_array_equal(get_mask(model(x)), [[True, False, True]])


def test_layers_of_the_users_own_are_called_each_time():
    calls = []

    class Counting(keras.layers.Layer):
        def call(self, x):
            calls.append(1)
            return x

    model = keras.Sequential([keras.Input((2,)), Counting()])
    made = len(calls)
    for _ in range(3):
        model(np.ones((1, 2), "float32"))
    assert len(calls) == made + 3


def test_a_tape_sees_through():
    model = small()
    x = np.ones((2, 4), "float32")
    for _ in range(3):
        model(x)
    with keras.GradientTape() as tape:
        y = keras.ops.sum(model(x))
    assert all(g is not None for g in tape.gradient(y, model.trainable_weights))


def test_wrong_input_is_an_error_every_time():
    model = small()
    for _ in range(3):
        with pytest.raises(ValueError, match="axis -1|expected shape"):
            model(np.ones((2, 3), "float32"))
