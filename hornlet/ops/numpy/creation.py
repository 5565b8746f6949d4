"""Tensors made from numbers: constants, ranges, diagonals, windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base.config import floatx
from hornlet.base.dtypes import numpy_dtype, result_type, standardize_dtype
from hornlet.engine.emit import emit
from hornlet.engine.tensor import Tensor
from hornlet.ops.arguments import (
    axis_of,
    cast_to,
    operand,
    promoted,
    shape_tuple,
    tensor,
)
from hornlet.ops.core import convert_to_tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import expanded, moved, part, spread


def chosen(dtype):
    return numpy_dtype(standardize_dtype(dtype or floatx()))


def zeros(shape: Any, dtype: Any = None) -> Any:
    """A tensor of zeros.

    >>> keras.ops.zeros(2)
    array([0., 0.], dtype=float32)
    """
    return np.zeros(shape_tuple(shape), chosen(dtype))


def ones(shape: Any, dtype: Any = None) -> Any:
    """A tensor of ones.

    >>> keras.ops.ones(2)
    array([1., 1.], dtype=float32)
    """
    return np.ones(shape_tuple(shape), chosen(dtype))


def empty(shape: Any, dtype: Any = None) -> Any:
    """A tensor whose values are not set to anything in particular (here: zeros).

    >>> keras.ops.empty((2, 3)).shape
    (2, 3)
    """
    return np.zeros(shape_tuple(shape), chosen(dtype))


@op
def full(shape: Any, fill_value: float, dtype: Any = None) -> Any:
    """A tensor filled with ``fill_value``.

    >>> keras.ops.full(2, 7.0)
    array([7., 7.], dtype=float32)
    """
    value = cast_to(tensor(fill_value, "fill_value"), chosen(dtype))
    if isinstance(value, Tensor):
        return spread(value, shape_tuple(shape))
    return np.full(shape_tuple(shape), value)


def like(x, value, dtype):
    x = tensor(x)
    dtype = x.dtype if dtype is None else numpy_dtype(standardize_dtype(dtype))
    if isinstance(x, Tensor):
        return emit("broadcast_to", np.asarray(value, dtype), shape=x.shape)
    return np.full(x.shape, value, dtype)


@op
def zeros_like(x: Any, dtype: Any = None) -> Any:
    """Zeros of the shape (and, unless ``dtype`` is given, dtype) of ``x``.

    >>> keras.ops.zeros_like(np.array([1, 2]))
    array([0, 0])
    """
    return like(x, 0, dtype)


@op
def ones_like(x: Any, dtype: Any = None) -> Any:
    """Ones of the shape (and, unless ``dtype`` is given, dtype) of ``x``.

    >>> keras.ops.ones_like(np.array([1, 2]))
    array([1, 1])
    """
    return like(x, 1, dtype)


@op
def empty_like(x: Any, dtype: Any = None) -> Any:
    """A tensor of the shape and dtype of ``x`` whose values are not set (here: zeros).

    >>> keras.ops.empty_like(np.array([1, 2])).shape
    (2,)
    """
    return like(x, 0, dtype)


@op
def full_like(x: Any, fill_value: float, dtype: Any = None) -> Any:
    """``fill_value`` in the shape (and, unless ``dtype`` is given, dtype) of ``x``.

    >>> keras.ops.full_like(np.array([1, 2]), 7)
    array([7, 7])
    """
    x = tensor(x)
    dtype = x.dtype if dtype is None else numpy_dtype(standardize_dtype(dtype))
    value = cast_to(tensor(fill_value, "fill_value"), dtype)
    y = spread(value, x.shape)
    # While shapes are found, x may be huge, a stand-in for any size: a view costs nothing there.
    return y if isinstance(x, Tensor) or isinstance(y, Tensor) else np.array(y)


@op
def array(x: Any, dtype: Any = None) -> Any:
    """``x`` as a tensor of its own.

    >>> keras.ops.array([1.0, 2.0])
    array([1., 2.], dtype=float32)
    """
    return convert_to_tensor(x, dtype)


@op
def copy(x: Any) -> Any:
    """A copy of ``x``.

    >>> keras.ops.copy(np.array([1, 2]))
    array([1, 2])
    """
    x = tensor(x)
    return x if isinstance(x, Tensor) else x.copy()


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """The numbers from ``start`` (0 when only one is given) to below ``stop``, by ``step``.

    >>> keras.ops.arange(3)
    array([0, 1, 2], dtype=int32)
    """
    numbers = [start, stop, 1 if step is None else step]
    numbers = [n.item() if isinstance(n, np.ndarray) and n.ndim == 0 else n for n in numbers]
    if dtype is None:
        dtype = result_type(*[getattr(n, "dtype", type(n)) for n in numbers if n is not None])
    start, stop, step = numbers
    if stop is None:
        start, stop = 0, start
    return np.arange(start, stop, step, dtype=numpy_dtype(dtype))


def ramp(start, stop, num, endpoint, dtype, axis, warp=None):
    """``num`` numbers from ``start`` to ``stop`` in equal steps along a new ``axis``."""
    if num < 0:
        raise ValueError(f"`num` must be a non-negative integer. Received: num={num}")
    if dtype is None:
        kinds = [getattr(x, "dtype", type(x)) for x in (start, stop)]
        dtype = result_type(*kinds, float)
    work = numpy_dtype(result_type(standardize_dtype(dtype), float))
    start, stop = (cast_to(x, work) for x in promoted(start, stop))
    count = num - 1 if endpoint else num
    span = emit("subtract", stop, start)
    shares = np.arange(num) / max(count, 1)
    shares = shares.astype(work).reshape((num,) + (1,) * len(span.shape))
    y = emit("add", start, emit("multiply", shares, span))
    if endpoint and num > 1:
        last = spread(expanded(spread(stop, span.shape), 0), (1, *span.shape))
        y = emit("concatenate", part(y, 0, 0, num - 1), last, axis=0)
    if warp is not None:
        y = warp(y)
    y = moved(y, 0, axis)
    return cast_to(y, numpy_dtype(standardize_dtype(dtype))), span, count


@op
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """``num`` numbers from ``start`` to ``stop`` in equal steps.

    Args:
        start, stop: the ends; tensors give one range per element.
        num: how many numbers.
        endpoint: whether ``stop`` is one of them.
        retstep: return ``(numbers, step)``.
        dtype: dtype of the result, by default a float.
        axis: where the numbers lie in the result.

    >>> keras.ops.linspace(0.0, 1.0, 3)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    y, span, count = ramp(start, stop, num, endpoint, dtype, axis)
    if not retstep:
        return y
    return y, emit("divide", span, float(count) if count > 0 else float("nan"))


