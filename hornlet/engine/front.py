"""The documented functions, by name and by the NumPy function they answer for.

Rooms above register here, so that a traced `Tensor` and a model's `KerasTensor` can offer methods,
operators and NumPy's protocols without importing anything above them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FUNCTIONS: dict[str, Callable[..., Any]] = {}
NUMPY_FUNCTIONS: dict[Any, Callable[..., Any]] = {}


def register_function(name: str, function: Callable[..., Any], numpy_function: Any = None) -> None:
    """Makes `function` known as `name`, and as the answer to `numpy_function` on traced values."""
    FUNCTIONS[name] = function
    if numpy_function is not None:
        NUMPY_FUNCTIONS[numpy_function] = function


def lookup(name: str) -> Callable[..., Any]:
    """The registered function, or an AttributeError that says where such functions come from."""
    try:
        return FUNCTIONS[name]
    except KeyError:
        raise AttributeError(f"No function {name!r} is registered; import hornlet.ops.") from None
