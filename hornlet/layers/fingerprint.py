"""Hashes of strings that are the same everywhere: FarmHash's Fingerprint64, and SipHash-2-4.

FarmHash: https://github.com/google/farmhash (the function `farmhashna::Hash64`).
SipHash: Aumasson and Bernstein, 2012, SipHash: a fast short-input PRF.
"""

from __future__ import annotations

BITS = (1 << 64) - 1
K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def rotate_right(x: int, n: int) -> int:
    return (x >> n | x << (64 - n)) & BITS


def rotate_left(x: int, n: int) -> int:
    return rotate_right(x, 64 - n)


def word(data: bytes, at: int, size: int = 8) -> int:
    """The little-endian integer of ``size`` bytes from ``at``; ``at`` may count from the end."""
    at %= len(data)
    return int.from_bytes(data[at : at + size], "little")


def folded(x: int) -> int:
    return x ^ x >> 47


def mixed(u: int, v: int, factor: int) -> int:
    """Two words made one."""
    a = folded((u ^ v) * factor & BITS)
    return folded((v ^ a) * factor & BITS) * factor & BITS


def fingerprint64(data: bytes) -> int:
    """FarmHash's 64-bit fingerprint of ``data``, an unsigned integer."""
    n = len(data)
    if n <= 16:
        return _up_to_16(data, n)
    if n <= 32:
        return _up_to_32(data, n)
    if n <= 64:
        return _up_to_64(data, n)
    return _long(data, n)


def _up_to_16(data: bytes, n: int) -> int:
    if n >= 8:
        factor = K2 + 2 * n
        a, b = word(data, 0) + K2 & BITS, word(data, -8)
        c = rotate_right(b, 37) * factor + a & BITS
        d = (rotate_right(a, 25) + b) * factor & BITS
        return mixed(c, d, factor)
    if n >= 4:
        return mixed(n + (word(data, 0, 4) << 3), word(data, -4, 4), K2 + 2 * n)
    if n:
        y = data[0] + (data[n >> 1] << 8)
        z = n + (data[-1] << 2)
        return folded(y * K2 & BITS ^ z * K0 & BITS) * K2 & BITS
    return K2


def _up_to_32(data: bytes, n: int) -> int:
    factor = K2 + 2 * n
    a, b = word(data, 0) * K1 & BITS, word(data, 8)
    c, d = word(data, -8) * factor & BITS, word(data, -16) * K2 & BITS
    u = rotate_right(a + b & BITS, 43) + rotate_right(c, 30) + d & BITS
    v = a + rotate_right(b + K2 & BITS, 18) + c & BITS
    return mixed(u, v, factor)


def _up_to_64(data: bytes, n: int) -> int:
    factor = K2 + 2 * n
    a, b = word(data, 0) * K2 & BITS, word(data, 8)
    c, d = word(data, -8) * factor & BITS, word(data, -16) * K2 & BITS
    y = rotate_right(a + b & BITS, 43) + rotate_right(c, 30) + d & BITS
    z = mixed(y, a + rotate_right(b + K2 & BITS, 18) + c & BITS, factor)
    e, f = word(data, 16) * factor & BITS, word(data, 24)
    g, h = (y + word(data, -32)) * factor & BITS, (z + word(data, -24)) * factor & BITS
    u = rotate_right(e + f & BITS, 43) + rotate_right(g, 30) + h & BITS
    v = e + rotate_right(f + a & BITS, 18) + g & BITS
    return mixed(u, v, factor)


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """32 bytes and two seeds made two words."""
    w, x, y, z = (word(data, at + 8 * i) for i in range(4))
    a = a + w & BITS
    b = rotate_right(b + a + z & BITS, 21)
    c = a
    a = a + x + y & BITS
    b = b + rotate_right(a, 44) & BITS
    return a + z & BITS, b + c & BITS


def _long(data: bytes, n: int) -> int:
    seed = 81
    x = seed
    y = seed * K1 + 113 & BITS
    z = folded(y * K2 + 113 & BITS) * K2 & BITS
    v, w = (0, 0), (0, 0)
    x = x * K2 + word(data, 0) & BITS
    end = (n - 1) // 64 * 64
    for at in range(0, end, 64):
        x = rotate_right(x + y + v[0] + word(data, at + 8) & BITS, 37) * K1 & BITS
        y = rotate_right(y + v[1] + word(data, at + 48) & BITS, 42) * K1 & BITS
        x ^= w[1]
        y = y + v[0] + word(data, at + 40) & BITS
        z = rotate_right(z + w[0] & BITS, 33) * K1 & BITS
        v = _weak(data, at, v[1] * K1 & BITS, x + w[0] & BITS)
        w = _weak(data, at + 32, z + w[1] & BITS, y + word(data, at + 16) & BITS)
        z, x = x, z
    factor = K1 + ((z & 0xFF) << 1) & BITS
    at = n - 64
    w = (w[0] + (n - 1 & 63) & BITS, w[1])
    v = (v[0] + w[0] & BITS, v[1])
    w = (w[0] + v[0] & BITS, w[1])
    x = rotate_right(x + y + v[0] + word(data, at + 8) & BITS, 37) * factor & BITS
    y = rotate_right(y + v[1] + word(data, at + 48) & BITS, 42) * factor & BITS
    x ^= w[1] * 9 & BITS
    y = y + v[0] * 9 + word(data, at + 40) & BITS
    z = rotate_right(z + w[0] & BITS, 33) * factor & BITS
    v = _weak(data, at, v[1] * factor & BITS, x + w[0] & BITS)
    w = _weak(data, at + 32, z + w[1] & BITS, y + word(data, at + 16) & BITS)
    z, x = x, z
    return mixed(
        mixed(v[0], w[0], factor) + folded(y) * K0 + z & BITS,
        mixed(v[1], w[1], factor) + x & BITS,
        factor,
    )


def siphash64(data: bytes, key: tuple[int, int]) -> int:
    """SipHash-2-4 of ``data`` under a key of two words, an unsigned integer."""
    k0, k1 = (k & BITS for k in key)
    v: tuple[int, ...] = (
        k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573,
    )  # fmt: skip
    whole = len(data) // 8 * 8
    words = [word(data, at) for at in range(0, whole, 8)]
    words.append(int.from_bytes(data[whole:], "little") | (len(data) & 0xFF) << 56)
    for m in words:
        v = _rounds((v[0], v[1], v[2], v[3] ^ m), 2)
        v = (v[0] ^ m, *v[1:])
    v = _rounds((v[0], v[1], v[2] ^ 0xFF, v[3]), 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _rounds(v: tuple[int, ...], n: int) -> tuple[int, ...]:
    a, b, c, d = v
    for _ in range(n):
        a = a + b & BITS
        b = rotate_left(b, 13) ^ a
        a = rotate_left(a, 32)
        c = c + d & BITS
        d = rotate_left(d, 16) ^ c
        a = a + d & BITS
        d = rotate_left(d, 21) ^ a
        c = c + b & BITS
        b = rotate_left(b, 17) ^ c
        c = rotate_left(c, 32)
    return a, b, c, d


def joined(first: int, second: int) -> int:
    """The fingerprint of two fingerprints in this order."""
    factor = 0xC6A4A7935BD1E995
    x = first ^ factor
    x ^= folded(second * factor & BITS) * factor & BITS
    x = x * factor & BITS
    return folded(folded(x) * factor & BITS)
