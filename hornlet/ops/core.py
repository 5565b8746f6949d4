"""Conversion, inspection, slicing and scattering of tensors; control flow is in control.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.engine.emit import emit
from hornlet.engine.front import register_function
from hornlet.engine.ref import Ref
from hornlet.engine.spec import SizeError
from hornlet.engine.tensor import Tensor
from hornlet.ops.arguments import axis_of, cast_to, dtype_name, integer, shape_tuple, tensor
from hornlet.ops.function import op
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.operation import symbolic_call


@op
def cast(x: Any, dtype: Any) -> Any:
    """The tensor ``x`` in another dtype.

    >>> keras.ops.cast([1.7, 0.0], "int32")
    array([1, 0], dtype=int32)
    """
    return cast_to(tensor(x), numpy_dtype(standardize_dtype(dtype)))


register_function("cast", cast)


@op
def saturate_cast(x: Any, dtype: Any) -> Any:
    """``x`` in another dtype, values outside the dtype's range moved to its ends.

    >>> keras.ops.saturate_cast([-3.0, 300.0], "uint8")
    array([  0, 255], dtype=uint8)
    """
    x, target = tensor(x), numpy_dtype(standardize_dtype(dtype))
    if target.kind == "b":
        return cast_to(x, target)
    low, high = limits(target)
    if x.dtype.kind in "iub":
        own_low, own_high = limits(x.dtype) if x.dtype.kind != "b" else (0, 1)
        low, high = max(low, own_low), min(high, own_high)
        if x.dtype.kind == "b":
            return cast_to(x, target)
    else:
        top = float(np.finfo(x.dtype).max) if x.dtype.kind == "f" else None
        if top is not None:
            low, high = max(low, -top), min(high, top)
            if target.kind in "iu" and int(x.dtype.type(high)) > limits(target)[1]:
                high = float(np.nextafter(x.dtype.type(high), x.dtype.type(0)))
    bound = np.asarray(low, x.dtype), np.asarray(high, x.dtype)
    return cast_to(emit("minimum", emit("maximum", x, bound[0]), bound[1]), target)


def limits(dtype):
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return int(info.min), int(info.max)
    if dtype.kind == "f":
        top = float(np.finfo(dtype).max)
    else:
        top = 3.3895313892515355e38  # bfloat16
    return -top, top


def convert_to_tensor(
    x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None
) -> Any:
    """``x`` (a number, list, array or variable) as a tensor, which is a NumPy array.

    Args:
        x: what to convert.
        dtype: dtype of the result; by default arrays keep theirs, Python floats become
            ``keras.config.floatx()`` and Python integers ``int32``.
        sparse, ragged: must be false; sparse and ragged tensors are not supported.

    >>> keras.ops.convert_to_tensor([1, 2.5])
    array([1. , 2.5], dtype=float32)
    """
    if sparse or ragged:
        kind = "sparse" if sparse else "ragged"
        raise ValueError(f"`{kind}=True` is not supported; pass a dense array.")
    if isinstance(x, KerasTensor):
        return symbolic_call(convert_to_tensor, (x,), {} if dtype is None else {"dtype": dtype})
    if dtype is not None:
        target = numpy_dtype(standardize_dtype(dtype))
        if isinstance(x, (int, float, bool, complex)):
            return np.asarray(x, target)
        value = cast_to(tensor(x), target)
    else:
        value = tensor(x)
    if isinstance(x, Ref) and isinstance(value, np.ndarray):
        return value.copy()
    return value


register_function("convert_to_tensor", convert_to_tensor)


def convert_to_numpy(x: Any) -> Any:
    """``x`` as a NumPy array of its own.

    >>> keras.ops.convert_to_numpy([[1.0, 2.0]]).shape
    (1, 2)
    """
    if isinstance(x, KerasTensor):
        raise ValueError(
            f"A symbolic tensor has no values to convert to NumPy. Received: {x}"
        )
    x = tensor(x)
    if isinstance(x, Tensor):
        return np.asarray(x)
    return np.array(x)


def is_tensor(x: Any) -> bool:
    """True if ``x`` is an array, a traced tensor or a KerasTensor (a list or a number is not).

    >>> keras.ops.is_tensor(np.zeros(2)), keras.ops.is_tensor([0.0])
    (True, False)
    """
    return isinstance(x, (np.ndarray, np.generic, Tensor, KerasTensor))


def shape(x: Any) -> Any:
    """The shape of ``x`` as a tuple; unknown dimensions of a KerasTensor are None.

    >>> keras.ops.shape(np.zeros((2, 3)))
    (2, 3)
    """
    if not hasattr(x, "shape"):
        x = tensor(x)
    return tuple(x.shape)


def dtype(x: Any) -> Any:
    """The dtype of ``x`` as a string.

    >>> keras.ops.dtype(np.zeros(2, "int8"))
    'int8'
    """
    return dtype_name(x) if hasattr(x, "dtype") else dtype_name(tensor(x))


@op
def stop_gradient(variable: Any) -> Any:
    """``variable`` unchanged, through which no gradient flows.

    >>> keras.ops.stop_gradient(np.ones(2))
    array([1., 1.])
    """
    return emit("stop_gradient", tensor(variable, "variable"))


@op
def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    """The block of ``shape`` that begins at ``start_indices`` (which may be traced).

    A start that would carry the block over the edge is moved back inside. A size of -1 takes
    the rest of the axis.

    >>> keras.ops.slice(np.arange(6), (2,), (3,))
    array([2, 3, 4])
    """
    x = tensor(inputs, "inputs")
    if len(shape) != x.ndim:
        raise ValueError(
            f"Argument `shape` must have one size per axis of `inputs` (shape {x.shape}). "
            f"Received: shape={shape}"
        )
    start = tensor(start_indices, "start_indices")
    if start.shape != (x.ndim,):
        raise ValueError(
            f"Argument `start_indices` must have one position per axis of `inputs` (shape "
            f"{x.shape}). Received: start_indices of shape {start.shape}"
        )
    if isinstance(start, Tensor):
        return emit("dynamic_slice", x, cast_to(start, np.dtype("int32")),
                    shape=shape_tuple(shape))
    sizes = [n - int(s) if k == -1 else int(k) for k, s, n in zip(shape, start, x.shape)]
    for k, n in zip(sizes, x.shape):
        if k > n:
            raise ValueError(
                f"Argument `shape`={tuple(shape)} is larger than `inputs` of shape {x.shape}."
            )
    start = [min(max(int(s), 0), n - k) for s, k, n in zip(start, sizes, x.shape)]
    return emit("slice", x, index=tuple((s, s + k, 1) for s, k in zip(start, sizes)))


@op
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """``inputs`` with the block that begins at ``start_indices`` replaced by ``updates``.

    >>> keras.ops.slice_update(np.zeros(4), (1,), np.ones(2))
    array([0., 1., 1., 0.])
    """
    x = tensor(inputs, "inputs")
    updates = cast_to(tensor(updates, "updates"), x.dtype)
    start = tensor(start_indices, "start_indices")
    if isinstance(start, Tensor):
        return emit("dynamic_update_slice", x, updates, cast_to(start, np.dtype("int32")))
    if updates.ndim != x.ndim or any(k > n for k, n in zip(updates.shape, x.shape)):
        raise ValueError(
            f"Argument `updates` of shape {updates.shape} does not fit into `inputs` of shape "
            f"{x.shape}."
        )
    start = [min(max(int(s), 0), n - k) for s, k, n in zip(start, updates.shape, x.shape)]
    index = tuple((s, s + k, 1) for s, k in zip(start, updates.shape))
    return emit("update_slice", x, updates, index=index)


@op
def scatter(indices: Any, values: Any, shape: Any) -> Any:
    """Zeros of ``shape`` with ``values`` added at ``indices`` (the last axis is a position).

    >>> keras.ops.scatter([[0], [2], [2]], [1.0, 2.0, 3.0], (4,))
    array([1., 0., 5., 0.], dtype=float32)
    """
    indices, values = integer(indices, "indices"), tensor(values, "values")
    return emit("scatter_add_nd", indices, values, shape=shape_tuple(shape))


@op
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """``inputs`` with ``updates`` written (or combined by ``reduction``) at ``indices``.

    Args:
        inputs: the tensor to start from.
        indices: integers of shape (n, k), k at most the rank of ``inputs``.
        updates: shape (n, *inputs.shape[k:]).
        reduction: None (replace; the last of equal positions wins), "add", "mul", "max", "min".

    >>> keras.ops.scatter_update(np.zeros(3), [[1]], np.array([5.0]))
    array([0., 5., 0.])
    """
    x, indices = tensor(inputs, "inputs"), integer(indices, "indices")
    updates = cast_to(tensor(updates, "updates"), x.dtype)
    if reduction is None:
        return emit("scatter_update_nd", x, indices, updates)
    if reduction == "add":
        return emit("add", x, emit("scatter_add_nd", indices, updates, shape=x.shape))
    rules = {"mul": "multiply", "max": "maximum", "min": "minimum"}
    if reduction not in rules:
        raise ValueError(
            "Argument `reduction` must be None, 'add', 'mul', 'max' or 'min'. "
            f"Received: reduction={reduction!r}"
        )
    for row in range(indices.shape[0]):
        at = emit("slice", indices, index=((row, row + 1, 1), (0, indices.shape[1], 1)))
        new = emit("slice", updates, index=((row, row + 1, 1),
                                            *((0, n, 1) for n in updates.shape[1:])))
        new = emit(rules[reduction], emit("gather_nd", x, at), new)
        x = emit("scatter_update_nd", x, at, new)
    return x


@op
def unstack(x: Any, num: int | None = None, axis: int = 0) -> Any:
    """The slices of ``x`` along ``axis``, as a list.

    >>> keras.ops.unstack(np.array([[1, 2], [3, 4]]))
    [array([1, 2]), array([3, 4])]
    """
    x = tensor(x)
    axis = axis_of(axis, x.ndim)
    if num is not None and num != x.shape[axis]:
        raise SizeError(
            f"Argument `num`={num} differs from the {x.shape[axis]} slices of `x`.",
            (x.shape[axis], num),
        )
    rest = x.shape[:axis] + x.shape[axis + 1:]
    whole = tuple((0, n, 1) for n in x.shape)
    parts = []
    for i in range(x.shape[axis]):
        index = (*whole[:axis], (i, i + 1, 1), *whole[axis + 1:])
        parts.append(emit("reshape", emit("slice", x, index=index), shape=rest))
    return parts
