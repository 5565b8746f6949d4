"""Primitives that draw random numbers: their bits depend on the seed, two uint32 words, alone.

A seed is hashed into the state of an SFC64 stream, so that neighbouring seeds give independent
numbers. Nothing else is remembered between draws.
"""

from __future__ import annotations

import threading

import numpy as np

from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec

CHUNK = 32768  # elements drawn at a time where NumPy can only draw into new memory
MASK64 = (1 << 64) - 1


class _Source:
    """A generator whose state every draw overwrites."""

    def __init__(self) -> None:
        self.bits = np.random.SFC64(0)
        self.generator = np.random.Generator(self.bits)
        self.words = np.empty(4, np.uint64)
        self.state = {
            "bit_generator": "SFC64", "state": {"state": self.words}, "has_uint32": 0,
            "uinteger": 0,
        }  # fmt: skip


_local = threading.local()  # a source per thread, made at its first draw: numpy.random loads slowly


def mix(z: int) -> int:
    """SplitMix64's finalizer (Steele, Lea, Flood 2014): a bit of z moves half of the result's."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
    return z ^ (z >> 31)


def _seeded(seed: np.ndarray) -> _Source:
    try:
        source = _local.source
    except AttributeError:
        source = _local.source = _Source()
    key = mix((int(seed[0]) << 32 | int(seed[1])) + 0x9E3779B97F4A7C15 & MASK64)
    words = source.words
    words[0] = mix(key ^ 0xD1B54A32D192ED03)
    words[1] = mix(key ^ 0x8CB92BA72F3D8DD7)
    words[2] = mix(key ^ 0x2545F4914F6CDD1D)
    words[3] = 1
    source.bits.state = source.state
    return source


def _spec(seed: Spec, shape: tuple[int, ...], dtype: np.dtype) -> Spec:
    if seed.shape != (2,):
        raise ValueError(f"A seed is an array of 2 words (uint32). Received shape {seed.shape}.")
    if any(n < 0 for n in shape):
        raise ValueError(f"Random numbers need a shape of sizes >= 0. Received: shape={shape}.")
    return Spec(tuple(shape), np.dtype(dtype))


def _drawn_shape(seed, *parameters, shape, dtype, **attributes):
    for p in parameters:
        try:
            fits = np.broadcast_shapes(p.shape, shape) == tuple(shape)
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"The parameters of a distribution must broadcast to its shape {shape}. "
                f"Received a parameter of shape {p.shape}."
            )
    return _spec(seed, shape, dtype)


def _float_fill(draw, out):
    """Calls `draw(array)` on out, or on a float32 or float64 stand-in that is copied into it."""
    if out.dtype in (np.float32, np.float64) and out.flags.c_contiguous:
        draw(out)
        return
    stand_in = np.empty(out.shape, np.float64 if out.dtype == np.float64 else np.float32)
    draw(stand_in)
    out[...] = stand_in


def uniform(seed, out, shape, dtype, low=0.0, high=1.0):
    generator = _seeded(seed).generator

    def draw(x):
        generator.random(out=x, dtype=x.dtype.type)
        if low != 0.0 or high != 1.0:
            x *= high - low
            x += low
            below = np.nextafter(np.asarray(high, x.dtype), np.asarray(low, x.dtype))
            np.minimum(x, below, out=x)  # rounding must not reach `high`

    _float_fill(draw, out)
    if out.dtype.itemsize == 2 and out.size:
        top = np.asarray(high, out.dtype)
        out[out >= top] = np.asarray(low, out.dtype)


def normal(seed, out, shape, dtype):
    generator = _seeded(seed).generator
    _float_fill(lambda x: generator.standard_normal(out=x, dtype=x.dtype.type), out)


def truncated_normal(seed, out, shape, dtype):
    generator = _seeded(seed).generator

    def draw(x):
        generator.standard_normal(out=x, dtype=x.dtype.type)
        flat = x.reshape(-1)
        outside = np.flatnonzero(np.abs(flat) > 2)
        while outside.size:
            again = generator.standard_normal(outside.size, dtype=x.dtype.type)
            flat[outside] = again
            outside = outside[np.abs(again) > 2]

    _float_fill(draw, out)


def randint(seed, out, shape, dtype, low, high):
    generator = _seeded(seed).generator
    flat = out.reshape(-1) if out.flags.c_contiguous else np.empty(out.size, out.dtype)
    for start in range(0, flat.size, CHUNK):
        part = flat[start : start + CHUNK]
        part[:] = generator.integers(low, high, size=part.size, dtype=out.dtype)
    if not out.flags.c_contiguous:
        out[...] = flat.reshape(out.shape)


def _randint_shape(seed, shape, dtype, low, high):
    spec = _spec(seed, shape, dtype)
    if spec.dtype.kind not in "iu":
        raise ValueError(f"Random integers need an integer dtype. Received: dtype={spec.dtype}.")
    limits = np.iinfo(spec.dtype)
    if not limits.min <= low < high <= limits.max + 1:
        raise ValueError(
            f"Random integers need minval < maxval, both within {spec.dtype}. "
            f"Received: minval={low}, maxval={high}."
        )
    return spec


def dropout_mask(seed, out, shape, dtype, rate):
    """0 with probability `rate`, else 1 / (1 - rate); few random bits per element where few do."""
    source = _seeded(seed)
    if rate * 256 == int(rate * 256):
        word = np.uint8
    else:
        word = np.uint16 if 1 / 64 < rate < 63 / 64 else np.uint32
    levels = 1 << (8 * word().itemsize)
    bound = word(min(int(rate * levels + 0.5), levels - 1))
    scale = out.dtype.type(1 / (1 - rate))
    flat = out.reshape(-1) if out.flags.c_contiguous else np.empty(out.size, out.dtype)
    per_word = 8 // word().itemsize
    for start in range(0, flat.size, CHUNK):
        part = flat[start : start + CHUNK]
        raw = source.bits.random_raw(-(-part.size // per_word)).astype("<u8", copy=False)
        np.multiply(raw.view(word)[: part.size] >= bound, scale, out=part)
    if not out.flags.c_contiguous:
        out[...] = flat.reshape(out.shape)


def _mask_shape(seed, shape, dtype, rate):
    if not 0 <= rate < 1:
        raise ValueError(f"A dropout mask needs 0 <= rate < 1. Received: rate={rate}.")
    return _spec(seed, shape, dtype)


def gamma(seed, alpha, out, shape, dtype):
    generator = _seeded(seed).generator
    out[...] = generator.standard_gamma(alpha, size=shape)


def beta(seed, a, b, out, shape, dtype):
    generator = _seeded(seed).generator
    out[...] = generator.beta(a, b, size=shape)


def binomial(seed, counts, probabilities, out, shape, dtype):
    generator = _seeded(seed).generator
    out[...] = generator.binomial(counts.astype(np.int64), probabilities, size=shape)


def permutation(seed, out, n):
    generator = _seeded(seed).generator
    out[...] = generator.permutation(n)


primitive(
    "random_uniform",
    shape=lambda seed, shape, dtype, low=0.0, high=1.0: _spec(seed, shape, dtype),
    kernel=uniform,
)
primitive("random_normal", shape=_drawn_shape, kernel=normal)
primitive("random_truncated_normal", shape=_drawn_shape, kernel=truncated_normal)
primitive("random_int", shape=_randint_shape, kernel=randint)
primitive("dropout_mask", shape=_mask_shape, kernel=dropout_mask)
primitive("random_gamma", shape=_drawn_shape, kernel=gamma)
primitive("random_beta", shape=_drawn_shape, kernel=beta)
primitive("random_binomial", shape=_drawn_shape, kernel=binomial)
primitive(
    "random_permutation",
    shape=lambda seed, n: _spec(seed, (n,), np.dtype("int32")),
    kernel=permutation,
)
