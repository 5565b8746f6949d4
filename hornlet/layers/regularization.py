"""Layers that regularize: the family of Dropout, Gaussian noise, penalties on activities."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
import hornlet.regularizers as regularizers
from hornlet.base.config import standardize_data_format
from hornlet.base.registry import register
from hornlet.layers.arguments import rate_of
from hornlet.layers.base import Layer
from hornlet.layers.spec import InputSpec


class Noise(Layer):
    """Base of the layers that draw random numbers in training and pass the input on otherwise."""

    def __init__(self, seed: Any, noisy: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = seed
        if noisy:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True


@register("keras.layers")
class Dropout(Noise):
    """Set a random share of the inputs to zero in training, and scale up the rest.

    ``y = x * keep / (1 - rate)`` with `keep` 1 with probability ``1 - rate``, else 0.

    Args:
        rate: share of the inputs to drop, between 0 and 1.
        noise_shape: shape of `keep`, 1 along an axis that shares one draw, None for the
            input's own size.
        seed: integer or `SeedGenerator`.

    Reference: Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html

    >>> keras.layers.Dropout(0.5)(np.array([1.0, 2.0]), training=False)
    array([1., 2.], dtype=float32)
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any):
        super().__init__(seed, rate_of(rate) > 0, **kwargs)
        self.rate = rate
        fits = noise_shape is None or hasattr(noise_shape, "__iter__") and all(
            n is None or isinstance(n, int) and n > 0 for n in noise_shape
        )
        if not fits:
            raise ValueError(
                "Argument `noise_shape` must be a tuple of positive integers and None. Received: "
                f"noise_shape={noise_shape}"
            )
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    def shape_of_noise(self, inputs: Any) -> Any:
        """`noise_shape` with the input's sizes for None."""
        if self.noise_shape is None:
            return None
        return tuple(
            n if m is None else m for m, n in zip(self.noise_shape, tuple(inputs.shape))
        )

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        return random.dropout(
            inputs, self.rate, noise_shape=self.shape_of_noise(inputs), seed=self.seed_generator
        )


class SpatialDropout(Dropout):
    """Base of the layers that drop whole feature maps."""

    more_config: tuple[str, ...] = ("data_format",)

    def __init__(
        self, rate: float, data_format: str | None = None, seed: Any = None,
        name: str | None = None, dtype: Any = None,
    ):  # fmt: skip
        super().__init__(rate, seed=seed, name=name, dtype=dtype)
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def shape_of_noise(self, inputs: Any) -> Any:
        ones = (1,) * self.rank
        n, last = inputs.shape[0], self.data_format == "channels_last"
        return (n, *ones, inputs.shape[-1]) if last else (n, inputs.shape[1], *ones)

    def get_config(self) -> dict[str, Any]:
        names = ("rate", "seed", "name", "dtype")
        return {name: getattr(self, name) for name in names + self.more_config}


@register("keras.layers")
class SpatialDropout1D(SpatialDropout):
    """Drop whole channels of sequences in training.

    Args:
        rate: share of the channels to drop, between 0 and 1.
        seed: integer or `SeedGenerator`.

    Input and output shape: ``(batch, steps, channels)``.
    Reference: Tompson et al., 2014, https://arxiv.org/abs/1411.4280

    >>> keras.layers.SpatialDropout1D(0.5)(np.ones((1, 2, 3)), training=True).shape
    (1, 2, 3)
    """

    rank = 1
    more_config = ()

    def __init__(self, rate: float, seed: Any = None, name: str | None = None, dtype: Any = None):
        super().__init__(rate, data_format="channels_last", seed=seed, name=name, dtype=dtype)


@register("keras.layers")
class SpatialDropout2D(SpatialDropout):
    """Drop whole channels of pictures in training.

    Args:
        rate: share of the channels to drop, between 0 and 1.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.

    Input and output shape: ``(batch, height, width, channels)``.

    >>> keras.layers.SpatialDropout2D(0.5)(np.ones((1, 2, 2, 3)), training=True).shape
    (1, 2, 2, 3)
    """

    rank = 2


