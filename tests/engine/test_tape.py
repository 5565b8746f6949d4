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
