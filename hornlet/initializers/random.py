"""Initializers that draw their values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import hornlet.random as random
from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.initializers.initializer import Initializer

TRUNCATION = 0.87962566103423978  # standard deviation of a unit normal cut at two deviations


class RandomInitializer(Initializer):
    """Base of the initializers with a `seed`.

    Args:
        seed: an integer or a `keras.random.SeedGenerator`; an integer gives the same values on
            every call. `None` draws an integer once, here.
    """

    def __init__(self, seed: Any = None):
        self._init_seed = seed
        if seed is None:
            seed = random.make_default_seed()
        elif isinstance(seed, dict):
            seed = deserialize_keras_object(seed)
        elif not isinstance(seed, (int, random.SeedGenerator)):
            raise ValueError(
                "Argument `seed` must be an integer or a `keras.random.SeedGenerator`. "
                f"Received: seed={seed!r} of type {type(seed).__name__}"
            )
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["seed"] = serialize_keras_object(self._init_seed)
        return config


@register("keras.initializers", aliases=("normal",))
class RandomNormal(RandomInitializer):
    """Normal distribution with the given `mean` and `stddev`.

    >>> keras.initializers.RandomNormal(stddev=1.0, seed=1)((2, 3)).shape
    (2, 3)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None):
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return random.normal(shape, self.mean, self.stddev, dtype=dtype, seed=self.seed)


@register("keras.initializers")
class TruncatedNormal(RandomInitializer):
    """Normal distribution without the values further than two `stddev` from `mean`.

    >>> float(abs(keras.initializers.TruncatedNormal(stddev=1.0)((99,))).max()) <= 2
    True
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None):
        self.mean = mean
        self.stddev = stddev
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return random.truncated_normal(shape, self.mean, self.stddev, dtype=dtype, seed=self.seed)


@register("keras.initializers", aliases=("uniform",))
class RandomUniform(RandomInitializer):
    """Uniform distribution on `[minval, maxval)`.

    >>> float(abs(keras.initializers.RandomUniform()((99,))).max()) <= 0.05
    True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None):
        self.minval = minval
        self.maxval = maxval
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return random.uniform(shape, self.minval, self.maxval, dtype=dtype, seed=self.seed)


