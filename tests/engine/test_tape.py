"""GradientTape outside a trace and inside one, nested, persistent, and asked twice."""

import numpy as np
import pytest

from hornlet import ops
from hornlet.engine import Compiled, GradientTape, Ref, emit


def test_tape_outside_and_inside_a_trace():
    w = Ref(np.array([1.0, 2.0]))

    def run(x):
        with GradientTape() as tape:
            y = w.read() * w.read() * x
        return tape.gradient(y, w)

    x = np.array([3.0, 4.0])
    assert np.allclose(run(x), [6, 16]) and np.allclose(Compiled(run)(x), [6, 16])


def test_tapes_nest_and_watch_arrays():
    x = np.array(3.0)
    with GradientTape() as outer:
        outer.watch(x)
        with GradientTape() as inner:
            inner.watch(x)
            y = emit("multiply", emit("multiply", x, x), x)
        dx = inner.gradient(y, x)
    assert float(dx) == 27 and float(outer.gradient(dx, x)) == 18


def test_tape_gives_none_or_zeros_for_what_is_not_connected():
    w, u = Ref(np.ones(2)), Ref(np.ones(3))
    with GradientTape(persistent=True) as tape:
        y = w.read() * 2
    assert tape.gradient(y, [w, u])[1] is None
    assert np.array_equal(tape.gradient(y, [w, u], unconnected_gradients="zero")[1], np.zeros(3))
    with GradientTape() as once:
        y = w.read() * 2
    once.gradient(y, w)
    with pytest.raises(RuntimeError, match="persistent"):
        once.gradient(y, w)


def test_what_was_computed_stays_true_when_a_variable_is_assigned():
    w = Ref(np.array([2.0]))
    with GradientTape() as tape:
        y = w.read() * w.read()
        w.assign(np.array([100.0]))
    assert np.allclose(tape.gradient(y, w), [4.0])


def test_a_gradient_may_be_asked_for_twice():
    w = Ref(np.array([1.0, 2.0]))

    def run(x):
        with GradientTape(persistent=True) as tape:
            y = w.read() * w.read() * x
            z = emit("exp", y)
        return [*(tape.gradient(y, w) for _ in range(2)), *(tape.gradient(z, w) for _ in range(2))]

    x = np.array([0.3, 0.4])
    for step in (run, Compiled(run)):
        first, again, other, other_again = step(x)
        assert np.allclose(first, 2 * w.array * x) and np.array_equal(first, again)
        assert np.allclose(other, first * np.exp(w.array**2 * x))
        assert np.array_equal(other, other_again)


def test_second_derivatives_through_nested_tapes():
    w = Ref(np.array([0.5, -1.0]))

    def run(x):
        with GradientTape() as outer:
            with GradientTape() as inner:
                y = emit("sin", w.read() * x)
            dw = inner.gradient(y, w)
        return dw, outer.gradient(dw, w)

    x = np.array([2.0, 3.0])
    for step in (run, Compiled(run)):
        dw, ddw = step(x)
        assert np.allclose(dw, x * np.cos(w.array * x))
        assert np.allclose(ddw, -x * x * np.sin(w.array * x))


def test_output_gradients_weigh_a_nest_of_targets():
    w = Ref(np.array([1.0, 2.0]))
    with GradientTape() as tape:
        ys = {"a": w.read() * 2.0, "b": w.read() * w.read()}
    weights = {"a": np.array([1.0, 0.0]), "b": np.array([0.0, 10.0])}
    assert np.allclose(tape.gradient(ys, w, output_gradients=weights), [2.0, 40.0])


def test_the_tape_is_used_in_order():
    tape = GradientTape()
    with pytest.raises(RuntimeError, match="before the tape's `with` block"):
        tape.watch(np.ones(2))
    with pytest.raises(RuntimeError, match="before the tape's `with` block"):
        tape.gradient(np.ones(2), np.ones(2))
    with tape:
        with pytest.raises(ValueError, match="arrays and variables; received str"):
            tape.watch("x")
    with pytest.raises(ValueError, match="'none' or 'zero'; received 'maybe'"):
        tape.gradient(np.ones(2), np.ones(2), unconnected_gradients="maybe")


def test_custom_gradients_are_used_eagerly_compiled_and_twice():
    @ops.custom_gradient
    def clipped(x):
        def grad(upstream):
            return ops.clip(upstream * x, -1.0, 1.0)

        return x * 3.0, grad

    w = Ref(np.array([0.2, 5.0]))

    def run():
        with GradientTape() as outer:
            with GradientTape() as inner:
                y = clipped(w.read())
            dw = inner.gradient(y, w)
        return y, dw, outer.gradient(dw, w)

    for step in (run, Compiled(run)):
        y, dw, ddw = (np.asarray(v) for v in step())
        assert np.allclose(y, [0.6, 15.0])  # the value is the function's own, compiled too
        assert np.allclose(dw, [0.2, 1.0])
        assert ddw is not None
