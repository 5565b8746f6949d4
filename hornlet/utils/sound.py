"""Sounds in WAV files."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hornlet.base.files import FileError


def read_wav(path: str, sampling_rate: int | None = None, length: int | None = None) -> np.ndarray:
    """The samples of a WAV file, float32 from -1 to 1, of the shape ``(samples, channels)``.

    Args:
        path: a file of 8, 16, 24 or 32 bits per sample.
        sampling_rate: samples per second to bring it to.
        length: number of samples to cut it off at or to fill it up to with zeros.

    Raises:
        FileError: no such file; ImportError: `sampling_rate` needs scipy.
    """
    import wave

    try:
        with wave.open(path, "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise FileError(path, f"no sound in the form WAV has: {error}") from error
    sound = _numbers(data, width).reshape(-1, channels)
    if sampling_rate is not None and sampling_rate != rate:
        sound = _resampled(sound, rate, sampling_rate)
    if length is None:
        return sound
    whole = np.zeros((length, channels), "float32")
    whole[: len(sound)] = sound[:length]
    return whole


def _numbers(data: bytes, width: int) -> np.ndarray:
    if width == 1:  # the only width without a sign
        return (np.frombuffer(data, "u1").astype("float32") - 128) / 128
    if width == 3:
        parts = np.frombuffer(data, "u1").reshape(-1, 3)
        whole = np.zeros((len(parts), 4), "u1")
        whole[:, 1:] = parts
        data, width = whole.tobytes(), 4
    return (np.frombuffer(data, f"<i{width}") / float(1 << (8 * width - 1))).astype("float32")


def _resampled(sound: np.ndarray, rate: int, wanted: int) -> Any:
    try:
        from scipy.signal import resample_poly
    except ImportError as error:
        raise ImportError(
            "Argument `sampling_rate` needs scipy where a file has another rate: "
            "`pip install scipy`."
        ) from error
    common = math.gcd(rate, wanted)
    return resample_poly(sound, wanted // common, rate // common).astype("float32")
