"""Linear algebra beyond products: solutions, determinants, eigenvalues, Cholesky's factor.

Vectors of equal eigenvalues (or singular values) have no derivative; what would be infinite there
counts as zero.
"""

from __future__ import annotations

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.ops.matrices import (
    as_column,
    gap_reciprocals,
    inverse,
    mirrored,
    on_diagonal,
    product,
    symmetric,
    transposed,
    triangle,
    wide,
)
from hornlet.engine.primitive import broadcast_shapes, primitive
from hornlet.engine.spec import Spec


def _square(name, x):
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"`{name}` received an array of shape {x.shape}; expected square matrices in the last "
            "two axes."
        )


def _square_rule(name):
    def rule(x):
        _square(name, x)
        return x

    return rule


def _solve_shape(a, b):
    _square("solve", a)
    if len(b.shape) < 2 or b.shape[-2] != a.shape[-1]:
        raise ValueError(
            f"`solve` received matrices of shape {a.shape} and right sides of shape {b.shape}; "
            f"expected {a.shape[-1]} rows in the right sides."
        )
    lead = broadcast_shapes("solve", a.shape[:-2], b.shape[:-2])
    return Spec((*lead, *b.shape[-2:]), b.dtype)


def _solve(a, b, out):
    out[...] = np.linalg.solve(wide(a), wide(b))


def _solve_vjp(dy, y, a, b):
    db = emit("solve", transposed(a), dy)
    return -product(db, transposed(y)), db


primitive("solve", shape=_solve_shape, kernel=_solve, vjp=_solve_vjp, promote="float")


def _det(x, out):
    out[...] = np.linalg.det(wide(x))


def _det_shape(x):
    _square("det", x)
    return Spec(x.shape[:-2], x.dtype)


primitive(
    "det",
    shape=_det_shape,
    kernel=_det,
    vjp=lambda dy, y, x: as_column(as_column(dy)) * emit("cofactor", x),
    promote="float",
)


def _cofactor(x, out):
    """From singular values, so that singular matrices have theirs too."""
    if not x.size:
        return
    u, s, v = np.linalg.svd(wide(x))
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1)
    sign = np.linalg.det(u) * np.linalg.det(v)
    out[...] = sign[..., None, None] * ((u * others[..., None, :]) @ v)


def _cofactor_vjp(dy, y, x):
    total = emit("sum", dy * y, axis=(x.ndim - 2, x.ndim - 1), keepdims=True)
    back = inverse(transposed(x))
    return total * back - product(y, transposed(dy), back)


primitive(
    "cofactor", shape=_square_rule("cofactor"), kernel=_cofactor, vjp=_cofactor_vjp,
    promote="float",
)  # fmt: skip


def _slogdet_shape(x):
    y = _det_shape(x)
    return y, Spec(y.shape, np.empty(0, x.dtype).real.dtype)


def _slogdet(x, out):
    out[0][...], out[1][...] = np.linalg.slogdet(wide(x))


primitive(
    "slogdet",
    shape=_slogdet_shape,
    kernel=_slogdet,
    vjp=lambda dy, y, x: as_column(as_column(dy[1])) * inverse(transposed(x)),
    promote="float",
)


def _cholesky(x, out):
    try:
        out[...] = np.linalg.cholesky(mirrored(x))
    except np.linalg.LinAlgError:
        raise ValueError(
            "`cholesky` received a matrix that is not positive definite. Add a multiple of the "
            "identity to it, or use `eigh`."
        ) from None


def _cholesky_vjp(dy, y, x):
    turned = transposed(y)
    inner = triangle(product(turned, dy), lower=True, diagonal=0.5)
    half = emit("solve", turned, inner)
    return symmetric(transposed(emit("solve", turned, transposed(half))))


primitive(
    "cholesky", shape=_square_rule("cholesky"), kernel=_cholesky, vjp=_cholesky_vjp,
    promote="float",
)  # fmt: skip


def _eigh_shape(x):
    _square("eigh", x)
    return Spec(x.shape[:-1], np.empty(0, x.dtype).real.dtype), x


def _eigh(x, out):
    out[0][...], out[1][...] = np.linalg.eigh(mirrored(x))


def _eigh_vjp(dy, y, x):
    values, vectors = y
    turned = transposed(vectors)
    inner = on_diagonal(dy[0]) + gap_reciprocals(values) * product(turned, dy[1])
    return symmetric(product(vectors, inner, turned))


primitive("eigh", shape=_eigh_shape, kernel=_eigh, vjp=_eigh_vjp, promote="float")


def _eig_shape(x):
    _square("eig", x)
    dtype = np.result_type(x.dtype if x.dtype.kind == "c" else wide(np.empty(0, x.dtype)), "c8")
    return Spec(x.shape[:-1], dtype), Spec(x.shape, dtype)


def _eig(x, out):
    out[0][...], out[1][...] = np.linalg.eig(wide(x))


def _eig_vjp(dy, y, x):
    """LAPACK gives vectors of length 1 whose largest element is real; `dv` takes that back."""
    values, v = y
    real = np.empty(0, v.dtype).real.dtype
    along = emit("sum", dy[1] * v, axis=(v.ndim - 2,), keepdims=True)
    length = emit("cast", emit("real", along), dtype=v.dtype)
    size = emit("real", v * emit("conj", v))
    place = emit("argmax", size, axis=v.ndim - 2, keepdims=False)
    top = transposed(emit("one_hot", place, n=v.shape[-2], dtype=real))
    top = emit("cast", top, dtype=v.dtype)
    largest = emit("sum", top * v, axis=(v.ndim - 2,), keepdims=True)
    turn = emit("cast", emit("imag", along), dtype=v.dtype) / largest
    dv = dy[1] - length * emit("conj", v) - top * turn * 1j
    inner = gap_reciprocals(values) * product(transposed(v), dv) + on_diagonal(dy[0])
    dx = emit("solve", transposed(v), product(inner, transposed(v)))
    return dx if x.dtype.kind == "c" else emit("real", dx)


primitive("eig", shape=_eig_shape, kernel=_eig, vjp=_eig_vjp, promote="float")
