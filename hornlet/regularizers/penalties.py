"""Regularizers: penalties on weights or activities, added to the loss."""

from __future__ import annotations

import math
from typing import Any

import hornlet.ops as ops
from hornlet.base.configurable import Configurable
from hornlet.base.names import one_of
from hornlet.base.registry import register


@register("keras.regularizers")
class Regularizer(Configurable):
    """Base of the penalties: a function from a tensor to a scalar.

    A subclass defines `__call__(x)`; its config is its constructor's arguments.

    >>> class Mean(keras.regularizers.Regularizer):
    ...     def __call__(self, x):
    ...         return keras.ops.mean(abs(x))
    >>> float(Mean()(np.array([1.0, -3.0])))
    2.0
    """

    def __call__(self, x: Any) -> Any:
        """The penalty of `x`, 0 here."""
        return 0.0


def _factor(value: Any, name: str) -> float:
    if not isinstance(value, (float, int)) or not math.isfinite(value) or value < 0:
        raise ValueError(
            f"Argument `{name}` must be a non-negative float. "
            f"Received: {name}={value!r} of type {type(value).__name__}"
        )
    return float(value)


@register("keras.regularizers", aliases=("l1_l2",))
class L1L2(Regularizer):
    """`l1 * sum(abs(x)) + l2 * sum(x**2)`.

    >>> float(keras.regularizers.L1L2(1.0, 2.0)(np.array([1.0, -3.0])))
    24.0
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0):
        self.l1 = _factor(0.0 if l1 is None else l1, "l1")
        self.l2 = _factor(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        penalty = ops.zeros((), dtype=x.dtype)
        if self.l1:
            penalty = penalty + self.l1 * ops.sum(ops.abs(x))
        if self.l2:
            penalty = penalty + self.l2 * ops.sum(ops.square(x))
        return penalty


@register("keras.regularizers")
class L1(Regularizer):
    """`l1 * sum(abs(x))`: makes weights zero.

    >>> float(keras.regularizers.L1(2.0)(np.array([1.0, -3.0])))
    8.0
    """

    def __init__(self, l1: float | None = 0.01):
        self.l1 = _factor(0.01 if l1 is None else l1, "l1")

    def __call__(self, x: Any) -> Any:
        return self.l1 * ops.sum(ops.abs(x))


@register("keras.regularizers")
class L2(Regularizer):
    """`l2 * sum(x**2)`: makes weights small.

    >>> float(keras.regularizers.L2(2.0)(np.array([1.0, -3.0])))
    20.0
    """

    def __init__(self, l2: float | None = 0.01):
        self.l2 = _factor(0.01 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        return self.l2 * ops.sum(ops.square(x))


@register("keras.regularizers")
class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean absolute cosine between rows (or columns) of a matrix.

    Args:
        factor: non-negative float.
        mode: `"rows"` or `"columns"`: the vectors that shall be orthogonal.

    Raises:
        ValueError: when called on anything but a matrix.

    >>> float(keras.regularizers.OrthogonalRegularizer(1.0)(np.eye(2)))
    0.0
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor = _factor(factor, "factor")
        self.mode = one_of("mode", mode, ("rows", "columns"))

    def __call__(self, x: Any) -> Any:
        if len(x.shape) != 2:
            raise ValueError(
                "OrthogonalRegularizer needs a tensor of rank 2. "
                f"Received a tensor of shape {tuple(x.shape)}."
            )
        if self.mode == "columns":
            x = ops.transpose(x)
        n = x.shape[0]
        x = ops.normalize(x, axis=1)
        cosines = ops.matmul(x, ops.transpose(x)) * (1.0 - ops.eye(n, dtype=x.dtype))
        return self.factor * ops.sum(ops.abs(cosines)) / (n * (n - 1.0))
