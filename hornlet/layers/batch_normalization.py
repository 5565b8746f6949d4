"""BatchNormalization: statistics of the batch in training, moving averages of them otherwise."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.config import epsilon as tiny
from hornlet.base.dtypes import result_type
from hornlet.base.registry import register
from hornlet.layers.arguments import keep
from hornlet.layers.normalization import Affine, check_axes
from hornlet.layers.spec import InputSpec


@register("keras.layers")
class BatchNormalization(Affine):
    """Normalize each channel over the batch: ``y = gamma * (x - mean) / sqrt(var + e) + beta``.

    In training `mean` and `var` are those of the batch, and moving averages of them are kept:
    ``moving = moving * momentum + batch * (1 - momentum)``. Otherwise, and when `trainable` is
    False, the moving ones are used.

    Args:
        axis: the axis of the channels, which is kept.
        momentum: of the moving averages.
        epsilon: `e`, against division by zero.
        center, scale: whether there is a `beta`, a `gamma`.
        beta_initializer, gamma_initializer, moving_mean_initializer,
            moving_variance_initializer: how the weights start.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: projections of the weights after an update.
        renorm: correct the batch's statistics towards the moving ones (batch renormalization).
        renorm_clipping: dictionary of limits `rmin`, `rmax`, `dmax` of that correction.
        renorm_momentum: of the averages it uses.
        synchronized: must be False.

    Weights: `gamma`, `beta`, `moving_mean`, `moving_variance`, one number per channel.
    Reference: Ioffe and Szegedy, 2015, https://arxiv.org/abs/1502.03167

    >>> keras.layers.BatchNormalization()(np.array([[1.0], [3.0]]), training=True).round(2)
    array([[-1.],
           [ 1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: Any = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: Any = False,
        renorm_clipping: Any = None,
        renorm_momentum: Any = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if synchronized:
            raise ValueError(
                "Argument `synchronized` must be False: there is one device. Received: "
                f"synchronized={synchronized}"
            )
        keep(self, locals())
        self.axis = int(axis)
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.supports_masking = True
        if renorm:
            self.renorm_clipping = limits = dict(renorm_clipping or {})
            if set(limits) - {"rmin", "rmax", "dmax"}:
                raise ValueError(
                    "Argument `renorm_clipping` may have the keys 'rmin', 'rmax' and 'dmax'. "
                    f"Received: renorm_clipping={renorm_clipping}"
                )
            if limits.get("rmax", 1) < limits.get("rmin", 0) or limits.get("dmax", 0) < 0:
                raise ValueError(
                    "`renorm_clipping` needs rmin <= rmax and dmax >= 0. Received: "
                    f"renorm_clipping={renorm_clipping}"
                )

    def build(self, input_shape: Any) -> None:
        check_axes(self.axis, input_shape)
        n = input_shape[self.axis]
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: n})
        self.add_affine((n,), self.scale, self.center)
        self.moving_mean = self.add_state("moving_mean", self.moving_mean_initializer, n)
        self.moving_variance = self.add_state(
            "moving_variance", self.moving_variance_initializer, n
        )
        if self.renorm:
            self.moving_stddev = self.add_state("moving_stddev", self.first_stddev, n)
            self.renorm_mean = self.add_state("renorm_mean", self.moving_mean_initializer, n)
            self.renorm_stddev = self.add_state("renorm_stddev", self.first_stddev, n)

    def add_state(self, name: str | None, initializer: Any, n: int) -> Any:
        return self.add_weight((n,), initializer, name=name, trainable=False, autocast=False)

    def first_stddev(self, shape: Any, dtype: Any = None) -> Any:
        return ops.sqrt(self.moving_variance_initializer(shape, dtype=dtype))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                "The mask must have one axis less than the inputs. Received: "
                f"mask.shape={tuple(mask.shape)}, inputs.shape={tuple(inputs.shape)}"
            )
        x = ops.cast(inputs, result_type(inputs.dtype, "float32"))
        mean = ops.cast(self.moving_mean, x.dtype)
        variance = ops.cast(self.moving_variance, x.dtype)
        gamma = None if self.gamma is None else ops.cast(self.gamma, x.dtype)
        beta = None if self.beta is None else ops.cast(self.beta, x.dtype)
        if training and self.trainable:
            moving = (mean, variance)
            mean, variance = self.moments(x, mask)
            if self.renorm:
                gamma, beta = self.renormalize(mean, variance, gamma, beta)
            else:
                m = self.momentum
                self.moving_mean.assign(moving[0] * m + mean * (1 - m))
                self.moving_variance.assign(moving[1] * m + variance * (1 - m))
        y = ops.batch_normalization(
            x, mean, variance, self.axis, offset=beta, scale=gamma, epsilon=self.epsilon
        )
        return ops.cast(y, self.compute_dtype)

    def moments(self, x: Any, mask: Any) -> Any:
        """Mean and variance per channel, over the positions the mask keeps."""
        rank = len(x.shape)
        axes = tuple(i for i in range(rank) if i != self.axis % rank)
        if mask is None:
            return ops.moments(x, axes=axes)
        weights = ops.cast(ops.expand_dims(mask, -1), x.dtype)
        weights = ops.broadcast_to(weights, x.shape)
        n = ops.sum(weights, axes, keepdims=True) + tiny()
        mean = ops.sum(weights * x, axes, keepdims=True) / n
        variance = ops.sum(weights * ops.square(x - mean), axes, keepdims=True) / n
        channels = (x.shape[self.axis],)
        return ops.reshape(mean, channels), ops.reshape(variance, channels)

    def renormalize(self, mean: Any, variance: Any, gamma: Any, beta: Any) -> Any:
        """Fold the correction into scale and shift, and update the averages it comes from."""
        old_mean = ops.cast(self.renorm_mean, mean.dtype)
        stddev = ops.sqrt(variance + self.epsilon)
        floor = self.epsilon**0.5
        old_stddev = ops.maximum(ops.cast(self.renorm_stddev, mean.dtype), floor)
        r, d = stddev / old_stddev, (mean - old_mean) / old_stddev
        limits = self.renorm_clipping
        if limits.get("rmin") is not None:
            r = ops.maximum(r, limits["rmin"])
        if limits.get("rmax") is not None:
            r = ops.minimum(r, limits["rmax"])
        if limits.get("dmax") is not None:
            d = ops.clip(d, -limits["dmax"], limits["dmax"])
        r, d = ops.stop_gradient(r), ops.stop_gradient(d)
        self.update_renorm(mean, stddev)
        scale = r if gamma is None else r * gamma
        shift = d if gamma is None else d * gamma
        return scale, shift if beta is None else shift + beta

    def update_renorm(self, mean: Any, stddev: Any) -> None:
        for variable, value, m in (
            (self.renorm_mean, mean, self.renorm_momentum),
            (self.renorm_stddev, stddev, self.renorm_momentum),
            (self.moving_mean, mean, self.momentum),
            (self.moving_stddev, stddev, self.momentum),
        ):
            variable.assign(ops.cast(variable, value.dtype) * m + value * (1 - m))
        new = ops.cast(self.moving_stddev, mean.dtype)
        self.moving_variance.assign(ops.maximum(ops.square(new) - self.epsilon, 0.0))
