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
@pytest.mark.filterwarnings("ignore:.*rms_scaling")
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


@each
def test_variables(k):
    flags, numbers = k.Variable([True, False]), k.Variable([3, 5], dtype="int32")
    assert np.asarray(~flags).tolist() == [False, True]
    assert np.asarray(~numbers).tolist() == [-4, -6]
    with pytest.raises(ValueError):
        k.Variable(1.0, synchronization="sometimes")
    with k.StatelessScope(), pytest.raises(ValueError):
        k.Variable(1.0)


@each
def test_functions_check_their_inputs(k):
    x = k.Input((4,))
    middle = k.ops.sin(x)
    f = k.Function({"a": middle}, k.ops.cos(middle))
    assert [operation.name for operation in f.operations] == ["cos"]
    assert f({"a": np.zeros((1, 4))}).shape == (1, 4)
    for wrong in ({"a": np.zeros((1, 5))}, {"a": np.zeros(4)}, [np.zeros((1, 4))]):
        with pytest.raises(ValueError):
            f(wrong)
    with pytest.raises(ValueError):
        k.Function(x, [])


@each
def test_configs_of_operations(k):
    class Times(k.Operation):
        def __init__(self, factor=1, name=None):
            super().__init__(name=name)
            self.factor = factor

        def call(self, x):
            return x * self.factor

    config = Times(3, name="t").get_config()
    assert config == {"name": "t", "factor": 3}
    assert Times.from_config(config).factor == 3
    for f in (k.ops.tanh, k.ops.relu, k.activations.tanh):
        assert k.layers.Activation(f).get_config()["activation"] == f.__name__


@each
def test_einsum_in_a_model_file(k):
    x = k.Input((4,))
    model = k.Model(x, k.ops.einsum("ij,ik->jk", x, x))
    config = model.get_config()["layers"][1]
    assert config["config"]["subscripts"] == "ij,ik->jk"
    assert len(config["inbound_nodes"][0]["args"]) == 2
    twin = k.models.model_from_json(model.to_json())
    values = np.arange(8.0).reshape(2, 4)
    np.testing.assert_allclose(twin(values), values.T @ values)


@each
@pytest.mark.parametrize("name", ["Attention", "MultiHeadAttention", "GroupQueryAttention"])
def test_masks_into_attention(k, name):
    """Masks reach attention with the tensors: nodes of several inputs do not list them."""
    tokens = k.Input((3,), dtype="int32")
    h = k.layers.Embedding(5, 4, mask_zero=True)(tokens)
    arguments = {"MultiHeadAttention": (1, 2), "GroupQueryAttention": (2, 2, 1)}.get(name, ())
    layer = getattr(k.layers, name)(*arguments)
    y = layer([h, h]) if name == "Attention" else layer(h, h)
    model = k.Model(tokens, k.layers.GlobalAveragePooling1D()(y))
    operations = [
        type(o).__name__ if o is layer else o.name.rstrip("_0123456789") for o in model.operations
    ]
    if name == "Attention":
        order = ["not_equal", "Attention", "convert_to_tensor"]
    else:
        order = [type(layer).__name__, "not_equal"]
    assert operations[2:-1] == order
    nodes = next(c for c in model.get_config()["layers"] if c["name"] == layer.name)
    assert nodes["inbound_nodes"][0]["kwargs"] == {}
    twin = k.models.model_from_json(model.to_json())
    twin.set_weights(model.get_weights())
    x = np.array([[1, 2, 0], [3, 0, 0]])
    np.testing.assert_allclose(twin(x), model(x), rtol=1e-5)


@pytest.mark.parametrize("name, sizes", [
    ("MultiHeadAttention", (2, 3)), ("GroupQueryAttention", (3, 4, 2)),
])  # fmt: skip
@pytest.mark.parametrize("shown", [False, True])
def test_queries_that_may_see_nothing(name, sizes, shown):
    x = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    mask = np.array([[[1] * 4, [0] * 4, [0, 1, 0, 0], [1] * 4]] * 2, bool)
    results, values = [], None
    for k in (keras, hornlet):
        layer = getattr(k.layers, name)(*sizes)
        layer.build(x.shape, x.shape)
        values = layer.get_weights() if values is None else values
        layer.set_weights(values)
        y = layer(x, x, attention_mask=mask, return_attention_scores=shown)
        results.append(np.asarray(y[0] if shown else y))
    np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-5)


@each
def test_merging_of_unknown_sizes(k):
    x, y = k.Input((None, 4)), k.Input((3, 4))
    assert k.layers.Add()([x, y]).shape == (None, None, 4)
    assert k.layers.Concatenate()([y, x]).shape == (None, 3, 8)
    assert k.layers.Subtract().compute_output_shape([(None, 3), (2, 3)]) == (2, 3)
    with pytest.raises(ValueError):
        k.layers.Add().compute_output_shape([(2, 3), (2, 4)])
    assert k.layers.Dot(2)([x, y]).shape == (None, None, 3)
    with pytest.raises(IndexError):
        k.layers.Dot(5)([np.ones((2, 3)), np.ones((2, 3))])
    for layer in (k.layers.Add(), k.layers.Concatenate()):
        with pytest.raises(ValueError):
            layer.compute_mask(np.ones((2, 3)), [None, None])


@each
def test_adapted_values(k):
    layer = k.layers.Normalization(axis=1)
    layer.adapt(np.arange(12.0, dtype="float32").reshape(2, 3, 2))
    np.testing.assert_allclose(layer.mean, [[[3.5], [5.5], [7.5]]])
    assert layer.variance.shape == (1, 3, 1)
    assert k.layers.Rescaling(2.0)([1.0, 2.0]).shape == (2,)


@each
def test_policies_by_path(k):
    policies = k.dtype_policies.DTypePolicyMap("mixed_float16")
    policies["exact"] = k.DTypePolicy("float32")
    policies["block/.*"] = k.DTypePolicy("float16")
    with pytest.raises(ValueError):
        policies["exact"] = "float32"
    assert [policies[p].name for p in ("exact", "block/a", "other")] == [
        "float32", "float16", "mixed_float16"]  # fmt: skip
    assert (len(policies), list(policies)) == (2, ["exact", "block/.*"])
    layer = k.layers.Dense(2, dtype=policies, name="exact")
    assert layer.compute_dtype == "float16"
    layer.build((None, 3))
    assert (layer.compute_dtype, layer.dtype_policy.name) == ("float32", "map_mixed_float16")
    twin = k.layers.Dense.from_config(layer.get_config())
    assert twin.dtype_policy["block/a"].name == "float16"
    assert str(k.layers.Dense(2, dtype=policies)(np.ones((1, 3))).dtype) == "float16"
    del policies["exact"]
    assert policies["exact"].name == "mixed_float16"


@each
def test_attention_arguments(k):
    layer = k.layers.MultiHeadAttention(2, 3, activity_regularizer="l2")
    assert layer.get_config()["activity_regularizer"]["class_name"] == "L2"
    for wrong in ({"attention_axes": "a"}, {"output_shape": 2.5}):
        with pytest.raises(ValueError):
            k.layers.MultiHeadAttention(2, 3, **wrong).build((2, 4, 6), (2, 4, 6))
    with pytest.raises(ValueError):
        k.layers.Attention().compute_mask([np.ones((1, 2, 3))] * 2, np.ones((1, 2), bool))
    y = k.layers.Attention(dtype="mixed_bfloat16")([np.ones((1, 2, 3))] * 2, use_causal_mask=True)
    assert str(y.dtype) == "bfloat16"
