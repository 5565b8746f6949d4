"""How images are sampled: weights of resizing along an axis, look-ups at fractional places."""

from __future__ import annotations

import math

import numpy as np

from hornlet.engine.emit import emit
from hornlet.ops.arguments import cast_to, size_of
from hornlet.ops.numpy.products import multiplied
from hornlet.ops.numpy.shapes import moved, spread

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def triangle(x):
    return np.maximum(0.0, 1.0 - x)


def cubic(x):
    """Keys' cubic kernel with a = -0.5."""
    near = ((1.5 * x - 2.5) * x) * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x >= 2.0, 0.0, np.where(x >= 1.0, far, near))


def lanczos(radius):
    def kernel(x):
        y = radius * np.sin(math.pi * x) * np.sin(math.pi * x / radius)
        y = np.where(x > 1e-3, y / np.where(x != 0, math.pi**2 * x**2, 1.0), 1.0)
        return np.where(x > radius, 0.0, y)

    return kernel


KERNELS = {
    "bilinear": triangle, "linear": triangle, "triangle": triangle, "trilinear": triangle,
    "bicubic": cubic, "cubic": cubic, "tricubic": cubic, "lanczos3": lanczos(3.0),
    "lanczos5": lanczos(5.0),
}  # fmt: skip


def weights(n, m, scale, translation, method, antialias):
    """The (n, m) matrix that carries ``n`` samples of an axis to ``m``."""
    step = 1.0 / scale
    width = np.maximum(step, 1.0) if antialias else 1.0
    places = (np.arange(m) + 0.5) * step - translation * step - 0.5
    w = KERNELS[method](np.abs(places[None] - np.arange(n)[:, None]) / width)
    total = w.sum(axis=0, keepdims=True)
    kept = np.abs(total) > 1000 * np.finfo(np.float32).eps
    w = np.where(kept, w / np.where(total != 0, total, 1.0), 0.0)
    return np.where((places >= -0.5) & (places <= n - 0.5), w, 0.0)


def resampled(x, axis, w):
    """``x`` with ``axis`` carried over by the weights ``w``."""
    w = w.astype(x.dtype)
    return moved(multiplied(moved(x, axis, x.ndim - 1), w), x.ndim - 1, axis)


def nearest(x, axis, m):
    n = x.shape[axis]
    places = np.floor((np.arange(m) + 0.5) * n / m).astype("int32")
    return x if m == n else emit("take", x, np.minimum(places, n - 1), axis=axis)


def inside(i, n, mode):
    """Integer places brought into ``0 .. n - 1`` by the fill mode, and which need no filling."""
    valid = None
    if mode == "constant":
        valid = emit("logical_and", emit("greater_equal", i, 0), emit("less", i, n))
    if mode in ("constant", "nearest"):
        return emit("minimum", emit("maximum", i, 0), n - 1), valid
    if mode == "wrap":
        return emit("remainder", i, n), None
    if mode == "mirror":
        return mirrored(i, n), None
    odd = emit("add", emit("multiply", i, 2), 1)
    return emit("floor_divide", emit("subtract", mirrored(odd, 2 * n + 1), 1), 2), None


def mirrored(i, n):
    s = n - 1
    if s == 0:
        return emit("multiply", i, 0)
    return emit("abs", emit("subtract", emit("remainder", emit("add", i, s), 2 * s), s))


def looked_up(rows, strides, base, coordinates, sizes, order, mode, fill_value):
    """Values at fractional places, interpolated between the corners around each.

    Args:
        rows: the tensor with its sampled axes flattened into axis 0.
        strides: how far apart neighbours along each sampled axis lie in ``rows``.
        base: added to every place (where each image begins), or None.
        coordinates: one float tensor of places per sampled axis.
        sizes: the sizes of the sampled axes.
        order: 0 (nearest) or 1 (linear).
        mode, fill_value: what lies outside.
    """
    corners = [(base, None, None)]
    for c, n, stride in zip(coordinates, sizes, strides):
        grown = []
        for i, weight in axis_corners(c, order):
            i, valid = inside(i, n, mode)
            place = emit("multiply", i, stride) if stride != 1 else i
            for at, share, known in corners:
                at2 = place if at is None else emit("add", at, place)
                share2 = joined("multiply", share, weight)
                grown.append((at2, share2, joined("logical_and", known, valid)))
        corners = grown
    total = None
    extra = rows.ndim - 1
    for at, share, known in corners:
        value = emit("take", rows, at, axis=0)
        wide = (*at.shape, *(1 for _ in range(extra)))
        if known is not None:
            known = emit("reshape", known, shape=wide)
            value = emit("where", known, value, np.asarray(fill_value, value.dtype))
        if share is not None:
            share = emit("reshape", cast_to(share, value.dtype), shape=wide)
            value = emit("multiply", value, share)
        total = value if total is None else emit("add", total, value)
    return total


def joined(rule, a, b):
    if a is None or b is None:
        return b if a is None else a
    return emit(rule, a, b)


def axis_corners(c, order):
    if order == 0:
        # Halves go away from zero.
        half = emit("floor", emit("add", emit("abs", c), 0.5))
        return [(cast_to(emit("multiply", emit("sign", c), half), "int32"), None)]
    low = emit("floor", c)
    share = emit("subtract", c, low)
    i = cast_to(low, "int32")
    return [(i, emit("subtract", 1.0, share)), (emit("add", i, 1), share)]


def flat_rows(x, n):
    """``x`` with its first ``n`` axes as one."""
    return emit("reshape", x, shape=(size_of(x.shape[:n]), *x.shape[n:]))


def settled(y, dtype):
    """A result in the dtype of the images: integers are rounded."""
    if dtype.kind in "iu" and y.dtype.kind == "f":
        y = emit("round", y, decimals=0)
    return cast_to(y, dtype)


def grid(h, w, dtype):
    """The row and column numbers of an image, each of shape (1, h, w)."""
    rows, columns = np.mgrid[:h, :w].astype(dtype)
    return rows[None], columns[None]


def per_image(x, b, h, w):
    return spread(x, (b, h, w))
