"""Quantized layers and models against Keras: outputs, weights, names, policies, files, LoRA."""

import json

import keras
import numpy as np
import pytest

import hornlet

RNG = np.random.default_rng(0)
LAYERS = {
    "dense": (lambda layers, **k: layers.Dense(5, "tanh", name="a", **k), (3, 6)),
    "dense_3d": (lambda layers, **k: layers.Dense(4, use_bias=False, name="a", **k), (2, 3, 7)),
    "einsum_query": (
        lambda layers, **k: layers.EinsumDense(
            "btd,dnh->btnh", (None, 2, 3), bias_axes="nh", name="a", **k
        ),
        (2, 4, 8),
    ),
    "einsum_output": (
        lambda layers, **k: layers.EinsumDense(
            "btnh,nhd->btd", (None, 8), bias_axes="d", activation="relu", name="a", **k
        ),
        (2, 4, 2, 3),
    ),
    "einsum_turned": (
        lambda layers, **k: layers.EinsumDense("abc,dc->adb", (5, None), name="a", **k),
        (2, 4, 6),
    ),
    "embedding": (lambda layers, **k: layers.Embedding(9, 5, name="a", **k), None),
    "reversible": (lambda layers, **k: layers.ReversibleEmbedding(9, 6, name="a", **k), None),
    "reversible_untied": (
        lambda layers, **k: layers.ReversibleEmbedding(
            9, 5, tie_weights=False, logit_soft_cap=3.0, name="a", **k
        ),
        None,
    ),
}
CONFIGS = {
    "int8": lambda room: None,
    "int8 weights only": lambda room: room.Int8QuantizationConfig(None, None),
    "int4": lambda room: None,
    "int4 one scale": lambda room: room.Int4QuantizationConfig(block_size=None),
    "int4 small blocks": lambda room: room.Int4QuantizationConfig(block_size=4),
    "int4 inputs": lambda room: room.Int4QuantizationConfig(
        None, room.AbsMaxQuantizer(), block_size=-1
    ),
    "float8": lambda room: None,
}
KINDS = [
    (layer, kind)
    for layer, kinds in {
        "dense": CONFIGS,
        "dense_3d": ["int4"],
        "einsum_query": ["int8", "int4", "int4 small blocks", "float8"],
        "einsum_output": ["int8", "int8 weights only", "int4 inputs"],
        "einsum_turned": ["int8", "int4 small blocks"],
        "embedding": ["int8", "int4 one scale", "int4 small blocks"],
        "reversible": ["int8", "int4 one scale"],
        "reversible_untied": ["int8", "int4 small blocks"],
    }.items()
    for kind in kinds
]
every = pytest.mark.parametrize(("layer", "kind"), KINDS)


def inputs_of(name):
    shape = LAYERS[name][1]
    if shape is None:
        return np.array([[0, 3, 8], [1, 1, 5]])
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def values(weights):
    return [np.asarray(w) for w in weights]


def same(a, b, rtol=1e-5, atol=1e-5):
    np.testing.assert_allclose(
        np.asarray(a, "float64"), np.asarray(b, "float64"), rtol=rtol, atol=atol
    )


def pair(name, **options):
    """The same layer of both libraries, with the same weights."""
    make, _ = LAYERS[name]
    theirs, ours = (make(room.layers, **options) for room in (keras, hornlet))
    x = inputs_of(name)
    for layer in (theirs, ours):
        layer.build(x.shape)
    theirs.set_weights(
        [np.random.default_rng(i).normal(size=w.shape) for i, w in enumerate(theirs.weights)]
    )
    ours.set_weights(values(theirs.weights))
    return theirs, ours


def quantized(name, kind, **options):
    theirs, ours = pair(name, **options)
    for layer, room in ((theirs, keras), (ours, hornlet)):
        layer.quantize(kind.split()[0], config=CONFIGS[kind](room.quantizers))
    return theirs, ours


def plain(config):
    return json.loads(json.dumps(config, default=lambda x: x.__name__))


def alike(ours, theirs, order=lambda weights: weights):
    for a, b in zip(order(ours.weights), order(theirs.weights), strict=True):
        assert (a.path, a.dtype, a.trainable) == (b.path, b.dtype, b.trainable)
        same(a, b)
    assert repr(ours.dtype_policy) == repr(theirs.dtype_policy)
    assert ours.quantization_mode == theirs.quantization_mode
    assert ours.variable_serialization_spec == theirs.variable_serialization_spec


def agree(ours, theirs, x, **tolerance):
    same(ours(x), theirs(x), **tolerance)
    if "reversible" in type(ours).__name__.lower():
        vectors = np.random.default_rng(3).normal(size=(2, ours.output_dim)).astype("float32")
        same(ours(vectors, reverse=True), theirs(vectors, reverse=True), rtol=1e-4, atol=1e-4)


@every
def test_layer(layer, kind):
    theirs, ours = quantized(layer, kind)
    alike(ours, theirs)
    agree(ours, theirs, inputs_of(layer))
    name = "kernel" if hasattr(ours, "kernel") else "embeddings"
    same(getattr(ours, name), getattr(theirs, name))
    assert plain(ours.get_config()) == plain(theirs.get_config())
    again = type(ours).from_config(ours.get_config())
    again.build(inputs_of(layer).shape)
    shapes = [{w.path: tuple(w.shape) for w in x.weights} for x in (again, ours)]
    assert shapes[0] == shapes[1]


@every
@pytest.mark.parametrize("way", ["to_keras", "from_keras"])
def test_files(layer, kind, way, tmp_path):
    theirs, ours = quantized(layer, kind)
    (source, _), (target, room) = (
        ((ours, hornlet), (theirs, keras)) if way == "to_keras"
        else ((theirs, keras), (ours, hornlet))
    )  # fmt: skip
    store = {}
    source.save_own_variables(store)
    store = {key: np.asarray(value) for key, value in store.items()}
    copy = LAYERS[layer][0](
        room.layers, dtype=target.dtype_policy, quantization_config=target.quantization_config
    )
    copy.build(inputs_of(layer).shape)
    copy.load_own_variables(store)
    alike(copy, source, order=lambda weights: sorted(weights, key=lambda w: w.path))
    x = inputs_of(layer)
    same(copy(x), source(x))


# Keras's own quantized einsums of kernels that are not inputs by outputs refuse LoRA.
ADAPTED = [(x, kind) for x, kind in KINDS if kind != "float8" and x != "einsum_turned"]


@pytest.mark.parametrize(("layer", "kind"), ADAPTED)
def test_lora_on_top(layer, kind):
    theirs, ours = quantized(layer, kind)
    for x in (theirs, ours):
        x.enable_lora(2, lora_alpha=3.0)
    for i, (a, b) in enumerate(zip(ours.weights, theirs.weights, strict=True)):
        assert a.path == b.path and a.trainable == b.trainable
        if "lora" in a.path:
            value = np.random.default_rng(i).normal(size=a.shape).astype("float32")
            a.assign(value)
            b.assign(value)
    x = inputs_of(layer)
    same(ours(x), theirs(x), rtol=1e-4, atol=1e-4)
    stores = {}, {}
    ours.save_own_variables(stores[0])
    theirs.save_own_variables(stores[1])
    assert stores[0].keys() == stores[1].keys()
    for key, value in stores[0].items():
        value, expected = np.asarray(value), np.asarray(stores[1][key])
        assert value.dtype == expected.dtype and value.shape == expected.shape
        same(value, expected)
    ours.load_own_variables({k: np.asarray(v) for k, v in stores[0].items()})
    assert not np.any(np.asarray(ours.lora_parts()[1]))
