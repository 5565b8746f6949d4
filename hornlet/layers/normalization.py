"""Normalization of each sample, whole or in groups, with learned scales; not over the batch."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.dtypes import result_type
from hornlet.base.registry import register
from hornlet.layers.arguments import deprecated, keep
from hornlet.layers.base import Layer
from hornlet.layers.spec import InputSpec


class Affine(Layer):
    """Base of the normalizations that scale by `gamma` and shift by `beta`."""

    def add_affine(self, shape: Any, scale: Any, center: bool) -> None:
        """Make `gamma` if `scale` and `beta` if `center`, else None."""
        self.gamma = self.beta = None
        if scale:
            self.gamma = self.add_weight(
                shape, self.gamma_initializer, name="gamma", autocast=False,
                regularizer=self.gamma_regularizer, constraint=self.gamma_constraint,
            )  # fmt: skip
        if center:
            self.beta = self.add_weight(
                shape, self.beta_initializer, name="beta", autocast=False,
                regularizer=self.beta_regularizer, constraint=self.beta_constraint,
            )  # fmt: skip

    def compute_output_shape(self, input_shape: Any) -> Any:
        check_axes(self.axis, input_shape)
        return input_shape


def axis_argument(axis: Any) -> Any:
    """``axis`` as an integer or a list of them."""
    if isinstance(axis, (list, tuple)):
        return list(axis)
    if isinstance(axis, int):
        return axis
    raise TypeError(
        f"Argument `axis` must be an integer or a list of integers. Received: axis={axis!r}"
    )


def check_axes(axis: Any, input_shape: Any) -> None:
    for a in axis if isinstance(axis, (list, tuple)) else [axis]:
        if not -len(input_shape) <= a < len(input_shape):
            raise ValueError(
                f"Axis {a} is out of bounds for input shape {tuple(input_shape)}. "
                f"Received: axis={axis}"
            )


@register("keras.layers")
class LayerNormalization(Affine):
    """Normalize each sample: ``y = gamma * (x - mean) / sqrt(var + epsilon) + beta``.

    Args:
        axis: the axis, or axes, over which mean and variance are taken.
        epsilon: against division by zero.
        center, scale: whether there is a `beta`, a `gamma`.
        beta_initializer, gamma_initializer: how the weights start.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: projections of the weights after an update.

    Weights: `gamma`, `beta`, of the shape of the normalized axes.
    Reference: Ba et al., 2016, https://arxiv.org/abs/1607.06450

    >>> keras.layers.LayerNormalization()(np.array([[1.0, 3.0]])).round(2)
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: Any = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ):
        rms_scaling = kwargs.pop("rms_scaling", False)
        if rms_scaling:
            deprecated("rms_scaling", rms_scaling, "Use `RMSNormalization` instead.", stacklevel=2)
        super().__init__(**kwargs)
        keep(self, locals())
        self.axis = axis_argument(axis)
        self.rms_scaling = rms_scaling
        self.supports_masking = True
        self.autocast = False

    def build(self, input_shape: Any) -> None:
        check_axes(self.axis, input_shape)
        self.axis = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        shape = tuple(input_shape[a] for a in self.axis)
        self.add_affine(shape, self.scale or self.rms_scaling, self.center and not self.rms_scaling)

    def call(self, inputs: Any) -> Any:
        y = ops.layer_normalization(
            inputs, self.gamma, self.beta, self.axis, self.epsilon, rms_scaling=self.rms_scaling
        )
        return ops.cast(y, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rms_scaling": self.rms_scaling}


@register("keras.layers")
class GroupNormalization(Affine):
    """Normalize groups of channels of each sample, over all their positions.

    Args:
        groups: number of groups; -1 makes each channel one (instance normalization).
        axis: the axis of the channels.
        epsilon: against division by zero.
        center, scale: whether there is a `beta`, a `gamma`.
        beta_initializer, gamma_initializer: how the weights start.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: projections of the weights after an update.

    Weights: `gamma`, `beta`, one number per channel.
    Reference: Wu and He, 2018, https://arxiv.org/abs/1803.08494

    >>> keras.layers.GroupNormalization(groups=2)(np.ones((2, 5, 4))).shape
    (2, 5, 4)
    """

    groups: int

    def __init__(
        self,
        groups: int = 32,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: Any = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not isinstance(groups, int) or (groups <= 0 and groups != -1):
            raise ValueError(
                "Argument `groups` must be a positive integer, or -1 for one channel per group. "
                f"Received: groups={groups}"
            )
        keep(self, locals())
        self.supports_masking = True
        self.autocast = False

    def build(self, input_shape: Any) -> None:
        check_axes(self.axis, input_shape)
        n = input_shape[self.axis]
        if n is None:
            raise ValueError(
                f"Axis {self.axis} of the inputs must be known. Received: input shape "
                f"{tuple(input_shape)}"
            )
        if self.groups == -1:
            self.groups = n
        if n % self.groups:
            raise ValueError(
                f"The number of channels ({n}) must be a multiple of the number of groups "
                f"({self.groups})."
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: n})
        self.add_affine((n,), self.scale, self.center)

    def call(self, inputs: Any) -> Any:
        shape = tuple(inputs.shape)
        axis = self.axis % len(shape)
        split = (self.groups, shape[axis] // self.groups)
        grouped = (*shape[:axis], *split, *shape[axis + 1 :])
        x = ops.cast(ops.reshape(inputs, grouped), result_type(inputs.dtype, "float32"))
        axes = tuple(i for i in range(1, len(grouped)) if i != axis)
        mean, variance = ops.moments(x, axes=axes, keepdims=True)
        y = (x - mean) * ops.rsqrt(variance + self.epsilon)
        channels = tuple(split if i == axis else 1 for i in range(len(shape)))
        channels = (*channels[:axis], *split, *channels[axis + 1 :])
        if self.gamma is not None:
            y = y * ops.cast(ops.reshape(self.gamma, channels), x.dtype)
        if self.beta is not None:
            y = y + ops.cast(ops.reshape(self.beta, channels), x.dtype)
        return ops.cast(ops.reshape(y, shape), self.compute_dtype)


@register("keras.layers")
class RMSNormalization(Layer):
    """Scale each sample by its root mean square: ``y = scale * x / sqrt(mean(x ** 2) + e)``.

    Args:
        axis: the axis, or axes, over which the mean is taken.
        epsilon: `e`, against division by zero.

    Weights: `scale`, of the shape of the normalized axes.
    Reference: Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467

    >>> keras.layers.RMSNormalization()(np.array([[2.0, -2.0]])).round(2)
    array([[ 1., -1.]], dtype=float32)
    """

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis
        self.epsilon = epsilon

    def build(self, input_shape: Any) -> None:
        check_axes(self.axis, input_shape)
        several = isinstance(self.axis, (list, tuple))
        self.axis = sorted(self.axis) if several else [self.axis]
        shape = tuple(input_shape[a] for a in self.axis)
        self.scale = self.add_weight(shape, "ones", name="scale")

    def call(self, x: Any) -> Any:
        return ops.rms_normalization(x, self.scale, axis=self.axis, epsilon=self.epsilon)


@register("keras.layers")
class UnitNormalization(Layer):
    """Scale each sample to length 1: ``y = x / sqrt(sum(x ** 2))``.

    Args:
        axis: the axis, or axes, along which the length is measured.

    >>> keras.layers.UnitNormalization()(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]], dtype=float32)
    """

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis_argument(axis)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return ops.normalize(inputs, axis=self.axis, order=2, epsilon=1e-12)
