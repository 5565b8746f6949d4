"""Loops and branches: values, gradients of both orders, carried state."""

import numpy as np
import pytest

from hornlet import ops
from hornlet.engine import Compiled, GradientTape, Ref, Spec, cond, emit, scan, trace, while_loop
from hornlet.engine.passes import check, optimize

STEP = 1e-6


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    w = Ref(rng.normal(size=(3, 3)) * 0.5)
    xs, h = rng.normal(size=(6, 2, 3)), rng.normal(size=(2, 3))

    def loss(xs, h):
        def body(h, x):
            h = emit("tanh", x + emit("matmul", h, w.read()))
            return h, h * 2.0

        last, ys = scan(body, h, xs)
        return emit("sum", ys * ys, axis=(0, 1, 2), keepdims=False) + emit(
            "sum", last, axis=(0, 1), keepdims=False
        )

    def gradients(xs, h):
        with GradientTape() as tape:
            tape.watch([xs, h])
            y = loss(xs, h)
        return tape.gradient(y, [w, xs, h])

    return w, xs, h, loss, gradients


def plain_loss(w, xs, h):
    total = 0.0
    for x in xs:
        h = np.tanh(x + h @ w)
        total += ((2 * h) ** 2).sum()
    return total + h.sum()


def test_scan_equals_a_python_loop(network):
    w, xs, h, loss, _ = network
    assert np.isclose(float(loss(xs, h)), plain_loss(w.array, xs, h))
    assert np.isclose(float(Compiled(loss)(xs, h)), plain_loss(w.array, xs, h))


@pytest.mark.parametrize("run", ["eager", "compiled"])
def test_gradient_of_scan_is_the_directional_difference(network, run):
    w, xs, h, _, gradients = network
    found = (Compiled(gradients) if run == "compiled" else gradients)(xs, h)
    points = [w.array.copy(), xs, h]
    rng = np.random.default_rng(1)
    for k, g in enumerate(found):
        d = rng.normal(size=points[k].shape)
        up, down = list(points), list(points)
        up[k], down[k] = points[k] + STEP * d, points[k] - STEP * d
        expected = (plain_loss(*up) - plain_loss(*down)) / (2 * STEP)
        assert np.isclose((np.asarray(g) * d).sum(), expected, rtol=1e-6)


def test_second_gradient_of_scan(network):
    w, xs, h, _, gradients = network

    def twice(xs, h):
        with GradientTape() as tape:
            g = gradients(xs, h)[0]
            y = emit("sum", g * g, axis=(0, 1), keepdims=False)
        return tape.gradient(y, w)

    eager, compiled = twice(xs, h), Compiled(twice)(xs, h)
    assert np.allclose(eager, compiled, rtol=1e-12)
    w0 = w.array.copy()
    d = np.random.default_rng(2).normal(size=w0.shape)

    def square(value):
        w.array[...] = value
        return (np.asarray(gradients(xs, h)[0]) ** 2).sum()

    expected = (square(w0 + STEP * d) - square(w0 - STEP * d)) / (2 * STEP)
    assert np.isclose((eager * d).sum(), expected, rtol=1e-5)


def test_the_loop_that_feeds_a_gradient_runs_once(network):
    _, xs, h, _, gradients = network
    compiled = Compiled(gradients)
    compiled(xs, h)
    (made,) = compiled.executables.values()
    names = [node.primitive.name for node in made.graph.nodes()]
    assert names.count("scan") == 2  # one forward, one backward
    check(made.graph)


def test_a_little_arithmetic_is_made_again_instead_of_kept():
    def loss(h, xs):
        def body(h, x):
            s = ops.sigmoid(h + x)  # its derivative, s * (1 - s), is made of s
            return s * h, None

        return ops.sum(scan(body, h, xs)[0])

    def gradients(h, xs):
        with GradientTape() as tape:
            tape.watch([h, xs])
            value = loss(h, xs)
        return tape.gradient(value, [h, xs])

    graph = optimize(trace(gradients, *(Spec(s, np.dtype("float64")) for s in [(4,), (7, 4)])))
    forward, _ = (n for n in graph.nodes() if n.primitive.name == "scan")
    stacked = [y for y in forward.outputs if y.shape == (7, 4)]
    assert len(stacked) == 2  # s, and h before the step


def test_scan_carries_what_its_body_assigns():
    count = Ref(np.zeros(()))

    def run(xs):
        def body(total, x):
            count.assign(count.read() + 1.0)
            return total + x * count.read(), total

        return scan(body, np.zeros(()), xs, reverse=True)

    for step in (run, Compiled(run)):
        count.array[...] = 0
        last, ys = step(np.array([1.0, 2.0, 3.0]))
        assert float(last) == 3 * 1 + 2 * 2 + 1 * 3
        assert np.allclose(ys, [7.0, 3.0, 0.0])
        assert count.array == 3


