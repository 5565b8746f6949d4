"""Moments, and the normalizations built on them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from hornlet.base.config import epsilon as default_epsilon
from hornlet.engine.emit import emit
from hornlet.ops.arguments import axes_of, axis_of, cast_to, floating, size_of, tensor, wide
from hornlet.ops.function import op
from hornlet.ops.linalg.norms import norm
from hornlet.ops.numpy.statistics import averaged


def is_half(dtype):
    return dtype.itemsize == 2 and dtype.kind not in "iu"


@op
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """The mean and variance of ``x`` over ``axes``; half precision is summed in float32.

    >>> mean, variance = keras.ops.moments(np.array([1.0, 3.0]), axes=[0])
    >>> float(mean), float(variance)
    (2.0, 1.0)
    """
    if synchronized:
        raise NotImplementedError(
            "Argument `synchronized=True` is not supported: all values are on one machine."
        )
    x = floating(x)
    dtype = x.dtype
    axes = axes_of(axes, x.ndim, "axes")
    half = is_half(dtype)
    if half:
        x = cast_to(x, "float32")
    mean = averaged(x, axes, True)
    variance = averaged(emit("square", emit("subtract", x, mean)), axes, True)
    if not keepdims:
        shape = tuple(n for a, n in enumerate(x.shape) if a not in axes)
        mean, variance = (emit("reshape", v, shape=shape) for v in (mean, variance))
    if half:
        mean, variance = (narrowed(v, dtype) for v in (mean, variance))
    return mean, variance


def narrowed(x, dtype):
    """Back to half precision, moved into float16's range first."""
    return cast_to(emit("minimum", emit("maximum", x, -65504.0), 65504.0), dtype)


@op
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: Any,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Any:
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset``.

    Args:
        x: tensor.
        mean, variance: one value per element of ``axis``.
        axis: the axis of ``x`` that is kept apart (the channels).
        offset, scale: like ``mean``; None for none.
        epsilon: added to the variance.

    >>> x = np.array([[1.0], [3.0]])
    >>> keras.ops.batch_normalization(x, np.array([2.0]), np.array([1.0]), axis=-1).round(2)
    array([[-1.],
           [ 1.]])
    """
    x, mean, variance = tensor(x), tensor(mean, "mean"), tensor(variance, "variance")
    axis = axis_of(axis, x.ndim)
    n = x.shape[axis]
    shape = tuple(n if a == axis else 1 for a in range(x.ndim))
    parts = {"mean": mean, "variance": variance, "offset": offset, "scale": scale}
    for name, value in parts.items():
        if value is not None:
            value = tensor(value, name)
            if value.shape != (n,):
                raise ValueError(
                    f"Argument `{name}` must hold one value per element of axis {axis} of `x`, "
                    f"shape ({n},). Received: {name}.shape={value.shape}, x.shape={x.shape}"
                )
            parts[name] = emit("reshape", value, shape=shape)
    inverse = emit("rsqrt", emit("add", parts["variance"], epsilon))
    if scale is not None:
        inverse = emit("multiply", inverse, parts["scale"])
    shift = emit("negative", emit("multiply", parts["mean"], inverse))
    if offset is not None:
        shift = emit("add", shift, parts["offset"])
    return emit("add", emit("multiply", x, inverse), shift)


@op
def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: int = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Any:
    """``(x - mean) / sqrt(variance + epsilon) * gamma + beta`` over ``axis``.

    Layer Normalization, Ba et al., 2016. Half precision is computed in float32.

    >>> keras.ops.layer_normalization(np.array([1.0, 3.0])).round(3)
    array([-1.,  1.])
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise TypeError(f"`layer_normalization` does not know the argument `{next(iter(kwargs))}`.")
    if rms_scaling:
        warnings.warn(
            "`rms_scaling=True` divides by the standard deviation, not by the root mean square. "
            "Use `keras.ops.rms_normalization`.",
            stacklevel=3,
        )
    x, dtype = wide(x)
    axes = axes_of(axis, x.ndim)
    shape = tuple(n if a in axes else 1 for a, n in enumerate(x.shape))

    def shaped(v, name):
        v = cast_to(tensor(v, name), x.dtype)
        if size_of(v.shape) == size_of(shape) and v.ndim != x.ndim:
            return emit("reshape", v, shape=shape)
        return v

    mean = averaged(x, axes, True)
    variance = averaged(emit("square", emit("subtract", x, mean)), axes, True)
    inverse = emit("rsqrt", emit("add", variance, chosen(epsilon)))
    if gamma is not None:
        inverse = emit("multiply", inverse, shaped(gamma, "gamma"))
    if rms_scaling:
        return cast_to(emit("multiply", x, inverse), dtype)
    shift = emit("negative", emit("multiply", mean, inverse))
    if beta is not None:
        shift = emit("add", shift, shaped(beta, "beta"))
    return cast_to(emit("add", emit("multiply", x, inverse), shift), dtype)


def chosen(epsilon):
    return default_epsilon() if epsilon is None else epsilon


@op
def rms_normalization(
    x: Any, scale: Any = None, axis: int = -1, epsilon: float | None = None
) -> Any:
    """``x / sqrt(mean(x ** 2) + epsilon) * scale`` over ``axis``.

    Root Mean Square Layer Normalization, Zhang and Sennrich, 2019.

    >>> keras.ops.rms_normalization(np.array([2.0, 2.0])).round(4)
    array([1., 1.])
    """
    x, dtype = wide(x)
    if x.ndim == 0:
        x = emit("reshape", x, shape=(1,))
    axes = axes_of(axis, x.ndim)
    power = averaged(emit("square", x), axes, True)
    y = emit("multiply", x, emit("rsqrt", emit("add", power, chosen(epsilon))))
    if scale is not None:
        scale = cast_to(tensor(scale, "scale"), x.dtype)
        if axes != (x.ndim - 1,) and scale.ndim != x.ndim and scale.ndim == len(axes):
            shape = tuple(n if a in axes else 1 for a, n in enumerate(x.shape))
            scale = emit("reshape", scale, shape=shape)
        y = emit("multiply", y, scale)
    return cast_to(y, dtype)


@op
def normalize(x: Any, axis: int = -1, order: Any = 2, epsilon: float | None = None) -> Any:
    """``x`` divided by its norm of the given ``order`` over ``axis``.

    >>> keras.ops.normalize(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"Argument `order` must be an int >= 1. Received: order={order}")
    x = floating(x)
    if x.ndim == 0:
        x = emit("reshape", x, shape=(1,))
    least = chosen(epsilon)
    if order == 2:
        axes = axes_of(axis, x.ndim)
        total = emit("sum", emit("square", x), axis=axes, keepdims=True)
        # Below least**2 the bound holds; the larger sum keeps the gradient finite at 0.
        total = emit("maximum", total, np.asarray(least**2, x.dtype))
        return emit("multiply", x, emit("minimum", emit("rsqrt", total), 1.0 / least))
    return emit("divide", x, emit("maximum", norm(x, order, axis, True), least))
