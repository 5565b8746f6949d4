"""The base class of losses, and how per-sample losses, weights and masks become one number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import hornlet.base.nest as nest
import hornlet.ops as ops
import hornlet.tensor.dtype_policy as dtype_policy
from hornlet.base.config import floatx
from hornlet.base.configurable import Configurable
from hornlet.base.names import auto_name, name_scope, one_of
from hornlet.base.registry import register
from hornlet.tensor.masks import get_mask

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


@register("keras.losses")
class Loss(Configurable):
    """Base of the losses: `loss(y_true, y_pred, sample_weight=None)`.

    A subclass defines `call(y_true, y_pred)`, which returns one loss per sample (or per position);
    this class weights, masks and reduces them.

    Args:
        name: name of the loss in logs.
        reduction: `"sum_over_batch_size"` or `"mean"` (the sum by the number of losses),
            `"sum"`, `"mean_with_sample_weight"` (the sum by the sum of the weights), or `"none"` or
            `None` for one loss per sample.
        dtype: dtype or dtype policy of the computation, `keras.config.floatx()` by default.

    >>> class Distance(keras.losses.Loss):
    ...     def call(self, y_true, y_pred):
    ...         return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)
    >>> float(Distance()(np.zeros((2, 3)), np.ones((2, 3)), sample_weight=[1, 0]))
    0.5
    """

    def __init__(
        self, name: str | None = None, reduction: Any = "sum_over_batch_size", dtype: Any = None
    ):
        self.name = name or auto_name(type(self).__name__)
        self.reduction = standardize_reduction(reduction)
        self._dtype_policy = dtype_policy.get(dtype or floatx())

    @property
    def dtype(self) -> str:
        """Name of the dtype the loss is computed in."""
        return self._dtype_policy.compute_dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The reduced loss; `sample_weight` broadcasts to the shape of what `call` returns."""
        mask = get_mask(y_pred)
        if y_true is None:
            raise ValueError(
                f"Loss '{self.name}' needs targets, but `y_true` is None. Pass `y` (and "
                "`validation_data` as a tuple `(x, y)`), or compile the model without this loss."
            )
        with name_scope(self.name):
            y_true, y_pred = (_tensors(y, self.dtype) for y in (y_true, y_pred))
            losses = compared(f"Loss '{self.name}'", self.call, y_true, y_pred)
            own = get_mask(losses)
            if mask is None or own is None:
                mask = own if mask is None else mask
            else:
                mask = ops.logical_and(mask, own)
            return reduce_weighted_values(losses, sample_weight, mask, self.reduction, self.dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One loss per sample; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} must define `call(y_true, y_pred)`.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments but the dtype, which belongs to the run."""
        config = {"name": self.name, "reduction": self.reduction, **super().get_config()}
        config.pop("dtype", None)
        return config


def _tensors(y: Any, dtype: str) -> Any:
    """Targets or predictions as tensors, or a nest of them; a list of numbers is one tensor."""
    leaves = nest.flatten(y)
    if not isinstance(y, dict) and all(isinstance(x, (int, float, np.generic)) for x in leaves):
        return ops.convert_to_tensor(y, dtype=dtype)
    return nest.map_structure(lambda x: ops.convert_to_tensor(x, dtype=dtype), y)


def compared(who: str, function: Callable, y_true: Any, y_pred: Any) -> Any:
    """`function(y_true, y_pred)`; when it fails because of their shapes, the error names these."""
    try:
        return function(y_true, y_pred)
    except ValueError as error:
        true, pred = (_shapes(y) for y in (y_true, y_pred))
        if true == pred:
            raise
        raise ValueError(
            f"{who} cannot compare `y_true` of shape {true} with `y_pred` of shape {pred}: "
            f"{str(error).rstrip(' .')}. Give the targets (`y` in `fit`) the shape of the model's "
            "output, or change the size of its last layer."
        ) from error


def _shapes(y: Any) -> str:
    shapes = (x.shape if hasattr(x, "shape") else np.shape(x) for x in nest.flatten(y))
    return ", ".join(str(tuple(shape)) for shape in shapes)


def check_weight(values: Any, weight: Any) -> None:
    """ValueError unless the shape of `weight` broadcasts with that of the values it weights."""
    if any(m != n and 1 not in (m, n) for m, n in zip(values.shape[::-1], weight.shape[::-1])):
        raise ValueError(
            "Argument `sample_weight` must have one number for each value it weights, or a shape "
            f"that broadcasts to that. Received: sample_weight of shape {tuple(weight.shape)} for "
            f"values of shape {tuple(values.shape)}"
        )


def standardize_reduction(reduction: Any) -> Any:
    """`reduction` itself when it is a known one."""
    return one_of("reduction", reduction, REDUCTIONS)


def squeeze_or_expand_to_same_rank(a: Any, b: Any, expand_rank_1: bool = True) -> tuple[Any, Any]:
    """Adds or drops a last axis of size 1 where the ranks differ by one."""
    rank_a, rank_b = len(a.shape), len(b.shape)
    if rank_b == rank_a + 1:
        b, a = squeeze_or_expand_to_same_rank(b, a, expand_rank_1)
    elif rank_a == rank_b + 1 and a.shape[-1] == 1:
        if rank_b == 1 and expand_rank_1:
            b = ops.expand_dims(b, axis=-1)
        else:
            a = ops.squeeze(a, axis=-1)
    return a, b


def reduce_weighted_values(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: Any = "sum_over_batch_size",
    dtype: Any = None,
) -> Any:
    """Weights, masks and reduces losses as `Loss.__call__` does."""
    reduction = standardize_reduction(reduction)
    values = ops.convert_to_tensor(values, dtype=dtype)
    weight = None
    if sample_weight is not None:
        weight = ops.cast(ops.convert_to_tensor(sample_weight, dtype=dtype), values.dtype)
    if mask is not None:
        mask = _mask_weight(ops.cast(mask, "bool"), reduction, values.dtype)
        if weight is None:
            weight = mask
        else:
            mask, weight = squeeze_or_expand_to_same_rank(mask, weight)
            weight = weight * mask
    if weight is not None:
        values, weight = squeeze_or_expand_to_same_rank(values, weight)
        check_weight(values, weight)
        values = values * weight
    return reduce_values(values, weight, reduction)


def _mask_weight(mask: Any, reduction: Any, dtype: Any) -> Any:
    """The mask as weights; for a mean they are scaled so that only valid entries are counted."""
    weight = ops.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        n_valid = ops.sum(weight)  # may be 0
        weight = weight * ops.divide_no_nan(ops.cast(math.prod(mask.shape), dtype), n_valid)
    return weight


def reduce_values(
    values: Any, sample_weight: Any = None, reduction: Any = "sum_over_batch_size"
) -> Any:
    """Reduces losses that have been weighted already."""
    shape = tuple(values.shape)
    if reduction in (None, "none") or shape in ((), (0,)):
        return values
    total = ops.sum(values)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        return ops.divide_no_nan(total, ops.sum(sample_weight))
    n = math.prod(shape)
    return total / n if n else total
