"""Layers that scale data before the first weights: Rescaling and Normalization."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import epsilon, image_data_format
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object
from hornlet.layers.base import Layer


@register("keras.layers")
class Rescaling(Layer):
    """Scale and shift: ``y = x * scale + offset``.

    Args:
        scale: the factor; `1 / 255` takes bytes to 0 ... 1.
        offset: what is added.

    >>> keras.layers.Rescaling(0.5, offset=1.0)(np.array([2.0, 4.0]))
    array([2., 3.], dtype=float32)
    """

    def __init__(self, scale: Any, offset: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.supports_masking = True
        self._allow_non_tensor_positional_args = True

    def call(self, inputs: Any) -> Any:
        dtype = self.compute_dtype
        scale = ops.convert_to_tensor(self.scale, dtype=dtype)
        offset = ops.convert_to_tensor(self.offset, dtype=dtype)
        if scale.ndim and image_data_format() == "channels_first":
            scale = ops.reshape(scale, scale.shape + (1,) * (3 - scale.ndim))
        return ops.cast(inputs, dtype) * scale + offset

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        for name in ("scale", "offset"):
            config[name] = deserialize_keras_object(config[name], custom_objects=custom_objects)
        return cls(**config)


@register("keras.layers")
class Normalization(Layer):
    """Standardize features: ``y = (x - mean) / sqrt(variance)``.

    Mean and variance are given, or computed from data by `adapt` before training.

    Args:
        axis: axis or axes that have a mean and variance each; None for one of all values.
        mean, variance: the values, if they are known.
        invert: whether to undo the standardization: ``y = x * sqrt(variance) + mean``.

    >>> layer = keras.layers.Normalization()
    >>> layer.adapt(np.array([[1.0], [3.0]]))
    >>> layer(np.array([[3.0]]))
    array([[1.]], dtype=float32)
    """

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False,
        **kwargs: Any,
    ):  # fmt: skip
        super().__init__(**kwargs)
        shapes: Any = [np.shape(value) for value in (mean, variance) if value is not None]
        if len(shapes) == 1 or shapes[:1] != shapes[1:]:
            raise ValueError(
                "Arguments `mean` and `variance` must both be given, with the same shape. "
                f"Received: mean={mean}, variance={variance}"
            )
        axes = () if axis is None else axis if isinstance(axis, (list, tuple)) else (axis,)
        self.axis = tuple(axes)
        if mean is not None and np.ndim(mean) > len(self.axis):
            raise ValueError(
                f"`mean` must not have more axes than `axis`. Received: mean of shape "
                f"{np.shape(mean)}, axis={self.axis}"
            )
        self.input_mean, self.input_variance = mean, variance
        self.invert = invert
        self.mean = self.variance = None
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        if any(not -rank <= a < rank for a in self.axis):
            raise ValueError(
                f"All `axis` values must be in the range [-{rank}, {rank}). Received: "
                f"axis={self.axis}, input shape {tuple(input_shape)}"
            )
        self.kept = tuple(sorted(a % rank for a in self.axis))
        if any(input_shape[a] is None for a in self.kept):
            raise ValueError(
                "All `axis` values to be kept must have a known shape. Received: "
                f"axis={self.axis}, input shape {tuple(input_shape)}"
            )
        self.reduced = tuple(a for a in range(rank) if a not in self.kept)
        self.built_shape = tuple(input_shape)
        self.broadcast_shape = tuple(input_shape[a] if a in self.kept else 1 for a in range(rank))
        shape = tuple(input_shape[a] for a in self.kept)
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", dtype="int", trainable=False, name="count")
        else:
            self.mean, self.variance = (
                self.spread(np.asarray(x)) for x in (self.input_mean, self.input_variance)
            )

    def spread(self, x: Any) -> Any:
        """Given means, broadcast to the input's rank; they align with the last kept axes."""
        shape = [1] * len(self.broadcast_shape)
        for i in range(1, x.ndim + 1):
            shape[self.kept[-i]] = x.shape[-i]
        x = np.broadcast_to(x.reshape(shape), self.broadcast_shape)
        return x.astype(self.compute_dtype)

    def adapt(self, data: Any) -> None:
        """Compute mean and variance of the data.

        Args:
            data: an array, or an iterable of batches, each an array or a tuple that begins with
                one.

        Raises:
            TypeError: data, or a batch of it, that is no array.
            ValueError: no batches, or batches that differ from what the layer was built for.
        """
        if self.input_mean is not None:
            raise ValueError(
                "This layer was given `mean` and `variance`; `adapt` would not change them. Make "
                "a layer without them to adapt it."
            )
        whole = isinstance(data, np.ndarray) or hasattr(data, "__array__")
        if not whole and not hasattr(data, "__iter__") and not hasattr(data, "__getitem__"):
            raise TypeError(
                "`adapt` takes an array or an iterable of batches. Received: data of type "
                f"{type(data).__name__}"
            )
        batches = [data] if whole else (
            data if hasattr(data, "__iter__") else (data[i] for i in range(len(data)))
        )  # fmt: skip
        total, mean, variance = 0, 0.0, 0.0
        for batch in batches:
            batch = batch[0] if isinstance(batch, tuple) else batch
            if not hasattr(batch, "shape"):
                raise TypeError(
                    "`adapt` takes an array or an iterable of batches that are arrays. Received: "
                    f"a batch of type {type(batch).__name__}. If the data are no batches but all "
                    "in one, pass `np.array(data)`."
                )
            batch = np.asarray(batch)
            if not self.built:
                self.build(batch.shape)
                self.built = True
            if any(batch.shape[a] != self.built_shape[a] for a in self.kept):
                raise ValueError(
                    f"The layer was built with shape {self.built_shape}; `adapt` received data "
                    f"of shape {batch.shape}, which differs along axis={self.axis}."
                )
            x = batch.astype(np.float64)
            n = max(1, int(np.prod([x.shape[a] for a in self.reduced])))
            new_mean, new_variance = x.mean(self.reduced), x.var(self.reduced)
            share = n / (total + n)
            shift = new_mean - mean
            variance = variance * (1 - share) + new_variance * share
            variance = variance + share * (1 - share) * shift**2
            mean = mean + share * shift
            total += n
        if not total:
            raise ValueError("`adapt` received no batches; pass at least one.")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)
        self.finalize_state()

    def finalize_state(self) -> None:
        """Show the adapted state as `mean` and `variance`, in the input's rank."""
        if self.input_mean is None and self.built:
            self.mean, self.variance = (
                ops.cast(ops.reshape(x, self.broadcast_shape), self.compute_dtype)
                for x in (self.adapt_mean, self.adapt_variance)
            )

    def call(self, inputs: Any) -> Any:
        x = ops.cast(inputs, self.compute_dtype)
        mean, variance = self.mean, self.variance
        if self.input_mean is None:  # the weights: what loading or `set_weights` changes
            mean = ops.cast(ops.reshape(self.adapt_mean, self.broadcast_shape), x.dtype)
            variance = ops.cast(ops.reshape(self.adapt_variance, self.broadcast_shape), x.dtype)
        scale = ops.maximum(ops.sqrt(variance), epsilon())
        if self.invert:
            return ops.add(mean, ops.multiply(x, scale))
        return ops.divide(ops.subtract(x, mean), scale)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["mean"] = np.array(self.input_mean).tolist()
        config["variance"] = np.array(self.input_variance).tolist()
        return config
