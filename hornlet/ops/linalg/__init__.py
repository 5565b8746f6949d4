"""`keras.ops.linalg`: factorizations, solutions, inverses, norms, derivatives along directions."""

from __future__ import annotations

from hornlet.ops.linalg.derivatives import jvp
from hornlet.ops.linalg.factors import (
    cholesky,
    det,
    eig,
    eigh,
    lu_factor,
    matrix_rank,
    qr,
    svd,
)
from hornlet.ops.linalg.norms import norm
from hornlet.ops.linalg.solving import (
    cholesky_inverse,
    inv,
    lstsq,
    pinv,
    solve,
    solve_triangular,
)

__all__ = [
    "cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "jvp", "lstsq", "lu_factor",
    "matrix_rank", "norm", "pinv", "qr", "solve", "solve_triangular", "svd",
]  # fmt: skip
