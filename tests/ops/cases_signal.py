"""Rows of Fourier transforms, complex numbers and the decoding of label sequences."""

import numpy as np

from .cases import case, x

for name, shape in (("fft", (5,)), ("fft", (2, 4)), ("fft2", (2, 3, 4)), ("ifft2", (3, 5))):
    case(name, (x(*shape), x(*shape)))
for n in (None, 4, 7, 8):
    case("rfft", x(2, 6), n)
    case("irfft", (x(2, 4), x(2, 4)), n)
case("rfft", x(5))
case("rfft", np.array([1, 2, 3], "int32"), dtypes=("float32",))
for window in ("hann", "hamming", None):
    for center in (True, False):
        case("stft", x(2, 20), 6, 3, 8, window, center)
        case("istft", (x(2, 5, 5), x(2, 5, 5)), 6, 3, 8, None, window, center)
case("stft", x(20), 8, 5, 8, x(8))
case("istft", (x(5, 5), x(5, 5)), 8, 2, 8, 11)
case("istft", (x(5, 4), x(5, 4)), 6, 2, 7, 9, x(6, low=0.5))
case("view_as_complex", x(3, 2), dtypes=("float32",))
case("view_as_real", np.array([1 + 2j, 3 - 1j], "complex64"), dtypes=("float32",))
case("view_as_real", x(2, 3), dtypes=("float32",))
case("polar", x(2, 3), x(2, 3), dtypes=("float32",))

LENGTHS = np.array([6, 4, 1], "int32")
for merge in (True, False):
    for mask in (0, 3):
        case("ctc_decode", x(3, 6, 4), LENGTHS, merge_repeated=merge, mask_index=mask)
for width, top in ((20, 3), (3, 2), (1, 1)):
    case("ctc_decode", x(3, 6, 4), LENGTHS, "beam_search", width, top, dtypes=("float32",))
case("ctc_decode", x(3, 6, 4), LENGTHS, "beam_search", 4, 2, mask_index=3, dtypes=("float32",))
