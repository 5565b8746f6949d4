"""Factorizations of matrices of any shape: singular values, QR, LU, and the pseudo-inverse."""

from __future__ import annotations

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.ops.matrices import (
    as_column,
    as_row,
    block,
    gap_reciprocals,
    on_diagonal,
    product,
    reciprocal,
    transposed,
    triangle,
    wide,
)
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec


def _matrix(name, x):
    if len(x.shape) < 2:
        raise ValueError(f"`{name}` received an array of shape {x.shape}; expected matrices.")
    return x.shape[:-2], *x.shape[-2:]


def _svdvals_shape(x):
    lead, m, n = _matrix("svdvals", x)
    return Spec((*lead, min(m, n)), np.empty(0, x.dtype).real.dtype)


def _svdvals(x, out):
    out[...] = np.linalg.svd(wide(x), compute_uv=False)


def _svdvals_vjp(dy, y, x):
    u, _, v = emit("svd", x, full=False)
    return product(u * as_row(dy), v)


primitive(
    "svdvals", shape=_svdvals_shape, kernel=_svdvals, vjp=_svdvals_vjp, promote="float",
)  # fmt: skip


def _svd_shape(x, full):
    lead, m, n = _matrix("svd", x)
    k = min(m, n)
    u, v = ((m, m), (n, n)) if full else ((m, k), (k, n))
    return (
        Spec((*lead, *u), x.dtype),
        Spec((*lead, k), np.empty(0, x.dtype).real.dtype),
        Spec((*lead, *v), x.dtype),
    )


def _svd(x, out, full):
    for target, y in zip(out, np.linalg.svd(wide(x), full_matrices=full)):
        target[...] = y


def _svd_vjp(dy, y, x, full):
    """Townsend, 2016, "Differentiating the singular value decomposition", for all shapes.

    Of the columns that only fill up a full basis the part along the others has a gradient.
    """
    (u, s, v), (du, ds, dv) = y, dy
    k = s.shape[-1]
    v, dv = transposed(v), transposed(dv)
    u1, du1 = (block(z, (0, u.shape[-2]), (0, k)) for z in (u, du))
    v1, dv1 = (block(z, (0, v.shape[-2]), (0, k)) for z in (v, dv))
    gaps, back = gap_reciprocals(s * s), reciprocal(s)
    along_u, along_v = product(transposed(u1), du1), product(transposed(v1), dv1)
    turn_u = gaps * (along_u - transposed(along_u))
    turn_v = gaps * (along_v - transposed(along_v))
    inner = turn_u * as_row(s) + on_diagonal(ds) + as_column(s) * turn_v
    left = product(u1, inner) + (du1 - product(u1, along_u)) * as_row(back)
    right = (dv1 - product(v1, along_v)) * as_row(back)
    if full and u.shape[-1] > k:
        u2, du2 = (block(z, (0, u.shape[-2]), (k, u.shape[-1])) for z in (u, du))
        left = left - product(u2, transposed(du2), u1) * as_row(back)
    if full and v.shape[-1] > k:
        v2, dv2 = (block(z, (0, v.shape[-2]), (k, v.shape[-1])) for z in (v, dv))
        right = right - product(v2, transposed(dv2), v1) * as_row(back)
    return product(left, transposed(v1)) + product(u1, transposed(right))


primitive("svd", shape=_svd_shape, kernel=_svd, vjp=_svd_vjp, promote="float")


def _qr_shape(x, complete):
    lead, m, n = _matrix("qr", x)
    k = m if complete else min(m, n)
    return Spec((*lead, m, k), x.dtype), Spec((*lead, k, n), x.dtype)


def _qr(x, out, complete):
    out[0][...], out[1][...] = np.linalg.qr(wide(x), "complete" if complete else "reduced")


def _qr_vjp(dy, y, x, complete):
    """Walter and Lehmann, 2010, with the columns beyond the triangle multiplied out."""
    (q, r), (dq, dr) = y, dy
    m, n = x.shape[-2:]
    k = min(m, n)
    q1, dq1 = (block(z, (0, m), (0, k)) for z in (q, dq))
    r1, dr1 = (block(z, (0, k), (0, k)) for z in (r, dr))
    dx2 = None
    if n > k:
        dr2 = block(dr, (0, k), (k, n))
        dx2 = product(q1, dr2)
        dq1 = dq1 + product(block(x, (0, m), (k, n)), transposed(dr2))
    inner = product(r1, transposed(dr1)) - product(transposed(dq1), q1)
    lower = triangle(inner, lower=True, diagonal=0.5)
    left = dq1 + product(q1, lower + transposed(lower))
    if q.shape[-1] > k:
        q2, dq2 = (block(z, (0, m), (k, m)) for z in (q, dq))
        left = left - product(q2, transposed(dq2), q1)
    dx = transposed(emit("solve", r1, transposed(left)))
    return dx if dx2 is None else emit("concatenate", dx, dx2, axis=x.ndim - 1)


