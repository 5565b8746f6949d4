"""Fourier transforms of pairs of real arrays, the real and the imaginary part; none is scaled.

So the adjoint of a transform is one again: with the other sign, or between real and half spectra.
"""

from __future__ import annotations

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.ops.matrices import wide
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec


def _paired(re, im):
    re, im = wide(re), wide(im)
    y = np.empty(re.shape, np.result_type(re.dtype, np.complex64))
    y.real, y.imag = re, im
    return y


def _check(name, shape, axes):
    if any(not 0 <= a < len(shape) or not shape[a] for a in axes):
        raise ValueError(
            f"`{name}` received an array of shape {shape}; expected elements along axes {axes}."
        )


def _fft_shape(re, im, axes, inverse):
    _check("fft", re.shape, axes)
    if re.shape != im.shape:
        raise ValueError(
            f"`fft` received a real part of shape {re.shape} and an imaginary part of shape "
            f"{im.shape}; expected one shape."
        )
    return re, im


def _fft(re, im, out, axes, inverse):
    x = _paired(re, im)
    y = np.fft.ifftn(x, None, axes, "forward") if inverse else np.fft.fftn(x, None, axes)
    out[0][...], out[1][...] = y.real, y.imag


primitive(
    "fft",
    shape=_fft_shape,
    kernel=_fft,
    vjp=lambda dy, y, re, im, axes, inverse: emit("fft", *dy, axes=axes, inverse=not inverse),
    promote="float",
)


def _inner_bins(n, factor, dtype):
    """A factor for the bins that stand for two, 1 for the first and an even transform's last."""
    scale = np.full(n // 2 + 1, factor, dtype)
    scale[0] = 1
    if n % 2 == 0:
        scale[-1] = 1
    return scale


def _rfft_shape(x):
    _check("rfft", x.shape, (len(x.shape) - 1,))
    y = Spec((*x.shape[:-1], x.shape[-1] // 2 + 1), x.dtype)
    return y, y


def _rfft(x, out):
    y = np.fft.rfft(wide(x))
    out[0][...], out[1][...] = y.real, y.imag


def _rfft_vjp(dy, y, x):
    n = x.shape[-1]
    scale = _inner_bins(n, 0.5, x.dtype)
    return emit("irfft", dy[0] * scale, dy[1] * scale, n=n)


primitive("rfft", shape=_rfft_shape, kernel=_rfft, vjp=_rfft_vjp, promote="float")


def _irfft_shape(re, im, n):
    if n < 1 or re.shape != im.shape or re.shape[-1:] != (n // 2 + 1,):
        raise ValueError(
            f"`irfft` to length {n} received parts of shapes {re.shape} and {im.shape}; expected "
            f"{n // 2 + 1} bins in both."
        )
    return Spec((*re.shape[:-1], n), re.dtype)


def _irfft(re, im, out, n):
    out[...] = np.fft.irfft(_paired(re, im), n, norm="forward")


def _irfft_vjp(dy, y, re, im, n):
    """The first bin's imaginary part, and an even transform's last, do not count."""
    scale = _inner_bins(n, 2.0, re.dtype)
    dre, dim = emit("rfft", dy)
    return dre * scale, dim * scale


primitive("irfft", shape=_irfft_shape, kernel=_irfft, vjp=_irfft_vjp, promote="float")
