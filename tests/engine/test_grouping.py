"""Large elementwise chains: one node that runs in chunks and gives what single nodes give."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from hornlet import ops
from hornlet.engine import Compiled, Ref, Spec, check, emit, grouping, trace
from hornlet.engine.grouping import SMALLEST, group_elementwise
from hornlet.engine.native import library
from hornlet.engine.ops import fused
from hornlet.engine.passes import optimize
from hornlet.engine.trace import replay

from .random_graphs import inputs_of, programs, run

F64 = np.dtype("float64")
QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def names(graph):
    return [node.primitive.name for node in graph.nodes()]


def total(x):
    return emit("sum", x, axis=tuple(range(x.ndim)), keepdims=False)


@pytest.mark.parametrize("columns", [1, 3, 700, 5000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_grouped_chains_equal_single_nodes(columns, dtype, monkeypatch):
    rows = SMALLEST // columns + 7
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(rows, columns)).astype(dtype) for _ in range(2))
    row = rng.normal(size=columns).astype(dtype)
    state = Ref(x.copy())

    def run(x, y, row):
        a = emit("relu", x + row)
        state.assign(state.read() - a * 0.5)
        b = emit("sqrt", emit("square", y)) / (emit("abs", a) + 1.0)
        c = emit("relu_grad", b, x)
        return emit("maximum", b, c), total(c), state.read() - b

    def chain(x, y, row, s):
        a = np.maximum(x + row, 0)
        s = s - a * np.asarray(0.5, dtype)
        b = np.sqrt(y * y) / (abs(a) + np.asarray(1, dtype))
        c = np.where(x > 0, b, 0)
        return np.maximum(b, c), c.sum(), s - b, s

    compiled = Compiled(run)
    results = compiled(x, y, row)
    expected = chain(x, y, row, x)
    (made,) = compiled.executables.values()
    assert "fused" in names(made.graph)
    for found, wanted in zip((*results, state.array), expected):
        assert np.allclose(found, wanted, rtol=1e-4 if dtype == "float32" else 1e-10)


def test_grouping_keeps_the_graph_well_formed():
    def run(x, w):
        h = emit("tanh", x * 2 + 1)
        y = emit("matmul", h, w)
        return emit("tanh", y * 3 + h) + total(h * 2)

    graph = optimize(trace(run, Spec((300, 300), F64), Spec((300, 300), F64)))
    grouped = group_elementwise(graph)
    check(grouped)
    assert names(grouped).count("fused") >= 2
    x, w = np.random.default_rng(0).normal(size=(2, 300, 300))
    h = np.tanh(x * 2 + 1)
    assert np.allclose(Compiled(run)(x, w), np.tanh(h @ w * 3 + h) + (h * 2).sum())


def test_native_kernels_equal_numpy(monkeypatch):
    x = np.random.default_rng(0).normal(size=SMALLEST + 5).astype("float32")

    def run(x):
        return emit("sqrt", emit("square", x) + 1.0) - emit("relu", x) / 3.0

    native = Compiled(run)(x)
    monkeypatch.setattr(library, "_found", [None])
    assert np.array_equal(Compiled(run)(x), native)


@pytest.mark.parametrize("columns", [2, 128, fused.chain.BLOCK, 700])
@pytest.mark.parametrize("native", [True, False])
def test_columns_and_rows_repeat_in_one_group(columns, native, monkeypatch):
    """As when a row's mean is taken off and each column scaled."""
    if not native:
        monkeypatch.setattr(library, "_found", [None])
        monkeypatch.setattr(grouping, "SMALLEST", 1)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 37, 5, columns))
    column, row = rng.normal(size=(37, 5, 1)), rng.normal(size=(columns,))
    compiled = Compiled(lambda x, y, c, r: ((x - c) * r, emit("relu", y + c) / (c * x)))
    first, second = compiled(x, y, column, row)
    assert np.array_equal(first, (x - column) * row)
    assert np.array_equal(second, np.maximum(y + column, 0) / (column * x))
    (made,) = compiled.executables.values()
    assert names(made.graph) == ["fused"]


@pytest.mark.parametrize(("shapes", "expected"), [
    ([(4, 6), (6,), (1, 6), ()], 6), ([(4, 1)], 6), ([(4, 1), (6,), (1, 1)], 6), ([(4, 6), ()], 1),
    ([(2, 6)], None), ([(1, 4)], None),
])  # fmt: skip
def test_row_length(shapes, expected):
    assert fused.row_length((4, 6), shapes) == expected
    assert fused.row_length((3, 4, 6), [(3, 4, 1), (4, 6)]) is None
    assert fused.row_length((3, 4, 6), [(3, 1, 1), (4, 6)]) == 24


def test_scattered_inputs_of_a_group_are_read_at_every_run():
    def run(x, row, wide):
        y = emit("matmul", x, x)
        repeated = emit("broadcast_to", emit("tanh", row), shape=(300, 300))
        turned = emit("transpose", y, axes=(1, 0))
        return (repeated * wide + turned) * 2.0 + wide, emit("exp", repeated)

    rng = np.random.default_rng(0)
    compiled = Compiled(run)
    for _ in range(3):
        x, wide = rng.normal(size=(2, 300, 300))
        row = rng.normal(size=300)
        expected = (np.tanh(row) * wide + (x @ x).T) * 2 + wide
        assert np.allclose(compiled(x, row, wide)[0], expected)
    (made,) = compiled.executables.values()
    assert "fused" in names(made.graph)


def compiled_anew(function, xs):
    return [np.array(y) for y in Compiled(function)(*xs)]


@pytest.fixture
def all_sizes(monkeypatch):
    """Groups of arrays of any size, cut into chunks of a few elements."""
    monkeypatch.setattr(grouping, "SMALLEST", 1)
    monkeypatch.setattr(fused, "CHUNK", 4)
    monkeypatch.setattr(library, "_found", [None])


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(programs(most=20))
def test_random_graphs_are_grouped_without_a_difference(all_sizes, program):
    steps, shapes, _ = program
    function = lambda *xs: run(ops, steps, list(xs))[-4:]  # noqa: E731
    graph = optimize(trace(function, *(Spec(tuple(s), F64) for s in shapes)))
    grouped = group_elementwise(graph)
    check(grouped)
    xs = inputs_of(program)
    expected = replay(graph, xs)
    for found in (replay(grouped, xs), compiled_anew(function, xs)):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("threaded", [1, 1 << 60])
def test_two_threads_do_what_one_does(threaded, monkeypatch):
    monkeypatch.setattr(fused, "THREADED", threaded)
    x = np.random.default_rng(0).normal(size=(SMALLEST // 8, 9))
    y = Compiled(lambda x: emit("exp", emit("tanh", x) * 2.0) - x)(x)
    np.testing.assert_allclose(y, np.exp(np.tanh(x) * 2) - x, rtol=1e-12)
