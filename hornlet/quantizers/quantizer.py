"""Quantizer and AbsMaxQuantizer: floats as small integers, with the scales to get them back."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.configurable import Configurable
from hornlet.base.registry import register


@register("keras.quantizers", aliases=["keras.Quantizer"])
class Quantizer(Configurable):
    """Base of the quantizers: called on a tensor, they return it in a smaller dtype.

    Args:
        output_dtype: dtype of the result.

    >>> class Halves(keras.quantizers.Quantizer):
    ...     def __call__(self, x):
    ...         return keras.ops.cast(x * 2, self.output_dtype)
    >>> Halves()(np.array([0.5, 1.5]))
    array([1, 3], dtype=int8)
    """

    def __init__(self, output_dtype: str = "int8"):
        self.output_dtype = output_dtype

    def __call__(self, x: Any) -> Any:
        return x

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} must define `get_config()`.")


def abs_max_quantize(
    inputs: Any,
    axis: Any,
    value_range: tuple = (-127, 127),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple:
    """Scale so that the largest magnitude along `axis` is the range's end, and round.

    ``scale = value_range[1] / (max(|x|) + epsilon)``, ``y = clip(round(x * scale))``.

    Args:
        inputs: tensor of floats.
        axis: axis or axes that share a scale.
        value_range: lowest and highest integer.
        dtype: dtype of the integers.
        epsilon: keeps the scale of zeros finite.
        to_numpy: accepted as in Keras; arrays are computed on at once anyway.

    Returns:
        The integers and the scales, whose `axis` has size 1.

    >>> keras.quantizers.abs_max_quantize(np.array([0.5, -1.0], "float32"), axis=-1)[0]
    array([  63, -127], dtype=int8)
    """
    x = ops.convert_to_tensor(inputs)
    axis = tuple(axis) if isinstance(axis, list) else axis
    largest = ops.max(ops.abs(x), axis=axis, keepdims=True)
    scale = ops.cast(ops.divide(value_range[1], ops.add(largest, epsilon)), x.dtype)
    y = ops.clip(ops.round(ops.multiply(x, scale)), *value_range)
    return ops.cast(y, dtype), scale


def abs_max_quantize_grouped_with_zero_point(
    inputs: Any,
    block_size: int,
    value_range: tuple = (-8, 7),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple:
    """Quantize blocks of rows, each with a scale and a zero point for every column.

    ``scale = (max - min + epsilon) / (high - low)``, ``zero = round(-min / scale) + low``,
    ``y = clip(round(x / scale) + zero)``.

    Args:
        inputs: matrix of floats, ``(rows, columns)``.
        block_size: number of rows in a block.
        value_range: lowest and highest integer.
        dtype: dtype of the integers.
        epsilon: keeps the scale of constant blocks finite.
        to_numpy: accepted as in Keras; arrays are computed on at once anyway.

    Returns:
        The integers, and scales and zero points of shape ``(blocks, columns)``.

    >>> x = np.array([[0.0], [1.5], [-1.0], [0.5]], "float32")
    >>> y, scale, zero = keras.quantizers.abs_max_quantize_grouped_with_zero_point(x, 2)
    >>> y.ravel(), zero.ravel()
    (array([-8,  7, -8,  7], dtype=int8), array([-8,  2], dtype=int8))
    """
    x = ops.convert_to_tensor(inputs)
    rows, columns = x.shape
    low, high = value_range
    blocks = -(-rows // block_size)
    padded = ops.pad(x, ((0, blocks * block_size - rows), (0, 0)))
    padded = ops.reshape(padded, (blocks, block_size, columns))
    smallest, largest = (f(padded, axis=1, keepdims=True) for f in (ops.min, ops.max))
    scale = (largest - smallest + epsilon) / (high - low)
    zero = ops.clip(ops.round(-smallest / scale) + low, low, high)
    y = ops.clip(ops.round(padded / scale) + zero, low, high)
    y = ops.reshape(ops.cast(y, dtype), (blocks * block_size, columns))[:rows]
    return y, ops.cast(scale[:, 0], x.dtype), ops.cast(zero[:, 0], "int8")


@register("keras.quantizers")
class AbsMaxQuantizer(Quantizer):
    """Scale so that the largest magnitude is the range's end, and round; see `abs_max_quantize`.

    Args:
        axis: axis or axes that share a scale; a call may name others; -1 by default.
        value_range: lowest and highest integer.
        epsilon: keeps the scale of zeros finite.
        output_dtype: dtype of the integers.

    >>> y, scale = keras.quantizers.AbsMaxQuantizer(axis=0)(np.array([[1.0], [-4.0]], "float32"))
    >>> y.ravel(), scale
    (array([  32, -127], dtype=int8), array([[31.75]], dtype=float32))
    """

    def __init__(
        self,
        axis: Any = None,
        value_range: tuple = (-127, 127),
        epsilon: float = 1e-7,
        output_dtype: str = "int8",
    ):
        super().__init__(output_dtype=output_dtype)
        self.axis = (axis,) if isinstance(axis, int) else None if axis is None else tuple(axis)
        self.value_range = value_range
        self.epsilon = epsilon
        if output_dtype == "int8" and (value_range[0] < -128 or value_range[1] > 127):
            raise ValueError(
                "Argument `value_range` must be within [-128, 127] for output_dtype='int8'. "
                f"Received: value_range={value_range}"
            )

    def __call__(self, x: Any, axis: Any = None, to_numpy: bool = False) -> tuple:
        axis = self.axis if axis is None else axis
        return abs_max_quantize(
            x, -1 if axis is None else axis, self.value_range, self.output_dtype, self.epsilon,
            to_numpy,
        )  # fmt: skip

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config: dict[str, Any] = {
            "value_range": self.value_range,
            "epsilon": self.epsilon,
            "output_dtype": self.output_dtype,
        }
        if self.axis is not None:
            config["axis"] = self.axis
        return config
