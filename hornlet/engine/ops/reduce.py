"""Reductions, running sums and the softmax family."""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.native import softmax
from hornlet.engine.ops.windows import running
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec

_ONES: dict[np.dtype, np.ndarray] = {
    np.dtype(d): np.ones(1 << 14, d) for d in ("float32", "float64")
}
_DOT_MOST = 1 << 18  # elements up to which a product with ones beats NumPy's own sum
_LONG = 1 << 11  # elements of a row that is added fast
_SHORT = 32  # axes up to this length are faster walked through in Python


def reduced_shape(shape, axis, keepdims):
    """The shape that is left when the axes `axis` are reduced."""
    if keepdims:
        return tuple(1 if i in axis else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axis)


def _check(name, shape, axis):
    if any(not 0 <= a < len(shape) for a in axis):
        raise ValueError(
            f"`{name}` received axis={axis} for an array of shape {shape}; expected axes between 0 "
            f"and {len(shape) - 1}."
        )


def _rule(name, dtype=None):
    fixed = None if dtype is None else np.dtype(dtype)

    def shape(x, axis, keepdims=False):
        _check(name, x.shape, axis)
        return Spec(reduced_shape(x.shape, axis, keepdims), fixed or x.dtype)

    return shape


def _kept(y, x, axis):
    """`y`, a reduction of `x`, with the reduced axes back as axes of size 1."""
    return emit("reshape", y, shape=reduced_shape(x.shape, axis, True))


def _spread(y, x, axis):
    return emit("broadcast_to", _kept(y, x, axis), shape=x.shape)


def _sum_calls(x, out, axis, keepdims=False):
    if x.ndim == 2 and len(axis) == 1 and out.flags.c_contiguous and x.flags.forc:
        rows, columns = x.shape
        ones = _ONES.get(x.dtype)
        few = min(rows, columns) <= _SHORT or x.size <= _DOT_MOST
        if ones is not None and few and x.size > 0 and x.shape[axis[0]] <= len(ones):
            if axis[0] == 0:
                return [partial(np.dot, ones[:rows], x, out.reshape(columns))]
            return [partial(np.dot, x, ones[:columns], out.reshape(rows))]
    if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
        return [partial(_sum_wider, x, out, axis, keepdims)]
    folds = _folds(x, axis)
    if folds > 1 and out.flags.c_contiguous:
        wide = np.empty(folds * x.shape[-1], x.dtype)
        return [
            partial(np.add.reduce, x.reshape(-1, wide.size), 0, None, wide),
            partial(np.add.reduce, wide.reshape(folds, -1), 0, None, out.reshape(-1)),
        ]
    return [partial(np.add.reduce, x, axis, None, out, keepdims)]


def _sum_wider(x, out, axis, keepdims):
    out[...] = np.add.reduce(x.astype(np.float32), axis, keepdims=keepdims)


_sum = running(_sum_calls)


def _folds(x, axis):
    """How many short rows to add as one long row, where all axes but the last are summed.

    Long rows are added faster, and partial sums of rows far apart round less.
    """
    if axis != tuple(range(x.ndim - 1)) or not x.flags.c_contiguous or x.size < 1 << 12:
        return 1
    columns = x.shape[-1]
    rows, folds = x.size // columns, 1
    while 2 * folds * columns <= _LONG and rows % (2 * folds) == 0:
        folds *= 2
    return folds


