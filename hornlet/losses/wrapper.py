"""A loss made of a function `f(y_true, y_pred, **arguments)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hornlet.base.nest as nest
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.losses.loss import Loss, squeeze_or_expand_to_same_rank


@register("keras.losses")
class LossFunctionWrapper(Loss):
    """The loss that a function computes.

    Args:
        fn: function of `y_true`, `y_pred` and `kwargs`, returning one loss per sample.
        reduction: see `Loss`.
        name: see `Loss`.
        dtype: see `Loss`.
        **kwargs: passed to `fn` on every call.

    >>> from hornlet.losses import LossFunctionWrapper
    >>> loss = LossFunctionWrapper(keras.losses.huber, delta=2.0)
    >>> float(loss(np.zeros((1, 1)), np.full((1, 1), 2.0)))
    2.0
    """

    def __init__(
        self,
        fn: Callable,
        reduction: Any = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(name, reduction, dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if nest.is_nested(y_true):
            pairs = [
                squeeze_or_expand_to_same_rank(t, p)
                for t, p in zip(nest.flatten(y_true), nest.flatten(y_pred), strict=True)
            ]
            y_true = nest.pack_sequence_as(y_true, [t for t, _ in pairs])
            y_pred = nest.pack_sequence_as(y_pred, [p for _, p in pairs])
        else:
            y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        config = {"name": self.name, "reduction": self.reduction}
        config["fn"] = serialize_keras_object(self.fn)
        return {**config, **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        if "fn" in config:
            config = deserialize_keras_object(config)
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({getattr(self.fn, '__name__', self.fn)})>"


class FunctionLoss(LossFunctionWrapper):
    """A loss of this library: the class names the function, the arguments are attributes.

    `unwritten` maps arguments that Keras's config lacks to their default: they are written only
    when they differ, so that no config loses a setting.
    """

    unwritten: dict[str, Any] = {}

    def __init__(self, fn: Callable, reduction: Any, name: str, dtype: Any, **kwargs: Any):
        super().__init__(fn, reduction, name, dtype, **kwargs)
        for key, value in kwargs.items():
            setattr(self, key, value)

    def get_config(self) -> dict[str, Any]:
        config = {"name": self.name, "reduction": self.reduction, **self._fn_kwargs}
        for key, default in self.unwritten.items():
            if config[key] == default:
                del config[key]
        return config
