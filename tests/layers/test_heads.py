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
