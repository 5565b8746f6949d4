"""NumPy's functions and methods on traced values: recorded and differentiated, or refused."""

import warnings

import numpy as np
import pytest

import hornlet
import hornlet.ops  # registers the functions that answer for NumPy's
from hornlet.engine import Compiled, GradientTape, Ref, Tensor, trace
from hornlet.engine.spec import spec_of

from .cases_numpy import REFUSED, ROWS

F32 = np.dtype("float32")
STEP = 1e-6


@pytest.fixture
def arrays():
    random = np.random.default_rng(0)
    return random.uniform(0.5, 2, (2, 3)), random.uniform(0.5, 2, (3, 3)) + np.eye(3)


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", (RuntimeWarning, DeprecationWarning))
        yield


def weighted(y):
    return (y * np.cos(np.arange(y.size) + 1.0).reshape(y.shape)).sum()


@pytest.mark.parametrize("name", ROWS)
def test_recorded_as_numpy_computes_it(name, arrays):
    function = ROWS[name]
    expected = np.asarray(function(*arrays))
    found = Compiled(function)(*arrays)
    assert found.shape == expected.shape
    assert found.dtype.kind == expected.dtype.kind
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ROWS)
def test_differentiated(name, arrays):
    """In both arrays, traced and on a tape, against a difference of what NumPy computes."""
    function = ROWS[name]
    if np.asarray(function(*arrays)).dtype.kind != "f":
        return

    def gradients():
        with GradientTape() as tape:
            y = weighted(function(*(v.read() for v in variables)))
        return tape.gradient(y, variables, unconnected_gradients="zero")

    variables = [Ref(x.copy()) for x in arrays]
    for found in (Compiled(gradients)(), gradients()):
        for i, dx in enumerate(found):
            v = np.random.default_rng(1).normal(size=dx.shape)
            ends = []
            for step in (STEP, -STEP):
                moved = list(arrays)
                moved[i] = arrays[i] + step * v
                ends.append(weighted(np.asarray(function(*moved))))
            expected = (ends[0] - ends[1]) / (2 * STEP)
            assert np.sum(dx * v) == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_way_out(name, arrays):
    function, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        trace(function, *map(spec_of, arrays))


def test_a_layer_in_plain_numpy_trains():
    class Plain(hornlet.layers.Layer):
        def build(self, shape):
            self.w = self.add_weight((shape[-1], 4))
            self.v = self.add_weight((4, 1))

        def call(self, x):
            h = np.tanh(x @ self.w)
            h /= 1.0 + np.linalg.norm(h, axis=-1, keepdims=True)
            return np.where(h > 0, h, 0.1 * h) @ self.v

    hornlet.utils.set_random_seed(0)
    model = hornlet.Sequential([Plain()])
    model.compile(hornlet.optimizers.Adam(0.05), "mse")
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    y = x.sum(1, keepdims=True)
    losses = model.fit(x, y, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]


def test_results_are_tensors_of_the_variables_dtype():
    w = Ref(np.full((3, 2), 0.5, F32))
    seen = []

    def run(x):
        y = np.tanh(x @ w.read()) + np.sqrt(2.0)
        seen.append(type(y))
        return np.sum(np.exp(-y), axis=1)

    x = np.ones((4, 3), F32)
    compiled = Compiled(run)
    assert compiled(x).dtype == F32
    assert np.allclose(compiled(x), run(x))
    assert seen[0] is Tensor
