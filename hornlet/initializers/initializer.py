"""The base class of initializers."""

from __future__ import annotations

from typing import Any

from hornlet.base.configurable import Configurable
from hornlet.base.registry import register


@register("keras.initializers")
class Initializer(Configurable):
    """Gives a new variable its first value.

    A subclass defines `__call__(shape, dtype=None)`; its config is its constructor's arguments.

    >>> class Sevens(keras.initializers.Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return 7 * np.ones(shape, dtype)
    >>> keras.layers.Dense(2, kernel_initializer=Sevens()).kernel_initializer((1, 2), "float32")
    array([[7., 7.]], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """An array of `shape` and `dtype` (`keras.config.floatx()` when `None`)."""
        raise NotImplementedError(
            f"{type(self).__name__} must define `__call__(self, shape, dtype=None)`."
        )

    def clone(self) -> Initializer:
        """Another initializer with the same config."""
        return type(self).from_config(self.get_config())
