"""Fourier transforms, of whole signals and of windows; complex numbers made and taken apart.

Complex signals are pairs of real tensors, as Keras has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, floating, promoted, tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.order import pad
from hornlet.ops.numpy.shapes import part


def pair(x: Any, rank: Any = 1) -> Any:
    """The real and the imaginary part of a signal given as a pair."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(
            "Argument `x` must be a pair of tensors, the real and the imaginary part. "
            f"Received: x={x}"
        )
    re, im = (tensor(part, "x") for part in x)
    if re.shape != im.shape or re.dtype.kind not in "fV" or im.dtype.kind not in "fV":
        raise ValueError(
            "Argument `x` must be a pair of floating tensors of one shape. Received: shapes "
            f"{re.shape} and {im.shape}, dtypes {re.dtype} and {im.dtype}"
        )
    if re.ndim < rank:
        raise ValueError(
            f"Argument `x` must hold tensors of a rank of at least {rank}. Received: {re.shape}"
        )
    return re, im


def fitted(x: Any, n: int) -> Any:
    """The last axis cut or filled up with zeros to size ``n``."""
    m = x.shape[-1]
    if n <= m:
        return part(x, x.ndim - 1, 0, n) if n < m else x
    return emit("pad", x, widths=(*((0, 0) for _ in x.shape[:-1]), (0, n - m)), value=0)


@op
def fft(x: Any) -> Any:
    """The discrete Fourier transform of the last axis, ``sum_t x[t] exp(-2 pi i k t / n)``.

    Args:
        x: pair of real and imaginary part.

    Returns:
        A pair of the same shapes.

    >>> keras.ops.fft((np.array([1.0, 1.0]), np.zeros(2)))
    (array([2., 0.]), array([0., 0.]))
    """
    re, im = pair(x)
    return emit("fft", re, im, axes=(re.ndim - 1,), inverse=False)


@op
def fft2(x: Any) -> Any:
    """The discrete Fourier transform of the last two axes.

    Args:
        x: pair of real and imaginary part.

    >>> keras.ops.fft2((np.ones((2, 2)), np.zeros((2, 2))))[0]
    array([[4., 0.],
           [0., 0.]])
    """
    re, im = pair(x, 2)
    return emit("fft", re, im, axes=(re.ndim - 2, re.ndim - 1), inverse=False)


@op
def ifft2(x: Any) -> Any:
    """What `fft2` transforms into ``x``.

    Args:
        x: pair of real and imaginary part.

    >>> keras.ops.ifft2((np.array([[4.0, 0.0], [0.0, 0.0]]), np.zeros((2, 2))))[0]
    array([[1., 1.],
           [1., 1.]])
    """
    re, im = pair(x, 2)
    parts = emit("fft", re, im, axes=(re.ndim - 2, re.ndim - 1), inverse=True)
    return tuple(emit("multiply", y, 1 / (re.shape[-1] * re.shape[-2])) for y in parts)


@op
def rfft(x: Any, fft_length: int | None = None) -> Any:
    """The discrete Fourier transform of the last axis of a real signal, frequencies from 0 on.

    Args:
        x: real tensor.
        fft_length: the signal is cut or filled up with zeros to this length.

    Returns:
        A pair of real and imaginary part, ``fft_length // 2 + 1`` frequencies each.

    >>> keras.ops.rfft(np.array([1.0, 2.0, 1.0, 0.0]))
    (array([4., 0., 0.]), array([ 0., -2.,  0.]))
    """
    x = floating(x)
    if x.ndim < 1:
        raise ValueError(f"Argument `x` must have a rank of at least 1. Received: {x.shape}")
    return emit("rfft", fitted(x, x.shape[-1] if fft_length is None else int(fft_length)))