def test_cond_chooses_at_run_time_and_has_a_gradient():
    w = Ref(np.array(2.0))

    def run(x):
        with GradientTape() as tape:
            y = cond(x > 0.0, lambda: w.read() * x, lambda: w.read() * w.read())
        return y, tape.gradient(y, w)

    compiled = Compiled(run)
    assert [float(v) for v in compiled(np.array(5.0))] == [10.0, 5.0]
    assert [float(v) for v in compiled(np.array(-5.0))] == [4.0, 4.0]
    assert [float(v) for v in run(np.array(-5.0))] == [4.0, 4.0]
    assert len(compiled.executables) == 1


def test_cond_assigns_in_one_branch():
    w = Ref(np.array(2.0))

    def run(x):
        def add():
            w.assign(w.read() + x)
            return x

        return cond(x > 0.0, add, lambda: x * 1.0)

    compiled = Compiled(run)
    compiled(np.array(3.0))
    compiled(np.array(-3.0))
    assert w.array == 5.0


def test_while_loop_runs_until_the_condition_fails():
    def run(n):
        return while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * 2.0), (0 * n, n * 0.0 + 1.0))

    for step in (run, Compiled(run)):
        i, y = step(np.array(5.0))
        assert (float(i), float(y)) == (5.0, 32.0)


def test_bad_bodies_are_named():
    xs = np.ones(3)
    with pytest.raises(ValueError, match="same shapes and dtypes at every step"):
        scan(lambda c, x: (emit("reshape", c, shape=(1,)), x), np.zeros(()), xs)
    with pytest.raises(ValueError, match="pair"):
        scan(lambda c, x: c, np.zeros(()), xs)
    with pytest.raises(ValueError, match="first axis"):
        scan(lambda c, x: (c, c), np.zeros(()))


def test_check_holds_after_every_pass(network):
    _, xs, h, _, gradients = network
    from hornlet.engine.passes import PASSES
    from hornlet.engine.spec import spec_of

    graph = trace(gradients, spec_of(xs), spec_of(h))
    check(graph)
    for rewrite in PASSES:
        graph = rewrite(graph)
        check(graph)
    assert len(optimize(graph).nodes()) <= len(graph.nodes())


@pytest.mark.parametrize("run", ["eager", "compiled"])
def test_a_custom_gradient_holds_in_the_bodies_of_loops_and_branches(run):
    """Its rule closes over values of the body, which is differentiated elsewhere."""
    scale = Ref(np.array(10.0))

    @ops.custom_gradient
    def double(x):
        return x * 2.0, lambda upstream: upstream * x * scale.read()

    def looped(xs):
        return scan(lambda c, x: (double(c) * x, c), xs[0], xs)[0]

    def chosen(xs):
        return total(cond(xs[0] > 0.0, lambda: double(xs), lambda: xs))

    def total(x):
        return emit("sum", x, axis=(0,), keepdims=False)

    variable = Ref(np.array([0.5, 2.0]))

    def gradient_of(function):
        def step():
            with GradientTape() as tape:
                y = function(variable.read())
            return tape.gradient(y, variable)

        return (Compiled(step) if run == "compiled" else step)()

    assert np.allclose(gradient_of(chosen), 10 * variable.array)
    # c1 = 2 c0 x0 and c2 = 2 c1 x1, with x = (1/2, 2) and c0 = x0
    c0, c1 = 0.5, 0.5
    dc1 = 2.0 * 10 * c1
    dc0 = dc1 * 0.5 * 10 * c0
    assert np.allclose(gradient_of(looped), [dc1 * 2 * c0 + dc0, 2 * c1])


def test_fori_loop_has_a_gradient_and_while_says_that_it_has_none():
    def gradient_of(function):
        def step(x):
            with GradientTape() as tape:
                tape.watch(x)
                y = function(x)
            return tape.gradient(y, x)

        return step

    x = np.array(1.5)
    power = gradient_of(lambda x: ops.fori_loop(0, 3, lambda i, v: v * x, x))
    assert np.isclose(power(x), 4 * 1.5**3) and np.isclose(Compiled(power)(x), 4 * 1.5**3)
    doubled = gradient_of(lambda x: ops.while_loop(lambda v: v < 10.0, lambda v: v * 2.0, x))
    assert np.isclose(doubled(x), 8.0)
    with pytest.raises(ValueError, match="scan.*fori_loop.*stop_gradient.*run_eagerly=True"):
        Compiled(doubled)(x)
