"""Special functions to the precision of float64: the error function's family and the gamma's.

Series and coefficients are ours, fitted with 40 digits: erf(x)/x as a polynomial in x^2 up to 1,
log(erfc(x) exp(x^2) / t) as a Chebyshev series in t = 2 / (2 + x) beyond; a rational function of
x^2 serves float32.
"""

from __future__ import annotations

from functools import partial
from math import factorial, pi, sqrt

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.primitive import primitive, unary

_BLOCK = 1 << 13  # elements worked on at once, so that temporaries stay small
_NEAR = (
    -7.795898827002142e-10, 1.3720064546777686e-08, -1.6208483801871705e-07,
    1.6447424703317362e-06, -1.492473690741966e-05, 0.00012055294904839707,
    -0.0008548325975389692, 0.0052239776071164225, -0.02686617064323777, 0.11283791670945006,
    -0.37612638903183543, 1.1283791670955126,
)  # fmt: skip
_FAR = (
    -0.6513268598908547, 0.6419697923564902, 0.019476473204185836, -0.009561514786808632,
    -0.0009465953444820369, 0.00036683949785276145, 4.252332480690777e-05, -2.0278578112534242e-05,
    -1.6242900046470256e-06, 1.3036558355805232e-06, 1.5626441722066142e-08, -8.523809591492654e-08,
    6.5290544390988515e-09, 5.059343495551469e-09, -9.91364156493033e-10, -2.273651222931836e-10,
    9.646791102015527e-11, 2.3940380830391146e-12, -6.886027526497553e-12, 8.944879273090725e-13,
    3.130921399342958e-13, -1.1270822361367252e-13, 3.810905255189232e-16, 7.106097613609237e-15,
    -1.5230282014571043e-15, -9.457494571291233e-17, 1.210237189224279e-16,
)  # fmt: skip
_UPPER = np.array([
    1.1283791065216064, 0.1915697306394577, 0.05287756770849228, 0.003808866487815976,
    0.00028468164964579046, 2.0254767605365487e-06,
], "float32")  # fmt: skip
_LOWER = np.array([
    1.0, 0.503106951713562, 0.11456724256277084, 0.015056525357067585, 0.0011708552483469248,
    3.7826997868251055e-05,
], "float32")  # fmt: skip
_EDGE32 = np.float32(3.95)
# Bernoulli's numbers B_2, B_4, ..., of which the asymptotic series of the gamma family are made.
_BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330,
)  # fmt: skip
_SHIFT = 10  # Stirling's series is used from here on


def _rows(function, single=None):
    """A kernel that walks through its array in blocks, in float64 unless `single` does float32."""

    def work(x):
        with np.errstate(all="ignore"):
            if single is not None and x.dtype.itemsize <= 4 and x.dtype.kind in "fV":
                return single(x.astype(np.float32, copy=False))
            return function(x.astype(np.float64, copy=False))

    def kernel(x, out, **attributes):
        run = partial(work, **attributes) if attributes else work
        if x.size <= _BLOCK or not (x.flags.c_contiguous and out.flags.c_contiguous):
            out[...] = run(x)
            return
        x, out = x.reshape(-1), out.reshape(-1)
        for i in range(0, x.size, _BLOCK):
            out[i : i + _BLOCK] = run(x[i : i + _BLOCK])

    return kernel


def _horner(z, coefficients):
    """The polynomial with the highest coefficient first, in one array."""
    y = np.full_like(z, coefficients[0])
    for c in coefficients[1:]:
        y *= z
        y += c
    return y


def _erf_near(x):
    return x * _horner(x * x, _NEAR)


def _erfc_far(x):
    """erfc for x >= 0 by Clenshaw's recurrence."""
    t = 2 / (x + 2)
    u = 4 * t - 2
    b, last = np.zeros_like(t), np.zeros_like(t)
    for c in _FAR[:0:-1]:
        b, last = u * b - last + c, b
    return t * np.exp(-x * x + (0.5 * u * b - last + _FAR[0]))


def _erf(x):
    size = np.abs(x)
    small = _erf_near(np.minimum(size, 1))
    return np.copysign(np.where(size < 1, small, 1 - _erfc_far(size)), x)


def _erfc(x):
    size = np.abs(x)
    far = _erfc_far(size)
    return np.where(size < 0.5, 1 - _erf_near(np.clip(x, -1, 1)), np.where(x < 0, 2 - far, far))


def _erf_single(x):
    x = np.clip(x, -_EDGE32, _EDGE32)
    z = x * x
    y = _horner(z, _UPPER[::-1])
    y *= x
    y /= _horner(z, _LOWER[::-1])
    return np.clip(y, np.float32(-1), np.float32(1), out=y)


