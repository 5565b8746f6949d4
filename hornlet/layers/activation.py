"""Activations as layers: ReLU, LeakyReLU, PReLU, ELU, Softmax."""

from __future__ import annotations

from typing import Any

import hornlet.activations as activations
import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.arguments import deprecated, keep
from hornlet.layers.base import Layer
from hornlet.layers.spec import InputSpec


@register("keras.layers")
class ReLU(Layer):
    """Rectified linear unit: ``y = x`` above `threshold`, cut at `max_value`.

    Below the threshold ``y = negative_slope * (x - threshold)``.

    Args:
        max_value: upper limit of the output, None for no limit.
        negative_slope: slope below the threshold.
        threshold: where the activation starts.

    >>> keras.layers.ReLU(max_value=2.0)(np.array([-1.0, 1.0, 3.0]))
    array([0., 1., 2.], dtype=float32)
    """

    def __init__(
        self,
        max_value: Any = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        for name, value in (("max_value", max_value), ("negative_slope", negative_slope),
                            ("threshold", threshold)):  # fmt: skip
            if (value is None and name != "max_value") or (value is not None and value < 0):
                raise ValueError(
                    f"Argument `{name}` of a ReLU layer must not be negative. "
                    f"Received: {name}={value}"
                )
        keep(self, locals())
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )


@register("keras.layers")
class LeakyReLU(Layer):
    """ReLU with a slope below zero: ``y = max(x, 0) + negative_slope * min(x, 0)``.

    Args:
        negative_slope: the slope, not negative.

    >>> keras.layers.LeakyReLU(negative_slope=0.5)(np.array([-2.0, 3.0]))
    array([-1.,  3.], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any):
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            deprecated("alpha", negative_slope, "Use `negative_slope` instead.", stacklevel=2)
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                "Argument `negative_slope` of a LeakyReLU layer must be a number that is not "
                f"negative. Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)


@register("keras.layers")
class PReLU(Layer):
    """ReLU with learned slopes below zero: ``y = max(x, 0) + alpha * min(x, 0)``.

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: of the slopes.
        shared_axes: axes along which one slope is shared.

    Weights: `alpha`, of the input's shape without the batch, 1 along shared axes.
    Reference: He et al., 2015, https://arxiv.org/abs/1502.01852

    >>> keras.layers.PReLU()(np.array([[-2.0, 3.0]]))
    array([[0., 3.]], dtype=float32)
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        keep(self, locals())
        if shared_axes is not None:
            self.shared_axes = (
                list(shared_axes) if isinstance(shared_axes, (list, tuple)) else [shared_axes]
            )
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        shape = list(input_shape[1:])
        shared = self.shared_axes or ()
        for axis in shared:
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            tuple(shape), self.alpha_initializer, name="alpha",
            regularizer=self.alpha_regularizer, constraint=self.alpha_constraint,
        )  # fmt: skip
        axes = {i: n for i, n in enumerate(input_shape) if shared and i and i not in shared}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs) - self.alpha * activations.relu(-inputs)


@register("keras.layers")
class ELU(Layer):
    """Exponential linear unit: ``y = x`` above zero, ``alpha * (exp(x) - 1)`` below.

    Args:
        alpha: the limit far below zero, negated.

    Reference: Clevert et al., 2016, https://arxiv.org/abs/1511.07289

    >>> keras.layers.ELU()(np.array([0.0, 2.0]))
    array([0., 2.], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return activations.elu(inputs, alpha=self.alpha)


@register("keras.layers")
class Softmax(Layer):
    """Softmax along an axis: ``y = exp(x) / sum(exp(x))``.

    Args:
        axis: the axis, or a tuple of axes that are normalized together.

    Call arguments: `inputs`; `mask`, broadcasting to `inputs`, True where the input counts.

    >>> keras.layers.Softmax()(np.array([1.0, 1.0]))
    array([0.5, 0.5], dtype=float32)
    """

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            if len(mask.shape) > len(inputs.shape) or any(
                m not in (1, n) for m, n in zip(mask.shape[::-1], inputs.shape[::-1])
            ):
                raise ValueError(
                    "The `mask` of a Softmax layer must broadcast to `inputs`. Received: "
                    f"inputs.shape={tuple(inputs.shape)}, mask.shape={tuple(mask.shape)}"
                )
            mask = mask if mask.dtype == bool else ops.greater(mask, 0.5)
            low = -3e4 if inputs.dtype == "float16" else -1e9
            inputs = ops.where(mask, inputs, ops.full_like(inputs, low))
        several = isinstance(self.axis, (tuple, list)) and len(self.axis) > 1
        if several:
            total = ops.logsumexp(inputs, axis=tuple(self.axis), keepdims=True)
            y = ops.exp(inputs - total)
        else:
            y = activations.softmax(inputs, axis=self.axis)
        return y if mask is None else ops.where(mask, y, ops.zeros_like(y))
