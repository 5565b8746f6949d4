"""Training with the errors of quantization: fake quantization, and float8 with its scales."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.dtypes import numpy_dtype
from hornlet.ops.function import op


@op
def fake_quant_with_min_max_vars(
    inputs: Any,
    min_vals: Any,
    max_vals: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Any:
    """Floats rounded to what integers of `num_bits` bits between two limits could say.

    The limits are moved so that zero is among the values. The gradient passes where the input is
    between the limits; where it is not, it goes to the limit.

    Args:
        inputs: tensor of floats.
        min_vals, max_vals: the limits, numbers or one for each place along `axis`.
        num_bits: number of bits.
        narrow_range: whether the lowest integer is left out.
        axis: axis of the limits; None for one pair of them.

    >>> x = np.array([-2.0, 0.1, 0.26], "float32")
    >>> keras.quantizers.fake_quant_with_min_max_vars(x, -1.0, 0.75, num_bits=3)
    array([-1.  ,  0.  ,  0.25], dtype=float32)
    """
    inputs = ops.convert_to_tensor(inputs)
    limits = [ops.convert_to_tensor(v, dtype="float32") for v in (min_vals, max_vals)]
    lowest, highest = int(narrow_range), 2 ** int(num_bits) - 1
    kept = None if axis is None else axis % len(inputs.shape)

    def spread(v: Any) -> Any:
        shape = [1] * len(inputs.shape)
        if kept is not None:
            shape[kept] = -1
        return ops.reshape(v, shape)

    def quantized(x: Any, smallest: Any, largest: Any) -> tuple:
        low, high = spread(smallest), spread(largest)
        scale = (high - low) / (highest - lowest)
        zero = ops.round(ops.clip(lowest - low / scale, lowest, highest))
        low, high = (lowest - zero) * scale, (highest - zero) * scale
        offset = ops.floor(-low / scale + 0.5)
        steps = (ops.clip(ops.cast(x, low.dtype), low, high) - low) / scale
        y = ops.cast(ops.floor(steps - offset + 0.5) * scale, x.dtype)

        def gradient(*args: Any, upstream: Any = None) -> tuple:
            dy = args[0] if upstream is None else upstream

            def total(where: Any, limit: Any) -> Any:
                one = limit.size == 1  # for all places along the axis
                axes = tuple(i for i in range(len(x.shape)) if one or i != kept)
                return ops.reshape(ops.sum(ops.where(where, dy, 0.0), axis=axes), limit.shape)

            inside = ops.logical_and(ops.greater_equal(x, low), ops.less_equal(x, high))
            below, above = ops.less_equal(x, low), ops.greater_equal(x, high)
            return ops.where(inside, dy, 0.0), total(below, smallest), total(above, largest)

        return y, gradient

    return ops.custom_gradient(quantized)(inputs, *limits)


def compute_float8_scale(amax: Any, scale: Any, dtype_max: Any, margin: int = 0) -> Any:
    """The scale under which the largest magnitude is the largest float8, and some room.

    Args:
        amax: the largest magnitude lately seen; 0 or infinite ones leave the scale.
        scale: the scale before.
        dtype_max: the largest number of the dtype.
        margin: room, in powers of two.

    >>> keras.quantizers.compute_float8_scale(np.float32(896), np.float32(1), 448.0)
    array(2., dtype=float32)
    """
    amax, before = ops.convert_to_tensor(amax), ops.reciprocal(scale)
    usable = ops.logical_and(ops.greater(amax, 0.0), ops.isfinite(amax))
    factor = ops.divide(ops.divide(dtype_max, ops.where(usable, amax, 1.0)), 2**margin)
    return ops.reciprocal(ops.where(usable, factor, before))


def compute_float8_amax_history(x: Any, amax_history: Any) -> Any:
    """The history of largest magnitudes, the oldest replaced by that of ``x`` in front.

    >>> keras.quantizers.compute_float8_amax_history(np.array([-3.0]), np.array([0.0, 1.0, 2.0]))
    array([3., 2., 0.])
    """
    amax_history = ops.convert_to_tensor(amax_history)
    newest = ops.cast(ops.max(ops.abs(x)), amax_history.dtype)
    rolled = ops.roll(amax_history, shift=-1)
    return ops.concatenate([ops.reshape(newest, (1,)), rolled[1:]])


def quantize_and_dequantize(
    inputs: Any, scale: Any, quantized_dtype: Any, compute_dtype: Any
) -> Any:
    """Floats as they come back from a smaller dtype: ``scale * cast(clip(x / scale))``.

    Args:
        inputs: tensor of floats.
        scale: one number.
        quantized_dtype: `"float8_e4m3fn"` or `"float8_e5m2"`.
        compute_dtype: dtype of the result.

    >>> x = np.array([1.1, 500.0], "float32")
    >>> keras.quantizers.quantize_and_dequantize(x, 1.0, "float8_e4m3fn", "float32")
    array([  1.125, 448.   ], dtype=float32)
    """
    import ml_dtypes

    largest = float(ml_dtypes.finfo(numpy_dtype(quantized_dtype)).max)
    scale = ops.cast(np.asarray(scale) if isinstance(scale, (int, float)) else scale, compute_dtype)
    x = ops.clip(ops.divide(ops.cast(inputs, compute_dtype), scale), -largest, largest)
    return ops.multiply(ops.cast(ops.cast(x, quantized_dtype), compute_dtype), scale)
