"""Windows by name, as SciPy names and samples them: weights of the samples of a frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Formula = Callable[[np.ndarray, int], np.ndarray]  # of the places from -1 to 1, and their number


def cosines(*coefficients: float) -> Formula:
    """The sum of cosines of whole periods, with alternating signs: 1 in the middle."""

    def window(u, n):
        return sum(c * np.cos(np.pi * k * u) for k, c in enumerate(coefficients))

    return window


def barthann(u, n):
    return 0.62 - 0.24 * np.abs(u) + 0.38 * np.cos(np.pi * u)


def bohman(u, n):
    u = np.abs(u)
    return (1.0 - u) * np.cos(np.pi * u) + np.sin(np.pi * u) / np.pi


def cosine(u, n):
    return np.cos(0.5 * np.pi * u * (n - 1) / n)


def exponential(u, n):
    return np.exp(-0.5 * np.abs(u) * (n - 1))


def parzen(u, n):
    q = np.abs(u) * (n - 1) / n
    inner = 1.0 - 6.0 * q**2 + 6.0 * q**3
    return np.where(np.abs(u) <= 0.5, inner, 2.0 * (1.0 - q) ** 3)


def triang(u, n):
    return 1.0 - np.abs(u) * (n - 1) / (n + n % 2)


def tukey(u, n):
    """Flat in the middle half, then half a period of a cosine at each side."""
    return 0.5 * (1.0 + np.cos(np.pi * np.maximum(0.0, 2.0 * np.abs(u) - 1.0)))


WINDOWS: dict[str, Formula] = {
    "barthann": barthann,
    "bartlett": lambda u, n: 1.0 - np.abs(u),
    "blackman": cosines(0.42, 0.5, 0.08),
    "blackmanharris": cosines(0.35875, 0.48829, 0.14128, 0.01168),
    "bohman": bohman,
    "boxcar": lambda u, n: np.ones(n),
    "cosine": cosine,
    "exponential": exponential,
    "flattop": cosines(0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
    "hamming": cosines(0.54, 0.46),
    "hann": cosines(0.5, 0.5),
    "lanczos": lambda u, n: np.sinc(u),
    "nuttall": cosines(0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "parzen": parzen,
    "rectangular": lambda u, n: np.ones(n),
    "triang": triang,
    "tukey": tukey,
}


def window(name: str, n: int, periodic: bool) -> np.ndarray:
    """``n`` weights; a periodic window is the symmetric one of ``n + 1`` without its last."""
    if n <= 1:
        return np.ones(n)
    m = n + 1 if periodic else n
    return WINDOWS[name](np.linspace(-1.0, 1.0, m), m)[:n]
