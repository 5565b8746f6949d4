"""Trigonometric and hyperbolic functions, angles, and the parts of complex numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hornlet.engine.emit import emit
from hornlet.ops.arguments import floating, promoted, tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import writable


@op
def sin(x: Any) -> Any:
    """The sine of ``x``.

    >>> keras.ops.sin(np.array([0.0]))
    array([0.])
    """
    return emit("sin", floating(x))


@op
def cos(x: Any) -> Any:
    """The cosine of ``x``.

    >>> keras.ops.cos(np.array([0.0]))
    array([1.])
    """
    return emit("cos", floating(x))


@op
def tan(x: Any) -> Any:
    """The tangent of ``x``.

    >>> keras.ops.tan(np.array([0.0]))
    array([0.])
    """
    return emit("tan", floating(x))


@op
def arcsin(x: Any) -> Any:
    """The angle in [-pi/2, pi/2] whose sine is ``x``.

    >>> keras.ops.arcsin(np.array([0.0]))
    array([0.])
    """
    return emit("arcsin", floating(x))


@op
def arccos(x: Any) -> Any:
    """The angle in [0, pi] whose cosine is ``x``.

    >>> keras.ops.arccos(np.array([1.0]))
    array([0.])
    """
    return emit("arccos", floating(x))


@op
def arctan(x: Any) -> Any:
    """The angle in (-pi/2, pi/2) whose tangent is ``x``.

    >>> keras.ops.arctan(np.array([0.0]))
    array([0.])
    """
    return emit("arctan", floating(x))


@op
def arctan2(x1: Any, x2: Any) -> Any:
    """The angle of the point ``(x2, x1)`` seen from the origin, in [-pi, pi].

    >>> keras.ops.arctan2(np.array([0.0]), 1.0)
    array([0.])
    """
    x1, x2 = promoted(tensor(x1), tensor(x2))
    return emit("arctan2", floating(x1), floating(x2))


@op
def sinh(x: Any) -> Any:
    """The hyperbolic sine of ``x``.

    >>> keras.ops.sinh(np.array([0.0]))
    array([0.])
    """
    return emit("sinh", floating(x))


@op
def cosh(x: Any) -> Any:
    """The hyperbolic cosine of ``x``.

    >>> keras.ops.cosh(np.array([0.0]))
    array([1.])
    """
    return emit("cosh", floating(x))


@op
def tanh(x: Any) -> Any:
    """The hyperbolic tangent of ``x``.

    >>> keras.ops.tanh(np.array([0.0]))
    array([0.])
    """
    return emit("tanh", floating(x))


@op
def arcsinh(x: Any) -> Any:
    """The number whose hyperbolic sine is ``x``.

    >>> keras.ops.arcsinh(np.array([0.0]))
    array([0.])
    """
    return emit("arcsinh", floating(x))


@op
def arccosh(x: Any) -> Any:
    """The number not below 0 whose hyperbolic cosine is ``x``.

    >>> keras.ops.arccosh(np.array([1.0]))
    array([0.])
    """
    return emit("arccosh", floating(x))


@op
def arctanh(x: Any) -> Any:
    """The number whose hyperbolic tangent is ``x``.

    >>> keras.ops.arctanh(np.array([0.0]))
    array([0.])
    """
    return emit("arctanh", floating(x))


@op
def deg2rad(x: Any) -> Any:
    """Degrees as radians: ``x * pi / 180``.

    >>> keras.ops.deg2rad(np.array([180.0])).round(4)
    array([3.1416])
    """
    return emit("multiply", floating(x), math.pi / 180)


@op
def rad2deg(x: Any) -> Any:
    """Radians as degrees: ``x * 180 / pi``.

    >>> keras.ops.rad2deg(np.array([np.pi]))
    array([180.])
    """
    return emit("multiply", floating(x), 180 / math.pi)


@op
def sinc(x: Any) -> Any:
    """``sin(pi x) / (pi x)``, and 1 at 0.

    >>> keras.ops.sinc(np.array([0.0, 1.0])).round(4)
    array([1., 0.])
    """
    x = emit("multiply", floating(x), math.pi)
    zero = emit("equal", x, 0)
    ratio = emit("divide", emit("sin", x), emit("where", zero, 1, x))
    return emit("where", zero, 1, ratio)


@op
def real(x: Any) -> Any:
    """The real part of ``x``.

    >>> keras.ops.real(np.array([1 + 2j]))
    array([1.])
    """
    x = tensor(x)
    return emit("real", x) if x.dtype.kind == "c" else x


@op
def imag(x: Any) -> Any:
    """The imaginary part of ``x``.

    >>> keras.ops.imag(np.array([1 + 2j]))
    array([2.])
    """
    x = tensor(x)
    if x.dtype.kind == "c":
        return emit("imag", x)
    return writable(emit("broadcast_to", np.zeros((), x.dtype), shape=x.shape), x)


@op
def conjugate(x: Any) -> Any:
    """``x`` with its imaginary part negated.

    >>> keras.ops.conjugate(np.array([1 + 2j]))
    array([1.-2.j])
    """
    x = tensor(x)
    return emit("conj", x) if x.dtype.kind == "c" else x


@op
def conj(x: Any) -> Any:
    """``x`` with its imaginary part negated; a short name of `conjugate`."""
    return conjugate(x)


@op
def angle(x: Any) -> Any:
    """The angle of the complex number ``x`` in the plane, in radians.

    >>> keras.ops.angle(np.array([1j])).round(4)
    array([1.5708])
    """
    x = tensor(x)
    if x.dtype.kind == "c":
        return emit("arctan2", emit("imag", x), emit("real", x))
    x = floating(x)
    return emit("arctan2", np.zeros((), x.dtype), emit("stop_gradient", x))