@register("keras.layers")
class SpatialDropout3D(SpatialDropout):
    """Drop whole channels of volumes in training.

    Args:
        rate: share of the channels to drop, between 0 and 1.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.

    Input and output shape: ``(batch, depth, height, width, channels)``.

    >>> keras.layers.SpatialDropout3D(0.5)(np.ones((1, 2, 2, 2, 3)), training=True).shape
    (1, 2, 2, 2, 3)
    """

    rank = 3


@register("keras.layers")
class GaussianDropout(Noise):
    """Multiply by normal noise of mean 1 in training: ``y = x * normal(1, sqrt(r / (1 - r)))``.

    Args:
        rate: the share `r` that Dropout would drop.
        seed: integer or `SeedGenerator`.

    >>> keras.layers.GaussianDropout(0.5)(np.array([1.0, 2.0]))
    array([1., 2.], dtype=float32)
    """

    def __init__(self, rate: float, seed: Any = None, **kwargs: Any):
        super().__init__(seed, rate_of(rate) > 0, **kwargs)
        self.rate = rate

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        stddev = (self.rate / (1 - self.rate)) ** 0.5
        shape = tuple(inputs.shape)
        return inputs * random.normal(shape, 1.0, stddev, self.compute_dtype, self.seed_generator)


@register("keras.layers")
class GaussianNoise(Noise):
    """Add normal noise in training: ``y = x + normal(0, stddev)``.

    Args:
        stddev: standard deviation of the noise.
        seed: integer or `SeedGenerator`.

    >>> keras.layers.GaussianNoise(0.1)(np.array([1.0, 2.0]))
    array([1., 2.], dtype=float32)
    """

    def __init__(self, stddev: float, seed: Any = None, **kwargs: Any):
        if not 0 <= stddev <= 1:
            raise ValueError(
                "Argument `stddev` must be a number between 0 and 1. Received: "
                f"stddev={stddev}"
            )
        super().__init__(seed, stddev > 0, **kwargs)
        self.stddev = stddev

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or self.stddev == 0:
            return inputs
        shape = tuple(inputs.shape)
        noise = random.normal(shape, 0.0, self.stddev, self.compute_dtype, self.seed_generator)
        return inputs + noise


@register("keras.layers")
class AlphaDropout(Dropout):
    """Dropout that keeps mean and variance of its input, made for `selu`.

    Dropped inputs become ``-alpha * scale`` of selu; then ``y = a * x + b`` restores the moments.

    Args:
        rate: share of the inputs to drop, between 0 and 1.
        noise_shape: shape of the draw, 1 along an axis that shares one.
        seed: integer or `SeedGenerator`.

    Reference: Klambauer et al., 2017, https://arxiv.org/abs/1706.02515

    >>> keras.layers.AlphaDropout(0.5)(np.array([1.0, 2.0]))
    array([1., 2.], dtype=float32)
    """

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        low = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
        shape = self.shape_of_noise(inputs) or tuple(inputs.shape)
        keeps = random.uniform(shape, dtype="float32", seed=self.seed_generator) >= self.rate
        keeps = ops.cast(keeps, inputs.dtype)
        scale = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        return scale * (inputs * keeps + low * (1 - keeps)) - scale * low * self.rate


@register("keras.layers")
class ActivityRegularization(Layer):
    """Pass the input on and add ``l1 * sum(|x|) + l2 * sum(x ** 2)`` to the loss.

    Args:
        l1, l2: weights of the two penalties.

    >>> layer = keras.layers.ActivityRegularization(l1=0.5)
    >>> layer(np.array([[1.0, -2.0]]))
    array([[ 1., -2.]], dtype=float32)
    """

    def __init__(self, l1: Any = 0.0, l2: Any = 0.0, **kwargs: Any):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config
