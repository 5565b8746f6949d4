"""jax: one jitted step with Adam written out."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import cases

COLD = {"import": "import jax"}


def _forward(w, x):
    for i in range(0, len(w) - 2, 2):
        x = jax.nn.relu(x @ w[i] + w[i + 1])
    return x @ w[-2] + w[-1]


def _step(loss):
    def step(state, x, y):
        w, m, v, t = state
        g = jax.grad(loss)(w, x, y)
        t = t + 1
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        m = [a + 0.1 * (b - a) for a, b in zip(m, g)]
        v = [a + 0.001 * (b * b - a) for a, b in zip(v, g)]
        w = [a - rate * b / (jnp.sqrt(c) + 1e-7) for a, b, c in zip(w, m, v)]
        return w, m, v, t

    return jax.jit(step, donate_argnums=0)


def make(name):
    if name in cases.TRAINING:
        case = cases.TRAINING[name]

        def loss(w, x, y):
            out = _forward(w, x)
            if case.loss == "mse":
                return jnp.mean((out - y) ** 2)
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], 1))

        step = _step(loss)
        w = [jnp.asarray(a) for a in cases.weights(case.sizes)]
        state = [(w, [0 * a for a in w], [0 * a for a in w], jnp.float32(0))]
        x, y = cases.data(case)
        b = case.batch

        def epoch():
            for i in range(case.steps):
                state[0] = step(state[0], x[i * b : i * b + b], y[i * b : i * b + b])
            jax.block_until_ready(state[0])

        return epoch, case.steps
    if name in ("one row, call", "10,000 rows"):
        w = [jnp.asarray(a) for a in cases.weights(cases.PREDICT_SIZES)]
        run = jax.jit(lambda x: jax.nn.softmax(_forward(w, x)))
        row = np.ones((1, 784), "float32")
        many = np.random.default_rng(0).normal(size=(10_000, 784)).astype("float32")
        if name == "10,000 rows":
            return lambda: run(many).block_until_ready(), 1
        calls = range(cases.CALLS)
        return lambda: [run(row).block_until_ready() for _ in calls], cases.CALLS
    return None
