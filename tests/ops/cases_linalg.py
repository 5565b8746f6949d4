"""Rows of linear algebra; `near(n)` are matrices near the identity, `definite(n)` definite ones."""

import numpy as np

from .cases import case, x

RANDOM = np.random.default_rng(5)


class Near:
    """Matrices a little away from a fixed one, so that signs and orders are settled."""

    def __init__(self, center):
        self.center = np.asarray(center, float)
        self.shape = self.center.shape

    def make(self, dtype, random):
        return (self.center + random.uniform(-0.1, 0.1, self.shape)).astype(dtype)


def near(*shape):
    rows, columns = shape[-2:]
    return Near(np.eye(rows, columns) * np.arange(1.0, columns + 1) + np.zeros(shape))


def factor(n):
    return Near(np.tri(n) * 0.3 + np.eye(n))


for name in ("det", "inv", "slogdet", "logdet", "cholesky", "eigh"):
    case(name, near(3, 3))
    case(name, near(2, 3, 3))
case("cholesky", near(3, 3), upper=True)
case("cholesky_inverse", factor(3))
case("cholesky_inverse", factor(3), upper=True)
case("det", np.array([[1, 2], [3, 5]], "int32"), dtypes=("float32",))
case("det", np.array([[1.0, 2.0], [2.0, 4.0]], "float32"), dtypes=("float32",))
case("eig", near(3, 3))
case("eig", near(2, 2, 2))
for shape in ((3, 3), (2, 4, 3), (3, 5)):
    case("qr", near(*shape))
    case("lu_factor", x(*shape))
    case("pinv", near(*shape))
    case("matrix_rank", near(*shape))
    case("svd", near(*shape), compute_uv=False)
case("qr", near(4, 3), "complete", gradient=False)
case("svd", near(3, 3))
case("svd", near(2, 4, 3), full_matrices=False)
case("svd", near(3, 4), full_matrices=False)
case("svd", near(4, 3), gradient=False)
case("matrix_rank", np.array([[1.0, 2.0], [2.0, 4.0]], "float32"), dtypes=("float32",))
case("matrix_rank", np.diag([3.0, 2.0, 1.0]).astype("float32"), 1.5, dtypes=("float32",))
case("pinv", np.array([[1.0, 2.0], [2.0, 4.0]], "float32"), dtypes=("float32",))
case("pinv", np.diag([3.0, 2.0, 1.0]).astype("float32"), 0.5, dtypes=("float32",))
for name in ("solve", "solve_triangular"):
    case(name, near(3, 3), x(3))
    case(name, near(3, 3), x(3, 2))
    case(name, near(2, 3, 3), x(2, 3, 2))
case("solve_triangular", near(3, 3), x(3), lower=True)
case("solve", np.array([[2, 0], [1, 4]], "int32"), np.array([2, 3], "int32"), dtypes=("float32",))
for shape in ((3, 3), (4, 2), (2, 4)):
    case("lstsq", near(*shape), x(shape[0]))
    case("lstsq", near(*shape), x(shape[0], 2))
for order in (2, -2, "nuc"):
    case("norm", x(3, 4), order, axis=(0, 1))
    case("norm", x(2, 3, 4), order, axis=(2, 0), keepdims=True)


def _function(a, b):
    return a * b + np.float32(1), {"sum": a + b}


case("jvp", lambda a: a * a, (x(3),), (x(3),), symbolic=False)
case("jvp", _function, (x(3), x(3)), (x(3), x(3)), symbolic=False)
case("jvp", lambda a: (a * 2, a), (x(3),), (x(3),), has_aux=True, symbolic=False)
