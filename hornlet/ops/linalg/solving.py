"""Solutions of linear equations, exact and of least squares, and inverses."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.engine.emit import emit
from hornlet.ops.arguments import matrices, promoted, square_matrices
from hornlet.ops.function import op
from hornlet.ops.linalg.factors import threshold
from hornlet.ops.numpy.creation import tril, triu
from hornlet.ops.numpy.products import matmul
from hornlet.ops.numpy.shapes import swapaxes


def identity_like(x):
    return np.eye(x.shape[-1], dtype=x.dtype)


@op
def inv(x: Any) -> Any:
    """The inverses of square matrices.

    Args:
        x: shape ``(..., M, M)``.

    >>> keras.ops.inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    x = square_matrices(x)
    return emit("solve", x, identity_like(x))


@op
def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """The inverse of the matrix whose Cholesky factor is ``x``: of ``x @ x.T``.

    Args:
        x: triangles, shape ``(..., M, M)``; the other triangle is not read.
        upper: whether ``x`` holds upper triangles; then the matrix is ``x.T @ x``.

    >>> keras.ops.cholesky_inverse(np.array([[2.0, 0.0], [0.0, 1.0]]))
    array([[0.25, 0.  ],
           [0.  , 1.  ]])
    """
    x = square_matrices(x)
    half = emit("solve", triu(x) if upper else tril(x), identity_like(x))
    turned = swapaxes(half, -1, -2)
    return emit("matmul", half, turned) if upper else emit("matmul", turned, half)


def equations(a, b):
    """Both sides of the equations in one dtype, and whether the right sides are vectors."""
    a, b = promoted(a, b)
    a = square_matrices(a, "a")
    if b.ndim < 1:
        raise ValueError(f"Argument `b` must have a rank of at least 1. Received: {b}")
    vector = b.ndim == 1 or b.ndim == a.ndim - 1
    if b.shape[-1 if vector else -2] != a.shape[-1]:
        raise ValueError(
            "Argument `b` must have one row for each row of `a`. "
            f"Received: a.shape={a.shape}, b.shape={b.shape}"
        )
    return a, emit("reshape", b, shape=(*b.shape, 1)) if vector else b, vector


def solved(a, b, vector):
    y = emit("solve", a, b)
    return emit("reshape", y, shape=y.shape[:-1]) if vector else y


@op
def solve(a: Any, b: Any) -> Any:
    """The ``x`` for which ``a @ x = b``.

    Args:
        a: shape ``(..., M, M)``.
        b: right sides, shape ``(..., M)`` or ``(..., M, N)``.

    Returns:
        The solutions, of the shape of ``b``.

    >>> keras.ops.solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0]))
    array([1. , 0.5])
    """
    return solved(*equations(a, b))


@op
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Any:
    """The ``x`` for which ``a @ x = b``, ``a`` being triangular.

    Args:
        a: shape ``(..., M, M)``; the other triangle is not read.
        b: right sides, shape ``(..., M)`` or ``(..., M, N)``.
        lower: whether ``a`` holds lower triangles.

    >>> keras.ops.solve_triangular(np.array([[2.0, 2.0], [9.0, 1.0]]), np.array([6.0, 1.0]))
    array([2., 1.])
    """
    a, b, vector = equations(a, b)
    return solved(tril(a) if lower else triu(a), b, vector)


def cutoff(rcond, default):
    if rcond is None:
        return default
    rcond = np.asarray(rcond)
    if rcond.size != 1:
        raise ValueError(f"Argument `rcond` must be one number. Received: rcond={rcond}")
    return float(rcond.reshape(()))


@op
def pinv(x: Any, rcond: Any = None) -> Any:
    """The Moore-Penrose pseudo-inverses of matrices.

    Args:
        x: shape ``(..., M, N)``.
        rcond: singular values up to ``rcond`` times the largest one count as zero; by default ten
            times ``max(M, N)`` times the dtype's epsilon.

    >>> keras.ops.pinv(np.array([[2.0], [0.0]]))
    array([[0.5, 0. ]])
    """
    x = matrices(x)
    return emit("pinv", x, rcond=cutoff(rcond, 10 * threshold(x)))


@op
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The shortest ``x`` for which ``a @ x`` comes closest to ``b``.

    Args:
        a: shape ``(M, N)``.
        b: right sides, shape ``(M,)`` or ``(M, K)``.
        rcond: singular values up to ``rcond`` times the largest one count as zero; by default
            ``max(M, N)`` times the dtype's epsilon.

    Returns:
        Shape ``(N,)`` or ``(N, K)``.

    >>> keras.ops.lstsq(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]))
    array([2.])
    """
    a, b = promoted(a, b)
    a = matrices(a, "a")
    if a.ndim != 2:
        raise ValueError(f"Argument `a` must be one matrix. Received: a.shape={a.shape}")
    if b.ndim not in (1, 2) or b.shape[0] != a.shape[0]:
        raise ValueError(
            "Argument `b` must be one or several right sides with a row for each row of `a`. "
            f"Received: a.shape={a.shape}, b.shape={b.shape}"
        )
    return matmul(emit("pinv", a, rcond=cutoff(rcond, threshold(a))), b)
