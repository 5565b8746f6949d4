"""Activation functions as ops: rectifiers, sigmoids, shrinkers, softmax and its kin."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.engine.emit import emit
from hornlet.ops.arguments import axes_of, axis_of, cast_to, floating, operand, size_of, tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import moved, part


def minus(x, y):
    return emit("subtract", x, y)


def times(x, y):
    return emit("multiply", x, y)


def within(x, low, high):
    return emit("minimum", emit("maximum", x, low), high)


@op
def relu(x: Any) -> Any:
    """``max(x, 0)``.

    >>> keras.ops.relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    x = tensor(x)
    return emit("relu", cast_to(x, "int32") if x.dtype.kind == "b" else x)


@op
def relu6(x: Any) -> Any:
    """``min(max(x, 0), 6)``.

    >>> keras.ops.relu6(np.array([-1.0, 2.0, 7.0]))
    array([0., 2., 6.])
    """
    return emit("minimum", relu(x), 6)


@op
def sigmoid(x: Any) -> Any:
    """``1 / (1 + exp(-x))``.

    >>> keras.ops.sigmoid(np.array([0.0]))
    array([0.5])
    """
    return emit("sigmoid", floating(x))


@op
def sparse_sigmoid(x: Any) -> Any:
    """0 up to -1, 1 from 1 on, ``(x + 1) / 2`` between.

    >>> keras.ops.sparse_sigmoid(np.array([-2.0, 0.0, 3.0]))
    array([0. , 0.5, 1. ])
    """
    return within(times(emit("add", floating(x), 1.0), 0.5), 0.0, 1.0)


@op
def softplus(x: Any) -> Any:
    """``log(1 + exp(x))`` without overflow.

    >>> keras.ops.softplus(np.array([0.0])).round(4)
    array([0.6931])
    """
    return emit("softplus", floating(x))


@op
def softsign(x: Any) -> Any:
    """``x / (1 + |x|)``.

    >>> keras.ops.softsign(np.array([1.0]))
    array([0.5])
    """
    x = floating(x)
    return emit("divide", x, emit("add", emit("abs", x), 1.0))


@op
def silu(x: Any) -> Any:
    """``x * sigmoid(x)``.

    >>> keras.ops.silu(np.array([0.0]))
    array([0.])
    """
    x = floating(x)
    return times(x, emit("sigmoid", x))


@op
def swish(x: Any) -> Any:
    """``x * sigmoid(x)``; another name of `silu`."""
    return silu(x)


@op
def squareplus(x: Any, b: Any = 4) -> Any:
    """``(x + sqrt(x ** 2 + b)) / 2``.

    >>> keras.ops.squareplus(np.array([0.0]))
    array([1.])
    """
    x = floating(x)
    return times(emit("add", x, emit("sqrt", emit("add", emit("square", x), operand(b)))), 0.5)


@op
def log_sigmoid(x: Any) -> Any:
    """``log(sigmoid(x)) = -softplus(-x)``.

    >>> keras.ops.log_sigmoid(np.array([0.0])).round(4)
    array([-0.6931])
    """
    return emit("negative", emit("softplus", emit("negative", floating(x))))


@op
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """``x`` where positive, ``negative_slope * x`` elsewhere.

    >>> keras.ops.leaky_relu(np.array([-1.0, 2.0]))
    array([-0.2,  2. ])
    """
    x = floating(x)
    return emit("where", emit("greater", x, 0), x, times(x, operand(negative_slope)))


@op
def hard_sigmoid(x: Any) -> Any:
    """``min(max(x / 6 + 0.5, 0), 1)``.

    >>> keras.ops.hard_sigmoid(np.array([-4.0, 0.0, 4.0]))
    array([0. , 0.5, 1. ])
    """
    return within(emit("add", emit("divide", floating(x), 6.0), 0.5), 0.0, 1.0)


@op
def hard_silu(x: Any) -> Any:
    """``x * hard_sigmoid(x)``.

    >>> keras.ops.hard_silu(np.array([-4.0, 0.0, 4.0]))
    array([-0.,  0.,  4.])
    """
    x = floating(x)
    return times(x, hard_sigmoid(x))


