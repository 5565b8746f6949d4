"""Activations made of straight pieces: the rectifiers, the shrinkers, the hard sigmoids."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register


@register("keras.activations")
def relu(x: Any, negative_slope: float = 0.0, max_value: Any = None, threshold: float = 0.0) -> Any:
    """Rectified linear unit: `max(x, 0)` with the default arguments.

    In general `f(x) = x` for `x > threshold`, else `negative_slope * (x - threshold)`, and
    never above `max_value`.

    Args:
        x: tensor of any shape.
        negative_slope: slope below the threshold.
        max_value: largest value returned; `None` for no limit.
        threshold: value below which the input is damped.

    Example:

    >>> keras.activations.relu(np.array([-10.0, -5.0, 0.0, 5.0]))
    array([0., 0., 0., 5.])
    >>> keras.activations.relu(np.array([-10.0, 5.0]), negative_slope=0.5)
    array([-5.,  5.])
    """
    x = ops.convert_to_tensor(x)
    if threshold:
        y = ops.where(x > threshold, x, ops.zeros_like(x))
    else:
        y = ops.relu(x)
    if max_value is not None:
        y = ops.minimum(y, max_value)
    if negative_slope:
        y = y - negative_slope * ops.relu(threshold - x)
    return y


@register("keras.activations")
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """`x` for positive `x`, `negative_slope * x` otherwise.

    >>> keras.activations.leaky_relu(np.array([-1.0, 0.0, 1.0]))
    array([-0.2,  0. ,  1. ])
    """
    return ops.leaky_relu(x, negative_slope=negative_slope)


@register("keras.activations")
def relu6(x: Any) -> Any:
    """`min(max(x, 0), 6)`.

    >>> keras.activations.relu6(np.array([-1.0, 3.0, 9.0]))
    array([0., 3., 6.])
    """
    return ops.relu6(x)


@register("keras.activations")
def hard_sigmoid(x: Any) -> Any:
    """Sigmoid in three pieces: `min(max(x / 6 + 0.5, 0), 1)`.

    >>> keras.activations.hard_sigmoid(np.array([-3.0, 0.0, 3.0]))
    array([0. , 0.5, 1. ])
    """
    return ops.hard_sigmoid(x)


@register("keras.activations", aliases=("hard_swish",))
def hard_silu(x: Any) -> Any:
    """`x * hard_sigmoid(x)`, also called hard swish (Howard et al., 2019, arXiv:1905.02244).

    >>> keras.activations.hard_silu(np.array([-3.0, 0.0, 3.0]))
    array([-0.,  0.,  3.])
    """
    return ops.hard_silu(ops.convert_to_tensor(x))


@register("keras.activations")
def hard_tanh(x: Any) -> Any:
    """`min(max(x, -1), 1)`.

    >>> keras.activations.hard_tanh(np.array([-3.0, 0.5, 3.0]))
    array([-1. ,  0.5,  1. ])
    """
    return ops.hard_tanh(x)


@register("keras.activations")
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """`x` where `|x| > threshold`, 0 elsewhere.

    >>> keras.activations.hard_shrink(np.array([-1.0, 0.25, 1.0]))
    array([-1.,  0.,  1.])
    """
    return ops.hard_shrink(x, threshold=threshold)


@register("keras.activations")
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Moves `x` towards 0 by `threshold`, and to 0 where `|x| <= threshold`.

    >>> keras.activations.soft_shrink(np.array([-1.0, 0.25, 1.0]))
    array([-0.5,  0. ,  0.5])
    """
    return ops.soft_shrink(x, threshold=threshold)


@register("keras.activations")
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """`x` where `x > threshold`, `default_value` elsewhere.

    >>> keras.activations.threshold(np.array([-1.0, 0.0, 2.0]), 0.5, 9.0)
    array([9., 9., 2.])
    """
    return ops.threshold(x, threshold, default_value)


@register("keras.activations")
def sparse_plus(x: Any) -> Any:
    """0 below -1, `x` above 1, `(x + 1)**2 / 4` between.

    >>> keras.activations.sparse_plus(np.array([-2.0, 0.0, 2.0]))
    array([0.  , 0.25, 2.  ])
    """
    return ops.sparse_plus(x)


@register("keras.activations")
def sparse_sigmoid(x: Any) -> Any:
    """`min(max((x + 1) / 2, 0), 1)`.

    >>> keras.activations.sparse_sigmoid(np.array([-2.0, 0.0, 2.0]))
    array([0. , 0.5, 1. ])
    """
    return ops.sparse_sigmoid(x)


@register("keras.activations")
def linear(x: Any) -> Any:
    """`x` itself.

    >>> keras.activations.linear(3)
    3
    """
    return x
