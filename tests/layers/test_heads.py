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


def projecting_alone(library):
    """A subclass that makes its projections itself, with what Keras keeps behind the names."""

    class WithoutKeyBias(library.layers.MultiHeadAttention):
        def build(self, query_shape, value_shape):
            inner = (None, self._num_heads, self._key_dim)
            settings = self._get_common_kwargs_for_sublayer()
            for name, bias in (("query", "cd"), ("key", None), ("value", "cd")):
                bias = bias if self._use_bias else None
                dense = library.layers.EinsumDense(
                    "abx,xcd->abcd", inner, bias_axes=bias, name=name, **settings
                )
                dense.build(query_shape if name == "query" else value_shape)
                setattr(self, f"_{name}_dense", dense)
            self._build_attention(4)
            width = self._output_shape[0] if self._output_shape else query_shape[-1]
            self._output_dense = library.layers.EinsumDense(
                "abcd,cdx->abx", (None, width), name="out", **settings
            )
            self._output_dense.build((None, None, self._num_heads, self._value_dim))
            self.built = True

        def call(self, query, value, mask):
            q, k, v = self._query_dense(query), self._key_dense(value), self._value_dense(value)
            scores = q * self._inverse_sqrt_key_dim
            scores = library.ops.einsum("bsnd,btnd->bnts", k, scores)
            weights = self._masked_softmax(scores, mask)
            own = self._output_dense(library.ops.einsum(self._combine_equation, weights, v))
            return own, self._output_dense(self._compute_attention(q, k, v, mask)[0])

    return WithoutKeyBias(num_heads=2, key_dim=3, output_shape=5, kernel_regularizer="l2")


def test_a_subclass_projects_by_itself():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, 4, 6)), random.normal(size=(2, 3, 7))
    mask = random.uniform(size=(2, 4, 3)) < 0.6
    mask[:, :, 0] = True
    ours, theirs = projecting_alone(hornlet), projecting_alone(keras)
    for layer in (ours, theirs):
        layer.build((2, 4, 6), (2, 3, 7))
    theirs.set_weights([random.normal(size=w.shape) for w in theirs.weights])
    ours.set_weights(theirs.get_weights())
    for found, wanted in zip(ours(x, y, mask), theirs(x, y, mask), strict=True):
        assert found.shape == (2, 4, 5)
        np.testing.assert_allclose(found, np.asarray(wanted), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        np.sum(ours.losses), np.sum([np.asarray(x) for x in theirs.losses]), rtol=1e-5
    )
    assert [w.path.split("/", 1)[1] for w in ours.weights] == [
        w.path.split("/", 1)[1] for w in theirs.weights
    ]


def test_what_a_subclass_sets_is_in_force():
    layer = hornlet.layers.MultiHeadAttention(2, 3)
    layer._use_bias = False
    layer.build((1, 4, 6), (1, 4, 6))
    assert len(layer.weights) == 4 and layer.get_config()["use_bias"] is False


def test_flash_attention_has_no_weights_to_return():
    x = np.ones((1, 2, 4), "float32")
    layer = hornlet.layers.MultiHeadAttention(1, 2, flash_attention=True)
    assert layer(x, x).shape == (1, 2, 4)
    with pytest.raises(ValueError, match="return_attention_scores"):
        layer(x, x, return_attention_scores=True)
