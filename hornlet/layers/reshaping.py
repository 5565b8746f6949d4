"""Layers that rearrange their input: Reshape, Flatten, Permute, RepeatVector."""

from __future__ import annotations

from math import prod
from typing import Any

import hornlet.ops as ops
from hornlet.base.config import standardize_data_format
from hornlet.base.registry import register
from hornlet.layers.arguments import positive_integer
from hornlet.layers.base import Layer
from hornlet.layers.spec import InputSpec


@register("keras.layers")
class Reshape(Layer):
    """Give each sample another shape.

    Args:
        target_shape: the shape without the batch; one entry may be -1 and is computed.

    Raises:
        ValueError: when the number of elements differs.

    >>> keras.layers.Reshape((2, -1))(np.ones((5, 6))).shape
    (5, 2, 3)
    """

    def __init__(self, target_shape: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)
        if self.target_shape.count(-1) > 1 or any(
            not hasattr(n, "__index__") or n < -1 for n in self.target_shape
        ):
            raise ValueError(
                "Argument `target_shape` must hold integers, at most one of them -1. "
                f"Received: target_shape={target_shape}"
            )

    def resolved(self, shape: Any) -> Any:
        """The target shape for samples of ``shape``, -1 computed if the sizes are known."""
        known = prod(n for n in self.target_shape if n != -1)
        if None in shape:
            return tuple(None if n == -1 else n for n in self.target_shape)
        size = prod(shape)
        if size != known if -1 not in self.target_shape else (not known or size % known):
            raise ValueError(
                "The total size of the tensor must be unchanged. Received: input shape "
                f"{tuple(shape)} without the batch, target_shape={self.target_shape}"
            )
        return tuple(size // known if n == -1 else n for n in self.target_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], *self.resolved(tuple(input_shape[1:])))

    def call(self, inputs: Any) -> Any:
        shape = tuple(inputs.shape)
        return ops.reshape(inputs, (shape[0], *self.resolved(shape[1:])))


@register("keras.layers")
class Flatten(Layer):
    """Make each sample a vector: ``(batch, ...)`` becomes ``(batch, n)``.

    Args:
        data_format: with `"channels_first"` the channels are moved to the end first, so that
            both formats give the same vector.

    >>> keras.layers.Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        rest = tuple(input_shape[1:])
        return (input_shape[0], None if None in rest else prod(rest))

    def call(self, inputs: Any) -> Any:
        shape = tuple(inputs.shape)
        if self.data_format == "channels_first" and len(shape) > 2:
            inputs = ops.transpose(inputs, (0, *range(2, len(shape)), 1))
        return ops.reshape(inputs, (shape[0], prod(shape[1:])))


@register("keras.layers")
class Permute(Layer):
    """Reorder the axes of each sample.

    Args:
        dims: the axes in their new order, counted from 1 (0 is the batch and stays).

    >>> keras.layers.Permute((2, 1))(np.ones((5, 3, 4))).shape
    (5, 4, 3)
    """

    def __init__(self, dims: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                "Argument `dims` must name each axis from 1 on once, as in (2, 1). "
                f"Received: dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, (0, *self.dims))


@register("keras.layers")
class RepeatVector(Layer):
    """Repeat a vector along a new axis of time: ``(batch, k)`` becomes ``(batch, n, k)``.

    Args:
        n: how many times.

    >>> keras.layers.RepeatVector(3)(np.ones((2, 4))).shape
    (2, 3, 4)
    """

    def __init__(self, n: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.n = positive_integer("n", n)
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        batch, k = inputs.shape
        return ops.broadcast_to(ops.reshape(inputs, (batch, 1, k)), (batch, self.n, k))
