"""Factorizations of matrices, and what is read off them: determinants and ranks."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, matrices, square_matrices, tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import swapaxes


@op
def cholesky(x: Any, upper: bool = False) -> Any:
    """The triangular ``L`` with a positive diagonal for which ``L @ L.T`` is ``x``.

    Args:
        x: symmetric positive definite matrices, shape ``(..., M, M)``. Only their symmetric part
            ``(x + x.T) / 2`` counts.
        upper: give ``L.T`` instead.

    Raises:
        ValueError: if a matrix is not square or not positive definite.

    >>> keras.ops.cholesky(np.array([[4.0, 2.0], [2.0, 2.0]]))
    array([[2., 0.],
           [1., 1.]])
    """
    y = emit("cholesky", square_matrices(x))
    return swapaxes(y, -1, -2) if upper else y


@op
def det(x: Any) -> Any:
    """The determinants of square matrices, shape ``(...,)``.

    Args:
        x: shape ``(..., M, M)``.

    >>> round(float(keras.ops.det(np.array([[1.0, 2.0], [3.0, 4.0]]))), 4)
    -2.0
    """
    return emit("det", square_matrices(x))


@op
def eig(x: Any) -> Any:
    """Eigenvalues and eigenvectors: ``x @ v[:, j] = w[j] * v[:, j]``, complex.

    Args:
        x: shape ``(..., M, M)``.

    Returns:
        The values, shape ``(..., M)``, and the vectors of length 1 as columns, ``(..., M, M)``.

    >>> w, v = keras.ops.eig(np.array([[0.0, -1.0], [1.0, 0.0]]))
    >>> w
    array([0.+1.j, 0.-1.j])
    """
    return emit("eig", square_matrices(x))


@op
def eigh(x: Any) -> Any:
    """Eigenvalues, in rising order, and eigenvectors of symmetric matrices.

    Args:
        x: shape ``(..., M, M)``. Only the symmetric part ``(x + x.T) / 2`` counts.

    Returns:
        The values, shape ``(..., M)``, and the orthogonal vectors as columns, ``(..., M, M)``.

    >>> keras.ops.eigh(np.array([[2.0, 1.0], [1.0, 2.0]]))[0].round(4)
    array([1., 3.])
    """
    return emit("eigh", square_matrices(x))


@op
def lu_factor(x: Any) -> Any:
    """The factors of ``P @ x = L @ U`` by Gaussian elimination with partial pivoting.

    Args:
        x: shape ``(..., M, N)``.

    Returns:
        ``L`` (below the diagonal; its ones are left out) and ``U`` in one matrix of the shape of
        ``x``, and the pivots: in step i, row i changed places with row ``pivots[..., i]``.

    >>> keras.ops.lu_factor(np.array([[2.0, 1.0], [4.0, 4.0]]))
    (array([[ 4. ,  4. ],
           [ 0.5, -1. ]]), array([1, 1], dtype=int32))
    """
    lu, pivots, _ = emit("lu", matrices(x))
    return lu, pivots


@op
def qr(x: Any, mode: Any = "reduced") -> Any:
    """The factors of ``x = q @ r``: orthonormal columns, and an upper triangle.

    Args:
        x: shape ``(..., M, N)``.
        mode: "reduced" gives min(M, N) columns in ``q``, "complete" gives M.

    >>> q, r = keras.ops.qr(np.array([[3.0, 1.0], [4.0, 2.0]]))
    >>> abs(r).round(4)
    array([[5. , 2.2],
           [0. , 0.4]])
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(
            f"Argument `mode` must be 'reduced' or 'complete'. Received: mode={mode!r}"
        )
    return emit("qr", matrices(x), complete=mode == "complete")


@op
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Singular values: ``x = u @ diag(s) @ v`` with orthonormal columns of ``u``, rows of ``v``.

    Args:
        x: shape ``(..., M, N)``.
        full_matrices: whether ``u`` and ``v`` are square; else they have min(M, N) columns, rows.
        compute_uv: whether ``u`` and ``v`` are wanted at all.

    Returns:
        ``(u, s, v)``, or ``s`` alone, in falling order.

    >>> keras.ops.svd(np.array([[0.0, 2.0], [3.0, 0.0]]), compute_uv=False)
    array([3., 2.])
    """
    x = matrices(x)
    return emit("svd", x, full=bool(full_matrices)) if compute_uv else emit("svdvals", x)


@op
def matrix_rank(x: Any, tol: Any = None) -> Any:
    """How many singular values of each matrix are above a tolerance, as int32.

    Args:
        x: shape ``(..., M, N)``.
        tol: the tolerance; by default the largest singular value times ``max(M, N)`` times the
            dtype's epsilon.

    >>> keras.ops.matrix_rank(np.array([[1.0, 2.0], [2.0, 4.0]]))
    array(1, dtype=int32)
    """
    x = matrices(x)
    values = emit("svdvals", x)
    last = values.ndim - 1
    if tol is None:
        tol = emit("max", values, axis=(last,), keepdims=True) * threshold(x)
    else:
        tol = tensor(tol, "tol")
        tol = emit("reshape", tol, shape=(*tol.shape, 1))
    above = cast_to(emit("greater", values, tol), "int32")
    return emit("sum", above, axis=(last,), keepdims=False)


def threshold(x):
    """What counts as zero beside the largest singular value."""
    precision = np.finfo(x.dtype if x.dtype.kind in "fc" and x.dtype.itemsize > 2 else np.float32)
    return float(max(x.shape[-2:]) * precision.eps)
