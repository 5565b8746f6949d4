"""Max and average pooling over 1 to 3 axes, layout channels last, and their gradients.

Every kernel goes through the offsets of the window one by one: a few large array operations on
views with stride. Padding takes no part: it is never the maximum and is not counted in averages.
"""

from __future__ import annotations

from functools import lru_cache, partial
from math import prod

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.native import pooling as native
from hornlet.engine.ops.windows import (
    Call,
    computed_in,
    output_sizes,
    running,
    settled,
    tap_views,
    with_settled_out,
)
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec

CACHE = 1 << 18  # bytes of one block of the output


def _sizes(name, shape, window, strides, padding) -> tuple[int, ...]:
    n = len(shape) - 2
    if n not in (1, 2, 3):
        raise ValueError(
            f"`{name}` takes inputs of shape (batch, *space, channels) with 1 to 3 spatial axes. "
            f"Received shape: {shape}."
        )
    return output_sizes(name, shape[1:-1], window, strides, padding, (1,) * n)


@lru_cache(maxsize=512)
def _taps(space, out, window, strides, padding) -> list[tuple]:
    """Per offset in the window: where outputs see it, the inputs there, and whether all do."""
    axes = [
        tap_views(size, o, k, step, low, 1)
        for size, o, k, step, (low, _) in zip(space, out, window, strides, padding)
    ]
    taps = []
    for offset in np.ndindex(*window):
        chosen = [axis[k] for axis, k in zip(axes, offset)]
        y_at, x_at = tuple(c[0] for c in chosen), tuple(c[1] for c in chosen)
        full = all(a.start == 0 and a.stop == o for a, o in zip(y_at, out))
        if all(a.stop > a.start for a in y_at):
            images = slice(None)
            taps.append(((images, *y_at), (images, *x_at), full))
    return taps


def _whole_first(taps: list[tuple]) -> list[tuple]:
    return sorted(taps, key=lambda tap: not tap[2])


