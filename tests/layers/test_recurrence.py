"""What the rows do not say about recurrent layers: states, statefulness, custom cells, dropout."""

import keras
import numpy as np
import pytest

import hornlet
from hornlet import layers

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM"])
def test_stateful(name):
    ours = getattr(layers, name)(2, stateful=True)
    theirs = getattr(keras.layers, name)(2, stateful=True)
    ours(X), theirs(X)
    theirs.set_weights(ours.get_weights())
    ours.reset_state(), theirs.reset_state()
    for _ in range(3):
        np.testing.assert_allclose(ours(X), np.asarray(theirs(X)), rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="batch"):
        ours(X[:1])


def test_stateful_needs_a_fixed_batch():
    with pytest.raises(ValueError, match="stateful"):
        layers.LSTM(2, stateful=True)(layers.Input((4, 3)))


def test_initial_state_and_returned_state():
    ours = layers.LSTM(2, return_state=True)
    y, h, c = ours(X)
    again, *_ = ours(X, initial_state=[h, c])
    whole = layers.LSTM(2)
    whole.build((2, 8, 3))
    whole.set_weights(ours.get_weights())
    np.testing.assert_allclose(again, whole(np.concatenate([X, X], 1)), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(y, h)


def test_unrolled_is_the_loop():
    loop = layers.GRU(3, return_sequences=True)
    loop(X)
    flat = layers.GRU(3, return_sequences=True, unroll=True)
    flat(X)
    flat.set_weights(loop.get_weights())
    np.testing.assert_allclose(flat(X), loop(X), rtol=1e-5, atol=1e-6)


def test_custom_cell_in_plain_numpy_trains():
    class Cell(layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = self.state_size = units

        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1], self.units), "glorot_uniform", name="w")
            self.u = self.add_weight((self.units, self.units), "orthogonal", name="u")

        def call(self, inputs, states):
            h = np.tanh(inputs @ self.w + states[0] @ self.u)
            return h, [h]

    model = hornlet.Sequential([layers.RNN(Cell(4)), layers.Dense(1)])
    model.compile("sgd", "mse")
    y = X.sum((1, 2))[:, None]
    first = model.evaluate(X, y, verbose=0)
    model.fit(X, y, epochs=20, verbose=0)
    assert model.evaluate(X, y, verbose=0) < first


def test_one_dropout_mask_for_all_steps():
    ones = np.ones((1, 5, 8), "float32")
    layer = layers.SimpleRNN(1, dropout=0.5, return_sequences=True, activation=None, seed=1)
    layer(ones)
    layer.set_weights([2.0 ** np.arange(8)[:, None], np.zeros((1, 1)), np.zeros(1)])
    y = layer(ones, training=True)[0, :, 0]
    assert np.ptp(y) == 0 and y[0] != 255


def test_cells_alone():
    cell = layers.LSTMCell(3)
    y, (h, c) = cell(X[:, 0], cell.get_initial_state(2))
    assert y.shape == h.shape == c.shape == (2, 3)


def test_errors():
    with pytest.raises(ValueError, match="units"):
        layers.LSTM(0)
    with pytest.raises(ValueError, match="state_size"):
        layers.RNN(layers.Dense(3))
    with pytest.raises(ValueError, match="merge_mode"):
        layers.Bidirectional(layers.LSTM(2), merge_mode="max")
    with pytest.raises(ValueError, match="Layer"):
        layers.TimeDistributed(3)


@pytest.mark.parametrize("use_cudnn", [True, False, "auto"])
def test_both_directions_keep_use_cudnn(use_cudnn):
    both = layers.Bidirectional(layers.GRU(2, use_cudnn=use_cudnn))
    assert both.forward_layer.use_cudnn == both.backward_layer.use_cudnn == use_cudnn
