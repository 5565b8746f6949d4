"""Constraints: projections that a weight undergoes after every update."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.base.configurable import Configurable
from hornlet.base.registry import register


@register("keras.constraints")
class Constraint(Configurable):
    """Base of the projections: a function from a weight to the weight it may be.

    A subclass defines `__call__(w)`; its config is its constructor's arguments.

    >>> class Clipped(keras.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return keras.ops.clip(w, -1, 1)
    >>> Clipped()(np.array([0.5, -3.0]))
    array([ 0.5, -1. ])
    """

    def __call__(self, w: Any) -> Any:
        """The allowed weight nearest to `w`; `w` itself here."""
        return w


def _norms(w: Any, axis: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


@register("keras.constraints")
class MaxNorm(Constraint):
    """Shrinks the weights of each unit to a norm of at most `max_value`.

    Args:
        max_value: largest norm.
        axis: axis or axes the norm runs over: 0 for `(inputs, units)`, `(0, 1, 2)` for
            the kernel of a Conv2D.

    >>> keras.constraints.MaxNorm(1.0)(np.array([[3.0], [4.0]])).round(3)
    array([[0.6],
           [0.8]])
    """

    def __init__(self, max_value: float = 2, axis: Any = 0):
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        return w * (ops.clip(norms, 0, self.max_value) / (epsilon() + norms))


@register("keras.constraints")
class NonNeg(Constraint):
    """Negative weights become 0.

    >>> keras.constraints.NonNeg()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def __call__(self, w: Any) -> Any:
        return ops.maximum(ops.convert_to_tensor(w), 0)


@register("keras.constraints")
class UnitNorm(Constraint):
    """Scales the weights of each unit to norm 1; `axis` as in `MaxNorm`.

    >>> keras.constraints.UnitNorm()(np.array([[3.0], [4.0]])).round(3)
    array([[0.6],
           [0.8]])
    """

    def __init__(self, axis: Any = 0):
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        return w / (epsilon() + _norms(w, self.axis))


@register("keras.constraints")
class MinMaxNorm(Constraint):
    """Moves the norm of each unit's weights into `[min_value, max_value]`.

    Args:
        min_value: smallest norm.
        max_value: largest norm.
        rate: how far to go per step: 1 all the way, 0.1 a tenth of it.
        axis: as in `MaxNorm`.

    >>> keras.constraints.MinMaxNorm(1.0, 2.0)(np.array([[3.0], [4.0]])).round(3)
    array([[1.2],
           [1.6]])
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ):
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        target = ops.clip(norms, self.min_value, self.max_value)
        target = self.rate * target + (1 - self.rate) * norms
        return w * (target / (epsilon() + norms))
