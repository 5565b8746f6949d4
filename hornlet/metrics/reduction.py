"""Sum, Mean, and the mean of a function's values: what most metrics are made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import hornlet.ops as ops
from hornlet.base import registry
from hornlet.base.configurable import constructor_config
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.losses.loss import check_weight, compared, squeeze_or_expand_to_same_rank
from hornlet.metrics.metric import Metric
from hornlet.tensor.masks import get_mask


def masked_weight(sample_weight: Any, mask: Any, dtype: Any) -> Any:
    """`sample_weight` with zeros where the mask of the predictions is false."""
    if mask is None:
        return sample_weight
    mask = ops.cast(mask, dtype)
    if sample_weight is None:
        return mask
    mask, sample_weight = squeeze_or_expand_to_same_rank(
        mask, ops.cast(ops.convert_to_tensor(sample_weight), dtype)
    )
    return sample_weight * mask


def samplewise(values: Any, sample_weight: Any, reduce: Callable, dtype: Any) -> tuple[Any, Any]:
    """Weights the values, and reduces them and the weights to one number per sample."""
    mask = get_mask(values)
    values = ops.cast(ops.convert_to_tensor(values), dtype)
    if sample_weight is not None:
        weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
        weight = masked_weight(weight, mask, dtype)
        values, weight = squeeze_or_expand_to_same_rank(values, weight)
        rank = len(weight.shape)
        if len(values.shape) > rank:
            values = reduce(values, axis=tuple(range(rank, len(values.shape))))
        check_weight(values, weight)
        weight = ops.broadcast_to(weight, values.shape)
        values = values * weight
        if rank > 1:
            weight = reduce(weight, axis=tuple(range(1, rank)))
        sample_weight = weight
    if len(values.shape) > 1:
        values = reduce(values, axis=tuple(range(1, len(values.shape))))
    return values, sample_weight


def _total(x: Any) -> Any:
    return ops.sum(x) if len(x.shape) else x


@register("keras.metrics")
class Sum(Metric):
    """Weighted sum of the values.

    Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.Sum()([1, 3, 5, 7], sample_weight=[1, 1, 0, 0]))
    4.0
    """

    def __init__(self, name: str = "sum", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, _ = samplewise(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(_total(values))

    def reset_state(self) -> None:
        self.total.assign(0)

    def result(self) -> Any:
        return ops.cast(self.total, self.dtype)


@register("keras.metrics")
class Mean(Metric):
    """Weighted mean of the values: `sum(values * weight) / sum(weight)`.

    Args: `name` and `dtype` of `Metric`.

    >>> float(keras.metrics.Mean()([1, 3, 5, 7], sample_weight=[1, 1, 0, 0]))
    2.0
    """

    def __init__(self, name: str = "mean", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), "zeros", dtype=self.dtype, name="total")
        self.count = self.add_variable((), "zeros", dtype=self.dtype, name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        values, weight = samplewise(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(_total(values))
        if weight is not None:
            n = _total(weight)
        else:
            n = float(values.shape[0] if len(values.shape) else 1)
        self.count.assign_add(n)

    def reset_state(self) -> None:
        self.total.assign(0)
        self.count.assign(0)

    def result(self) -> Any:
        return ops.divide_no_nan(self.total, self.count)


@register("keras.metrics")
class MeanMetricWrapper(Mean):
    """Mean of what a function `fn(y_true, y_pred, **kwargs)` gives per sample.

    Args:
        fn: the function; `name` and `dtype` as in `Metric`.
        **kwargs: passed to `fn` at every update.

    >>> def distance(y_true, y_pred):
    ...     return keras.ops.abs(y_true - y_pred)
    >>> float(keras.metrics.MeanMetricWrapper(distance)(np.zeros(2), np.array([1.0, 3.0])))
    2.0
    """

    def __init__(self, fn: Callable, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name=name, dtype=dtype)  # type: ignore[arg-type]
        self._fn = fn
        self._fn_kwargs = kwargs
        place = registry.home(fn) or registry.home(type(fn))
        if place is not None and place[0] == "keras.losses":
            self._direction = "down"

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        mask = get_mask(y_pred)
        fn = partial(self._fn, **self._fn_kwargs)
        values = compared(f"Metric '{self.name}'", fn, y_true, y_pred)
        super().update_state(values, masked_weight(sample_weight, mask, self.dtype))

    def get_config(self) -> dict[str, Any]:
        config = {"name": self.name, "dtype": self.dtype}
        config["fn"] = serialize_keras_object(self._fn)
        return {**config, **serialize_keras_object(dict(self._fn_kwargs))}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        if "fn" in config:
            config = deserialize_keras_object(config)
        return cls(**config)


class FunctionMetric(MeanMetricWrapper):
    """A metric of this library: the class names the function, its arguments are attributes."""

    def __init__(self, fn: Callable, name: str, dtype: Any, **kwargs: Any):
        super().__init__(fn, name, dtype, **kwargs)
        for key, value in kwargs.items():
            setattr(self, key, value)

    def get_config(self) -> dict[str, Any]:
        return constructor_config(self)
