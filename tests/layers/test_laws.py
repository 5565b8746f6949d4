"""The laws every layer keeps, over the rows of cases.py; the oracle is Keras."""

import contextlib
import inspect
import json
import re

import jax
import keras
import numpy as np
import pytest

import hornlet
from hornlet import layers
from hornlet.engine.compiled import Compiled
from tests.layers.cases import CASES
from tests.layers.test_text import ROWS as TEXT_ROWS

BASES = {"Layer", "Wrapper", "InputSpec", "Input", "InputLayer"}
INSIDE = {"SimpleRNNCell", "GRUCell", "LSTMCell", "StackedRNNCells"}  # in the rows of RNN


def test_every_layer_has_a_row():
    classes = {x for x in layers.__all__ if isinstance(getattr(layers, x), type)}
    classes = {getattr(layers, x).__name__ for x in classes} - BASES - INSIDE
    rows = {getattr(layers, c.make.__code__.co_names[0]).__name__ for c in CASES}
    assert classes == rows | set(TEXT_ROWS)


def plain(config):
    """A config as JSON would store it, without names that count up."""

    def clean(x):
        if isinstance(x, dict):
            return {k: clean(v) for k, v in x.items() if k != "name" or not isinstance(v, str)}
        if isinstance(x, float):
            return float(f"{x:.6g}")
        return [clean(v) for v in x] if isinstance(x, (list, tuple)) else x

    return clean(json.loads(json.dumps(config, default=str)))


def filled(case, library, dtype="float64"):
    """The layer, called once and with weights that depend on their shapes only; arguments."""
    layer, args = case.make(library), case.args(dtype)
    call(case, layer, args)
    random = np.random.default_rng(5)
    values = []
    for w in layer.weights:
        if w.name.endswith(("variance", "stddev")):
            values.append(random.uniform(0.5, 1.5, w.shape))
        else:
            values.append(random.normal(size=w.shape) * 0.5)
    layer.set_weights(values)
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()
    return layer, args


def call(case, layer, args, **kwargs):
    kwargs = {**case.kwargs(), **kwargs}
    if case.spread:
        return layer(*args, **kwargs)
    return layer(args, **kwargs)


def flat(y):
    if isinstance(y, (list, tuple)):
        return [x for part in y for x in flat(part)]
    return [keras.ops.convert_to_numpy(y) if not isinstance(y, np.ndarray) else y]


def takes_training(layer):
    return "training" in inspect.signature(layer.call).parameters


each = pytest.mark.parametrize("case", CASES, ids=repr)


@each
def test_config(case):
    ours, theirs = case.make(layers), case.make(keras.layers)
    assert plain(ours.get_config()) == plain(theirs.get_config())
    config = layers.serialize(ours)
    assert plain(config) == plain(keras.layers.serialize(theirs))
    again = layers.deserialize(json.loads(json.dumps(config)))
    assert type(again) is type(ours)
    assert json.dumps(again.get_config()) == json.dumps(ours.get_config())
    assert re.sub(r"_\d+$", "", ours.name) == re.sub(r"_\d+$", "", theirs.name)


@each
def test_shapes_and_weights(case):
    if not case.symbolic:
        pytest.skip("not called on symbols")
    ours, theirs = case.make(layers), case.make(keras.layers)
    dtype = "int32" if case.integers else "float32"
    several = isinstance(case.inputs, list)
    shapes = case.inputs if several else [case.inputs]
    kwargs = {k: v for k, v in case.kwargs().items() if k != "mask"}

    def symbolic(layer, make):
        xs = [make(shape[1:], dtype=dtype) for shape in shapes]
        y = layer(*xs, **kwargs) if case.spread or not several else layer(xs, **kwargs)
        return nest_flat([y])

    found = symbolic(ours, layers.Input)
    expected = symbolic(theirs, keras.Input)
    assert [y.shape for y in found] == [tuple(y.shape) for y in expected]
    assert [y.dtype for y in found] == [y.dtype for y in expected]
    assert [(w.name, w.shape, w.trainable) for w in ours.weights] == [
        (w.name, tuple(w.shape), w.trainable) for w in theirs.weights
    ]
    assert ours.count_params() == theirs.count_params()


@pytest.fixture
def mixed():
    for library in (hornlet, keras):
        library.config.set_dtype_policy("mixed_float16")
    yield
    for library in (hornlet, keras):
        library.config.set_dtype_policy("float32")


def dtypes(library, case, layer, args, mode):
    """Those of what a layer gives. Keras's are traced where they can: nothing is compiled."""
    if library is keras and keras.backend.backend() == "jax":
        with contextlib.suppress(Exception):
            specs = jax.eval_shape(lambda: call(case, layer, args, **mode))
            return [y.dtype for y in jax.tree.leaves(specs)]
        layer = case.make(library.layers)  # tracing has left its marks on the other
    return [y.dtype for y in flat(call(case, layer, args, **mode))]


