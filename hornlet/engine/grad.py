"""Gradients of Python functions: `grad` and `value_and_grad`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.engine.emit import Tensor
from hornlet.engine.ref import Ref
from hornlet.engine.state import STATE
from hornlet.engine.tape import GradientTape
from hornlet.engine.trace import constant, in_trace


def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """A function that gives `function`'s value and its gradient by some of the arguments.

    Args:
        function: gives one number (an array without axes); with `has_aux` a pair of it and
            anything else.
        argnums: the positions of the arguments to differentiate by: nests of float arrays,
            numbers and variables.
        has_aux: whether `function` returns a pair.

    Returns:
        A function of the same arguments that gives `(value, gradient)`: the gradient in the nest of
        the argument, a tuple of them where `argnums` is a sequence. What the value does not depend
        on has a gradient of zeros.

    Raises:
        ValueError: the value is not one number, or there is no argument at one of the positions.
        TypeError: an argument to differentiate by is no float.

    >>> hornlet.value_and_grad(lambda x: np.sum(x * x))(np.array([1.0, 2.0]))
    (array(5.), array([2., 4.]))
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def run(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        for i in numbers:
            if not -len(args) <= i < len(args):
                raise ValueError(
                    f"`argnums` names argument {i}, but the function was called with {len(args)} "
                    "positional arguments."
                )
        given = list(args)
        with GradientTape() as tape:
            for i in numbers:
                given[i] = nest.map_structure(_source, args[i])
            sources = [given[i] for i in numbers]
            result = function(*given, **kwargs)
            value = result[0] if has_aux else result
            if getattr(value, "shape", ()) != ():
                raise ValueError(
                    "A gradient is that of one number; the function returned an array of shape "
                    f"{tuple(value.shape)}. Sum it, or take its mean."
                )
        gradients = tape.gradient(value, sources, unconnected_gradients="zero")
        gradients = gradients[0] if isinstance(argnums, int) else tuple(gradients)
        return nest.map_structure(_plain, result), gradients

    return run


def grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives the gradient of `function` by some of the arguments.

    Args:
        function: see `value_and_grad`.
        argnums: see `value_and_grad`.
        has_aux: see `value_and_grad`; then the gradient comes in a pair with the other result.

    >>> square = lambda x: x * x
    >>> float(hornlet.grad(square)(3.0)), float(hornlet.grad(hornlet.grad(square))(3.0))
    (6.0, 2.0)
    """
    both = value_and_grad(function, argnums, has_aux)

    def run(*args: Any, **kwargs: Any) -> Any:
        result, gradients = both(*args, **kwargs)
        return (gradients, result[1]) if has_aux else gradients

    return run


def _source(x: Any) -> Any:
    """What stands for an argument: a Tensor, whose operators are recorded as an array's are not."""
    if not isinstance(x, (Ref, Tensor)):
        x = constant(x, STATE.trace if in_trace() else None)
    if np.dtype(x.dtype).kind not in "fcV":
        raise TypeError(
            f"A gradient by an argument of dtype {x.dtype} does not exist; pass floats."
        )
    return x


def _plain(x: Any) -> Any:
    return x.value if type(x) is Tensor and x.value is not None else x
