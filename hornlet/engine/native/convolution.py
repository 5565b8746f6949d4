"""Convolution in C: what it fits, the memory it needs and the calls that run it.

`g` is the geometry of engine/ops/conv.py. Images are shared out between two threads; with padding
each thread copies a few images at a time into a room with a margin of zeros.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np

from hornlet.engine.native.library import is_wide, library
from hornlet.engine.spec import Spec
from hornlet.engine.threads import Call, share_count, side_by_side

CACHE = 1 << 18  # bytes of the images that a thread pads at a time
THREADED = 1 << 22  # multiplications from which two threads pay
DEEP = 32  # products per output element below which NumPy is as fast
F32 = np.dtype("float32")


class Direct:
    """One convolution as the C kernel sees it: images with room for the padding, no groups."""

    def __init__(self, n, space, channels, outputs, window, strides, dilation, padding):
        self.n, self.window, self.channels, self.outputs = n, window, channels, outputs
        self.padded = any(low or high for low, high in padding)
        self.room = tuple(s + low + high for s, (low, high) in zip(space, padding))
        self.inside = tuple(slice(low, low + s) for s, (low, _) in zip(space, padding))
        self.out = tuple(
            (s - d * (k - 1) - 1) // t + 1
            for s, k, t, d in zip(self.room, window, strides, dilation)
        )
        steps = [channels]  # elements from one place to the next along each axis, last first
        for s in reversed(self.room[1:]):
            steps.append(steps[-1] * s)
        steps.reverse()
        taps = [
            sum(i * d * step for i, d, step in zip(tap, dilation, steps))
            for tap in np.ndindex(*window)
        ]
        self.taps = np.array(taps, np.int64)
        along = [t * step for t, step in zip(strides, steps)]
        rows, row = (1, 0) if len(space) == 1 else (self.out[0], along[0])
        image = prod(self.room) * channels
        self.sizes = np.array(
            [channels, outputs, rows, self.out[-1], image, row, along[-1], len(taps)], np.int64
        )
        work = n * prod(self.out) * len(taps) * channels * outputs
        self.threads = share_count(work, THREADED, min(2, n))
        self.images = max(1, min(-(-n // self.threads), CACHE // (4 * image)))

    def room_spec(self) -> tuple[Spec, ...]:
        if not self.padded:
            return ()
        return (Spec((self.threads, self.images, *self.room, self.channels), F32),)

    def share(self, thread: int) -> range:
        """The first images of the blocks that a thread takes, and the step between them."""
        first, last = self.n * thread // self.threads, self.n * (thread + 1) // self.threads
        return range(first, last, self.images if self.padded else max(1, last - first))

    def call(self, function, x, weights, y, images: int) -> Call:
        """A call of the C kernel on whole images."""
        import ctypes

        pointer = ctypes.c_void_p
        arguments = (
            *(pointer(a.ctypes.data) for a in (x, weights, y, self.taps, self.sizes)),
            ctypes.c_int64(0), ctypes.c_int64(images * prod(self.out)),
        )  # fmt: skip
        kept = (x, weights, y, self)  # the pointers' owners live as long as the call

        def call(_kept: Any = kept) -> None:
            function(*arguments)

        return call

    def calls(self, function, x, weights, y, room, weights_per_thread=None) -> list[Call]:
        """The calls for all images; `y` has the images of the output on its first axis."""
        lists: list[list[Call]] = []
        for thread in range(self.threads):
            share = self.share(thread)
            made: list[Call] = []
            own = weights if weights_per_thread is None else weights_per_thread[thread]
            if self.padded:
                made.append(partial(room[thread].fill, 0))
            for first in share:
                last = min(first + share.step, share.stop)
                source = x[first:last]
                if self.padded:
                    source = room[thread][: last - first]
                    inner = (slice(None), *self.inside)
                    made.append(partial(np.copyto, source[inner], x[first:last]))
                made.append(self.call(function, source, own, y[first:last], last - first))
            lists.append(made)
        return lists[0] if self.threads == 1 else [partial(side_by_side, *lists)]


def _fits(g, channels: int, outputs: int) -> bool:
    return (
        g.dtype == F32
        and g.groups == 1
        and g.n > 0
        and len(g.space) < 3
        and not g.dense
        and outputs % 16 == 0
        and g.taps * channels >= DEEP
        and is_wide()
    )


def forward(g) -> Direct | None:
    """The convolution in C, or None where NumPy does it."""
    if not _fits(g, g.c, g.o):
        return None
    return Direct(g.n, g.space, g.c, g.o, g.window, g.strides, g.dilation, g.padding)


def forward_calls(d: Direct, x, w, out, scratch) -> list[Call]:
    function = library().hornlet_conv_float32
    return d.calls(function, x, w, out, scratch[0] if d.padded else None)


def filter_grad(g) -> Direct | None:
    return forward(g) if g.c % 4 == 0 else None


def filter_scratch(g, d: Direct) -> tuple[Spec, ...]:
    part = (Spec((*g.window, g.c, g.o), F32),) if d.threads == 2 else ()
    return (*d.room_spec(), *part)


def filter_grad_calls(d: Direct, x, dy, out, scratch) -> list[Call]:
    function = library().hornlet_conv_filter_grad_float32
    parts = [out, *scratch[-1:]] if d.threads == 2 else [out]
    calls: list[Call] = [partial(part.fill, 0) for part in parts]
    # the kernel takes dy where the others take weights, and adds to its third array
    swapped = lambda x, dw, dy, *rest: function(x, dy, dw, *rest)  # noqa: E731
    calls += d.calls(swapped, x, None, dy, scratch[0] if d.padded else None, parts)
    if d.threads == 2:
        calls.append(partial(np.add, parts[0], parts[1], parts[0]))
    return calls


def input_grad(g) -> Direct | None:
    """For strides of 1 it is a convolution too: of dy with a margin, by the window turned round."""
    reach = tuple(d * (k - 1) for d, k in zip(g.dilation, g.window))
    padding = tuple((r - low, r - high) for r, (low, high) in zip(reach, g.padding))
    if max(g.strides) > 1 or any(min(p) < 0 for p in padding) or not _fits(g, g.o, g.c):
        return None
    return Direct(g.n, g.out, g.o, g.c, g.window, g.strides, g.dilation, padding)


def input_scratch(g, d: Direct) -> tuple[Spec, ...]:
    return (*d.room_spec(), Spec((*g.window, g.o, g.c), F32))


def input_grad_calls(d: Direct, dy, w, out, scratch) -> list[Call]:
    turned = scratch[-1]
    space = tuple(range(len(d.window)))
    view = np.flip(w, space).swapaxes(-1, -2)
    function = library().hornlet_conv_float32
    room = scratch[0] if d.padded else None
    return [partial(np.copyto, turned, view), *d.calls(function, dy, turned, out, room)]
