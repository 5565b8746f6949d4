"""`gradient`: sums over paths, seeds, what is not connected, and any number of times."""

import numpy as np
import pytest

from hornlet.engine import Spec, check, emit, gradient, trace
from hornlet.engine.passes import optimize
from hornlet.engine.trace import replay

F64 = np.dtype("float64")
X = np.array([0.5, -1.5, 2.0])


def traced(function, *dtypes):
    return trace(function, *(Spec((3,), np.dtype(d)) for d in dtypes or ("float64",)))


def values(function, *xs):
    graph = traced(function, *(x.dtype for x in xs))
    check(graph)
    for g in (graph, optimize(graph)):
        found = [np.asarray(y) for y in replay(g, list(xs))]
    return found


def test_paths_add_up():
    (dx,) = values(lambda x: gradient([x * x + emit("sin", x) * x], [x]), X)
    np.testing.assert_allclose(dx, 2 * X + np.sin(X) + X * np.cos(X))


def test_seeds_weigh_the_outputs():
    def function(x):
        return gradient([x * x, x * 3.0], [x], [np.array([1.0, 10.0, 100.0]), None])

    np.testing.assert_allclose(values(function, X)[0], np.array([1, 10, 100]) * 2 * X + 3)


def test_a_source_in_the_middle_and_an_output_that_is_a_source():
    def function(x):
        y = emit("exp", x)
        return gradient([y * y, y], [y, x])

    dy, dx = values(function, X)
    np.testing.assert_allclose(dy, 2 * np.exp(X) + 1)
    np.testing.assert_allclose(dx, dy * np.exp(X))


def test_none_where_no_path_leads():
    found = []

    def function(x, y, n):
        z = emit("stop_gradient", x) * emit("floor", x) + emit("cast", n, dtype=F64)
        found.extend(gradient([z + y], [x, y, n]))
        return y

    traced(function, "float64", "float64", "int32")
    assert [g is None for g in found] == [False, False, True] or found[2] is None
    assert found[1] is not None


def test_a_gradient_has_its_sources_dtype_and_shape():
    def function(x, y):
        z = emit("matmul", emit("reshape", x, shape=(3, 1)), emit("reshape", y, shape=(1, 3)))
        return gradient([emit("cast", z, dtype=F64)], [x, y])

    graph = traced(function, "float32", "float32")
    assert [(g.shape, g.dtype) for g in graph.outputs] == [((3,), np.dtype("float32"))] * 2


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "name, derivatives",
    [
        ("sin", [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin]),
        ("exp", [np.exp] * 4),
        ("power", [
            lambda x: 5 * x**4, lambda x: 20 * x**3, lambda x: 60 * x**2, lambda x: 120 * x,
        ]),
        ("tanh", [
            lambda x: 1 - np.tanh(x) ** 2,
            lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
            lambda x: (1 - np.tanh(x) ** 2) * (6 * np.tanh(x) ** 2 - 2),
            lambda x: (1 - np.tanh(x) ** 2) * np.tanh(x) * (16 - 24 * np.tanh(x) ** 2),
        ]),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_the_gradient_of_a_gradient_of_a_gradient(name, derivatives, order):
    def function(x):
        y = emit(name, x, 5.0) if name == "power" else emit(name, x)
        for _ in range(order):
            (y,) = gradient([y], [x])
        return y

    np.testing.assert_allclose(values(function, X)[0], derivatives[order - 1](X), rtol=1e-9)
