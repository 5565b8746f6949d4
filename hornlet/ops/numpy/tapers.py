"""Window functions, which fade a signal out at its ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base.config import floatx
from hornlet.engine.tensor import Tensor
from hornlet.ops.arguments import (
    tensor,
)


def window(x, name, coefficients):
    """A window: a sum of cosines over ``x`` points, as NumPy defines it."""
    n = tensor(x)
    if isinstance(n, Tensor):
        raise ValueError(f"The length of `{name}` must be a number, not a traced value.")
    return coefficients(int(n)).astype(floatx())


def bartlett(x: Any) -> Any:
    """The triangular window of ``x`` points.

    >>> keras.ops.bartlett(3)
    array([0., 1., 0.], dtype=float32)
    """
    return window(x, "bartlett", np.bartlett)


def blackman(x: Any) -> Any:
    """The Blackman window of ``x`` points.

    >>> keras.ops.blackman(5).shape
    (5,)
    """
    return window(x, "blackman", np.blackman)


def hamming(x: Any) -> Any:
    """The Hamming window of ``x`` points.

    >>> keras.ops.hamming(5).shape
    (5,)
    """
    return window(x, "hamming", np.hamming)


def hanning(x: Any) -> Any:
    """The Hann window of ``x`` points.

    >>> keras.ops.hanning(3)
    array([0., 1., 0.], dtype=float32)
    """
    return window(x, "hanning", np.hanning)


def kaiser(x: Any, beta: Any) -> Any:
    """The Kaiser window of ``x`` points with shape ``beta``.

    >>> keras.ops.kaiser(5, 8.6).shape
    (5,)
    """
    return window(x, "kaiser", lambda n: np.kaiser(n, float(np.asarray(tensor(beta)))))
