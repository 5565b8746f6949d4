"""Random changes of a given tensor: dropping elements out, shuffling along an axis."""

from __future__ import annotations

from typing import Any

from hornlet.engine.emit import emit
from hornlet.ops.arguments import axis_of, floating, tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.creation import zeros_like
from hornlet.tensor.seed_generator import draw_seed


@op
def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """Sets elements to 0 with probability `rate`, and divides the others by `1 - rate`.

    Args:
        inputs: a floating tensor.
        rate: number in [0, 1].
        noise_shape: shape of the random mask, which broadcasts to the inputs'; None, for the whole
            or for an axis, is the size of the inputs there.
        seed: integer, `SeedGenerator`, or None for the global generator.

    Raises:
        ValueError: if `rate` is outside [0, 1], or `noise_shape` does not broadcast.

    >>> sorted(set(keras.random.dropout(np.ones(99), 0.5).tolist()))
    [0.0, 2.0]
    """
    x = floating(inputs, "inputs")
    if not 0 <= rate <= 1:
        raise ValueError(f"Argument `rate` must be in [0, 1]. Received: rate={rate}")
    if rate == 0:
        return x
    if rate == 1:
        return zeros_like(x)
    shape = tuple(x.shape)
    if noise_shape is not None:
        last = shape[len(shape) - len(noise_shape) :]
        if len(noise_shape) > len(shape) or any(
            k not in (None, 1, n) for k, n in zip(noise_shape, last)
        ):
            raise ValueError(
                "Argument `noise_shape` must have, for each of the last axes of `inputs`, its "
                f"size, 1 or None. Received: noise_shape={tuple(noise_shape)} for inputs of "
                f"shape {shape}"
            )
        shape = tuple(n if k is None else k for k, n in zip(noise_shape, last))
    mask = emit("dropout_mask", draw_seed(seed), shape=shape, dtype=x.dtype, rate=float(rate))
    return emit("multiply", x, mask)


@op
def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """The slices of `x` along `axis` in random order.

    Args:
        x: a tensor.
        axis: the axis along which slices change place.
        seed: integer, `SeedGenerator`, or None for the global generator.

    >>> sorted(keras.random.shuffle(np.arange(5)).tolist())
    [0, 1, 2, 3, 4]
    """
    x = tensor(x)
    axis = axis_of(axis, x.ndim)
    return emit("take", x, emit("random_permutation", draw_seed(seed), n=x.shape[axis]), axis=axis)
