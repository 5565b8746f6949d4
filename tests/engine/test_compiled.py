"""Compiled functions: a program per signature, fresh results, memory that does not grow."""

import gc
import tracemalloc
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest

import hornlet
from hornlet import ops
from hornlet.engine import Compiled, GradientTape, Ref, cond, emit, scan, while_loop
from hornlet.engine import compiled as room


def test_one_program_per_signature():
    compiled = Compiled(lambda x, flag: x * 2 if flag else x)
    for n in (3, 4, 3):
        assert np.array_equal(compiled(np.ones(n), True), np.full(n, 2.0))
    compiled(np.ones(3), False)
    assert len(compiled.executables) == 3


def test_results_are_fresh_arrays():
    compiled = Compiled(lambda x: x + 1)
    first = compiled(np.zeros(2))
    compiled(np.ones(2))
    assert np.array_equal(first, [1, 1])


def test_ever_new_signatures_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(room, "MOST_SIGNATURES", 4)
    double = Compiled(lambda x: x * 2)
    for n in [*range(1, 10), 1]:
        assert double(np.ones(n)).sum() == 2 * n
    assert len(double.executables) == 4


def test_nests_static_arguments_and_variables_make_signatures():
    w = Ref(np.ones(2))
    compiled = Compiled(lambda xs, power, v: {"y": xs["a"] ** power + v.read(), "n": power})
    for power in (2, 3, 2):
        result = compiled({"a": np.full(2, 2.0)}, power, w)
        assert np.array_equal(result["y"], np.full(2, 2.0**power + 1)) and result["n"] == power
    assert len(compiled.executables) == 2
    compiled({"a": np.full(2, 2.0, "float32")}, 2, w)
    compiled({"a": np.full(2, 2.0)}, 2, Ref(np.zeros(2)))
    assert len(compiled.executables) == 4


class Pair(NamedTuple):
    a: Any
    b: Any


@pytest.mark.parametrize(
    "make, swapped",
    [
        (Pair, lambda a, b: Pair(b, a)),
        (lambda a, b: OrderedDict(z=a, y=b), lambda a, b: OrderedDict(y=a, z=b)),
        (lambda a, b: {"z": a, "y": b}, lambda a, b: {"z": [a], "y": b}),
    ],
)
def test_nests_of_every_kind_make_one_signature_each(make, swapped):
    compiled = Compiled(lambda xs: hornlet.tree.map_structure(lambda x: x * 2, xs))
    one, two = np.ones(2), np.zeros((3, 1))
    for nested in (make(one, two), make(two[0], one), make(one, two)):
        doubled = compiled(nested)
        assert type(doubled) is type(nested)
        for x, y in zip(hornlet.tree.flatten(nested), hornlet.tree.flatten(doubled)):
            assert np.array_equal(y, 2 * x)
    assert len(compiled.executables) == 2
    compiled(swapped(one, two))
    assert len(compiled.executables) == 3


def test_inputs_are_not_changed():
    x = np.arange(6.0).reshape(2, 3)
    before = x.copy()
    compiled = Compiled(lambda x: emit("exp", x * 2.0) + x)
    for array in (x, x.T, x[:, ::2], x[::-1]):
        np.testing.assert_allclose(compiled(array), np.exp(array * 2) + array)
    assert np.array_equal(x, before)


def test_an_error_gives_the_program_back():
    compiled = Compiled(lambda x, i: emit("take", x, i, axis=0))
    for _ in range(3):
        with pytest.raises(IndexError, match="index 7"):
            compiled(np.ones(3), np.array([7]))
        assert compiled(np.arange(3.0), np.array([2])) == 2
    (made,) = compiled.executables.values()
    assert len(made.free) == 1


IMAGE = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
SQUARE = np.random.default_rng(1).normal(size=(6, 6)).astype("float32") * 0.3


def differentiated(function):
    def run(x):
        with GradientTape() as tape:
            w = VARIABLE.read()
            y = ops.sum(function(x, w))
        dw = tape.gradient(y, VARIABLE)
        if dw is not None:
            VARIABLE.assign(VARIABLE.read() * 0.999 - dw * 1e-6)
        return y

    return run


VARIABLE = Ref(SQUARE.copy())
STEPS = {
    "products": (lambda x, w: ops.softmax(ops.tanh(x @ w) @ ops.transpose(w)), SQUARE),
    "large": (lambda x, w: ops.exp(ops.tanh(ops.tile(x @ w, (43, 43)))), SQUARE),
    "windows": (lambda x, w: ops.max_pool(ops.relu(ops.conv(
        x, ops.reshape(w[:, :3], (1, 2, 3, 3)), padding="same")), 2), IMAGE),
    "scan": (lambda x, w: scan(lambda h, v: (ops.tanh(h @ w + v), h), x[:1], x)[1], SQUARE),
    "cond": (lambda x, w: cond(ops.sum(x) > 0, lambda: x @ w, lambda: w), SQUARE),
    "while": (lambda x, w: w * ops.stop_gradient(while_loop(
        lambda y: ops.sum(y * y) > 0.1, lambda y: y * 0.5, ops.stop_gradient(x))), SQUARE),
    "sorting": (lambda x, w: ops.sort(ops.take(x @ w, [0, 3, 3], axis=0)), SQUARE),
    "random": (lambda x, w: hornlet.random.dropout(x @ w, 0.5, seed=SEEDS), SQUARE),
    "special": (lambda x, w: ops.erf(x @ w) + ops.sigmoid(w) + ops.softplus(w), SQUARE),
}  # fmt: skip
SEEDS = hornlet.random.SeedGenerator(0)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_leaves_nothing_behind(name):
    """Flat over 2,000 runs, to less than a byte a run."""
    function, x = STEPS[name]
    compiled = Compiled(differentiated(function))
    for _ in range(20):
        compiled(x)
    (made,) = compiled.executables.values()
    program = made.check_out()
    np.copyto(program.inputs[0], x)
    for _ in range(20):
        program.run()
    gc.collect()
    tracemalloc.start()
    try:
        for _ in range(10):
            program.run()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(2000):
            program.run()
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 2000