@op
def logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """``base`` to the powers of ``linspace(start, stop)``.

    >>> keras.ops.logspace(0.0, 2.0, 3)
    array([  1.,  10., 100.], dtype=float32)
    """
    def warp(y):
        return emit("power", operand(base), y)

    return ramp(start, stop, num, endpoint, dtype, axis, warp)[0]


@op
def geomspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """``num`` numbers from ``start`` to ``stop``, each a fixed multiple of the one before.

    >>> keras.ops.geomspace(1.0, 4.0, 3).round(4)
    array([1., 2., 4.], dtype=float32)
    """
    kind = result_type(*[getattr(x, "dtype", type(x)) for x in (start, stop)], float)
    start, stop = (cast_to(tensor(x), kind) for x in promoted(start, stop))
    sign = emit("sign", start)
    first, last = (emit("log", emit("abs", x)) for x in (start, stop))
    y, _, _ = ramp(first, last, num, endpoint, kind, 0, lambda y: emit("exp", y))
    y = moved(emit("multiply", sign, y), 0, axis)
    return y if dtype is None else cast_to(y, numpy_dtype(standardize_dtype(dtype)))


def eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """A matrix of ``N`` rows and ``M`` columns with ones on its ``k``-th diagonal.

    >>> keras.ops.eye(2)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    for name, n in (("N", N), ("M", M)):
        if n is not None and (not hasattr(n, "__index__") or np.asarray(n).dtype.kind not in "iub"):
            raise TypeError(f"Argument `{name}` must be an integer or `None`. Received: {name}={n}")
    return np.eye(int(N), None if M is None else int(M), k=int(k), dtype=chosen(dtype))


def identity(n: Any, dtype: Any = None) -> Any:
    """The square identity matrix.

    >>> keras.ops.identity(2)
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    return np.eye(n, dtype=chosen(dtype))


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """A matrix of ones at and below its ``k``-th diagonal.

    >>> keras.ops.tri(2)
    array([[1., 0.],
           [1., 1.]], dtype=float32)
    """
    return np.tri(N, M, k, chosen(dtype))


