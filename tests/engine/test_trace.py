"""Traces: graphs of functions, nests and variables, and what a trace refuses."""

import numpy as np
import pytest

from hornlet import ops
from hornlet.engine import Compiled, Ref, Spec, check, emit, trace
from hornlet.engine.trace import replay

F32 = np.dtype("float32")
F64 = np.dtype("float64")


def test_nests_go_in_and_come_out():
    def function(xs, scale):
        a, (b, c) = xs["a"], xs["b"]
        return {"sum": a + b, "rest": [c * scale, None, "text", (a,)]}

    graph = trace(function, {"a": Spec((2,), F64), "b": (Spec((2,), F64), Spec((), F64))}, 3.0)
    check(graph)
    assert graph.argument_count == 3 and graph.result_count == 3
    packed = graph.pack([1, 2, 3])  # the keys of a dict are taken in their order
    assert packed == {"sum": 3, "rest": [1, None, "text", (2,)]}


def test_variables_are_inputs_and_assignments_outputs():
    w, u, unread = Ref(np.ones(2)), Ref(np.zeros(2)), Ref(np.zeros(2))

    def function(x):
        w.assign(w.read() + x)
        unread.assign(x)
        return w.read() * u.read()

    graph = trace(function, Spec((2,), F64))
    check(graph)
    assert graph.reads == (w, u) and graph.writes == (w, unread)
    assert np.array_equal(w.array, [1, 1])  # nothing happens while tracing
    x = np.array([1.0, 2.0])
    y, new, other = replay(graph, [x, w.array, np.array([3.0, 4.0])])
    assert np.array_equal(y, [6, 12]) and np.array_equal(new, [2, 3])
    assert np.array_equal(other, x)


def test_an_assignment_of_another_shape_is_named():
    w = Ref(np.ones(2))
    with pytest.raises(ValueError, match=r"shape \(2,\).*\(3,\)"):
        trace(lambda x: w.assign(x), Spec((3,), F64))


def test_a_value_kept_after_its_trace_is_named():
    kept = []
    trace(lambda x: kept.append(x + 1), Spec((2,), F32))
    with pytest.raises(ValueError, match="after its trace ended"):
        emit("add", kept[0], 1)
    with pytest.raises(ValueError, match="after its trace ended"):
        np.tanh(kept[0])
    with pytest.raises(ValueError, match="another trace"):
        trace(lambda x: x + kept[0], Spec((2,), F32))


@pytest.mark.parametrize("inner", [False, True])
def test_an_if_on_a_traced_value_names_the_ways_out(inner):
    def choose(x):
        return x if x > 0 else -x

    function = (lambda x: ops.cond(x > 1, lambda: choose(x), lambda: x)) if inner else choose
    with pytest.raises(TypeError, match=r"`if`.*ops\.where.*ops\.cond.*run_eagerly=True"):
        trace(function, Spec((), F32))


def test_the_ways_out_work():
    x = np.array([-1.5, 2.0])
    ways = {
        "where": lambda x: ops.where(x > 0, x, -x),
        "cond": lambda x: ops.cond(ops.sum(x) > 0, lambda: ops.abs(x), lambda: x),
        "while": lambda x: ops.while_loop(
            lambda i, y: i < 1, lambda i, y: (i + 1, ops.abs(y)), (ops.cast(x[0] * 0, "int32"), x)
        )[1],
        "scan": lambda x: ops.scan(lambda c, v: (c, ops.abs(v)), x[0], x)[1],
        "eager": lambda x: np.array([v if v > 0 else -v for v in x]),
    }
    for name, function in ways.items():
        run = function if name == "eager" else Compiled(function)
        np.testing.assert_array_equal(run(x), np.abs(x), err_msg=name)


def test_an_error_leaves_no_trace_active():
    with pytest.raises(ZeroDivisionError):
        trace(lambda x: 1 / 0, Spec((2,), F32))
    assert type(emit("add", np.ones(2), 1)) is np.ndarray
