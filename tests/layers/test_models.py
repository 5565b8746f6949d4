"""Laws of layers inside a model: some training steps agree with Keras, files go both ways."""

import keras
import numpy as np
import pytest

import hornlet
from tests.layers.cases import CASES

pytestmark = pytest.mark.filterwarnings("ignore:Layer 'flatten")
ROWS = [c for c in CASES if c.model and c.symbolic]


def first_of_each(cases):
    return list({c.name: c for c in reversed(cases)}.values())[::-1]


def model_of(case, library):
    """Inputs, the layer, and an output of one number."""
    dtype = "int32" if case.integers else "float32"
    several = isinstance(case.inputs, list)
    shapes = case.inputs if several else [case.inputs]
    inputs = [
        library.layers.Input(shape[1:], dtype=dtype, name=f"x{i}") for i, shape in enumerate(shapes)
    ]
    layer = case.make(library.layers)
    if case.spread:
        y = layer(*inputs, **case.call)
    else:
        y = layer(inputs if several else inputs[0], **case.call)
    if len(y.shape) == 3 and None in y.shape[1:]:
        y = library.layers.GlobalAveragePooling1D()(y)
    if len(y.shape) > 2:
        y = library.layers.Flatten()(y)
    return library.Model(inputs, library.layers.Dense(1, name="last")(y))


def weights_of(model):
    random = np.random.default_rng(5)
    return [
        random.uniform(0.5, 1.5, w.shape)
        if w.name.endswith(("variance", "stddev"))
        else random.normal(size=w.shape) * 0.5
        for w in model.weights
    ]


def arguments(case):
    x = case.args("float32")
    return x if isinstance(x, list) else [x]


TRAINED = [c for c in ROWS if not c.random and c.smooth and c.name != "Normalization"]
QUICK = first_of_each(TRAINED)


@pytest.mark.parametrize(
    "case",
    [c if c in QUICK else pytest.param(c, marks=pytest.mark.long) for c in TRAINED],
    ids=lambda c: repr(getattr(c, "values", [c])[0]),
)
def test_training_agrees_with_keras(case):
    ours, theirs = model_of(case, hornlet), model_of(case, keras)
    values = weights_of(ours)
    x = arguments(case)
    y = np.random.default_rng(1).normal(size=(len(x[0]), 1)).astype("float32")
    losses = []
    for library, model in ((hornlet, ours), (keras, theirs)):
        model.set_weights(values)
        model.compile(library.optimizers.SGD(0.01), "mse")
        losses.append([float(model.train_on_batch(x, y)) for _ in range(3)])
    np.testing.assert_allclose(*losses, rtol=1e-4, atol=1e-5)
    for w, v in zip(ours.get_weights(), theirs.get_weights()):
        np.testing.assert_allclose(w, v, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("case", first_of_each([c for c in ROWS if c.file]), ids=repr)
def test_files_go_both_ways(case, tmp_path):
    ours = model_of(case, hornlet)
    ours.set_weights(weights_of(ours))
    x = arguments(case)
    expected = np.asarray(ours(x))
    path = str(tmp_path / "model.keras")
    ours.save(path)
    again = hornlet.models.load_model(path)
    np.testing.assert_array_equal(np.asarray(again(x)), expected)
    theirs = keras.models.load_model(path)
    found = keras.ops.convert_to_numpy(theirs(x))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    path = str(tmp_path / "back.keras")
    theirs.save(path)
    back = hornlet.models.load_model(path)
    np.testing.assert_allclose(np.asarray(back(x)), expected, rtol=1e-6)
