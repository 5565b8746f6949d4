"""Methods of layers that users call and override between `build` and `call`, against Keras's."""

import keras
import numpy as np
import pytest

import hornlet
from hornlet import layers

RANDOM = np.random.default_rng(0)
ROOMS = pytest.mark.parametrize("room", [hornlet, keras], ids=["hornlet", "keras"])


def close(found, expected, **tolerance):
    np.testing.assert_allclose(
        np.asarray(found), np.asarray(expected), **{"rtol": 1e-4, "atol": 1e-5, **tolerance}
    )


@pytest.mark.parametrize(
    ("name", "shape", "kwargs"),
    [
        ("Conv1D", (2, 7, 3), {}),
        ("Conv1D", (2, 7, 3), {"padding": "same", "strides": 2}),
        ("Conv2D", (2, 6, 5, 3), {"dilation_rate": 2}),
        ("Conv3D", (1, 4, 5, 4, 2), {"padding": "same"}),
    ],
)
def test_convolution_op_agrees_with_keras(name, shape, kwargs):
    x = RANDOM.normal(size=shape).astype("float32")
    kernel = RANDOM.normal(size=(*(2,) * (len(shape) - 2), shape[-1], 4)).astype("float32")
    found, expected = (
        getattr(room, name)(4, 2, **kwargs).convolution_op(x, kernel)
        for room in (layers, keras.layers)
    )
    close(found, expected)


@ROOMS
def test_a_convolution_with_standardized_kernels(room):
    class Standardized(room.layers.Conv2D):
        def convolution_op(self, inputs, kernel):
            mean = room.ops.mean(kernel, axis=(0, 1, 2), keepdims=True)
            return super().convolution_op(inputs, kernel - mean)

    y = Standardized(2, 3)(np.ones((1, 5, 5, 3)))
    close(y, np.zeros((1, 3, 3, 2)))


CELLS = [
    ("SimpleRNNCell", {}),
    ("GRUCell", {}),
    ("LSTMCell", {}),
    ("LSTMCell", {"implementation": 1}),
]


def kind(masks):
    return (len(masks), masks[0].shape) if isinstance(masks, list) else tuple(masks.shape)


@pytest.mark.parametrize(("name", "kwargs"), CELLS)
@pytest.mark.parametrize("rates", [(0.5, 0.0), (0.0, 0.5), (0.4, 0.3), (0.0, 0.0)])
def test_dropout_masks_of_cells_are_kept_until_they_are_reset(name, kwargs, rates):
    x = np.ones((64, 8), "float32")
    kinds = []
    for room in (layers, keras.layers):
        cell = getattr(room, name)(
            3, dropout=rates[0], recurrent_dropout=rates[1], seed=1, **kwargs
        )  # fmt: skip
        found = []
        for part, rate in zip(("dropout", "recurrent_dropout"), rates):
            get, reset = getattr(cell, f"get_{part}_mask"), getattr(cell, f"reset_{part}_mask")
            masks = get(x)
            assert get(x) is masks
            if rate == 0:
                assert masks is None
                continue
            found.append(kind(masks))
            one = np.asarray(masks[0] if isinstance(masks, list) else masks)
            assert set(np.unique(one.round(4))) == {0, np.float32(1 / (1 - rate)).round(4)}
            reset()
            assert get(x) is not masks
        kinds.append(found)
    assert kinds[0] == kinds[1]


@ROOMS
def test_masks_that_a_cell_overrides_are_used(room):
    class First(room.layers.GRUCell):
        """Only the first input counts."""

        def get_dropout_mask(self, step_input):
            return room.ops.concatenate(
                [room.ops.ones_like(step_input[:, :1]), room.ops.zeros_like(step_input[:, 1:])], 1
            )

    layer = room.layers.RNN(First(3, dropout=0.5))
    x = RANDOM.normal(size=(2, 4, 3)).astype("float32")
    other = np.concatenate([x[..., :1], x[..., 1:] + 5], -1)
    close(layer(x, training=True), layer(other, training=True))
    assert np.abs(np.asarray(layer(x)) - np.asarray(layer(other))).max() > 1e-3


@ROOMS
def test_stacked_cells_hand_further_arguments_on(room):
    class Scaled(room.layers.Layer):
        state_size = 2

        def call(self, inputs, states, scale=1.0):
            return inputs * scale, [states[0]]

    cells = room.layers.StackedRNNCells([Scaled(), Scaled()])
    y, _ = cells(np.ones((1, 2)), [np.zeros((1, 2))] * 2, scale=3.0)
    close(y, np.full((1, 2), 9.0))


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("state", [True, False])
def test_masks_of_recurrent_layers_agree_with_keras(sequences, state):
    mask = np.array([[True, False]])
    kwargs = {"return_sequences": sequences, "return_state": state}
    for make in (
        lambda room: room.SimpleRNN(2, **kwargs),
        lambda room: room.ConvLSTM1D(2, 1, **kwargs),
        lambda room: room.Bidirectional(room.GRU(2, return_sequences=sequences)),
        lambda room: room.Bidirectional(
            room.GRU(2, return_sequences=sequences), merge_mode=None
        ),
    ):
        found, expected = (make(room).compute_mask(None, mask) for room in (layers, keras.layers))
        assert str(found) == str(expected)


def test_configs_of_recurrent_layers_and_pipelines_are_enough():
    for layer in (layers.GRU(2), layers.SimpleRNN(2), layers.ConvLSTM2D(2, 3),
                  layers.Pipeline([layers.Rescaling(2.0)])):  # fmt: skip
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("arguments", [(), (12, 33, 16000, 20.0, 7000.0), (5, 9, 100, 1.0, 50.0)])
def test_mel_weights_agree_with_keras(arguments):
    found, expected = (
        room.MelSpectrogram().linear_to_mel_weight_matrix(*arguments)
        for room in (layers, keras.layers)
    )
    assert found.dtype == "float32"
    close(found, expected, atol=1e-4)


def test_normalized_weights_agree_with_keras():
    kernel, u = RANDOM.normal(size=(2, 3, 4)), RANDOM.normal(size=(1, 4))
    found = []
    for room in (layers, keras.layers):
        layer = room.SpectralNormalization(room.Conv1D(4, 2), power_iterations=3)
        layer.build((None, 5, 3))
        layer.kernel.assign(kernel.astype("float32"))
        layer.vector_u.assign(u.astype("float32"))
        found.append(layer.normalized_weights())
    for ours, theirs in zip(*found):
        close(ours, theirs)


@pytest.mark.parametrize("name", ["Maximum", "Minimum", "Multiply"])
def test_joins_read_the_masks_of_their_inputs(name):
    x = np.array([[1.0, 0.0, 2.0], [3.0, 4.0, 0.0]], "float32")
    results = []
    for room in (layers, keras.layers):
        masked = [room.Masking(0.0)(a[..., None]) for a in (x, x[::-1] * 2)]
        results.append(np.asarray(getattr(room, name)()(masked)))
    close(*results)


def test_arguments_of_attention_are_its_attributes():
    layer = layers.MultiHeadAttention(2, 3, dropout=0.1, use_bias=False)
    theirs = keras.layers.MultiHeadAttention(2, 3, dropout=0.1, use_bias=False)
    for name in ("num_heads", "key_dim", "dropout", "use_bias"):
        assert getattr(layer, name) == getattr(theirs, name)
