"""The step written by hand in NumPy; and `floor`, its matrix products alone."""

from __future__ import annotations

import numpy as np

from benchmarks import cases

COLD = {"import": "import numpy"}


class Network:
    """A dense network with preallocated arrays: forward, backward, Adam array by array."""

    def __init__(self, case):
        self.case = case
        self.w = cases.weights(case.sizes)
        self.m = [np.zeros_like(w) for w in self.w]
        self.v = [np.zeros_like(w) for w in self.w]
        self.t = 0
        self.h = [np.empty((case.batch, n), "float32") for n in case.sizes]
        self.d = [np.empty_like(h) for h in self.h]
        self.g = [np.empty_like(w) for w in self.w]

    def products(self):
        n = len(self.case.sizes) - 1
        for i in range(n):
            np.dot(self.h[i], self.w[2 * i], self.h[i + 1])
        for i in reversed(range(n)):
            np.dot(self.h[i].T, self.d[i + 1], self.g[2 * i])
            if i:
                np.dot(self.d[i + 1], self.w[2 * i].T, self.d[i])

    def step(self, x, y):
        n = len(self.case.sizes) - 1
        h, d, w, g = self.h, self.d, self.w, self.g
        h[0][...] = x
        for i in range(n):
            np.dot(h[i], w[2 * i], h[i + 1])
            h[i + 1] += w[2 * i + 1]
            if i < n - 1:
                np.maximum(h[i + 1], 0, h[i + 1])
        if self.case.loss == "mse":
            np.subtract(h[n], y, d[n])
            d[n] *= 2 / d[n].size
        else:
            p = np.exp(h[n] - h[n].max(1, keepdims=True))
            np.divide(p, p.sum(1, keepdims=True), d[n])
            d[n][np.arange(len(y)), y] -= 1
            d[n] /= len(y)
        for i in reversed(range(n)):
            np.dot(h[i].T, d[i + 1], g[2 * i])
            np.sum(d[i + 1], 0, out=g[2 * i + 1])
            if i:
                np.dot(d[i + 1], w[2 * i].T, d[i])
                d[i] *= h[i] > 0
        self.t += 1
        rate = np.float32(1e-3 * np.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t))
        for w, g, m, v in zip(self.w, self.g, self.m, self.v):
            m += np.float32(0.1) * (g - m)
            v += np.float32(0.001) * (g * g - v)
            w -= rate * m / (np.sqrt(v) + np.float32(1e-7))

    def predict(self, x):
        h = np.maximum(x @ self.w[0] + self.w[1], 0) @ self.w[2] + self.w[3]
        p = np.exp(h - h.max(1, keepdims=True))
        return p / p.sum(1, keepdims=True)


def make(name, floor=False):
    if name in cases.TRAINING:
        case = cases.TRAINING[name]
        network = Network(case)
        x, y = cases.data(case)
        if floor:
            rng = np.random.default_rng(0)
            for a in (*network.h, *network.d):
                a[...] = rng.normal(size=a.shape)
            return lambda: [network.products() for _ in range(case.steps)], case.steps
        b = case.batch

        def epoch():
            for i in range(case.steps):
                network.step(x[i * b : i * b + b], y[i * b : i * b + b])

        return epoch, case.steps
    if name in ("one row, call", "10,000 rows") and not floor:
        network = Network(cases.Training(cases.PREDICT_SIZES, 32, 1))
        if name == "10,000 rows":
            many = np.random.default_rng(0).normal(size=(10_000, 784)).astype("float32")
            return lambda: network.predict(many), 1
        row = np.ones((1, 784), "float32")
        return lambda: [network.predict(row) for _ in range(cases.CALLS)], cases.CALLS
    return None