@each
def test_dtypes_in_mixed_precision(case, mixed):
    """What is computed, and what a layer says of symbols without being called on them."""
    called, described = [], []
    for library in (hornlet, keras):
        layer, args = case.make(library.layers), case.args("float32")
        mode = {"training": True} if case.random and takes_training(layer) else {}
        called.append(dtypes(library, case, layer, args, mode))
        dtype = "int32" if case.integers else layer.compute_dtype
        args = [library.KerasTensor(x.shape, dtype) for x in nest_flat([args])]
        args = args if case.spread or len(args) == 1 else [args]
        specs = layer.compute_output_spec(*args, **case.call)
        described.append([str(y.dtype) for y in nest_flat([specs])])
    assert called[0] == called[1]
    assert described[0] == described[1]


@each
def test_agrees_with_keras(case):
    ours, args = filled(case, layers, "float32")
    theirs, _ = filled(case, keras.layers, "float32")
    modes = [{}]
    if takes_training(ours) and "training" not in case.call:
        modes = [{"training": False}] + ([] if case.random else [{"training": True}])
    for mode in modes:
        found, expected = (flat(call(case, layer, args, **mode)) for layer in (ours, theirs))
        assert len(found) == len(expected)
        for y, z in zip(found, expected):
            assert y.dtype == z.dtype
            np.testing.assert_allclose(y, z, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(
            np.sum([float(loss) for loss in ours.losses]),
            np.sum([float(loss) for loss in theirs.losses]), rtol=1e-4,
        )  # fmt: skip
        for w, v in zip(ours.get_weights(), theirs.get_weights()):
            np.testing.assert_allclose(w, v, rtol=1e-4, atol=1e-5)


@each
def test_gradient(case, float64):
    if not case.smooth:
        pytest.skip("not differentiable where a difference looks")
    ours, args = filled(case, layers)
    mode = {"training": False} if case.random else {}
    if takes_training(ours) and not case.random and "training" not in case.call:
        mode = {"training": True}
    several = isinstance(args, list)
    xs = [] if case.integers else list(args) if several else [args]
    parameters = list(ours.trainable_weights)
    states = [(w, w.numpy()) for w in ours.non_trainable_weights]
    random = np.random.default_rng(9)
    shapes = [np.shape(y) for y in flat(call(case, ours, args, **mode))]
    seeds = [random.normal(size=shape) for shape in shapes]

    def loss(xs):
        for w, value in states:
            w.assign(value)
        ys = call(case, ours, (xs if several else xs[0]) if xs else args, **mode)
        ys = ys if isinstance(ys, (list, tuple)) else [ys]
        return sum(hornlet.ops.sum(y * seed) for y, seed in zip(nest_flat(ys), seeds))

    def differentiated(xs):
        with hornlet.GradientTape() as tape:
            for x in xs:
                tape.watch(x)
            total = loss(xs)
        return tape.gradient(total, [*xs, *parameters])

    gradients = Compiled(differentiated)(xs)
    h = 1e-6
    directions = [random.normal(size=x.shape) for x in [*xs, *parameters]]
    slope = sum(np.sum(np.asarray(g) * d) for g, d in zip(gradients, directions) if g is not None)
    start = [w.numpy().copy() for w in parameters]

    def moved(t):
        for w, value, d in zip(parameters, start, directions[len(xs) :]):
            w.assign(value + t * d)
        return float(loss([np.asarray(x) + t * d for x, d in zip(xs, directions)]))

    difference = (moved(h) - moved(-h)) / (2 * h)
    np.testing.assert_allclose(slope, difference, rtol=1e-5, atol=1e-6)


def nest_flat(ys):
    return [x for y in ys for x in (nest_flat(y) if isinstance(y, (list, tuple)) else [y])]


@each
def test_eager_equals_compiled(case, float64):
    ours, args = filled(case, layers)
    mode = {"training": False} if case.random else {}
    if takes_training(ours) and not case.random and "training" not in case.call:
        mode = {"training": True}
    states = [(w, w.numpy()) for w in ours.non_trainable_weights]
    eager = flat(call(case, ours, args, **mode))
    after = [w.numpy() for w, _ in states]
    for w, value in states:
        w.assign(value)
    compiled = flat(Compiled(lambda xs: call(case, ours, xs, **mode))(args))
    for y, z in zip(eager, compiled):
        np.testing.assert_allclose(y, z, rtol=1e-12, atol=1e-12)
    for (w, _), value in zip(states, after):
        np.testing.assert_allclose(w.numpy(), value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", [c for c in CASES if c.random], ids=repr)
def test_random_layers_draw_from_their_seed(case):
    def run():
        hornlet.random.set_seed(3)
        layer = case.make(layers)
        args = case.args("float32")
        built = call(case, layer, args, training=False)
        first = flat(call(case, layer, args, training=True))[0]
        second = flat(call(case, layer, args, training=True))[0]
        return flat(built)[0], first, second

    plain, first, second = run()
    assert first.shape == plain.shape and np.isfinite(first).all()
    again = run()
    np.testing.assert_array_equal(first, again[1])
    np.testing.assert_array_equal(second, again[2])
    assert not np.array_equal(first, second)