primitive("qr", shape=_qr_shape, kernel=_qr, vjp=_qr_vjp, promote="float")


def _lu_shape(x):
    lead, m, n = _matrix("lu", x)
    int32 = np.dtype("int32")
    return x, Spec((*lead, min(m, n)), int32), Spec((*lead, m), int32)


def _lu(x, out):
    """Gaussian elimination with partial pivoting, all matrices of the batch at once."""
    lu, pivots, order = out
    m, n = x.shape[-2:]
    a = np.array(wide(x)).reshape(-1, m, n)
    swaps = np.empty((len(a), min(m, n)), np.int32)
    rows = np.tile(np.arange(m, dtype=np.int32), (len(a), 1))
    each = np.arange(len(a))
    for j in range(min(m, n)):
        best = np.argmax(np.abs(a[:, j:, j]), 1) + j
        swaps[:, j] = best
        a[each, best], a[:, j] = a[:, j].copy(), a[each, best]
        rows[each, best], rows[:, j] = rows[:, j].copy(), rows[each, best]
        top = a[:, j, j, None]
        np.divide(a[:, j + 1 :, j], top, out=a[:, j + 1 :, j], where=top != 0)
        a[:, j + 1 :, j + 1 :] -= a[:, j + 1 :, j, None] * a[:, None, j, j + 1 :]
    lu[...] = a.reshape(x.shape)
    pivots[...] = swaps.reshape(pivots.shape)
    order[...] = rows.reshape(order.shape)


def _lu_vjp(dy, y, x):
    """With L and U filled up to square, dA = P' L'^-1 (low(L' dL) + up(dU U')) U'^-1."""
    lu, _, order = y
    m, n = x.shape[-2:]
    k = min(m, n)
    dlu = dy[0]

    def square(part, size):
        """A factor with the columns or rows of the identity that it lacks."""
        lead, (rows, columns) = part.shape[:-2], part.shape[-2:]
        pads = (*((0, 0) for _ in lead), (0, size - rows), (0, size - columns))
        filled = emit("pad", part, widths=pads) if size > min(rows, columns) else part
        rest = np.diag((np.arange(size) >= min(rows, columns)).astype(x.dtype))
        return filled + rest

    low = square(triangle(block(lu, (0, m), (0, k)), lower=True, diagonal=0.0)
                 + np.eye(m, k, dtype=x.dtype), m)  # fmt: skip
    up = square(triangle(block(lu, (0, k), (0, n)), lower=False), n)
    dlow = triangle(block(dlu, (0, m), (0, k)), lower=True, diagonal=0.0)
    dup = triangle(block(dlu, (0, k), (0, n)), lower=False)
    lead = tuple((0, 0) for _ in x.shape[:-2])
    a = product(transposed(low), dlow)
    a = triangle(emit("pad", a, widths=(*lead, (0, 0), (0, n - k))), lower=True, diagonal=0.0)
    b = product(dup, transposed(up))
    b = triangle(emit("pad", b, widths=(*lead, (0, m - k), (0, 0))), lower=False)
    dx = emit("solve", transposed(low), a + b)
    dx = transposed(emit("solve", up, transposed(dx)))
    return emit(
        "put_along_axis_add", dx, as_column(order), shape=x.shape, axis=x.ndim - 2
    )


primitive("lu", shape=_lu_shape, kernel=_lu, vjp=_lu_vjp, promote="float")


def _pinv_shape(x, rcond):
    lead, m, n = _matrix("pinv", x)
    return Spec((*lead, n, m), x.dtype)


def _pinv(x, out, rcond):
    out[...] = np.linalg.pinv(wide(x), rcond)


def _pinv_vjp(dy, y, x, rcond):
    """Golub and Pereyra, 1973, for changes that leave the rank as it is."""
    m, n = x.shape[-2:]
    turned, back = transposed(dy), transposed(y)
    outside_rows = np.eye(m, dtype=x.dtype) - product(x, y)
    outside_columns = np.eye(n, dtype=x.dtype) - product(y, x)
    return (
        product(outside_rows, turned, y, back)
        + product(back, y, turned, outside_columns)
        - product(back, dy, back)
    )


primitive("pinv", shape=_pinv_shape, kernel=_pinv, vjp=_pinv_vjp, promote="float")
