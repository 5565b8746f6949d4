"""Gradients of first and second order, held against directional differences in float64."""

import numpy as np
import pytest

from hornlet.engine.compiled import Compiled
from hornlet.engine.emit import Tensor, emit
from hornlet.engine.tape import GradientTape

STEP = 1e-6


def outputs_of(function, xs):
    """The floating outputs of `function(*xs)`, as a list."""
    ys = function(*xs)
    ys = ys if isinstance(ys, tuple) else (ys,)
    return [y for y in ys if np.dtype(y.dtype).kind == "f"]


def weighted(ys, weights):
    """The sum of all elements of `ys`, each with its weight."""
    total = np.zeros(())
    for y, c in zip(ys, weights):
        part = emit("sum", emit("multiply", y, c), axis=tuple(range(y.ndim)), keepdims=False)
        total = emit("add", total, part)
    return total


def draws(arrays, seed):
    random = np.random.default_rng(seed)
    return [np.asarray(random.standard_normal(x.shape)) for x in arrays]


def with_gradients(function, xs, vary):
    """A weighted sum of the outputs as a number, and its gradients in the inputs `vary`."""
    weights = draws(outputs_of(function, xs), 1)

    def value(*xs):
        return float(weighted(outputs_of(function, xs), weights))

    def gradients(*xs):
        sources = [xs[i] for i in vary]
        with GradientTape() as tape:
            tape.watch([x for x in sources if type(x) is not Tensor])
            y = weighted(outputs_of(function, xs), weights)
        return tape.gradient(y, sources, unconnected_gradients="zero")

    return value, gradients


def check_slopes(value, gradients, xs, vary, atol):
    for i, g, v in zip(vary, gradients, draws([xs[i] for i in vary], 2)):
        above, below = list(xs), list(xs)
        above[i], below[i] = np.asarray(xs[i] + STEP * v), np.asarray(xs[i] - STEP * v)
        expected = (value(*above) - value(*below)) / (2 * STEP)
        assert np.sum(np.asarray(g) * v) == pytest.approx(expected, rel=1e-6, abs=atol)


def check_gradients(function, *xs, vary=None):
    """Both orders, eager; and the compiled gradient is the eager one."""
    vary = range(len(xs)) if vary is None else vary
    value, gradients = with_gradients(function, xs, vary)
    eager = [np.asarray(g) for g in gradients(*xs)]
    for i, dx in zip(vary, eager):
        assert (dx.shape, dx.dtype) == (xs[i].shape, xs[i].dtype)
    for a, b in zip(eager, Compiled(gradients)(*xs)):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    check_slopes(value, eager, xs, vary, atol=1e-6)

    weights = draws([xs[i] for i in vary], 3)

    def slope(*xs):
        return float(weighted([np.asarray(g) for g in gradients(*xs)], weights))

    copies = [x.copy() for x in xs]
    sources = [copies[i] for i in vary]
    with GradientTape() as outer:
        outer.watch(sources)
        total = weighted(gradients(*copies), weights)
    second = outer.gradient(total, sources, unconnected_gradients="zero")
    check_slopes(slope, second, xs, vary, atol=1e-5)