def triangle(x, k, lower):
    x = tensor(x)
    if x.ndim < 2:
        raise ValueError(f"A tensor of rank 2 or more is needed. Received: x.shape={x.shape}")
    mask = np.tri(*x.shape[-2:], k if lower else k - 1, bool)
    return emit("where", mask if lower else ~mask, x, np.zeros((), x.dtype))


@op
def tril(x: Any, k: Any = 0) -> Any:
    """``x`` with zeros above its ``k``-th diagonal.

    >>> keras.ops.tril(np.array([[1, 2], [3, 4]]))
    array([[1, 0],
           [3, 4]])
    """
    return triangle(x, k, True)


@op
def triu(x: Any, k: Any = 0) -> Any:
    """``x`` with zeros below its ``k``-th diagonal.

    >>> keras.ops.triu(np.array([[1, 2], [3, 4]]))
    array([[1, 2],
           [0, 4]])
    """
    return triangle(x, k, False)


@op
def diag(x: Any, k: Any = 0) -> Any:
    """A matrix with ``x`` on its ``k``-th diagonal, or that diagonal of the matrix ``x``.

    >>> keras.ops.diag(np.array([1, 2]))
    array([[1, 0],
           [0, 2]])
    """
    x = tensor(x)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ValueError(f"`x` must be 1-D or 2-D. Received: x.shape={x.shape}")
    return diagflat(x, k)


@op
def diagflat(x: Any, k: Any = 0) -> Any:
    """A matrix with the elements of ``x`` on its ``k``-th diagonal.

    >>> keras.ops.diagflat(np.array([1, 2]), 1).shape
    (3, 3)
    """
    x = tensor(x)
    n = int(np.prod(x.shape, dtype=int))
    places = np.arange(n) + np.array([[max(-k, 0)], [max(k, 0)]])
    x = emit("reshape", x, shape=(n,))
    size = n + abs(k)
    return emit("scatter_add_nd", places.T.astype("int32"), x, shape=(size, size))


@op
def diagonal(x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """The ``offset``-th diagonal of the planes of two axes, as the last axis.

    >>> keras.ops.diagonal(np.array([[1, 2], [3, 4]]))
    array([1, 4])
    """
    x = tensor(x)
    if x.ndim < 2:
        raise ValueError(
            "`diagonal` requires an array of at least two dimensions. "
            f"Received: x.shape={x.shape}"
        )
    i, j = axis_of(axis1, x.ndim, "axis1"), axis_of(axis2, x.ndim, "axis2")
    y = moved(x, (i, j), (x.ndim - 2, x.ndim - 1))
    n, m = y.shape[-2:]
    rows = np.arange(max(0, min(n + min(offset, 0), m - max(offset, 0))))
    places = (rows + max(-offset, 0)) * m + rows + max(offset, 0)
    y = emit("reshape", y, shape=(*y.shape[:-2], n * m))
    return emit("take", y, places.astype("int32"), axis=y.ndim - 1)


@op
def trace(x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """The sum of the ``offset``-th diagonal.

    >>> keras.ops.trace(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array(5.)
    """
    from_diagonal = diagonal(x, offset, axis1, axis2)
    if from_diagonal.dtype.kind in "biu" and from_diagonal.dtype.itemsize < 4:
        wide = "uint32" if from_diagonal.dtype.kind == "u" else "int32"
        from_diagonal = cast_to(from_diagonal, wide)
    return emit("sum", from_diagonal, axis=(from_diagonal.ndim - 1,), keepdims=False)


@op
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """The matrix whose columns are powers of the elements of ``x``.

    >>> keras.ops.vander(np.array([2.0, 3.0]), 3)
    array([[4., 2., 1.],
           [9., 3., 1.]])
    """
    x = tensor(x)
    if x.ndim != 1:
        raise ValueError(f"`x` must be one-dimensional. Received: x.shape={x.shape}")
    if N is not None and (not isinstance(N, int) or N < 0):
        kind = TypeError if not isinstance(N, int) else ValueError
        raise kind(f"Argument `N` must be a non-negative integer. Received: N={N}")
    n = x.shape[0] if N is None else N
    powers = np.arange(n) if increasing else np.arange(n)[::-1]
    return emit("power", expanded(x, 1), powers.astype(x.dtype)[None])
