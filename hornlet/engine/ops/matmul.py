"""The matrix product, of matrices and of stacks of matrices."""

from __future__ import annotations

from functools import partial

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.native.product import fits, product_call
from hornlet.engine.primitive import broadcast_shapes, primitive
from hornlet.engine.spec import Spec


def _shape(a, b):
    if len(a.shape) < 2 or len(b.shape) < 2 or a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"`matmul` received shapes {a.shape} and {b.shape}; the last axis of the first must be "
            "as long as the last but one of the second."
        )
    lead = broadcast_shapes("matmul", a.shape[:-2], b.shape[:-2])
    return Spec((*lead, a.shape[-2], b.shape[-1]), a.dtype)


def _kernel(a, b, out):
    if a.dtype.itemsize == 2 and a.dtype.kind in "fV":
        out[...] = np.matmul(a.astype(np.float32), b.astype(np.float32))
    elif a.ndim == b.ndim == 2 and out.flags.c_contiguous:
        np.dot(a, b, out)
    else:
        np.matmul(a, b, out=out)


def _prepare(a, b, out):
    """The call of the BLAS, or of the kernel in C, itself where it can be bound."""
    if a.ndim == b.ndim == 2 and fits(a, b, out):
        return [product_call(a, b, out)]
    if a.ndim == b.ndim == 2 and out.flags.c_contiguous and a.dtype.char in "fd":
        return [partial(np.dot, a, b, out)]
    return [partial(_kernel, a, b, out)]


def _swap(x):
    return emit("transpose", x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _vjp(dy, y, a, b):
    return _shared(emit("matmul", dy, _swap(b)), a), _shared(emit("matmul", _swap(a), dy), b)


def _shared(dx, x):
    """Sums over the leading axes along which `x` was used repeatedly."""
    if dx.shape == x.shape:
        return dx
    lead = dx.ndim - x.ndim
    repeated = [i for i in range(dx.ndim) if i < lead or (x.shape[i - lead] == 1 != dx.shape[i])]
    return emit("reshape", emit("sum", dx, axis=tuple(repeated), keepdims=False), shape=x.shape)


primitive("matmul", shape=_shape, kernel=_kernel, vjp=_vjp, promote="same", prepare=_prepare)
