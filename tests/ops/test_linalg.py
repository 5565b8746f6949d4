"""Factors multiply out; what no choice of vectors changes has gradients of both orders."""

import numpy as np
import pytest

from hornlet import ops
from hornlet.engine.compiled import Compiled
from hornlet.engine.tape import GradientTape

from ..engine.differences import check_gradients

RANDOM = np.random.default_rng(3)


def draw(*shape):
    return RANDOM.standard_normal(shape)


def turned(x):
    return np.swapaxes(x, -1, -2)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 3), (3, 5), (0, 2, 2)])
def test_factors_multiply_out(shape, dtype):
    x = draw(*shape).astype(dtype)
    bound = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}[dtype]
    for complete in ("reduced", "complete"):
        q, r = ops.qr(x, complete)
        assert q.dtype == r.dtype == dtype
        np.testing.assert_allclose(q @ r, x, atol=bound)
        np.testing.assert_array_equal(r, np.triu(r))
    for full in (True, False):
        u, s, v = ops.svd(x, full)
        k = s.shape[-1]
        np.testing.assert_allclose((u[..., :k] * s[..., None, :]) @ v[..., :k, :], x, atol=bound)
    lu, pivots = ops.lu_factor(x)
    k = min(x.shape[-2:])
    low = np.tril(lu[..., :k], -1) + np.eye(x.shape[-2], k, dtype=dtype)
    again = low @ np.triu(lu[..., :k, :])
    for matrix, swaps in zip(again.reshape(-1, *shape[-2:]), pivots.reshape(-1, k)):
        for i in reversed(range(k)):
            matrix[[i, swaps[i]]] = matrix[[swaps[i], i]]
    np.testing.assert_allclose(again, x, atol=bound)
    y = ops.pinv(x)
    np.testing.assert_allclose(x @ y @ x, x, atol=3 * bound)


@pytest.mark.parametrize("shape", [(4, 4), (2, 3, 3)])
def test_vectors_are_those_of_the_values(shape):
    x = draw(*shape)
    values, vectors = ops.eig(x)
    np.testing.assert_allclose(x @ vectors, vectors * values[..., None, :], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=-2), 1)
    even = x + turned(x)
    values, vectors = ops.eigh(even)
    np.testing.assert_allclose(even @ vectors, vectors * values[..., None, :], atol=1e-12)
    lower = ops.cholesky(x @ turned(x))
    np.testing.assert_allclose(lower @ turned(lower), x @ turned(x), atol=1e-12)
    np.testing.assert_allclose(ops.cholesky_inverse(lower), np.linalg.inv(x @ turned(x)), rtol=1e-8)


def projector(columns):
    return ops.matmul(columns, ops.transpose(columns))


def eigenspaces(x):
    values, vectors = ops.eig(x)
    first = ops.reshape(vectors[:, 0], (3, 1))
    outer = ops.matmul(first, ops.conj(ops.transpose(first)))
    return ops.real(values), ops.imag(values), ops.real(outer), ops.imag(outer)


def outside(x):
    u, s, v = ops.svd(x)
    whole = u if x.shape[0] > x.shape[1] else ops.transpose(v)
    return projector(whole[:, s.shape[0]:]), s


def complement(x):
    q, r = ops.qr(x, "complete")
    return projector(q[:, x.shape[1]:]), ops.abs(r)


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (eigenspaces, np.diag([3.0, 2.0, 1.0]) + 0.1 * draw(3, 3)),
        (eigenspaces, np.array([[1.0, 2.0, 0.0], [-2.0, 1.0, 0.3], [0.2, 0.1, 4.0]])),
        (outside, draw(4, 2)),
        (outside, draw(2, 4)),
        (complement, draw(4, 2)),
        (lambda x: ops.det(x), draw(2, 3, 3)),
        (lambda x: ops.lu_factor(x)[0], draw(2, 4, 3)),
        (lambda x: ops.lu_factor(x)[0], draw(3, 4)),
        (lambda x: ops.pinv(x), draw(2, 4, 3)),
        (lambda x: ops.norm(x, "nuc", axis=(0, 1)), draw(3, 4)),
        (lambda x: ops.cholesky(ops.matmul(x, ops.transpose(x))), np.eye(3) + 0.2 * draw(3, 3)),
    ],
)
def test_gradients_of_both_orders(function, x):
    check_gradients(function, x)


def test_a_singular_matrix_has_a_gradient_of_its_determinant():
    x = np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [1.0, 0.0, 3.0]])
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.det(x)
    expected = [[12.0, -6.0, -4.0], [-6.0, 3.0, 2.0], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(tape.gradient(y, x), expected, atol=1e-12)


def test_equal_singular_values_have_finite_gradients():
    x = np.eye(3)
    with GradientTape() as tape:
        tape.watch(x)
        u, s, v = ops.svd(x)
        y = ops.sum(s) + 0.0 * ops.sum(ops.matmul(u, v))
    np.testing.assert_allclose(tape.gradient(y, x), x, atol=1e-12)


def test_jvp_compiled_under_a_tape_and_of_no_dependence():
    def slope(x, v):
        return ops.jvp(lambda a, b: (ops.sin(a) * b, np.float64(2)), (x, x), (v, 0.5 * v))

    x, v = draw(3), draw(3)
    expected = np.cos(x) * x * v + np.sin(x) * 0.5 * v
    for (y, other), (dy, zero) in (slope(x, v), Compiled(slope)(x, v)):
        np.testing.assert_allclose(y, np.sin(x) * x)
        np.testing.assert_allclose(dy, expected)
        assert (other, zero) == (2, 0)
    check_gradients(lambda x: slope(x, v)[1][0], x)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ops.inv(np.ones((2, 3))), "square"),
        (lambda: ops.det(np.ones(3)), "rank of at least 2"),
        (lambda: ops.cholesky(-np.eye(2)), "positive definite"),
        (lambda: ops.qr(np.eye(2), "raw"), "mode"),
        (lambda: ops.solve(np.eye(2), np.ones((3, 1))), r"\(3, 1\)"),
        (lambda: ops.solve(np.eye(2), 1.0), "rank of at least 1"),
        (lambda: ops.solve(np.zeros((2, 2)), np.ones(2)), "[Ss]ingular"),
        (lambda: ops.lstsq(np.ones((2, 2)), np.ones(3)), "row for each row"),
        (lambda: ops.lstsq(np.ones((2, 2, 2)), np.ones(2)), "one matrix"),
        (lambda: ops.pinv(np.eye(2), [0.1, 0.2]), "one number"),
        (lambda: ops.norm(np.eye(2), 3, axis=(0, 1)), "ord=3"),
        (lambda: ops.jvp(ops.sin, (np.ones(2),), (np.ones(3),)), "same structure"),
    ],
)
def test_errors(call, words):
    with pytest.raises(ValueError, match=words):
        call()
