"""Initializers without randomness."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object
from hornlet.initializers.initializer import Initializer
from hornlet.initializers.windows import WINDOWS
from hornlet.initializers.windows import window as window_of


@register("keras.initializers")
class Constant(Initializer):
    """Every element is `value`.

    Args:
        value: a scalar, or an array that broadcasts to the variable's shape.

    >>> keras.initializers.Constant(3.0)((2,))
    array([3., 3.], dtype=float32)
    """

    def __init__(self, value: Any = 0.0):
        self.value = deserialize_keras_object(value) if isinstance(value, dict) else value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return ops.full(shape, self.value, dtype=standardize_dtype(dtype))


@register("keras.initializers", aliases=("zero",))
class Zeros(Initializer):
    """Every element is 0.

    >>> keras.initializers.Zeros()((2,))
    array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return ops.zeros(shape, dtype=standardize_dtype(dtype))


@register("keras.initializers", aliases=("one",))
class Ones(Initializer):
    """Every element is 1.

    >>> keras.initializers.Ones()((2,))
    array([1., 1.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return ops.ones(shape, dtype=standardize_dtype(dtype))


@register(
    "keras.initializers", aliases=("IdentityInitializer", "keras.initializers.IdentityInitializer")
)
class Identity(Initializer):
    """The identity matrix times `gain`; shapes of rank 2 only.

    >>> keras.initializers.Identity()((2, 2))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        if len(shape) != 2:
            raise ValueError(
                "Argument `shape` of the Identity initializer must have rank 2. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        return self.gain * ops.eye(shape[0], shape[1], dtype=standardize_dtype(dtype))

    def get_config(self) -> dict[str, Any]:
        return {} if self.gain == 1.0 else {"gain": self.gain}  # Keras's config lacks it


@register(
    "keras.initializers", aliases=("STFTInitializer", "keras.initializers.STFTInitializer")
)
class STFT(Initializer):
    """The kernel of a convolution that computes a short-time Fourier transform.

    Element `(t, 0, k)` is `cos` or `sin` of `-2 pi t k / n`, times the window at `t`, where
    `n = 2 * (fft_length - 1)` and the shape is `(frame_length, channels, fft_length)`.

    Args:
        side: `"real"` or `"imag"`.
        window: a name of a window of `scipy.signal` that takes no parameters, as `"hann"`,
            `"hamming"` or `"tukey"`, an array of `frame_length` numbers, or `None`.
        scaling: `"density"`, `"spectrum"` or `None`: what the window is divided by.
        periodic: whether the window is one period of `frame_length` samples, or symmetric.

    >>> keras.initializers.STFT("real", window=None)((4, 1, 3)).shape
    (4, 1, 3)
    """

    def __init__(
        self,
        side: str = "real",
        window: Any = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ):
        one_of("side", side, ("real", "imag"))
        if isinstance(window, str):
            one_of("window", window, sorted(WINDOWS))
        one_of("scaling", scaling, (None, "density", "spectrum"))
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        n_frame, _, n_bins = shape
        t = np.arange(n_frame).reshape(-1, 1, 1)
        angle = -2 * np.pi * t * np.arange(n_bins) / (2 * (n_bins - 1))
        kernel = np.cos(angle) if self.side == "real" else np.sin(angle)
        if self.window is not None:
            window = self._window(n_frame)
            scale = {
                None: 1.0,
                "density": np.sqrt(np.sum(window**2)),
                "spectrum": np.sum(np.abs(window)),
            }[self.scaling]
            kernel = kernel * window.reshape(-1, 1, 1) / scale
        return kernel.astype(numpy_dtype(standardize_dtype(dtype)))

    def _window(self, n: int) -> np.ndarray:
        if not isinstance(self.window, str):
            window = np.asarray(self.window)
            if window.shape != (n,):
                raise ValueError(
                    f"Argument `window` must have shape ({n},), the frame length. "
                    f"Received an array of shape {window.shape}."
                )
            return window
        return window_of(self.window, n, self.periodic)
