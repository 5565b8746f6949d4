"""Labels as vectors (`one_hot`, `multi_hot`) and blocks of space as channels."""

from __future__ import annotations

from typing import Any

from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.engine.emit import emit
from hornlet.ops.arguments import axis_of, cast_to, integer, tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import moved


def no_sparse(sparse):
    if sparse:
        raise ValueError("Unsupported value `sparse=True`; sparse tensors are not supported.")


@op
def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool | None = False
) -> Any:
    """1 at the place each integer names, 0 elsewhere, along a new axis.

    Args:
        x: integers; those outside ``0 .. num_classes - 1`` give only zeros.
        num_classes: size of the new axis.
        axis: where the new axis goes.
        dtype: dtype of the result, floatx by default.
        sparse: must be false.

    >>> keras.ops.one_hot(np.array([1, 0]), 2)
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """
    no_sparse(sparse)
    x = tensor(x)
    axis = axis_of(axis, x.ndim + 1)
    hot = emit(
        "one_hot", cast_to(x, "int32"), n=int(num_classes),
        dtype=numpy_dtype(standardize_dtype(dtype)),
    )
    return moved(hot, x.ndim, axis)


@op
def multi_hot(
    inputs: Any,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool | None = False,
    **kwargs: Any,
) -> Any:
    """1 at every place named by the integers of a row, 0 elsewhere.

    >>> keras.ops.multi_hot(np.array([0, 2]), 4)
    array([1., 0., 1., 0.], dtype=float32)
    """
    num_classes = kwargs.pop("num_tokens", num_classes)
    if kwargs:
        raise TypeError(f"`multi_hot` does not know the argument `{next(iter(kwargs))}`.")
    if num_classes is None:
        raise ValueError("Argument `num_classes` must be specified.")
    no_sparse(sparse)
    x = integer(inputs, "inputs")
    hot = one_hot(x, num_classes, axis, dtype)
    return emit("max", hot, axis=(1 if x.ndim > 1 else 0,), keepdims=False)


def block_axes(x, block_size, data_format):
    if x.ndim != 4:
        raise ValueError(f"A tensor of rank 4 is needed. Received: x.shape={x.shape}")
    if block_size < 2:
        raise ValueError(f"Argument `block_size` must be at least 2. Received: {block_size}")
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            "Argument `data_format` must be 'channels_last' or 'channels_first'. "
            f"Received: {data_format!r}"
        )
    return data_format == "channels_last"


@op
def depth_to_space(x: Any, block_size: Any, data_format: str | None = "channels_last") -> Any:
    """Channels laid out as blocks of ``block_size`` by ``block_size`` pixels.

    >>> keras.ops.depth_to_space(np.zeros((1, 2, 2, 4)), 2).shape
    (1, 4, 4, 1)
    """
    x, b = tensor(x), block_size
    last = block_axes(x, b, data_format)
    n, h, w, c = x.shape if last else (x.shape[0], *x.shape[2:], x.shape[1])
    if c % (b * b):
        raise ValueError(f"The {c} channels must be a multiple of block_size**2={b * b}.")
    depth = c // (b * b)
    if last:
        y = emit("reshape", x, shape=(n, h, w, b, b, depth))
        y = emit("transpose", y, axes=(0, 1, 3, 2, 4, 5))
        return emit("reshape", y, shape=(n, h * b, w * b, depth))
    y = emit("reshape", x, shape=(n, depth, b, b, h, w))
    y = emit("transpose", y, axes=(0, 1, 4, 2, 5, 3))
    return emit("reshape", y, shape=(n, depth, h * b, w * b))


@op
def space_to_depth(x: Any, block_size: Any, data_format: str | None = "channels_last") -> Any:
    """Blocks of ``block_size`` by ``block_size`` pixels laid out as channels.

    >>> keras.ops.space_to_depth(np.zeros((1, 4, 4, 1)), 2).shape
    (1, 2, 2, 4)
    """
    x, b = tensor(x), block_size
    last = block_axes(x, b, data_format)
    n, h, w, c = x.shape if last else (x.shape[0], *x.shape[2:], x.shape[1])
    if h % b or w % b:
        raise ValueError(f"Height {h} and width {w} must be multiples of block_size={b}.")
    if last:
        y = emit("reshape", x, shape=(n, h // b, b, w // b, b, c))
        y = emit("transpose", y, axes=(0, 1, 3, 2, 4, 5))
        return emit("reshape", y, shape=(n, h // b, w // b, c * b * b))
    y = emit("reshape", x, shape=(n, c, h // b, b, w // b, b))
    y = emit("transpose", y, axes=(0, 1, 3, 5, 2, 4))
    return emit("reshape", y, shape=(n, c * b * b, h // b, w // b))
