"""What packages build on inside attention: the step between the projections, which subclasses
with caches call by themselves."""

import numpy as np
import pytest

import hornlet

keras = pytest.importorskip("keras")


def looking_back(library):
    """A subclass that projects, attends and projects again by its own call."""

    class LookingBack(library.layers.MultiHeadAttention):
        def call(self, x, mask):
            y, weights = self._compute_attention(
                query=self._query_dense(x),
                key=self._key_dense(x),
                value=self._value_dense(x),
                attention_mask=mask,
                return_attention_scores=True,
            )
            return self._output_dense(y), weights

    return LookingBack(num_heads=2, key_dim=3)


def test_a_subclass_attends_by_itself():
    random = np.random.default_rng(0)
    x = random.normal(size=(2, 4, 6)).astype("float32")
    mask = np.tril(np.ones((4, 4), "int32"))[None].repeat(2, axis=0)
    ours, theirs = looking_back(hornlet), looking_back(keras)
    for layer in (ours, theirs):
        layer.build((2, 4, 6), (2, 4, 6))
    theirs.set_weights([random.normal(size=w.shape) for w in theirs.weights])
    ours.set_weights(theirs.get_weights())
    for found, wanted in zip(ours(x, mask), theirs(x, mask), strict=True):
        np.testing.assert_allclose(found, np.asarray(wanted), rtol=1e-5, atol=1e-5)


def test_grouped_heads_attend_by_themselves():
    random = np.random.default_rng(0)
    q, k, v = random.normal(size=(3, 2, 4, 2, 3)).astype("float32")
    settings = {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 2}
    found, wanted = (
        (layer.build((2, 4, 6), (2, 4, 6)), layer._compute_attention(q, k, v))[1]
        for layer in (
            library.layers.GroupQueryAttention(**settings) for library in (hornlet, keras)
        )
    )
    np.testing.assert_allclose(found[0], np.asarray(wanted[0]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("library", [hornlet, keras], ids=["hornlet", "keras"])
def test_a_subclass_need_not_know_of_returned_weights(library):
    seen = []

    class Watched(library.layers.GroupQueryAttention):
        def _compute_attention(self, query, key, value, attention_mask=None, training=None):
            seen.append(attention_mask.shape[1:])
            return super()._compute_attention(query, key, value, attention_mask, training)

    x = np.ones((1, 3, 4), "float32")
    Watched(2, num_query_heads=2, num_key_value_heads=1)(x, x, use_causal_mask=True)
    assert seen == [(3, 3)]


@pytest.mark.parametrize("library", [hornlet, keras], ids=["hornlet", "keras"])
def test_a_causal_mask_goes_together_with_another(library):
    x = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    shown = np.random.default_rng(1).uniform(size=(2, 4, 4)) < 0.7
    shown[:, :, 0] = True
    layer = looking_back(library)
    layer.build((2, 4, 6), (2, 4, 6))
    heads = layer._query_dense(x), layer._key_dense(x), layer._value_dense(x)
    found, _ = layer._compute_attention(*heads, attention_mask=shown, use_causal_mask=True)
    expected, _ = layer._compute_attention(*heads, attention_mask=np.tril(shown))
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-5, atol=1e-6)


def test_flash_attention_has_no_weights_to_return():
    x = np.ones((1, 2, 4), "float32")
    layer = hornlet.layers.MultiHeadAttention(1, 2, flash_attention=True)
    assert layer(x, x).shape == (1, 2, 4)
    with pytest.raises(ValueError, match="return_attention_scores"):
        layer(x, x, return_attention_scores=True)
