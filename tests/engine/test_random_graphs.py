"""Random op graphs: eager, compiled and Keras on jax give the same values and gradients."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from hornlet import ops
from hornlet.engine import Compiled, GradientTape, Ref

from .random_graphs import inputs_of, programs, score

keras = pytest.importorskip("keras")
jax = pytest.importorskip("jax")
pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


@pytest.fixture
def wide(float64):
    """Both libraries in float64."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    with jax.enable_x64(True):
        yield
    keras.config.set_floatx(before)


def agrees(program):
    steps, _, _ = program
    inputs = inputs_of(program)
    variables = [Ref(x) for x in inputs]

    def function():
        with GradientTape() as tape:
            y = score(ops, steps, [v.read() for v in variables])
        return [y, *tape.gradient(y, variables, unconnected_gradients="zero")]

    eager, compiled = function(), Compiled(function)()
    y, dxs = jax.value_and_grad(lambda xs: score(keras.ops, steps, xs))(inputs)
    for a, b, c in zip(eager, compiled, [y, *dxs], strict=True):
        assert np.asarray(a).dtype == b.dtype == np.float64
        np.testing.assert_allclose(b, np.asarray(a), rtol=1e-12, atol=1e-12)
        # Keras computes some of float64 in float32.
        np.testing.assert_allclose(b, np.asarray(c), rtol=1e-4, atol=1e-5)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(programs())
def test_random_graphs_agree_with_keras(wide, program):
    agrees(program)


@pytest.mark.long
@settings(max_examples=1500, deadline=None, suppress_health_check=QUIET)
@given(programs(most=30))
def test_many_random_graphs_agree_with_keras(wide, program):
    agrees(program)
