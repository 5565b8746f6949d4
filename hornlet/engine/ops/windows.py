"""What convolution and pooling share: sizes of outputs, views of windows, and calls made ahead.

Both look at `x` of shape (n, *space, c) through windows. Their kernels are lists of calls on views
made once, when a program is bound; a step then only runs the calls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from hornlet.engine.threads import Call


def output_sizes(name, space, window, strides, padding, dilation) -> tuple[int, ...]:
    """The number of window positions along each axis; ValueError where there is none."""
    n = len(space)
    for what, value in (
        ("window", window), ("strides", strides), ("padding", padding), ("dilation", dilation),
    ):  # fmt: skip
        if len(value) != n:
            raise ValueError(
                f"`{name}` received {what}={value} for an input with {n} spatial axes; "
                f"expected {n} entries."
            )
    sizes = []
    for size, k, step, (low, high), gap in zip(space, window, strides, padding, dilation):
        if min(k, step, gap) < 1 or low < 0 or high < 0:
            raise ValueError(
                f"`{name}` needs window, strides and dilation >= 1 and padding >= 0. Received: "
                f"window={window}, strides={strides}, padding={padding}, dilation={dilation}."
            )
        reach = gap * (k - 1) + 1
        if size + low + high < reach:
            raise ValueError(
                f"`{name}` received an input of spatial shape {tuple(space)}, smaller than its "
                f"window {tuple(window)} (dilation {tuple(dilation)}, padding {tuple(padding)}). "
                "Use a larger input, a smaller window or padding='same'."
            )
        sizes.append((size + low + high - reach) // step + 1)
    return tuple(sizes)


def windows(x: np.ndarray, out: tuple, window: tuple, strides: tuple, dilation: tuple):
    """A view of `x` (n, *space, c) with axes (n, *out, *window, c)."""
    space = x.strides[1:-1]
    steps = tuple(s * k for s, k in zip(space, strides))
    gaps = tuple(s * k for s, k in zip(space, dilation))
    return np.lib.stride_tricks.as_strided(
        x, (x.shape[0], *out, *window, x.shape[-1]), (x.strides[0], *steps, *gaps, x.strides[-1])
    )


def tap_views(size: int, out: int, k: int, step: int, low: int, gap: int):
    """Per offset k of a window along one axis: the slices of outputs and inputs that meet there."""
    views = []
    for tap in range(k):
        shift = tap * gap - low
        first = max(0, -(shift // step))  # smallest o with o * step + shift >= 0
        last = min(out, (size - 1 - shift) // step + 1)
        last = max(first, last)
        start = first * step + shift
        views.append((slice(first, last), slice(start, start + (last - first) * step, step)))
    return views


def settled(x: np.ndarray, calls: list[Call], dtype: np.dtype | None = None) -> np.ndarray:
    """`x` itself if it is contiguous and of `dtype`; else memory that `calls` will copy it into."""
    dtype = dtype or x.dtype
    if x.flags.c_contiguous and x.dtype == dtype:
        return x
    copy = np.empty(x.shape, dtype)
    calls.append(partial(np.copyto, copy, x))
    return copy


def computed_in(*arrays: np.ndarray) -> np.dtype:
    """The dtype to compute in: floats of 16 bits go through float32."""
    dtype = arrays[0].dtype
    return np.dtype("float32") if dtype.itemsize == 2 and dtype.kind not in "iu" else dtype


def with_settled_out(make: Callable[..., list[Call]]) -> Callable[..., list[Call]]:
    """Lets `make(*arrays, out=...)` rely on a contiguous `out` of at least 32 bits per float."""

    def prepare(*arrays, out, **keywords):
        dtype = computed_in(out)
        if out.flags.c_contiguous and out.dtype == dtype:
            return make(*arrays, out=out, **keywords)
        stand_in = np.empty(out.shape, dtype)
        calls = make(*arrays, out=stand_in, **keywords)
        calls.append(partial(np.copyto, out, stand_in, casting="unsafe"))
        return calls

    return prepare


def running(prepare: Callable[..., list[Call]]) -> Callable[..., None]:
    """The kernel that makes the calls and runs them at once."""

    def kernel(*arrays, **keywords):
        for call in prepare(*arrays, **keywords):
            call()

    return kernel
