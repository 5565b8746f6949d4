"""Random functional models: the same graph drawn in both libraries gives the same numbers, and
learns the same in five steps."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import hornlet
from hornlet.base import names

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.filterwarnings("ignore:.*jit_compile.*")

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
            y = getattr(k.layers, kind)()([x, y])
            # Powers of powers would leave the range in which both libraries round alike.
            values.append(k.ops.tanh(y) if kind == "Multiply" else y)
    outputs = [k.layers.Dense(2)(x) for x in values[-n_outputs:]]
    used = k.layers.Add()([*outputs, k.layers.Dense(2)(inputs[0]), k.layers.Dense(2)(inputs[1])])
    return k.Model(inputs, [*outputs, used])


graphs = {
    "steps": st.lists(step, min_size=1, max_size=6),
    "n_outputs": st.integers(1, 3),
    "number": st.integers(0, 9),
}
few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(few, max_examples=25, database=None)


def twins(steps, n_outputs):
    """The model in both libraries, with the same weights."""
    names.reset()
    keras.utils.clear_session(free_memory=False)
    ours, theirs = build(hornlet, steps, n_outputs), build(keras, steps, n_outputs)
    assert ours.get_config()["output_layers"] == theirs.get_config()["output_layers"]
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]
    ours.set_weights(theirs.get_weights())
    return ours, theirs


@few
@given(**graphs)
def test_random_graphs_agree_with_keras(steps, n_outputs, number):
    ours, theirs = twins(steps, n_outputs)
    rng = np.random.default_rng(number)
    x = [rng.normal(size=(3, 4)).astype("float32") for _ in range(2)]
    expected = [keras.ops.convert_to_numpy(y) for y in theirs(x)]
    for found in (ours(x), ours(x), ours.predict(x, verbose=0)):
        for y, z in zip(found, expected):
            np.testing.assert_allclose(y, z, rtol=2e-4, atol=1e-5)


# Small enough steps that rounding is not amplified: Adam divides by more than a tiny gradient.
OPTIMIZERS = [
    lambda k: k.optimizers.SGD(0.01, momentum=0.9, clipnorm=1.0),
    lambda k: k.optimizers.Adam(0.01, epsilon=0.1, weight_decay=0.01),
]


def trained_alike(steps, n_outputs, number):
    rng = np.random.default_rng(number)
    data = [
        (
            [rng.uniform(-1, 1, (3, 4)).astype("float32") for _ in range(2)],
            [rng.uniform(-1, 1, (3, 2)).astype("float32") for _ in range(n_outputs + 1)],
        )
        for _ in range(5)
    ]
    ours, theirs = twins(steps, n_outputs)
    losses = []
    for k, model in ((hornlet, ours), (keras, theirs)):
        # Keras runs operation by operation, as compiling each model would take the most time.
        options = {"jit_compile": False} if k is keras else {}
        model.compile(OPTIMIZERS[number % 2](k), "mse", **options)
        losses.append([np.ravel(model.train_on_batch(*batch)) for batch in data])
    np.testing.assert_allclose(*losses, rtol=2e-3, atol=1e-4)
    for w, expected in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(w, expected, rtol=2e-3, atol=2e-4)


@few
@given(**graphs)
def test_random_graphs_learn_what_keras_learns(steps, n_outputs, number):
    trained_alike(steps, n_outputs, number)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_a_hundred_random_graphs_learn_what_keras_learns(part):
    check = given(**graphs)(lambda **drawn: trained_alike(**drawn))
    seed(part)(many(check))()
