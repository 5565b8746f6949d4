"""CategoryEncoding, and how integers become one-hot, multi-hot and count vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.dtypes import numpy_dtype
from hornlet.base.registry import register
from hornlet.layers.arguments import positive
from hornlet.layers.base import Layer
from hornlet.tensor.keras_tensor import KerasTensor

ENCODED = ("one_hot", "multi_hot", "count")


def encoded(x, output_mode, depth, dtype, count_weights=None, sparse=False):
    """Integers ``x`` as vectors of length ``depth``, by `output_mode`; `"int"` leaves them.

    `"one_hot"` is a vector for each integer, `"multi_hot"` and `"count"` for each row; integers
    out of range count nothing.
    """
    if output_mode == "int":
        return ops.cast(x, dtype)
    if not x.shape:
        x = ops.expand_dims(x, -1)
    if output_mode != "one_hot" and isinstance(x, np.ndarray) and x.ndim <= 2 and not sparse:
        counts = counted(x, depth, count_weights)
        if output_mode == "multi_hot":
            return (counts > 0).astype(numpy_dtype(dtype))
        return counts.astype(numpy_dtype(dtype))
    if output_mode == "multi_hot":
        return ops.multi_hot(x, depth, dtype=dtype, sparse=sparse)
    if output_mode == "one_hot":
        if len(x.shape) > 1 and x.shape[-1] == 1:
            x = ops.squeeze(x, -1)
        return ops.one_hot(x, depth, dtype=dtype, sparse=sparse)
    if count_weights is not None:
        dtype = count_weights.dtype
    hot = ops.one_hot(x, depth, dtype=dtype, sparse=sparse)
    if count_weights is not None:
        hot = hot * ops.expand_dims(count_weights, -1)
    return ops.cast(ops.sum(hot, axis=1 if len(x.shape) > 1 else 0), dtype)


def counted(x, depth, weights=None):
    """How often each integer below ``depth`` occurs in each row, without one-hot vectors."""
    rows = x.reshape(-1, x.shape[-1])
    places = rows + depth * np.arange(len(rows))[:, None]
    inside = (rows >= 0) & (rows < depth)
    if weights is not None:
        weights = np.broadcast_to(weights, x.shape).reshape(rows.shape)[inside]
    counts = np.bincount(places[inside], weights, minlength=depth * len(rows))
    return counts.reshape(*x.shape[:-1], depth)


@register("keras.layers")
class CategoryEncoding(Layer):
    """Encode integers of a known range as vectors of 0 and 1, or of counts.

    Args:
        num_tokens: number of categories; inputs are in ``0 .. num_tokens - 1``.
        output_mode: `"one_hot"`: a vector for each integer, in a new last axis (in place of a
            last axis of size 1). `"multi_hot"`: a vector for each row, with 1 at all integers of
            it. `"count"`: the same with the number of times each integer occurs.
        sparse: must be False; sparse tensors are not supported.

    Call arguments: `inputs`, integers of any shape up to rank 2; `count_weights`, of the same
    shape, what each integer counts in `"count"` mode.
    Output shape: ``(batch, num_tokens)``, for `"one_hot"` ``(batch, ..., num_tokens)``.

    >>> layer = keras.layers.CategoryEncoding(num_tokens=4, output_mode="count")
    >>> layer([[0, 1], [3, 3]])
    array([[1., 1., 0., 0.],
           [0., 0., 0., 2.]], dtype=float32)
    """

    _config_exclude = ("sparse",)

    def __init__(
        self,
        num_tokens: Any = None,
        output_mode: Any = "multi_hot",
        sparse: bool | None = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if output_mode == "binary":
            output_mode = "multi_hot"
        if output_mode not in ENCODED:
            raise ValueError(
                f"Argument `output_mode` must be one of {ENCODED}. Received: "
                f"output_mode={output_mode!r}"
            )
        if num_tokens is None:
            raise ValueError(
                "Argument `num_tokens` must be set. Where the number of categories is not known "
                "ahead, `IntegerLookup` learns it from data."
            )
        self.num_tokens = positive("num_tokens", num_tokens)
        self.output_mode = output_mode
        self.sparse = sparse
        self._allow_non_tensor_positional_args = True
        self._convert_input_args = False

    def compute_output_shape(self, input_shape: Any) -> Any:
        input_shape = tuple(input_shape)
        if self.output_mode == "one_hot" and (len(input_shape) == 1 or input_shape[-1:] != (1,)):
            return (*input_shape, self.num_tokens)
        return (*input_shape[:-1], self.num_tokens)

    def compute_output_spec(self, inputs: Any, count_weights: Any = None) -> Any:
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None:
            if self.output_mode != "count":
                raise ValueError(
                    "Argument `count_weights` is of use with output_mode='count' only. Received: "
                    f"count_weights={count_weights} with output_mode={self.output_mode!r}"
                )
            count_weights = ops.convert_to_tensor(count_weights, dtype=self.compute_dtype)
        return encoded(
            ops.convert_to_tensor(inputs), self.output_mode, self.num_tokens, self.dtype,
            count_weights, self.sparse,
        )  # fmt: skip
