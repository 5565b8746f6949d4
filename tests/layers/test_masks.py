"""Masks travel from Embedding and Masking through the layers that follow, as in Keras."""

import keras
import numpy as np
import pytest

import hornlet
from hornlet import layers
from hornlet.tensor.masks import get_mask

WORDS = np.array([[1, 2, 0, 0], [3, 0, 4, 5], [6, 1, 2, 3]], "int32")

CHAINS = {
    "lstm": lambda layers: [layers.Embedding(7, 3, mask_zero=True), layers.LSTM(4)],
    "two": lambda layers: [
        layers.Embedding(7, 3, mask_zero=True),
        layers.GRU(4, return_sequences=True),
        layers.Dropout(0.5),
        layers.SimpleRNN(3, go_backwards=True),
    ],
    "bidirectional": lambda layers: [
        layers.Embedding(7, 3, mask_zero=True),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        layers.GlobalAveragePooling1D(),
    ],
    "distributed": lambda layers: [
        layers.Embedding(7, 3, mask_zero=True),
        layers.TimeDistributed(layers.Dense(4, "relu")),
        layers.LSTM(2),
    ],
    "normalized": lambda layers: [
        layers.Embedding(7, 3, mask_zero=True),
        layers.BatchNormalization(),
        layers.Dense(3),
        layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)]),
    ],
    "reversed": lambda layers: [
        layers.Embedding(7, 3, mask_zero=True),
        layers.Bidirectional(layers.GRU(4), merge_mode="mul"),
    ],
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("how", ["call", "predict"])
def test_chain(name, how):
    models = []
    for library in (hornlet, keras):
        model = library.Sequential(CHAINS[name](library.layers))
        model(WORDS)
        random = np.random.default_rng(5)
        model.set_weights([random.uniform(0.1, 1, w.shape) for w in model.weights])
        models.append(model)
    ours, theirs = models
    expected = keras.ops.convert_to_numpy(theirs(WORDS))
    found = ours(WORDS) if how == "call" else ours.predict(WORDS, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_masking_hides_steps():
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    x[0, 2:] = -1.0
    masked = layers.Masking(-1.0)(x)
    np.testing.assert_array_equal(get_mask(masked), [[1, 1, 0, 0], [1, 1, 1, 1]])
    layer = layers.LSTM(2)
    np.testing.assert_allclose(layer(masked)[0], layer(x[:1, :2])[0], rtol=1e-5)


@pytest.mark.parametrize(
    "name", ["Add", "Multiply", "Maximum", "Minimum", "Average", "Concatenate"]
)
def test_merged_masks(name):
    outputs = []
    for library in (hornlet, keras):
        table = np.random.default_rng(2).normal(size=(7, 3)).astype("float32")
        embed = library.layers.Embedding(7, 3, mask_zero=True, weights=[table])
        a, b = embed(WORDS), embed(WORDS[::-1].copy())
        y = getattr(library.layers, name)()([a, b])
        mask = get_mask(y) if library is hornlet else getattr(y, "_keras_mask", None)
        outputs.append((np.asarray(y), None if mask is None else np.asarray(mask)))
    (y, mask), (z, expected) = outputs
    np.testing.assert_allclose(y, z, rtol=1e-6)
    if expected is not None:
        np.testing.assert_array_equal(mask, expected)


def test_attention_takes_the_masks_of_its_inputs():
    outputs = []
    for library in (hornlet, keras):
        table = np.random.default_rng(2).normal(size=(7, 4)).astype("float32")
        embed = library.layers.Embedding(7, 4, mask_zero=True, weights=[table])
        heads = library.layers.MultiHeadAttention(2, 3)
        heads(embed(WORDS), embed(WORDS))
        random = np.random.default_rng(5)
        heads.set_weights([random.normal(size=w.shape) for w in heads.weights])
        x = embed(WORDS)
        y, scores = heads(x, x, use_causal_mask=True, return_attention_scores=True)
        z = library.layers.Attention()([embed(WORDS), embed(WORDS)])
        outputs.append([np.asarray(t) for t in (y, scores, z)])
    for found, expected in zip(*outputs):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