@register("keras.initializers")
class VarianceScaling(RandomInitializer):
    """Draws with variance `scale / n`, where `n` counts the units a weight connects.

    `n` is the number of inputs (`mode="fan_in"`), of outputs (`"fan_out"`) or their average
    (`"fan_avg"`). For a kernel of shape `(*window, inputs, outputs)` both counts are multiplied by
    the window's size.

    Args:
        scale: positive factor.
        mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`.
        distribution: `"truncated_normal"` (or `"normal"`), `"untruncated_normal"`, `"uniform"`.
        seed: see `RandomNormal`.
        input_axes: axes of the shape that count inputs, with `output_axes` for outputs;
            `None` for the convention above.

    >>> keras.initializers.VarianceScaling(2.0, "fan_out", "uniform")((3, 4)).shape
    (3, 4)
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Any = None,
        output_axes: Any = None,
    ):
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be positive. Received: scale={scale}")
        one_of("mode", mode, ("fan_in", "fan_out", "fan_avg"))
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        known = ("truncated_normal", "untruncated_normal", "uniform")
        one_of("distribution", distribution, known)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        n_in, n_out = compute_fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": n_in, "fan_out": n_out, "fan_avg": (n_in + n_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return random.uniform(shape, -limit, limit, dtype=dtype, seed=self.seed)
        if self.distribution == "truncated_normal":
            stddev = math.sqrt(variance) / TRUNCATION
            return random.truncated_normal(shape, 0.0, stddev, dtype=dtype, seed=self.seed)
        return random.normal(shape, 0.0, math.sqrt(variance), dtype=dtype, seed=self.seed)


def compute_fans(shape: Any, input_axes: Any = None, output_axes: Any = None) -> tuple[int, int]:
    """How many inputs and how many outputs a weight of this shape connects."""
    shape = tuple(shape)
    if input_axes is not None and output_axes is not None:
        return (
            math.prod(shape[axis] for axis in input_axes),
            math.prod(shape[axis] for axis in output_axes),
        )
    if len(shape) < 2:
        n = shape[0] if shape else 1
        return n, n
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


class _Named(VarianceScaling):
    """A `VarianceScaling` known by name; `setting` is its scale, mode and distribution."""

    setting: tuple[float, str, str]

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None):
        super().__init__(*self.setting, seed, input_axes, output_axes)


@register("keras.initializers")
class GlorotUniform(_Named):
    """Uniform within `sqrt(6 / (inputs + outputs))`, also called Xavier uniform.

    Glorot and Bengio, 2010, https://proceedings.mlr.press/v9/glorot10a.html

    >>> float(abs(keras.initializers.GlorotUniform()((3, 3))).max()) <= 1
    True
    """

    setting = (1.0, "fan_avg", "uniform")


@register("keras.initializers")
class GlorotNormal(_Named):
    """Truncated normal with standard deviation `sqrt(2 / (inputs + outputs))`.

    Glorot and Bengio, 2010, https://proceedings.mlr.press/v9/glorot10a.html

    >>> keras.initializers.GlorotNormal(seed=1)((3, 3)).shape
    (3, 3)
    """

    setting = (1.0, "fan_avg", "truncated_normal")


@register("keras.initializers")
class HeNormal(_Named):
    """Truncated normal with standard deviation `sqrt(2 / inputs)` (He et al., arXiv:1502.01852).

    >>> keras.initializers.HeNormal(seed=1)((3, 3)).shape
    (3, 3)
    """

    setting = (2.0, "fan_in", "truncated_normal")


@register("keras.initializers")
class HeUniform(_Named):
    """Uniform within `sqrt(6 / inputs)` (He et al., 2015, arXiv:1502.01852).

    >>> keras.initializers.HeUniform(seed=1)((3, 3)).shape
    (3, 3)
    """

    setting = (2.0, "fan_in", "uniform")


@register("keras.initializers")
class LecunNormal(_Named):
    """Truncated normal with standard deviation `sqrt(1 / inputs)` (LeCun et al., 1998).

    >>> keras.initializers.LecunNormal(seed=1)((3, 3)).shape
    (3, 3)
    """

    setting = (1.0, "fan_in", "truncated_normal")


@register("keras.initializers")
class LecunUniform(_Named):
    """Uniform within `sqrt(3 / inputs)` (LeCun et al., 1998, "Efficient BackProp").

    >>> keras.initializers.LecunUniform(seed=1)((3, 3)).shape
    (3, 3)
    """

    setting = (1.0, "fan_in", "uniform")


@register(
    "keras.initializers",
    aliases=("OrthogonalInitializer", "keras.initializers.OrthogonalInitializer"),
)
class Orthogonal(RandomInitializer):
    """A random orthogonal matrix times `gain`; leading axes are flattened into rows.

    When there are fewer rows than columns the rows are orthonormal, otherwise the columns
    (Saxe et al., 2013, arXiv:1312.6120).

    >>> w = keras.initializers.Orthogonal()((3, 3))
    >>> bool(np.allclose(w @ w.T, np.eye(3), atol=1e-5))
    True
    """

    def __init__(self, gain: float = 1.0, seed: Any = None):
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        if len(shape) < 2:
            raise ValueError(
                "Argument `shape` of the Orthogonal initializer must have rank 2 or more. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        n_rows, n_columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(n_rows, n_columns), min(n_rows, n_columns))
        dtype = numpy_dtype(standardize_dtype(dtype))
        wide = "float64" if dtype == np.float64 else "float32"
        q, r = np.linalg.qr(np.asarray(random.normal(tall, dtype=wide, seed=self.seed)))
        q = q * np.sign(np.diag(r))  # makes the distribution uniform over rotations
        if n_rows < n_columns:
            q = q.T
        return (self.gain * q.reshape(shape)).astype(dtype)
