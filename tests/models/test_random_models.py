"""Random functional models: the same graph drawn in both libraries gives the same numbers."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hornlet
from hornlet.base import names

keras = pytest.importorskip("keras")

UNARY = ["dense", "relu", "tanh", "layer_norm", "scale", "shift", "softmax", "embed_and_back"]
BINARY = ["Add", "Multiply", "Maximum", "Subtract", "Average", "concatenate"]
step = st.tuples(st.sampled_from(UNARY + BINARY), st.integers(0, 99), st.integers(0, 99))


def unary(k, kind, x):
    if kind == "dense":
        return k.layers.Dense(4, activation="tanh")(x)
    if kind == "embed_and_back":
        return k.layers.Flatten()(k.layers.Reshape((2, 2))(x))
    if kind == "layer_norm":
        return k.layers.LayerNormalization()(x)
    if kind == "scale":
        return x * 0.5
    if kind == "shift":
        return k.ops.sin(x + 1.0)
    return k.layers.Activation(kind)(x)


def build(k, steps, n_outputs):
    """A model whose every value has 4 features; operands are picked from what there is."""
    values = [k.Input((4,), name="a"), k.Input((4,), name="b")]
    inputs = list(values)
    for kind, i, j in steps:
        x, y = values[i % len(values)], values[j % len(values)]
        if kind in UNARY:
            values.append(unary(k, kind, x))
        elif kind == "concatenate":
            values.append(k.layers.Dense(4)(k.layers.Concatenate()([x, y])))
        else:
            values.append(getattr(k.layers, kind)()([x, y]))
    outputs = [k.layers.Dense(2)(x) for x in values[-n_outputs:]]
    used = k.layers.Add()([*outputs, k.layers.Dense(2)(inputs[0]), k.layers.Dense(2)(inputs[1])])
    return k.Model(inputs, [*outputs, used])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(step, min_size=1, max_size=6), st.integers(1, 3), st.integers(0, 9))
def test_random_graphs_agree_with_keras(steps, n_outputs, seed):
    names.reset()
    keras.utils.clear_session()
    ours, theirs = build(hornlet, steps, n_outputs), build(keras, steps, n_outputs)
    assert ours.get_config()["output_layers"] == theirs.get_config()["output_layers"]
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]
    ours.set_weights(theirs.get_weights())
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=(3, 4)).astype("float32") for _ in range(2)]
    expected = [keras.ops.convert_to_numpy(y) for y in theirs(x)]
    for found in (ours(x), ours(x), ours.predict(x, verbose=0)):
        for y, z in zip(found, expected):
            np.testing.assert_allclose(y, z, rtol=2e-4, atol=1e-5)
