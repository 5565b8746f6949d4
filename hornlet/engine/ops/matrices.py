"""How gradients of linear algebra are written: matrices lie in the last two axes."""

from __future__ import annotations

import numpy as np

from hornlet.engine.emit import emit


def transposed(x):
    axes = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
    return emit("transpose", x, axes=axes)


def product(a, *others):
    for b in others:
        a = emit("matmul", a, b)
    return a


def as_row(x):
    """(..., n) as (..., 1, n), which scales the columns of a matrix."""
    return emit("reshape", x, shape=(*x.shape[:-1], 1, x.shape[-1]))


def as_column(x):
    """(..., n) as (..., n, 1), which scales the rows of a matrix."""
    return emit("reshape", x, shape=(*x.shape, 1))


def on_diagonal(x):
    return as_row(x) * np.eye(x.shape[-1], dtype=x.dtype)


def block(x, rows, columns):
    """The part of matrices between two pairs of (start, stop)."""
    whole = tuple((0, n, 1) for n in x.shape[:-2])
    if (rows, columns) == ((0, x.shape[-2]), (0, x.shape[-1])):
        return x
    return emit("slice", x, index=(*whole, (*rows, 1), (*columns, 1)))


def triangle(x, lower, diagonal=1.0):
    """One triangle of matrices, its diagonal times a factor."""
    mask = np.tri(x.shape[-2], x.shape[-1], -1, dtype=x.dtype)
    if not lower:
        mask = np.tri(x.shape[-1], x.shape[-2], -1, dtype=x.dtype).T
    return x * (mask + diagonal * np.eye(x.shape[-2], x.shape[-1], dtype=x.dtype))


def gap_reciprocals(x):
    """1 / (x_j - x_i) at (i, j), zero where the two are equal."""
    gaps = as_row(x) - as_column(x)
    return reciprocal(gaps)


def reciprocal(x):
    zero = emit("equal", x, 0)
    return emit("where", zero, 0.0, 1.0 / emit("where", zero, 1.0, x))


def symmetric(x):
    return (x + transposed(x)) * 0.5


def wide(x):
    """Two-byte floats in float32, which LAPACK computes in."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 and x.dtype.kind in "fV" else x


def mirrored(x):
    x = wide(x)
    return (x + np.swapaxes(x, -1, -2).conj()) * x.dtype.type(0.5)


def inverse(x):
    return emit("solve", x, np.eye(x.shape[-1], dtype=x.dtype))