@op
def hard_swish(x: Any) -> Any:
    """``x * hard_sigmoid(x)``; another name of `hard_silu`."""
    return hard_silu(x)


@op
def elu(x: Any, alpha: float = 1.0) -> Any:
    """``x`` where positive, ``alpha * (exp(x) - 1)`` elsewhere.

    >>> keras.ops.elu(np.array([0.0, 2.0]))
    array([0., 2.])
    """
    x = floating(x)
    below = times(emit("expm1", emit("minimum", x, 0.0)), operand(alpha))
    return emit("where", emit("greater", x, 0), x, below)


@op
def selu(x: Any) -> Any:
    """``scale * elu(x, alpha)``, the constants keeping mean and variance.

    Self-Normalizing Neural Networks, Klambauer et al., 2017.

    >>> keras.ops.selu(np.array([0.0, 1.0])).round(4)
    array([0.    , 1.0507])
    """
    return times(elu(x, 1.6732632423543772), 1.0507009873554805)


@op
def celu(x: Any, alpha: float = 1.0) -> Any:
    """``max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)``.

    >>> keras.ops.celu(np.array([0.0, 2.0]))
    array([0., 2.])
    """
    x, alpha = floating(x), operand(alpha)
    below = times(emit("expm1", emit("divide", emit("minimum", x, 0.0), alpha)), alpha)
    return emit("add", emit("maximum", x, 0.0), below)


@op
def gelu(x: Any, approximate: bool = True) -> Any:
    """``x`` times the normal distribution's probability of a value below ``x``.

    ``approximate`` takes ``0.5 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`` for the probability.
    Gaussian Error Linear Units, Hendrycks and Gimpel, 2016.

    >>> keras.ops.gelu(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.8412])
    """
    x = floating(x)
    if approximate:
        cube = times(x, emit("square", x))
        inside = times(emit("add", x, times(cube, 0.044715)), math.sqrt(2 / math.pi))
        share = emit("add", emit("tanh", inside), 1.0)
    else:
        share = emit("add", emit("erf", times(x, 1 / math.sqrt(2.0))), 1.0)
    return times(times(x, 0.5), share)


