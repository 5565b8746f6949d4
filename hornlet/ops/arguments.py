"""How ops read their arguments: tensors, dtypes, axes, and the errors for those that do not fit."""

from __future__ import annotations

import numpy as np

from hornlet.base.config import floatx
from hornlet.base.dtypes import REFUSED, numpy_dtype, result_type, standardize_dtype
from hornlet.engine.emit import emit
from hornlet.engine.ref import Ref
from hornlet.engine.state import STATE
from hornlet.engine.tensor import Tensor

SCALARS = (int, float, bool)


def read(ref):
    """The value of a variable: its ``value`` (which follows the autocast scope) or its storage."""
    return ref.value if hasattr(ref, "value") else ref.read()


def tensor(x, name="x"):
    """``x`` as an array or a traced Tensor; Python numbers take Keras's default dtypes."""
    kind = type(x)
    if kind is Tensor:
        return x
    if kind is np.ndarray:
        if x.dtype.kind in REFUSED:
            raise ValueError(refusal(x.dtype, name))
        trace = STATE.trace  # an array that a tape watches is the Tensor that stands for it
        return x if trace is None or not trace.watched else trace.watched.get(id(x), x)
    if isinstance(x, Ref):
        return read(x)
    if isinstance(x, (np.ndarray, np.generic)):
        if isinstance(x, np.ma.MaskedArray):
            raise ValueError(
                f"Argument `{name}` must be a plain array: a masked array's mask would be lost. "
                f"Received: a masked array of shape {x.shape}. Fill its gaps first, "
                "e.g. with `x.filled(0)`."
            )
        x = np.asarray(x)
        if x.dtype.kind in REFUSED:
            raise ValueError(refusal(x.dtype, name))
        return x
    if isinstance(x, Tensor):
        return x
    if isinstance(x, (list, tuple)) and any(is_live(item) for item in leaves(x)):
        items = [tensor(item, name) for item in x]
        dtype = numpy_dtype(result_type(*[getattr(i, "dtype", type(i)) for i in leaves(x)]))
        parts = [emit("reshape", cast_to(i, dtype), shape=(1, *i.shape)) for i in items]
        return emit("concatenate", *parts, axis=0)
    return from_python(x, name)


def operand(x, name="x"):
    """Like ``tensor``, but a Python number stays one, so that it promotes weakly."""
    return x if type(x) in SCALARS else tensor(x, name)


def from_python(x, name="x"):
    """A list, tuple, number or array-like object as an array of Keras's dtype for it."""
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"Argument `{name}` cannot be made a tensor: its rows differ in length or hold "
            f"different things ({error}). Received: {name}={x!r}"
        ) from None
    if array.dtype.kind in REFUSED:
        raise ValueError(refusal(array.dtype, name, x))
    if isinstance(x, (list, tuple, *SCALARS, complex)):
        dtypes = {getattr(item, "dtype", type(item)) for item in leaves(x)}
        if dtypes:
            return array.astype(numpy_dtype(result_type(*dtypes)), copy=False)
        return array.astype(numpy_dtype(floatx()), copy=False)
    return array


def refusal(dtype, name, x=None):
    received = f"dtype {dtype}" if x is None else f"{name}={x!r} (dtype {dtype})"
    return (
        f"Argument `{name}` must hold numbers or booleans; received {received}. "
        "Convert it first, e.g. with `np.asarray(values, dtype='float32')`."
    )


def leaves(x):
    if isinstance(x, (list, tuple)):
        for item in x:
            yield from leaves(item)
    else:
        yield x


def is_live(x):
    return isinstance(x, (Tensor, Ref))


def dtype_name(x):
    """Keras's name of the dtype of a tensor, a variable or a Python number."""
    return standardize_dtype(x.dtype if hasattr(x, "dtype") else type(x))


def cast_to(x, dtype):
    """``x`` (a tensor) in ``dtype`` (a name or np.dtype); itself when it already is."""
    if type(dtype) is str:
        dtype = numpy_dtype(dtype)
    return x if x.dtype == dtype else emit("cast", x, dtype=dtype)


def wide(x):
    """``x`` in at least float32, and the dtype to return to."""
    x = tensor(x)
    return cast_to(x, numpy_dtype(result_type(x.dtype, "float32"))), x.dtype


def promoted(*xs):
    """The operands as tensors of their common dtype."""
    xs = [operand(x) for x in xs]
    dtype = numpy_dtype(result_type(*[getattr(x, "dtype", type(x)) for x in xs]))
    return [cast_to(tensor(x), dtype) for x in xs]


def floating(x, name="x"):
    """``x`` as a tensor of a floating dtype; integers and booleans become floatx."""
    x = tensor(x, name)
    return cast_to(x, floatx()) if x.dtype.kind in "biu" else x


def axis_of(axis, ndim, name="axis"):
    """``axis`` counted from the front; ValueError when it is outside the tensor's rank."""
    try:
        i = axis.__index__()
    except AttributeError:
        raise ValueError(f"Argument `{name}` must be an integer. Received: {axis!r}") from None
    if not -ndim <= i < ndim:
        raise ValueError(
            f"Argument `{name}`={axis} is out of bounds for a tensor of rank {ndim}; "
            f"it must be in [{-ndim}, {ndim})."
        )
    return i + ndim if i < 0 else i


def axes_of(axis, ndim, name="axis"):
    """``axis`` (None, an integer or several) as a sorted tuple of distinct axes from the front."""
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, (list, tuple)):
        return (axis_of(axis, ndim, name),)
    axes = tuple(sorted(axis_of(a, ndim, name) for a in axis))
    if len(set(axes)) != len(axes):
        raise ValueError(f"Argument `{name}` names an axis twice. Received: {name}={axis}")
    return axes


def size_of(shape):
    n = 1
    for dim in shape:
        n *= dim
    return n


def shape_tuple(shape, name="shape"):
    """A shape argument (an integer or several) as a tuple of Python integers."""
    if hasattr(shape, "__index__") and not isinstance(shape, (list, tuple)):
        return (shape.__index__(),)
    try:
        return tuple(dim.__index__() for dim in shape)
    except (AttributeError, TypeError):
        raise ValueError(
            f"Argument `{name}` must be an integer or a tuple of integers. Received: {shape!r}"
        ) from None


def integer(x, name):
    """``x`` as a tensor of an integer dtype, for indices."""
    x = tensor(x, name)
    if x.dtype.kind not in "iub":
        raise ValueError(f"Argument `{name}` must hold integers. Received dtype: {x.dtype}")
    return x


def matrices(x, name="x"):
    """``x`` as floating matrices in the last two axes."""
    x = floating(x, name)
    if x.ndim < 2:
        raise ValueError(
            f"Argument `{name}` must have a rank of at least 2. Received: {name}.shape={x.shape}"
        )
    return x


def square_matrices(x, name="x"):
    """``x`` as floating square matrices."""
    x = matrices(x, name)
    if x.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"Argument `{name}` must hold square matrices. Received: {name}.shape={x.shape}"
        )
    return x
