"""Each rewrite keeps a graph well formed and worth the same numbers."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from hornlet import ops
from hornlet.engine import Spec, check, emit, gradient, trace
from hornlet.engine.grouping import group_elementwise
from hornlet.engine.passes import PASSES, fold_constants, merge_common, optimize, simplify
from hornlet.engine.program import guard_outputs
from hornlet.engine.state import STATE
from hornlet.engine.trace import replay

from .random_graphs import inputs_of, programs, run, score

F64 = np.dtype("float64")
REWRITES = [*PASSES, group_elementwise, guard_outputs]


def names(graph):
    return [node.primitive.name for node in graph.nodes()]


def traced(function, *shapes):
    return trace(function, *(Spec(tuple(s), F64) for s in shapes))


def with_gradient(program):
    """The graph of a random program's values, its score, and the score's gradients."""
    steps, shapes, _ = program

    def function(*xs):
        y = score(ops, steps, list(xs))
        dxs = gradient([y], list(xs)) if type(y) is type(xs[0]) else []
        return run(ops, steps, list(xs))[-2:], y, [dx for dx in dxs if dx is not None]

    return traced(function, *shapes)


@settings(max_examples=40, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(programs())
def test_every_pass_keeps_the_graph_and_its_values(program):
    graph = with_gradient(program)
    xs = inputs_of(program)
    check(graph)
    expected = [np.asarray(y) for y in replay(graph, xs)]
    for rewrite in REWRITES:
        before = len(graph.nodes())
        graph = rewrite(graph)
        check(graph)
        if rewrite in PASSES:
            assert len(graph.nodes()) <= before
        for a, b in zip(replay(graph, xs), expected, strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@settings(max_examples=20, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(programs())
def test_passes_leave_their_argument_as_it_was(program):
    graph = with_gradient(program)
    before = [(n.serial, n.primitive, n.inputs, dict(n.attributes)) for n in graph.nodes()]
    group_elementwise(optimize(graph))
    assert before == [(n.serial, n.primitive, n.inputs, n.attributes) for n in graph.nodes()]


def test_check_names_what_is_wrong():
    graph = traced(lambda x: emit("exp", x) + 1.0, (3,))
    node = graph.nodes()[0]
    node.outputs = (Spec((4,), F64),)
    with pytest.raises(AssertionError, match="by the rule"):
        check(graph)
    graph = traced(lambda x: emit("exp", x), (3,))
    graph.inputs = ()
    with pytest.raises(AssertionError, match="nothing makes"):
        check(graph)


def test_simplify_and_merge_and_fold():
    def function(x):
        a = emit("exp", x * 1.0 + 0.0)
        b = emit("exp", emit("reshape", emit("reshape", x, shape=(6,)), shape=(2, 3)))
        return a + b + emit("exp", np.zeros(()))

    graph = traced(function, (2, 3))
    for rewrite in (simplify, fold_constants, merge_common):
        graph = rewrite(graph)
        check(graph)
    assert names(graph).count("exp") == 1
    assert "reshape" not in names(graph) and "multiply" not in names(graph)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x - 0.0,
        lambda x: x / 1.0,
        lambda x: 1.0 * x,
        lambda x: 0.0 + x,
        lambda x: emit("transpose", x, axes=(0, 1)),
        lambda x: emit("cast", x, dtype=F64),
        lambda x: emit("sum", x, axis=()),
        lambda x: emit("broadcast_to", x, shape=(2, 3)),
        lambda x: emit("stop_gradient", x),
        lambda x: emit("reshape", emit("reshape", x, shape=(3, 2)), shape=(2, 3)),
    ],
)
def test_what_changes_nothing_falls_away(function):
    graph = optimize(traced(function, (2, 3)))
    assert names(graph) == [] and graph.outputs[0] is graph.inputs[0]


@pytest.mark.parametrize("function", [
    lambda x: 0.0 - x, lambda x: 1.0 / x, lambda x: x + np.zeros((4, 2, 3)),
    lambda x: x * np.ones((1, 2, 3)),
])  # fmt: skip
def test_what_changes_a_value_or_a_shape_stays(function):
    x = np.arange(1.0, 7.0).reshape(2, 3)
    graph = optimize(traced(function, (2, 3)))
    np.testing.assert_array_equal(replay(graph, [x])[0], function(x))


def test_dead_code_falls_away():
    graph = optimize(traced(lambda x: (emit("exp", x), x + 1)[1], (3,)))
    assert names(graph) == ["add"]


def test_large_constants_are_left_to_run_time(monkeypatch):
    def function(x):
        number = STATE.trace.own(np.ones(()))
        few, many = (emit("pad", emit("reshape", number, shape=(1,)), widths=((0, n),))
                     for n in (2, 20))  # fmt: skip
        return emit("concatenate", x, few, many, axis=0)

    monkeypatch.setattr("hornlet.engine.passes.LARGEST_FOLDED", 100)
    assert names(fold_constants(traced(function, (3,)))) == ["pad", "concatenate"]


def test_random_numbers_are_merged_only_with_the_same_seed():
    def function(seed, other):
        draw = lambda s: emit("random_uniform", s, shape=(3,), dtype=F64)  # noqa: E731
        return draw(seed) - draw(seed), draw(seed) - draw(other)

    graph = trace(function, *[Spec((2,), np.dtype("uint32"))] * 2)
    optimized = optimize(graph)
    assert names(optimized).count("random_uniform") == 2
    seeds = [np.array([0, 1], "uint32"), np.array([0, 2], "uint32")]
    same, different = replay(optimized, seeds)
    assert not same.any() and different.all()
