"""Computing activations again instead of keeping them: accepted, and decided by the engine.

A traced step's memory is planned as a whole: activations lie in one arena and give their places
away after their last use. Values and gradients are the same with and without these marks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from hornlet.base.names import one_of

_MODES = ("full", "activations", "larger_than", "list_of_layers", None)


def remat(f: Callable) -> Callable:
    """`f`, whose activations need not be kept for the gradient.

    Args:
        f: a function of tensors, or a layer.

    Returns:
        a function with the same values and gradients. What is kept is up to the engine's plan,
        which keeps activations in one arena.

    Raises:
        TypeError: `f` cannot be called.

    >>> square = keras.remat(lambda x: x * x)
    >>> square(np.array([3.0]))
    array([9.])
    """
    if not callable(f):
        raise TypeError(f"Argument `f` must be a function or a layer. Received: f={f!r}")

    def call(*args: Any, **kwargs: Any) -> Any:
        return f(*args, **kwargs)

    return wraps(f)(call) if hasattr(f, "__name__") else call


class RematScope:
    """A block whose layers need not keep their activations for the gradient.

    Args:
        mode: "full", "activations", "larger_than", "list_of_layers", or None to take an outer
            scope away.
        output_size_threshold: from which size of the output on, in the mode "larger_than".
        layer_names: the names of the layers, in the mode "list_of_layers".

    Values and gradients are those without the scope; what is kept is up to the engine's plan.

    Raises:
        ValueError: another mode.

    >>> with keras.RematScope(mode="larger_than", output_size_threshold=2048) as scope:
    ...     y = keras.layers.ReLU()(np.array([-1.0, 1.0]))
    >>> scope.mode
    'larger_than'
    """

    def __init__(
        self,
        mode: str | None = "full",
        output_size_threshold: int = 1024,
        layer_names: list[str] | None = None,
    ):
        self.mode = one_of("mode", mode, _MODES)
        self.output_size_threshold = output_size_threshold
        self.layer_names = layer_names or []

    def __enter__(self) -> RematScope:
        return self

    def __exit__(self, *_: Any) -> None:
        """Nothing is left to undo."""