def _images(shape: tuple[int, ...], dtype: np.dtype) -> int:
    """Images of which the given array (their results) fits the cache."""
    return max(1, min(shape[0], CACHE // max(1, prod(shape[1:]) * dtype.itemsize)))


def _blocks(shape, dtype):
    images = _images(shape, dtype)
    return [slice(i, min(i + images, shape[0])) for i in range(0, shape[0], images)]


def _block_scratch(n: int):
    """A rule for scratch: `n` arrays of a block of the last input, shaped like the output."""

    def scratch(*specs, **attributes):
        last = specs[-1]
        dtype = computed_in(last)
        return tuple(Spec((_images(last.shape, dtype), *last.shape[1:]), dtype) for _ in range(n))

    return scratch


def _lowest(dtype: np.dtype):
    return dtype.type(-np.inf) if dtype.kind not in "iu" else np.iinfo(dtype).min


def _max_calls(x, out, window, strides, padding) -> list[Call]:
    calls: list[Call] = []
    x = settled(x, calls, out.dtype) if x.dtype != out.dtype else x
    taps = _whole_first(_taps(x.shape[1:-1], out.shape[1:-1], window, strides, padding))
    for block in _blocks(out.shape, out.dtype):
        xs, y = x[block], out[block]
        started = taps[0][2]
        first = xs[taps[0][1]]
        rest = taps[1:]
        if started and rest and rest[0][2]:
            second = xs[rest[0][1]]
            calls.append(partial(np.maximum, first, second, out=y))
            rest = rest[1:]
        elif started:
            calls.append(partial(np.copyto, y, first))
        else:
            calls.append(partial(y.fill, _lowest(out.dtype)))
            rest = taps
        for y_at, x_at, _ in rest:
            calls.append(partial(np.maximum, y[y_at], xs[x_at], out=y[y_at]))
    return calls


def _overlap(window, strides) -> bool:
    return any(k > s for k, s in zip(window, strides))


def _max_grad_calls(x, y, dy, out, window, strides, padding, scratch=()) -> list[Call]:
    """dy goes to the first place of each window that holds its maximum.

    `left` is what of dy has found no place yet. x - y is never positive, and negative exactly where
    x is not the maximum: its sign bit, spread over a word, is a mask for dy's bits.
    """
    calls: list[Call] = []
    x, y, dy = (settled(a, calls, out.dtype) for a in (x, y, dy))
    if native.fits(out.dtype, len(window)):
        return calls + native.max_pool_grad_calls(x, y, dy, out, window, strides, padding)
    word = np.dtype(f"i{out.dtype.itemsize}")
    bits = word.type(8 * word.itemsize - 1)
    overlap = _overlap(window, strides)
    taps = _taps(x.shape[1:-1], y.shape[1:-1], window, strides, padding)
    if overlap or not _covers(x.shape[1:-1], y.shape[1:-1], window, strides, padding):
        calls.append(partial(out.fill, 0))
    for block in _blocks(y.shape, y.dtype):
        xs, ys, dx = x[block], y[block], out[block]
        mask, left, placed = (s[: len(ys)] for s in scratch)
        calls.append(partial(np.copyto, left, dy[block]))
        for i, (y_at, x_at, full) in enumerate(taps):
            m, rest = mask[y_at].view(word), left[y_at].view(word)
            to = placed[y_at].view(word) if overlap else dx[x_at].view(word)
            if i == len(taps) - 1 and all(tap[2] for tap in taps):
                calls.append(partial(np.copyto, to, rest))
            else:
                calls += [
                    partial(np.subtract, xs[x_at], ys[y_at], mask[y_at]),
                    partial(np.right_shift, m, bits, m),  # all ones where x is below the maximum
                    partial(np.bitwise_and, rest, m, m),  # what stays without a place
                    partial(np.bitwise_xor, rest, m, to),
                ]
                if full:
                    mask, left = left, mask
                else:
                    calls.append(partial(np.copyto, rest, m))
            if overlap:
                calls.append(partial(np.add, dx[x_at], placed[y_at], dx[x_at]))
    return calls


def _covers(space, out, window, strides, padding) -> bool:
    """Whether windows without overlap reach every element of the input."""
    return all(
        k == step and size + low <= o * step
        for size, o, k, step, (low, _) in zip(space, out, window, strides, padding)
    )


def _max_take_calls(x, y, v, out, window, strides, padding, scratch=()) -> list[Call]:
    """The element of v at the first place of each window where x has its maximum."""
    calls: list[Call] = []
    x, y, v = (settled(a, calls, out.dtype) for a in (x, y, v))
    (free,) = scratch
    calls += [partial(free.fill, True), partial(out.fill, 0)]
    for y_at, x_at, _ in _taps(x.shape[1:-1], y.shape[1:-1], window, strides, padding):
        calls.append(partial(_take_where_equal, x[x_at], y[y_at], v[x_at], free[y_at], out[y_at]))
    return calls


def _take_where_equal(x, y, v, free, out):
    here = (x == y) & free
    np.copyto(out, v, where=here)
    free &= ~here


@lru_cache(maxsize=512)
def _counts(space, out, window, strides, padding, dtype) -> np.ndarray | float:
    """How many elements of the input each window holds, as factors 1 / n; a number if all alike."""
    counts = np.ones((), dtype)
    for size, o, k, step, (low, _) in zip(space, out, window, strides, padding):
        count = np.zeros(o, dtype)
        for y_at, _ in tap_views(size, o, k, step, low, 1):
            count[y_at] += 1
        counts = counts[..., None] * count
    if counts.size and (counts == counts.flat[0]).all():
        return dtype.type(1 / counts.flat[0])
    return (1 / np.maximum(counts, 1)).astype(dtype)[..., None]


def _average_calls(x, out, window, strides, padding) -> list[Call]:
    calls: list[Call] = []
    x = settled(x, calls, out.dtype) if x.dtype != out.dtype else x
    key = (x.shape[1:-1], out.shape[1:-1], window, strides, padding)
    taps, factors = _whole_first(_taps(*key)), _counts(*key, out.dtype)
    for block in _blocks(out.shape, out.dtype):
        xs, y = x[block], out[block]
        rest = taps
        if taps[0][2]:
            calls.append(partial(np.copyto, y, xs[taps[0][1]]))
            rest = taps[1:]
        else:
            calls.append(partial(y.fill, 0))
        for y_at, x_at, _ in rest:
            calls.append(partial(np.add, y[y_at], xs[x_at], y[y_at]))
        calls.append(partial(np.multiply, y, factors, y))
    return calls


def _average_grad_calls(dy, out, shape, window, strides, padding, scratch=()) -> list[Call]:
    calls: list[Call] = []
    dy = settled(dy, calls, out.dtype)
    key = (tuple(shape[1:-1]), dy.shape[1:-1], window, strides, padding)
    taps, factors = _taps(*key), _counts(*key, out.dtype)
    overlap = _overlap(window, strides)
    if overlap or not _covers(shape[1:-1], dy.shape[1:-1], window, strides, padding):
        calls.append(partial(out.fill, 0))
    for block in _blocks(dy.shape, out.dtype):
        dys, dx = dy[block], out[block]
        share = scratch[0][: len(dys)]
        calls.append(partial(np.multiply, dys, factors, share))
        for y_at, x_at, _ in taps:
            place, part = dx[x_at], share[y_at]
            if overlap:
                calls.append(partial(np.add, place, part, place))
            else:
                calls.append(partial(np.copyto, place, part))
    return calls


def _pool_shape(name: str):
    def rule(x, window, strides, padding):
        out = _sizes(name, x.shape, window, strides, padding)
        return Spec((x.shape[0], *out, x.shape[-1]), x.dtype)

    return rule


def _average_shape(x, window, strides, padding):
    if x.dtype.kind in "iub":
        raise ValueError(f"`avg_pool` needs a floating dtype. Received: {x.dtype}.")
    return _pool_shape("avg_pool")(x, window, strides, padding)


def _average_grad_shape(dy, shape, window, strides, padding):
    out = _sizes("avg_pool_grad", tuple(shape), window, strides, padding)
    if dy.shape != (shape[0], *out, shape[-1]):
        raise ValueError(
            f"`avg_pool_grad` to shape {tuple(shape)} expected dy of shape "
            f"{(shape[0], *out, shape[-1])}. Received: {dy.shape}."
        )
    return Spec(tuple(shape), dy.dtype)


def _row(name, calls, **rules):
    prepare = with_settled_out(calls)
    primitive(name, kernel=running(prepare), prepare=prepare, **rules)


_row(
    "max_pool", _max_calls, shape=_pool_shape("max_pool"),
    vjp=lambda dy, y, x, **a: emit("max_pool_grad", x, y, dy, **a),
)  # fmt: skip
_row(
    "max_pool_grad", _max_grad_calls, shape=lambda x, y, dy, **a: x, scratch=_block_scratch(3),
    vjp=lambda dz, z, x, y, dy, **a: (None, None, emit("max_pool_take", x, y, dz, **a)),
)  # fmt: skip
_row(
    "max_pool_take", _max_take_calls, shape=lambda x, y, v, **a: y,
    scratch=lambda x, y, v, **a: (Spec(y.shape, np.dtype(bool)),),
    vjp=lambda dz, z, x, y, v, **a: (None, None, emit("max_pool_grad", x, y, dz, **a)),
)  # fmt: skip
_row(
    "avg_pool", _average_calls, shape=_average_shape,
    vjp=lambda dy, y, x, **a: emit("avg_pool_grad", dy, shape=x.shape, **a),
)  # fmt: skip
_row(
    "avg_pool_grad", _average_grad_calls, shape=_average_grad_shape, scratch=_block_scratch(1),
    vjp=lambda dz, z, dy, shape, **a: emit("avg_pool", dz, **a),
)  # fmt: skip
