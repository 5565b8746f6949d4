"""Chains in C: a loop of its own gives, bit for bit, what the interpreted chain gives."""

import numpy as np
import pytest

from hornlet.engine import Compiled, Ref
from hornlet.engine.native import chain
from hornlet.engine.native.library import library
from hornlet.optimizers import Adam
from hornlet.tensor.variable import Variable

needs_c = pytest.mark.skipif(library() is None, reason="built without the C kernels")


def train(dtype, n=1003, steps=3):
    """The weights after some steps of Adam, compiled, with fixed gradients."""
    rng = np.random.default_rng(0)
    w = Variable(rng.normal(size=n), dtype=dtype)
    gradient = Ref(rng.normal(size=n).astype(dtype))
    optimizer = Adam(0.01)
    optimizer.build([w])
    step = Compiled(lambda: optimizer.apply([gradient.read()], [w]))
    for _ in range(steps):
        step()
    return [v.numpy().copy() for v in (w, *optimizer.variables)]


@needs_c
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_loop_of_adam_equals_the_chain_and_numpy(dtype, monkeypatch):
    called = []
    call = chain.call_on
    monkeypatch.setattr(
        chain, "call_on", lambda name, *job: called.append(name) or call(name, *job)
    )
    own = train(dtype)
    assert f"hornlet_adam_{dtype}" in called
    monkeypatch.setattr(chain, "LOOPS", {})
    interpreted = train(dtype)
    assert called[-1] == f"hornlet_chain_{dtype}"
    monkeypatch.setattr(chain, "library", lambda: None)
    plain = train(dtype)
    for a, b, c in zip(own, interpreted, plain):
        assert np.array_equal(a, b)
        np.testing.assert_allclose(a, c, rtol=1e-5 if dtype == "float32" else 1e-12)


def test_formulas_name_arrays_rows_and_numbers_by_first_use():
    made = chain.Chain(np.dtype("float32"), 4)
    x, row = made.register(np.ones((3, 4)), True), made.register(np.ones(4))
    number, out = made.register(np.ones(())), made.register(np.ones((3, 4)), True)
    temporary = made.register(None)
    made.operation("add", temporary, x, row)
    made.operation("relu", temporary, temporary)
    made.operation("multiply", out, temporary, number)
    formulas, registers = made.formulas()
    assert formulas == ("multiply(relu(add(x0, r0)), n0)",)
    assert registers == [x, row, number, out]


@needs_c
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_decays_never_stays_below_the_normal_range(dtype):
    """Below the normal range every operation takes ten times as long, and nothing comes of it."""
    w = Variable(np.ones(1000), dtype=dtype)
    gradient = Ref(np.zeros(1000, dtype))
    optimizer = Adam(0.01)
    optimizer.build([w])
    moments = [v for v in optimizer.variables if v.shape == w.shape]
    for v in moments:
        v.assign(np.full(1000, np.finfo(dtype).tiny / 4))
    Compiled(lambda: optimizer.apply([gradient.read()], [w]))()
    assert len(moments) == 2 and not any(v.numpy().any() for v in moments)
    small = np.full(1000, np.finfo(dtype).tiny)
    halved = Compiled(lambda x: (x * np.asarray(0.5, dtype) + x) - x)(small)
    assert not halved.any() and small.all()  # and NumPy's own operations see what they always saw
    assert (small * np.asarray(0.5, dtype)).all()