def _erfinv(x):
    """Winitzki's closed approximation, made exact by Halley's iteration."""
    size = np.abs(x)
    rest = 1 - size
    log = np.log(rest * (1 + size))
    a = 2 / (pi * 0.147) + log / 2
    y = np.sqrt(np.maximum(np.sqrt(a * a - log / 0.147) - a, 0))
    for _ in range(3):
        error = np.where(size < 0.5, _erf(y) - size, rest - _erfc(y))
        step = error / (2 / sqrt(pi) * np.exp(-y * y))
        y = y - step / (1 + y * step)
    y = np.where(size < 1e-8, size * (sqrt(pi) / 2), y)
    y = np.where(size == 1, np.inf, np.where(size > 1, np.nan, y))
    return np.copysign(y, x)


def _shifted(x):
    """Positive arguments brought to where Stirling's series holds, and the steps' masks."""
    small = x < _SHIFT
    return np.where(small, x + _SHIFT, x), small


def _lgamma_positive(x):
    z, small = _shifted(x)
    product = np.ones_like(x)
    for k in range(_SHIFT):
        product *= np.where(small, x + k, 1)
    w = 1 / (z * z)
    series = _horner(w, [b / (2 * k * (2 * k - 1)) for k, b in enumerate(_BERNOULLI, 1)][::-1]) / z
    y = (z - 0.5) * np.log(z) - z + 0.9189385332046727 + series
    return np.where(np.isinf(x), x, y - np.log(product))


def _lgamma(x):
    back = x < 0.5
    y = _lgamma_positive(np.where(back, 1 - x, x))
    reflected = np.log(pi / np.abs(_sin_pi(x))) - y
    return np.where(np.isneginf(x), np.inf, np.where(back, reflected, y))


def _sin_pi(x):
    """sin(pi x), exact at integers."""
    return np.sin(pi * (x - 2 * np.round(x / 2)))


def _digamma(x):
    back = x < 0.5
    at = np.where(back, 1 - x, x)
    z, small = _shifted(at)
    y = np.log(z) - 0.5 / z
    w = 1 / (z * z)
    y -= w * _horner(w, [b / (2 * k) for k, b in enumerate(_BERNOULLI, 1)][::-1])
    for k in range(_SHIFT):
        y -= np.where(small, 1 / (at + k), 0)
    turn = x - np.round(x)
    y = np.where(back, y - pi / np.tan(pi * turn), y)
    return np.where((x <= 0) & (x == np.floor(x)), np.nan, y)


def _polygamma(x, n):
    """The n-th derivative of digamma, n >= 1; negative arguments are stepped up one by one."""
    x = x.astype(np.float64)
    sign = -1.0 if n % 2 == 0 else 1.0
    y, z = np.zeros_like(x), x.copy()
    for _ in range(1000):
        small = z < _SHIFT + n
        if not small.any():
            break
        y += np.where(small, factorial(n) / z ** (n + 1), 0)
        z = np.where(small, z + 1, z)
    y += factorial(n - 1) / z**n + factorial(n) / (2 * z ** (n + 1))
    for k, b in enumerate(_BERNOULLI, 1):
        y += b * (factorial(2 * k + n - 1) / factorial(2 * k)) / z ** (2 * k + n)
    return sign * y


def _polygamma_kernel(x, out, n):
    with np.errstate(all="ignore"):
        out[...] = _polygamma(x, n)


TWO_OVER_ROOT_PI = 2 / sqrt(pi)

unary(
    "erf", _rows(_erf, _erf_single), promote="float",
    vjp=lambda dy, y, x: dy * (emit("exp", -(x * x)) * TWO_OVER_ROOT_PI),
)  # fmt: skip
unary(
    "erfc", _rows(_erfc), promote="float",
    vjp=lambda dy, y, x: dy * (emit("exp", -(x * x)) * -TWO_OVER_ROOT_PI),
)  # fmt: skip
unary(
    "erfinv", _rows(_erfinv), promote="float",
    vjp=lambda dy, y, x: dy * (emit("exp", y * y) * (sqrt(pi) / 2)),
)  # fmt: skip
unary(
    "lgamma", _rows(_lgamma), promote="float", vjp=lambda dy, y, x: dy * emit("digamma", x)
)  # fmt: skip
unary(
    "digamma", _rows(_digamma), promote="float",
    vjp=lambda dy, y, x: dy * emit("polygamma", x, n=1),
)  # fmt: skip
primitive(
    "polygamma",
    shape=lambda x, n: x,
    kernel=_polygamma_kernel,
    vjp=lambda dy, y, x, n: dy * emit("polygamma", x, n=n + 1),
    promote="float",
    elementwise=True,
    inplace=(0,),
)
