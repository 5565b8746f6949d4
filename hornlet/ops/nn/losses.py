"""Cross entropies, from probabilities or from logits, and the peak signal-to-noise ratio."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hornlet.base.config import epsilon
from hornlet.engine.emit import emit
from hornlet.engine.spec import SizeError, differing
from hornlet.ops.arguments import axis_of, cast_to, floating, operand, tensor
from hornlet.ops.function import op


def clipped(p):
    """Probabilities kept ``epsilon`` away from 0 and 1, as Keras keeps them."""
    return emit("minimum", emit("maximum", p, epsilon()), 1.0 - epsilon())


def log_probabilities(output, from_logits, axis):
    if from_logits:
        return emit("log_softmax", output, axis=axis)
    total = emit("sum", output, axis=(axis,), keepdims=True)
    return emit("log", clipped(emit("divide", output, total)))


@op
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """``-sum(target * log(p))`` over ``axis``.

    Args:
        target: probabilities (or one-hot labels), of the shape of ``output``.
        output: predicted probabilities, scaled to sum 1 and clipped by ``keras.config.epsilon()``;
            or logits.
        from_logits: whether ``output`` holds logits; then ``p = softmax(output)``.
        axis: where the classes lie.

    >>> keras.ops.categorical_crossentropy(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])).round(4)
    array([0.6931])
    """
    target, output = tensor(target, "target"), floating(output, "output")
    if target.shape != output.shape:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. "
            f"Received: target.shape={target.shape}, output.shape={output.shape}"
        )
    if output.ndim < 1:
        raise ValueError("Arguments `target` and `output` must be at least rank 1.")
    axis = axis_of(axis, output.ndim)
    log_p = log_probabilities(output, from_logits, axis)
    return emit("negative", emit("sum", emit("multiply", target, log_p), axis=(axis,),
                                 keepdims=False))


@op
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """``-log(p[target])`` over ``axis``, for integer labels.

    Args:
        target: labels, of the shape of ``output`` without ``axis`` (a last axis of size 1 is
            dropped). A label outside the classes counts as no class at all: loss 0.
        output: probabilities or logits, as in `categorical_crossentropy`.
        from_logits: whether ``output`` holds logits.
        axis: where the classes lie.

    >>> keras.ops.sparse_categorical_crossentropy(np.array([1]), np.array([[0.5, 0.5]])).round(4)
    array([0.6931])
    """
    target, output = tensor(target, "target"), floating(output, "output")
    if output.ndim < 1:
        raise ValueError(
            f"Argument `output` must be at least rank 1. Received: output.shape={output.shape}"
        )
    target = cast_to(target, "int32")
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = emit("reshape", target, shape=target.shape[:-1])
    axis = axis_of(axis, output.ndim)
    if target.shape != (rest := (*output.shape[:axis], *output.shape[axis + 1:])):
        raise SizeError(
            "Arguments `target` and `output` must have the same shape but for the axis of the "
            f"classes: target.shape={target.shape}, output.shape={output.shape}, axis={axis}",
            *differing(target.shape, rest)[:1],
        )
    log_p = log_probabilities(output, from_logits, axis)
    hot = emit("one_hot", target, n=output.shape[axis], dtype=output.dtype)
    if axis != output.ndim - 1:
        order = [*range(output.ndim - 1)]
        order.insert(axis, output.ndim - 1)
        hot = emit("transpose", hot, axes=tuple(order))
    return emit("negative", emit("sum", emit("multiply", hot, log_p), axis=(axis,),
                                 keepdims=False))


@op
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """``-target * log(p) - (1 - target) * log(1 - p)``, elementwise.

    Args:
        target: probabilities (or 0 and 1), of the shape of ``output``.
        output: predicted probabilities, clipped by ``keras.config.epsilon()``; or logits.
        from_logits: whether ``output`` holds logits; then ``p = sigmoid(output)``.

    >>> keras.ops.binary_crossentropy(np.array([1.0]), np.array([0.5])).round(4)
    array([0.6931])
    """
    target, output = tensor(target, "target"), floating(output, "output")
    if target.shape != output.shape:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape. "
            f"Received: target.shape={target.shape}, output.shape={output.shape}"
        )
    target = cast_to(target, output.dtype) if target.dtype.kind in "biu" else target
    if from_logits:
        # softplus(z) - t z is -t log(s(z)) - (1 - t) log(1 - s(z)) with s the sigmoid.
        return emit("subtract", emit("softplus", output), emit("multiply", target, output))
    p = clipped(output)
    hit = emit("multiply", target, emit("log", p))
    rest = emit("multiply", emit("subtract", 1.0, target), emit("log", emit("subtract", 1.0, p)))
    return emit("negative", emit("add", hit, rest))


@op
def psnr(x1: Any, x2: Any, max_val: Any) -> Any:
    """The peak signal-to-noise ratio of two images, ``10 log10(max_val^2 / mean((x1 - x2)^2))``.

    >>> round(float(keras.ops.psnr(np.array([1.0, 1.0]), np.array([1.0, 0.9]), 1.0)), 2)
    23.01
    """
    x1, x2 = floating(x1, "x1"), floating(x2, "x2")
    if x1.shape != x2.shape:
        raise ValueError(
            f"Input shapes {x1.shape} and {x2.shape} must match for PSNR calculation. "
        )
    axes = tuple(range(x1.ndim))
    error = emit("square", emit("subtract", x1, x2))
    mse = emit("divide", emit("sum", error, axis=axes, keepdims=False), float(max(1, x1.size)))
    peak = emit("square", operand(max_val)) if not isinstance(max_val, (int, float)) else (
        np.asarray(max_val**2, x1.dtype)
    )
    return emit("multiply", emit("log", emit("divide", peak, mse)), 10 / math.log(10.0))