@op
def irfft(x: Any, fft_length: int | None = None) -> Any:
    """The real signal that `rfft` transforms into ``x``.

    Args:
        x: pair of real and imaginary part.
        fft_length: length of the signal; ``2 * (frequencies - 1)`` by default.

    >>> keras.ops.irfft((np.array([4.0, 0.0, 0.0]), np.array([0.0, -2.0, 0.0])))
    array([1., 2., 1., 0.])
    """
    re, im = pair(x)
    n = 2 * (re.shape[-1] - 1) if fft_length is None else int(fft_length)
    re, im = (fitted(y, n // 2 + 1) for y in (re, im))
    return emit("multiply", emit("irfft", re, im, n=n), 1 / max(1, n))


def windowed(window: Any, sequence_length: Any, fft_length: Any, dtype: Any) -> Any:
    """The weights of one frame, filled up on both sides to the length of the transform."""
    if fft_length < sequence_length:
        raise ValueError(
            "Argument `fft_length` must be at least `sequence_length`. Received: "
            f"sequence_length={sequence_length}, fft_length={fft_length}"
        )
    if window is None:
        return np.ones(fft_length, dtype)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(
                "Argument `window` must be 'hann', 'hamming', a tensor or None. "
                f"Received: window={window!r}"
            )
        low = {"hann": 0.5, "hamming": 0.54}[window]
        turn = np.cos(2 * np.pi * np.arange(sequence_length) / max(1, sequence_length))
        window = (low - (1 - low) * turn).astype(dtype)
    weights = cast_to(tensor(window, "window"), dtype)
    if weights.shape != (sequence_length,):
        raise ValueError(
            "The shape of `window` must be equal to [sequence_length]. "
            f"Received: window shape={weights.shape}, sequence_length={sequence_length}"
        )
    before = (fft_length - sequence_length) // 2
    after = fft_length - sequence_length - before
    return emit("pad", weights, widths=((before, after),), value=0)


def frame_places(count: int, stride: Any, n: int) -> Any:
    return (np.arange(count)[:, None] * stride + np.arange(n)[None]).astype("int32")


def checked_stride(stride: Any) -> None:
    if not isinstance(stride, int) or stride <= 0:
        raise ValueError(
            "Argument `sequence_stride` must be a positive integer. "
            f"Received: sequence_stride={stride}"
        )


@op
def stft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """The spectra of windows that move along the last axis of a real signal.

    Args:
        x: float32 or float64 tensor.
        sequence_length: length of a window.
        sequence_stride: by how much it moves.
        fft_length: length of the transforms; windows are filled up to it.
        window: "hann", "hamming", weights of shape ``(sequence_length,)``, or None for ones.
        center: reflect the signal at its ends, so that window t is centered at
            ``t * sequence_stride``.

    Returns:
        A pair of real and imaginary part, shape ``(..., windows, fft_length // 2 + 1)``.

    >>> keras.ops.stft(np.ones(8), 4, 2, 4, center=False)[0]
    array([[ 2., -1.,  0.],
           [ 2., -1.,  0.],
           [ 2., -1.,  0.]])
    """
    checked_stride(sequence_stride)
    x = tensor(x)
    if x.dtype not in (np.float32, np.float64):
        raise TypeError(f"Argument `x` must be float32 or float64. Received: dtype {x.dtype}")
    weights = windowed(window, sequence_length, fft_length, x.dtype)
    if center:
        widths = [(0, 0)] * (x.ndim - 1) + [(fft_length // 2, fft_length // 2)]
        x = pad(x, widths, mode="reflect")
    if x.shape[-1] < fft_length:
        raise ValueError(
            f"The signal (length {x.shape[-1]}) is shorter than `fft_length`={fft_length}."
        )
    count = 1 + (x.shape[-1] - fft_length) // sequence_stride
    frames = emit("take", x, frame_places(count, sequence_stride, fft_length), axis=x.ndim - 1)
    return emit("rfft", emit("multiply", frames, weights))


@op
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """The signal whose `stft` comes closest to ``x``, by weighted sums of overlapping windows.

    Griffin and Lim, 1984, "Signal estimation from modified short-time Fourier transform".

    Args:
        x: pair of real and imaginary part, shape ``(..., windows, fft_length // 2 + 1)``.
        sequence_length, sequence_stride, fft_length, window, center: those of `stft`.
        length: the length of the result.

    >>> spectra = keras.ops.stft(np.arange(1.0, 9.0), 4, 1, 4)
    >>> keras.ops.istft(spectra, 4, 1, 4).round(4)
    array([1., 2., 3., 4., 5., 6., 7., 8.])
    """
    checked_stride(sequence_stride)
    re, im = pair(x, 2)
    weights = windowed(window, sequence_length, fft_length, re.dtype)
    frames = irfft((re, im), fft_length)
    count = re.shape[-2]
    n = fft_length + sequence_stride * (count - 1)
    places = frame_places(count, sequence_stride, fft_length)
    y = emit("take_add", emit("multiply", frames, weights), places, shape=(*re.shape[:-2], n),
             axis=re.ndim - 2)  # fmt: skip
    spread = emit("broadcast_to", emit("square", weights), shape=places.shape)
    norm = emit("take_add", spread, places, shape=(n,), axis=0)
    y = emit("divide", y, emit("where", emit("greater", norm, 1e-10), norm, 1.0))
    if window is None:
        y = emit("multiply", y, fft_length / sequence_stride)
    start = fft_length // 2 if center else 0
    stop = n - start if length is None else min(n, start + length)
    return part(y, y.ndim - 1, start, max(start, stop))


def joined(re: Any, im: Any) -> Any:
    re, im = (floating(v) for v in promoted(re, im))
    return emit("complex", re, im)


@op
def view_as_complex(x: Any) -> Any:
    """The complex numbers whose real and imaginary parts lie in the last axis.

    Args:
        x: real tensor of shape ``(..., 2)``.

    >>> keras.ops.view_as_complex(np.array([[1.0, 2.0]]))
    array([1.+2.j])
    """
    x = tensor(x)
    if x.ndim < 1 or x.shape[-1] != 2:
        raise ValueError(
            "The last axis of `x` must hold the real and the imaginary part, size 2. "
            f"Received: x.shape={x.shape}"
        )
    last = x.ndim - 1
    return joined(part(x, last, 0, 1, False), part(x, last, 1, 2, False))


@op
def view_as_real(x: Any) -> Any:
    """The real and the imaginary parts of complex numbers, along a new last axis.

    Args:
        x: complex tensor (of a real one the imaginary parts are 0).

    >>> keras.ops.view_as_real(np.array([1 + 2j]))
    array([[1., 2.]])
    """
    x = tensor(x)
    parts = [emit("reshape", emit(name, x), shape=(*x.shape, 1)) for name in ("real", "imag")]
    return emit("concatenate", *parts, axis=x.ndim)


@op
def polar(abs_: Any, angle: Any) -> Any:
    """The complex numbers of an absolute value and an angle: ``abs_ * exp(i angle)``.

    Args:
        abs_: real tensor.
        angle: real tensor, in radians.

    >>> keras.ops.polar(np.array([2.0]), np.array([np.pi])).round(4)
    array([-2.+0.j])
    """
    abs_, angle = (floating(v) for v in promoted(abs_, angle))
    re, im = (emit("multiply", abs_, emit(name, angle)) for name in ("cos", "sin"))
    return emit("complex", re, im)
