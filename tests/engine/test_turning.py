"""Products of few rows, turned: the same numbers, nothing moved, or left alone."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hornlet import ops
from hornlet.engine import Compiled, Spec, check, emit, gradient, trace, turning
from hornlet.engine.passes import optimize
from hornlet.engine.trace import replay
from hornlet.engine.turning import turn_products

from .random_graphs import inputs_of, programs, run

F64 = np.dtype("float64")
ROWS, IN, HIDDEN = 20, 300, 260
X, W, B, V = (
    np.random.default_rng(i).normal(size=shape)
    for i, shape in enumerate([(ROWS, IN), (IN, HIDDEN), (HIDDEN,), (HIDDEN, 3)])
)


def network(x, w, b, v):
    """A hidden layer's loss, gradients and the mean square of what it gives."""
    h = emit("relu", x @ w + b)
    loss = ops.mean(ops.square(h @ v)) + 0.1 * ops.sum(ops.square(h))
    return loss, gradient([loss], [w, b, v])


def traced(function, *arrays):
    return optimize(trace(function, *(Spec(a.shape, F64) for a in arrays)))


def products(graph):
    return [n.outputs[0].shape for n in graph.nodes() if n.primitive.name == "matmul"]


def same(graph, other, inputs):
    check(other)
    for a, b in zip(replay(graph, inputs), replay(other, inputs), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-12)


def test_a_network_and_its_gradient_are_turned_whole():
    graph = traced(network, X, W, B, V)
    turned = turn_products(graph)
    same(graph, turned, [X, W, B, V])
    # The hidden values and their cotangent are turned; the output and the gradients are not.
    expected = {(ROWS, HIDDEN): (HIDDEN, ROWS)}
    assert sorted(products(turned)) == sorted(expected.get(s, s) for s in products(graph))
    shapes = {n.outputs[0].shape for n in turned.nodes() if n.primitive.elementwise}
    assert (HIDDEN, ROWS) in shapes and (ROWS, HIDDEN) not in shapes


def test_a_compiled_step_gives_what_numpy_gives():
    (loss, gradients), h = Compiled(network)(X, W, B, V), np.maximum(X @ W + B, 0)
    dh = (2 / (ROWS * 3) * (h @ V) @ V.T + 0.2 * h) * (h > 0)
    assert loss == pytest.approx(np.mean(np.square(h @ V)) + 0.1 * np.sum(np.square(h)))
    for found, wanted in zip(gradients, (X.T @ dh, dh.sum(0), h.T @ (2 / (ROWS * 3) * h @ V))):
        np.testing.assert_allclose(found, wanted, rtol=1e-10)


@pytest.mark.parametrize("use", [
    lambda h, x: h,
    lambda h, x: emit("max", h, axis=(1,), keepdims=False),
    lambda h, x: emit("sum", h, axis=(1,), keepdims=True) @ np.ones((1, 2)),
    lambda h, x: emit("sum", h + x[:, :HIDDEN], axis=(0,), keepdims=False),
    lambda h, x: emit("sum", emit("reshape", h, shape=(2, ROWS // 2, HIDDEN)), axis=(0, 1, 2)),
    lambda h, x: emit("sum", h * np.ones((2, 1, 1)), axis=(0, 1, 2), keepdims=False),
], ids=["returned", "maximum", "kept", "residual", "reshaped", "three axes"])  # fmt: skip
def test_what_would_have_to_be_moved_is_left_alone(use):
    graph = traced(lambda x, w, b: use(emit("relu", x @ w + b), x), X, W, B)
    assert turn_products(graph) is graph


@pytest.mark.parametrize("use", [
    lambda h: emit("sum", h, axis=(0,), keepdims=False),
    lambda h: emit("sum", h, axis=(1,), keepdims=False),
    lambda h: emit("sum", h, axis=(0, 1), keepdims=False),
    lambda h: emit("transpose", h, axes=(1, 0)),
    lambda h: emit("transpose", h, axes=(1, 0)) @ h,
    lambda h: emit("sum", (h + np.arange(ROWS)[:, None]) / np.full((1, 1), 3.0), axis=(0,),
                   keepdims=False),
], ids=["columns", "rows", "all", "transpose", "gram", "column and number"])  # fmt: skip
def test_what_reads_a_turned_value(use):
    graph = traced(lambda x, w, b: use(x @ w + b), X, W, B)
    turned = turn_products(graph)
    assert (HIDDEN, ROWS) in products(turned) and (ROWS, HIDDEN) not in products(turned)
    same(graph, turned, [X, W, B])


@pytest.mark.parametrize("rows", [turning.ROWS.start - 1, turning.ROWS.stop])
def test_other_numbers_of_rows_stay(rows):
    graph = traced(lambda x, w: ops.sum(x @ w), np.ones((rows, IN)), W)
    assert turn_products(graph) is graph


linear = {
    "by": lambda ops, x, y, k: ops.matmul(matrix(ops, x), ops.transpose(matrix(ops, y))) * 0.2,
    "column": lambda ops, x, y, k: matrix(ops, x) * ops.sum(matrix(ops, x), 1, keepdims=True),
    "row": lambda ops, x, y, k: matrix(ops, x) + ops.sum(matrix(ops, x), 0),
}


def matrix(ops, x):
    """`x` with three columns."""
    flat = ops.reshape(x, (-1,))
    return ops.reshape(ops.concatenate([flat, flat, flat]), (-1, 3))


def test_random_programs_are_worth_the_same(monkeypatch):
    monkeypatch.setattr(turning, "ROWS", range(1, 1000))
    monkeypatch.setattr(turning, "MATRIX", 1)
    turned = []
    names = ["by", "column", "row", "relu", "add", "multiply", "square", "sum", "turned", "gram"]
    step = st.tuples(st.sampled_from(names), *[st.integers(0, 30)] * 3)

    @settings(max_examples=60, deadline=None, derandomize=True,
              suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
    @given(programs(step))
    def check_one(program):
        steps, shapes, _ = program

        def function(*xs):
            values = run(ops, steps, list(xs), linear)
            y = sum(ops.sum(ops.tanh(v)) for v in values)
            return y, [dx for dx in gradient([y], list(xs)) if dx is not None]

        graph = traced(function, *inputs_of(program))
        result = turn_products(graph)
        same(graph, result, inputs_of(program))
        turned.append(result is not graph)

    check_one()
    assert sum(turned) > 10
