"""The interception point: arrays run now, traced values are recorded, mistakes are named."""

import numpy as np
import pytest

from hornlet.engine import Compiled, GradientTape, Ref, Tensor, emit, trace
from hornlet.engine.spec import Spec

F32 = np.dtype("float32")


def test_arrays_run_now_and_stay_plain_arrays():
    y = emit("add", np.ones(3, F32), 2)
    assert type(y) is np.ndarray and y.dtype == F32
    total = emit("sum", y, axis=(0,), keepdims=False)
    assert type(total) is np.ndarray and total.shape == ()


@pytest.mark.parametrize(
    "a, b, expected",
    [
        (np.ones(2, F32), 2.5, "float32"),
        (np.ones(2, F32), np.float64(2.5), "float32"),
        (np.ones(2, "int32"), 2.5, "float32"),
        (np.ones(2, "int32"), np.ones(2, F32), "float32"),
        (np.ones(2, "int8"), 3, "int8"),
        (np.ones(2, "float64"), np.ones(2, F32), "float64"),
        (np.ones(2, bool), np.ones(2, "uint8"), "uint8"),
    ],
)
def test_promotion_is_the_same_traced_and_not(a, b, expected):
    assert emit("add", a, b).dtype == expected
    graph = trace(lambda x: emit("add", x, b), Spec(a.shape, a.dtype))
    assert graph.outputs[0].dtype == expected


def test_plain_numpy_functions_are_recorded():
    w = Ref(np.full((3, 2), 0.5, F32))
    seen = []

    def run(x):
        y = np.tanh(x @ w.read()) + np.sqrt(2.0)
        seen.append(type(y))
        return np.sum(np.exp(-y), axis=1)

    import hornlet.ops  # noqa: F401  registers the functions that answer for NumPy's

    x = np.ones((4, 3), F32)
    compiled = Compiled(run)
    assert compiled(x).dtype == F32
    assert np.allclose(compiled(x), run(x))
    assert seen[0] is Tensor


def test_an_if_on_a_traced_value_names_the_ways_out():
    with pytest.raises(TypeError, match=r"ops\.where.*ops\.cond.*run_eagerly=True"):
        trace(lambda x: x if x > 0 else -x, Spec((), F32))


def test_a_value_kept_after_its_trace_is_named():
    kept = []
    trace(lambda x: kept.append(x + 1), Spec((2,), F32))
    with pytest.raises(ValueError, match="after its trace ended"):
        emit("add", kept[0], 1)
    with pytest.raises(ValueError, match="another trace"):
        trace(lambda x: x + kept[0], Spec((2,), F32))


def test_foreign_operands_are_refused():
    with pytest.raises(ValueError, match="dtype object"):
        emit("add", np.ones(2), np.array([object(), 1], object).tolist())
    with pytest.raises(ValueError, match="broadcast together"):
        emit("add", np.ones(2), np.ones(3))


def test_numpy_functions_without_an_answer_are_refused():
    with pytest.raises(TypeError, match="cannot be traced"):
        trace(lambda x: np.linalg.lstsq(x, x), Spec((2, 2), F32))


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