def _mean(x, out, axis, keepdims=False):
    _sum(x, out=out, axis=axis, keepdims=keepdims)
    n = prod(x.shape[a] for a in axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        np.true_divide(out, np.asarray(n, out.dtype), out)


def _extreme(ufunc, worst):
    def kernel(x, out, axis, keepdims=False):
        if x.size == 0 and out.size:
            raise ValueError(f"`{worst}` of an empty axis has no value; the shape is {x.shape}.")
        if len(axis) == 1 and axis[0] == x.ndim - 1 and 0 < x.shape[-1] <= _SHORT:
            if x.size >= 64:
                y = out.reshape(x.shape[:-1]) if out.flags.c_contiguous else None
                if y is not None:
                    np.copyto(y, x[..., 0])
                    for i in range(1, x.shape[-1]):
                        ufunc(y, x[..., i], out=y)
                    return
        ufunc.reduce(x, axis, None, out, keepdims)

    return kernel


def _extreme_vjp(dy, y, x, axis, keepdims=False):
    """Split evenly among the elements that attain the extreme."""
    mask = emit("cast", emit("equal", x, _kept(y, x, axis)), dtype=dy.dtype)
    count = emit("sum", mask, axis=axis, keepdims=True)
    return mask * (_kept(dy, x, axis) / count)


def _sum_vjp(dy, y, x, axis, keepdims=False):
    return _spread(dy, x, axis)


def _mean_vjp(dy, y, x, axis, keepdims=False):
    return _spread(dy * (1.0 / max(1, prod(x.shape[a] for a in axis))), x, axis)


def _prod_vjp(dy, y, x, axis, keepdims=False):
    """The product of all others, from the left and from the right, so that zeros do no harm."""
    order = tuple(i for i in range(x.ndim) if i not in axis) + tuple(axis)
    rest = tuple(x.shape[i] for i in range(x.ndim) if i not in axis)
    n = prod(x.shape[a] for a in axis)
    flat = emit("reshape", emit("transpose", x, axes=order), shape=(*rest, n))
    last = len(rest)
    if n < 2:
        others = emit("broadcast_to", np.ones((), x.dtype), shape=flat.shape)
    else:
        keep = tuple((0, m, 1) for m in rest)
        ones = np.ones((*rest, 1), x.dtype)
        head = emit("slice", flat, index=(*keep, (0, n - 1, 1)))
        tail = emit("slice", flat, index=(*keep, (1, n, 1)))
        left = emit("cumprod", head, axis=last, reverse=False)
        right = emit("cumprod", tail, axis=last, reverse=True)
        left = emit("concatenate", ones, left, axis=last)
        others = left * emit("concatenate", right, ones, axis=last)
    others = emit("reshape", others, shape=tuple(x.shape[i] for i in order))
    back = tuple(int(i) for i in np.argsort(order))
    return _kept(dy, x, axis) * emit("transpose", others, axes=back)


def _through_float32(function):
    """A reduction of two-byte floats, computed in float32."""

    def kernel(x, out, axis, keepdims=False):
        if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
            out[...] = function(x.astype(np.float32), axis, None, None, keepdims)
        else:
            function(x, axis, None, out, keepdims)

    return kernel


primitive("sum", shape=_rule("sum"), kernel=_sum, vjp=_sum_vjp, prepare=_sum_calls)
primitive("mean", shape=_rule("mean"), kernel=_mean, vjp=_mean_vjp, promote="float")
primitive(
    "prod", shape=_rule("prod"), kernel=_through_float32(np.multiply.reduce), vjp=_prod_vjp
)  # fmt: skip
primitive("max", shape=_rule("max"), kernel=_extreme(np.maximum, "max"), vjp=_extreme_vjp)
primitive("min", shape=_rule("min"), kernel=_extreme(np.minimum, "min"), vjp=_extreme_vjp)


def _logical(ufunc):
    return lambda x, out, axis, keepdims=False: ufunc.reduce(x, axis, None, out, keepdims)


primitive("any", shape=_rule("any", "bool"), kernel=_logical(np.logical_or))
primitive("all", shape=_rule("all", "bool"), kernel=_logical(np.logical_and))


def _position(name, function):
    def shape(x, axis, keepdims=False):
        _check(name, x.shape, (axis,))
        if x.shape[axis] == 0:
            raise ValueError(f"`{name}` along axis {axis}, which is empty, of shape {x.shape}.")
        return Spec(reduced_shape(x.shape, (axis,), keepdims), np.dtype("int32"))

    def kernel(x, out, axis, keepdims=False):
        # NumPy's own `out` must be of its index type, hence the copy of this small result.
        np.copyto(out, function(x, axis, keepdims=keepdims), casting="unsafe")

    primitive(name, shape=shape, kernel=kernel)


_position("argmax", np.argmax)
_position("argmin", np.argmin)


def _running(ufunc):
    def kernel(x, out, axis, reverse=False):
        if reverse:
            x, out = np.flip(x, axis), np.flip(out, axis)
        if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
            out[...] = ufunc.accumulate(x.astype(np.float32), axis)
        else:
            ufunc.accumulate(x, axis, None, out)

    return kernel


def _running_shape(x, axis, reverse=False):
    _check("cumsum", x.shape, (axis,))
    return x


def _cumprod_vjp(dy, y, x, axis, reverse=False):
    """Where x has zeros the quotient y / x is replaced by running products without them.

    dx_i = left_i * r_i with left_i the product before i and r_i = dy_i + x_(i+1) r_(i+1).
    """
    n = x.shape[axis]
    ones = np.ones(tuple(1 if i == axis else m for i, m in enumerate(x.shape)), x.dtype)
    whole = [(0, m, 1) for m in x.shape]

    def part(v, start, stop):
        return emit("slice", v, index=(*whole[:axis], (start, stop, 1), *whole[axis + 1 :]))

    if n == 0:
        return dy
    before, after = (part(y, 1, n), part(x, 0, n - 1)) if reverse else (
        part(y, 0, n - 1), part(x, 1, n))  # fmt: skip
    shifted = [before, ones] if reverse else [ones, before]
    factors = [ones, after] if reverse else [after, ones]
    left = emit("concatenate", *shifted, axis=axis)
    factor = emit("concatenate", *factors, axis=axis)
    return left * emit("recurrence", dy, factor, axis=axis, reverse=not reverse)


def _recurrence(b, a, out, axis, reverse=False):
    """r_i = b_i + a_i r_(i-1) along one axis, from its end when reversed."""
    a, b, r = (np.moveaxis(v, axis, 0) for v in (a, b, out))
    order = range(len(r) - 1, -1, -1) if reverse else range(len(r))
    last = None
    for i in order:
        if last is None:
            np.copyto(r[i, ...], b[i])
        else:
            np.multiply(a[i], r[last], out=r[i, ...])
            np.add(r[i], b[i], out=r[i, ...])
        last = i


def _recurrence_vjp(dr, r, b, a, axis, reverse=False):
    n = a.shape[axis]
    if n == 0:
        return dr, dr
    zeros = np.zeros(tuple(1 if i == axis else m for i, m in enumerate(a.shape)), a.dtype)
    whole = [(0, m, 1) for m in a.shape]

    def part(v, start, stop):
        return emit("slice", v, index=(*whole[:axis], (start, stop, 1), *whole[axis + 1 :]))

    if reverse:
        factor = emit("concatenate", zeros, part(a, 0, n - 1), axis=axis)
        previous = emit("concatenate", part(r, 1, n), zeros, axis=axis)
    else:
        factor = emit("concatenate", part(a, 1, n), zeros, axis=axis)
        previous = emit("concatenate", zeros, part(r, 0, n - 1), axis=axis)
    db = emit("recurrence", dr, factor, axis=axis, reverse=not reverse)
    return db, db * previous


primitive(
    "cumsum",
    shape=_running_shape,
    kernel=_running(np.add),
    vjp=lambda dy, y, x, axis, reverse=False: emit("cumsum", dy, axis=axis, reverse=not reverse),
)
primitive("cumprod", shape=_running_shape, kernel=_running(np.multiply), vjp=_cumprod_vjp)
primitive(
    "recurrence",
    shape=lambda b, a, axis, reverse=False: b,
    kernel=_recurrence,
    vjp=_recurrence_vjp,
)


def _softmax_shape(x, axis):
    _check("softmax", x.shape, (axis,))
    return x


def _row_scratch(x, axis):
    return (Spec(reduced_shape(x.shape, (axis,), True), x.dtype),)


_max, _min = _extreme(np.maximum, "softmax"), _extreme(np.minimum, "softmax")


def _softmax(x, out, axis, scratch):
    if out.size == 0:
        return
    (row,) = scratch
    _max(x, row, (axis,), True)
    np.subtract(x, row, out)
    np.exp(out, out)
    _sum(out, out=row, axis=(axis,), keepdims=True)
    np.true_divide(out, row, out)


def _softmax_calls(x, out, axis, scratch):
    if softmax.fits(x, out, axis):
        return softmax.softmax_calls(x, out)
    return [partial(_softmax, x, out, axis, scratch)]


def _log_softmax(x, out, axis, scratch):
    if out.size == 0:
        return
    row, whole = scratch
    _max(x, row, (axis,), True)
    np.subtract(x, row, out)
    np.exp(out, whole)
    _sum(whole, out=row, axis=(axis,), keepdims=True)
    np.log(row, row)
    np.subtract(out, row, out)


def _softmax_vjp(dy, y, x, axis):
    return y * (dy - emit("sum", dy * y, axis=(axis,), keepdims=True))


def _log_softmax_vjp(dy, y, x, axis):
    return dy - emit("exp", y) * emit("sum", dy, axis=(axis,), keepdims=True)


primitive(
    "softmax", shape=_softmax_shape, kernel=_softmax, vjp=_softmax_vjp, promote="float",
    scratch=_row_scratch, inplace=(0,), prepare=_softmax_calls,
)  # fmt: skip
primitive(
    "log_softmax", shape=_softmax_shape, kernel=_log_softmax, vjp=_log_softmax_vjp,
    promote="float", scratch=lambda x, axis: (*_row_scratch(x, axis), x), inplace=(0,),
)  # fmt: skip
