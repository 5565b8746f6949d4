"""Spectrograms: MelSpectrogram of raw audio, and STFTSpectrogram, whose kernels can be trained."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

import hornlet.initializers as initializers
import hornlet.ops as ops
from hornlet.base.config import epsilon, standardize_data_format
from hornlet.base.dtypes import numpy_dtype
from hornlet.base.registry import register
from hornlet.layers.arguments import one_of, positive
from hornlet.layers.base import Layer
from hornlet.layers.spec import InputSpec


@register("keras.layers")
class MelSpectrogram(Layer):
    """The power of audio in bands of the mel scale, ``m = 1127 log(1 + f / 700)``, over time.

    Spectra of windows, their magnitudes to the power `mag_exp`, are summed up by triangles that
    are equally wide on the mel scale, and expressed in decibels.

    Args:
        fft_length: length of the transforms.
        sequence_stride: by how much windows move.
        sequence_length: length of a window, by default `fft_length`.
        window: `"hann"`, `"hamming"`, or weights of a window.
        sampling_rate: samples a second.
        num_mel_bins: number of bands.
        min_freq, max_freq: lowest and highest frequency in hertz; by default half the rate.
        power_to_db: whether the result is in decibels, ``10 log10(power / ref_power)``.
        top_db: the loudest value minus this is the lowest that comes out.
        mag_exp: power of the magnitudes, 2 for the power, 1 for the energy.
        min_power: smallest power, which is what silence counts.
        ref_power: the power that is 0 decibels.

    Input shape: ``(samples,)`` or ``(batch, samples)``. Output shape:
    ``(..., num_mel_bins, windows)``.

    >>> layer = keras.layers.MelSpectrogram(fft_length=64, sequence_stride=16, num_mel_bins=8)
    >>> layer(np.sin(np.arange(256.0))[None]).shape
    (1, 8, 17)
    """

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.fft_length = fft_length
        self.sequence_stride = sequence_stride
        self.sequence_length = sequence_length or fft_length
        if fft_length < self.sequence_length:
            raise ValueError(
                "Argument `fft_length` must not be less than `sequence_length`. Received: "
                f"fft_length={fft_length}, sequence_length={sequence_length}"
            )
        self.window = window
        self.sampling_rate = sampling_rate
        self.num_mel_bins = num_mel_bins
        self.min_freq = min_freq
        self.max_freq = max_freq or int(sampling_rate / 2)
        self.power_to_db = power_to_db
        self.top_db = top_db
        self.mag_exp = mag_exp
        self.min_power = min_power
        self.ref_power = ref_power

    def call(self, inputs: Any) -> Any:
        dtype = self.compute_dtype if self.compute_dtype == "float64" else "float32"
        real, imaginary = ops.stft(
            ops.cast(inputs, dtype),
            sequence_length=self.sequence_length,
            sequence_stride=self.sequence_stride,
            fft_length=self.fft_length,
            window=self.window,
            center=True,
        )
        power = ops.power(ops.sqrt(ops.square(real) + ops.square(imaginary)), self.mag_exp)
        bands = self.linear_to_mel_weight_matrix(
            self.num_mel_bins, power.shape[-1], self.sampling_rate, self.min_freq, self.max_freq,
            dtype,
        )  # fmt: skip
        y = ops.matmul(power, bands)
        if self.power_to_db:
            y = self.decibels(y)
        return ops.cast(ops.swapaxes(y, -1, -2), self.compute_dtype)

    def decibels(self, power: Any) -> Any:
        loudest = max(abs(self.ref_power), self.min_power)
        y = 10.0 * ops.log10(ops.maximum(power, self.min_power)) - 10.0 * math.log10(loudest)
        return ops.maximum(y, ops.max(y) - self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: float = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: str = "float32",
    ) -> Any:
        """What each frequency counts in each band; the constant counts nothing.

        The frequencies lie evenly from 0 to half the sampling rate, the bands, triangles of
        height 1, evenly on the mel scale between the edges. The matrix has the shape
        ``(num_spectrogram_bins, num_mel_bins)``.
        """

        def mel(frequency):
            return 1127.0 * np.log1p(frequency / 700.0)

        places = mel(np.linspace(0.0, sampling_rate / 2.0, num_spectrogram_bins)[1:, None])
        edges = np.linspace(mel(lower_edge_hertz), mel(upper_edge_hertz), num_mel_bins + 2)
        low, middle, high = edges[:-2], edges[1:-1], edges[2:]
        rising = (places - low) / (middle - low)
        falling = (high - places) / (high - middle)
        bands = np.pad(np.maximum(0.0, np.minimum(rising, falling)), ((1, 0), (0, 0)))
        return bands.astype(numpy_dtype(dtype))

    def compute_output_shape(self, input_shape: Any) -> Any:
        *batch, n = input_shape
        stride = self.sequence_stride
        windows = None if n is None else (n + stride + 1) // stride
        return (*batch, self.num_mel_bins, windows)


MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


@register("keras.layers")
class STFTSpectrogram(Layer):
    """Short-time Fourier transforms as convolutions, whose kernels can be trained.

    Args:
        mode: what comes out: `"log"` of the magnitude, `"magnitude"`, `"psd"` (power),
            `"real"`, `"imag"`, `"angle"`, or `"stft"`, the real and the imaginary parts.
        frame_length: length of a window.
        frame_step: by how much windows move, by default half of `frame_length`.
        fft_length: length of the transforms, by default the power of two from `frame_length` on.
        window: name of a window, weights of shape ``(frame_length,)``, or None for ones.
        periodic: whether a named window is periodic instead of symmetric.
        scaling: `"density"`, `"spectrum"` or None.
        padding: `"valid"`, or `"same"` to cover the ends too.
        expand_dims: whether frequencies and channels are axes of their own.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input shape: ``(batch, time, channels)``. Output shape: ``(batch, frames,
    channels * frequencies)``, with `expand_dims` ``(batch, frames, frequencies, channels)``;
    with the channels first ``(batch, channels * frequencies, frames)`` and
    ``(batch, channels, frames, frequencies)``. There are ``fft_length // 2 + 1`` frequencies.
    Weights: `real_kernel` and `imag_kernel` of shape ``(frame_length, 1, frequencies)``.

    >>> layer = keras.layers.STFTSpectrogram("magnitude", frame_length=8, window=None)
    >>> layer(np.ones((1, 32, 1))).shape
    (1, 7, 5)
    """

    real_kernel: Any
    imag_kernel: Any

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        positive("frame_length", frame_length)
        if fft_length is not None:
            positive("fft_length", fft_length)
        if frame_step is not None and positive("frame_step", frame_step) > frame_length:
            raise ValueError(
                "Argument `frame_step` must be at most `frame_length`. "
                f"Received: frame_step={frame_step}, frame_length={frame_length}"
            )
        if fft_length is not None and fft_length < frame_length:
            raise ValueError(
                "Argument `fft_length` must not be less than `frame_length`. Received: "
                f"fft_length={fft_length}, frame_length={frame_length}"
            )
        if fft_length is not None and fft_length & -fft_length != fft_length:
            warnings.warn(
                f"A power of two is faster as `fft_length`. Received: fft_length={fft_length}",
                stacklevel=2,
            )
        super().__init__(**kwargs)
        self.mode = one_of("mode", mode, MODES)
        self.frame_length = frame_length
        self.frame_step = frame_step
        self.fft_length = fft_length
        self.window = window
        self.periodic = periodic
        self.scaling = one_of("scaling", scaling, ("density", "spectrum", None))
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.expand_dims = expand_dims
        self.data_format = standardize_data_format(data_format)
        self.step = frame_step or frame_length // 2
        self.frequencies = (fft_length or 1 << (frame_length - 1).bit_length()) // 2 + 1
        self.input_spec = InputSpec(ndim=3)
        self.kernel_initializer("real")  # names of windows are checked here

    def kernel_initializer(self, side: str) -> initializers.STFT:
        return initializers.STFT(side, self.window, self.scaling, self.periodic)

    def build(self, input_shape: Any) -> None:
        shape = (self.frame_length, 1, self.frequencies)
        for side, other in (("real", "imag"), ("imag", "real")):
            if self.mode != other:
                kernel = self.add_weight(
                    shape, self.kernel_initializer(side), name=f"{side}_kernel"
                )  # fmt: skip
                setattr(self, f"{side}_kernel", kernel)

    def spectra(self, x: Any, kernel: Any) -> Any:
        """``(batch, channels, frames, frequencies)``, each channel for itself."""
        n, channels, time = x.shape
        y = ops.conv(
            ops.reshape(x, (n * channels, time, 1)), ops.cast(kernel, x.dtype), self.step,
            self.padding, "channels_last",
        )  # fmt: skip
        return ops.reshape(y, (n, channels, *y.shape[1:]))

    def call(self, inputs: Any) -> Any:
        if inputs.dtype not in ("float16", "float32", "float64"):
            raise TypeError(
                "`STFTSpectrogram` takes float16, float32 or float64. Received: dtype "
                f"{inputs.dtype}"
            )
        first = self.data_format == "channels_first"
        x = inputs if first else ops.swapaxes(inputs, 1, 2)
        real = self.spectra(x, self.real_kernel) if self.mode != "imag" else None
        imag = self.spectra(x, self.imag_kernel) if self.mode != "real" else None
        y = self.result(real, imag)  # (batch, channels, frames, frequencies)
        if self.expand_dims:
            return y if first else ops.transpose(y, (0, 2, 3, 1))
        n, channels, frames, frequencies = y.shape
        y = ops.reshape(ops.swapaxes(y, 2, 3), (n, channels * frequencies, frames))
        return y if first else ops.swapaxes(y, 1, 2)

    def result(self, real: Any, imag: Any) -> Any:
        mode = self.mode
        if mode in ("real", "imag"):
            return real if mode == "real" else imag
        if mode == "angle":
            return ops.arctan2(imag, real)
        if mode == "stft":
            return ops.concatenate([real, imag], axis=-1)
        power = ops.square(real) + ops.square(imag)
        if mode == "psd":
            # All but the first and the last frequency stand for their negatives, too.
            return power + ops.pad(power[..., 1:-1], ((0, 0), (0, 0), (0, 0), (1, 1)))
        magnitude = ops.sqrt(ops.maximum(power, epsilon()))
        return magnitude if mode == "magnitude" else ops.log(ops.maximum(magnitude, epsilon()))