@op
def glu(x: Any, axis: int = -1) -> Any:
    """The first half of ``x`` along ``axis`` times the sigmoid of the second.

    >>> keras.ops.glu(np.array([3.0, 0.0]))
    array([1.5])
    """
    x = floating(x)
    axis = axis_of(axis, x.ndim)
    n = x.shape[axis]
    if n % 2:
        raise ValueError(
            f"axis size must be divisible by 2. Received: x.shape={x.shape} with axis={axis}"
        )
    return times(part(x, axis, 0, n // 2), emit("sigmoid", part(x, axis, n // 2, n)))


@op
def hard_tanh(x: Any) -> Any:
    """``min(max(x, -1), 1)``.

    >>> keras.ops.hard_tanh(np.array([-2.0, 0.5]))
    array([-1. ,  0.5])
    """
    return within(tensor(x), -1, 1)


@op
def tanh_shrink(x: Any) -> Any:
    """``x - tanh(x)``.

    >>> keras.ops.tanh_shrink(np.array([0.0]))
    array([0.])
    """
    x = floating(x)
    return minus(x, emit("tanh", x))


@op
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """``x`` where ``|x| > threshold``, 0 elsewhere.

    >>> keras.ops.hard_shrink(np.array([0.3, 2.0]))
    array([0., 2.])
    """
    x = floating(x)
    return emit("where", emit("greater", emit("abs", x), operand(threshold)), x, 0.0)


@op
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """``x`` moved towards 0 by ``threshold``, 0 when it is nearer.

    >>> keras.ops.soft_shrink(np.array([-1.0, 0.3, 2.0]))
    array([-0.5,  0. ,  1.5])
    """
    x, limit = floating(x), operand(threshold)
    above = emit("where", emit("greater", x, limit), minus(x, limit), 0.0)
    below = emit("less", x, emit("negative", limit))
    return emit("where", below, emit("add", x, limit), above)


@op
def threshold(x: Any, threshold: Any, default_value: Any) -> Any:
    """``x`` where it exceeds ``threshold``, ``default_value`` elsewhere.

    >>> keras.ops.threshold(np.array([-1.0, 2.0]), 0.5, 9.0)
    array([9., 2.])
    """
    x = tensor(x)
    other = cast_to(tensor(default_value, "default_value"), x.dtype)
    return emit("where", emit("greater", x, operand(threshold)), x, other)


@op
def sparse_plus(x: Any) -> Any:
    """0 up to -1, ``(x + 1) ** 2 / 4`` up to 1, ``x`` from there.

    >>> keras.ops.sparse_plus(np.array([-2.0, 0.0, 3.0]))
    array([0.  , 0.25, 3.  ])
    """
    x = floating(x)
    bend = times(emit("square", emit("add", x, 1.0)), 0.25)
    y = emit("where", emit("less", x, 1), bend, x)
    return emit("where", emit("less_equal", x, -1), 0.0, y)


def over_axes(name, x, axis):
    """A row of one axis applied over several: they are moved to the end and joined."""
    x = floating(x)
    if isinstance(axis, (list, tuple)) and len(axis) == 1:
        axis = axis[0]
    if x.ndim and (axis is None or isinstance(axis, (list, tuple))):
        axes = axes_of(axis, x.ndim)
        ends = tuple(range(x.ndim - len(axes), x.ndim))
        y = moved(x, axes, ends)
        shape = y.shape
        joined = size_of(shape[ends[0]:])
        y = emit("reshape", y, shape=(*shape[:ends[0]], joined))
        y = emit(name, y, axis=y.ndim - 1)
        return moved(emit("reshape", y, shape=shape), ends, axes)
    if x.ndim == 0:
        return emit("reshape", emit(name, emit("reshape", x, shape=(1,)), axis=0), shape=())
    return emit(name, x, axis=axis_of(axis, x.ndim))


@op
def softmax(x: Any, axis: int | Sequence[int] | None = -1) -> Any:
    """``exp(x) / sum(exp(x))`` over ``axis`` (an integer, several, or None: all of them).

    An axis of size 1, given as an integer, is most likely a mistake and warned of.

    >>> keras.ops.softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    shape = getattr(x, "shape", ())
    if isinstance(axis, int) and -len(shape) <= axis < len(shape) and shape[axis] == 1:
        warnings.warn(
            f"The softmax over an axis of size 1 is always 1. Received: axis={axis}, "
            f"x.shape={tuple(shape)}. Use a sigmoid, or give the axis more than one class.",
            stacklevel=3,
        )
    return over_axes("softmax", x, axis)


@op
def log_softmax(x: Any, axis: int | Sequence[int] | None = -1) -> Any:
    """``x - log(sum(exp(x)))`` over ``axis`` (an integer, several, or None: all of them).

    >>> keras.ops.log_softmax(np.array([0.0, 0.0])).round(4)
    array([-0.6931, -0.6931])
    """
    return over_axes("log_softmax", x, axis)


@op
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The point of the probability simplex nearest to ``x``; many of its parts are 0.

    From Softmax to Sparsemax, Martins and Astudillo, 2016.

    >>> keras.ops.sparsemax(np.array([0.0, 0.5]))
    array([0.25, 0.75])
    """
    x = floating(x)
    axis = axis_of(axis, x.ndim)
    n = x.shape[axis]
    falling = emit("flip", emit("sort", x, axis=axis), axis=axis)
    total = minus(emit("cumsum", falling, axis=axis, reverse=False), 1.0)
    rank = np.arange(1, n + 1).astype(x.dtype)
    rank = rank.reshape([n if a == axis else 1 for a in range(x.ndim)])
    inside = emit("greater", times(falling, rank), total)
    count = emit("sum", cast_to(inside, x.dtype), axis=(axis,), keepdims=True)
    kept = emit("where", inside, falling, 0.0)
    excess = minus(emit("sum", kept, axis=(axis,), keepdims=True), 1.0)
    return emit("maximum", minus(x, emit("divide", excess, count)), 0.0)


