"""Convolution over 1 to 3 axes and its two gradients, which are linear maps that feed each other.

Layout is channels last: x (n, *space, c), w (*window, c / groups, o), y (n, *out, o). A block of
images is unfolded into a matrix of windows that fits the second-level cache and multiplied.
"""

from __future__ import annotations

from functools import lru_cache, partial
from math import prod

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.native import convolution as native
from hornlet.engine.ops import depthwise
from hornlet.engine.ops.windows import (
    Call,
    computed_in,
    output_sizes,
    running,
    settled,
    windows,
    with_settled_out,
)
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec

CACHE = 1 << 19  # bytes of an unfolded block
ROWS = 192  # rows below which a product of matrices is slow
SHORT = 8  # elements below which a run of adjacent ones is not worth copying as a run


class Geometry:
    """The sizes of one convolution, and how it is cut into blocks."""

    def __init__(self, x, w, dtype, strides, padding, dilation, groups):
        self.n, *space, self.c = x
        *window, self.per_group, self.o = w
        self.space, self.window = tuple(space), tuple(window)
        self.strides, self.dilation, self.groups = strides, dilation, groups
        self.out = output_sizes("conv", space, window, strides, padding, dilation)
        self.padded = any(low or high for low, high in padding)
        self.room = tuple(s + low + high for s, (low, high) in zip(space, padding))
        self.inside = tuple(slice(low, low + s) for s, (low, _) in zip(space, padding))
        self.taps = prod(window)
        self.k = self.taps * self.per_group
        self.o_group = self.o // groups
        self.depthwise = groups == self.c and groups > 1
        self.dense = self.taps == 1 and groups == 1 and not self.padded and max(strides) == 1
        run = self.per_group * (window[-1] if groups == 1 and dilation[-1] == 1 else 1)
        self.columns = run < SHORT  # unfold with the window's offsets first, positions last
        self.narrow = self.per_group < SHORT
        self.dtype, self.padding = dtype, tuple(padding)

    def blocks(self, floats_per_pixel: int) -> tuple[int, int]:
        """How many images, or rows of one image, make a block."""
        pixels = prod(self.out)
        each = max(1, pixels * floats_per_pixel * self.dtype.itemsize)
        images = max(CACHE // each, -(-ROWS // max(1, pixels)))
        if images > 1 or each <= CACHE:
            return min(self.n, images) or 1, self.out[0]
        row = pixels // self.out[0]
        return 1, min(self.out[0], max(1, CACHE * self.out[0] // each, -(-ROWS // row)))

    def room_spec(self, images: int) -> tuple[Spec, ...]:
        return (Spec((images, *self.room, self.c), self.dtype),) if self.padded else ()

    def views(self, x: np.ndarray) -> np.ndarray:
        """Windows on x (or on the padded x) with axes (n, *out, *window, groups, c / groups)."""
        view = windows(x, self.out, self.window, self.strides, self.dilation)
        return np.lib.stride_tricks.as_strided(
            view,
            (*view.shape[:-1], self.groups, self.per_group),
            (*view.strides[:-1], view.strides[-1] * self.per_group, view.strides[-1]),
        )


@lru_cache(maxsize=1024)
def geometry(x, w, dtype, strides, padding, dilation, groups) -> Geometry:
    return Geometry(x, w, dtype, strides, padding, dilation, groups)


def _product(groups: int, a, b, out) -> Call:
    """The call of a product of matrices, per group or of the only one."""
    if groups == 1:
        return partial(np.matmul, a[0], b[0], out=out[0])
    return partial(np.matmul, a, b, out=out)


def _grouped(matrix: np.ndarray, groups: int) -> np.ndarray:
    """(rows, groups * columns) as (groups, rows, columns), a view."""
    return matrix.reshape(matrix.shape[0], groups, -1).swapaxes(0, 1)


def _unfolded(g: Geometry, x: np.ndarray, scratch, calls: list[Call]):
    """Per block: its images and rows, the calls that unfold it, and the (groups, m, k) matrix."""
    images, rows = g.blocks(g.k * g.groups)
    space = len(g.space)
    if g.padded:
        room, column = scratch[0], scratch[1]
        calls.append(partial(room.fill, 0))
        view = g.views(room)
    else:
        column, view = scratch[0], g.views(x)
    pixel, offset = tuple(range(1, space + 1)), tuple(range(space + 1, 2 * space + 1))
    group, channel = 2 * space + 1, 2 * space + 2
    order = (
        (group, *offset, channel, 0, *pixel) if g.columns else (group, 0, *pixel, *offset, channel)
    )
    for first in range(0, g.n, images):
        last = min(first + images, g.n)
        steps: list[Call] = []
        if g.padded:
            inner = (slice(0, last - first), *g.inside)
            steps.append(partial(np.copyto, room[inner], x[first:last]))
        for top in range(0, g.out[0], rows):
            bottom = min(top + rows, g.out[0])
            at = slice(0, last - first) if g.padded else slice(first, last)
            source = view[at, top:bottom].transpose(order)
            target = column[: source.size].reshape(source.shape)
            steps.append(partial(np.copyto, target, source))
            m = (last - first) * (bottom - top) * prod(g.out[1:])
            matrix = target.reshape(g.groups, -1, m).swapaxes(1, 2) if g.columns else None
            if matrix is None:
                matrix = target.reshape(g.groups, m, -1)
            yield (slice(first, last), slice(top, bottom)), steps, matrix
            steps = []


def _unfold_scratch(g: Geometry) -> tuple[Spec, ...]:
    if g.depthwise:
        return depthwise.scratch(g)
    if g.dense or not g.n:
        return ()
    images, rows = g.blocks(g.k * g.groups)
    m = images * rows * prod(g.out[1:])
    return (*g.room_spec(images), Spec((m * g.k * g.groups,), g.dtype))


def _conv_scratch(x, w, **attributes):
    g = geometry(x.shape, w.shape, computed_in(x), **attributes)
    direct = native.forward(g)
    return _unfold_scratch(g) if direct is None else direct.room_spec()


def _conv_calls(x, w, out, strides, padding, dilation, groups, scratch=()) -> list[Call]:
    calls: list[Call] = []
    g = geometry(x.shape, w.shape, out.dtype, strides, padding, dilation, groups)
    if not g.n:
        return []
    w = settled(w, calls, out.dtype)
    direct = native.forward(g)
    if direct is not None:
        return calls + native.forward_calls(direct, settled(x, calls, out.dtype), w, out, scratch)
    if g.depthwise:
        return calls + depthwise.forward(g, settled(x, calls, out.dtype), w, out, scratch)
    if g.dense:
        x = settled(x, calls, out.dtype)
        matrix, weights = x.reshape(-1, g.c), w.reshape(g.c, g.o)
        return [*calls, partial(np.matmul, matrix, weights, out=out.reshape(-1, g.o))]
    weights = _grouped(w.reshape(g.k, g.o), groups)
    for at, steps, matrix in _unfolded(g, x, scratch, calls):
        y = _grouped(out[at].reshape(-1, g.o), groups)
        calls += [*steps, _product(groups, matrix, weights, y)]
    return calls


def _filter_grad_calls(x, dy, out, shape, strides, padding, dilation, groups, scratch=()):
    calls: list[Call] = []
    g = geometry(x.shape, shape, out.dtype, strides, padding, dilation, groups)
    if not (g.n and prod(g.out)):
        return [partial(out.fill, 0)]
    dy = settled(dy, calls, out.dtype)
    direct = native.filter_grad(g)
    if direct is not None:
        return calls + native.filter_grad_calls(
            direct, settled(x, calls, out.dtype), dy, out, scratch
        )
    if g.depthwise:
        return calls + depthwise.filter_grad(g, settled(x, calls, out.dtype), dy, out, scratch)
    if g.dense:
        x = settled(x, calls, out.dtype)
        matrix, dys = x.reshape(-1, g.c).T, dy.reshape(-1, g.o)
        return [*calls, partial(np.matmul, matrix, dys, out=out.reshape(g.c, g.o))]
    *scratch, part = scratch
    total = _grouped(out.reshape(g.k, g.o), groups)
    started = False
    for at, steps, matrix in _unfolded(g, x, scratch, calls):
        dys = _grouped(dy[at].reshape(-1, g.o), groups)
        into = part if started else total
        calls += [*steps, _product(groups, matrix.swapaxes(1, 2), dys, into)]
        if started:
            calls.append(partial(np.add, total, part, total))
        started = True
    return calls


def _filter_scratch(x, dy, shape, **attributes):
    dtype = computed_in(x)
    g = geometry(x.shape, shape, dtype, **attributes)
    direct = native.filter_grad(g)
    if direct is not None:
        return native.filter_scratch(g, direct)
    if g.depthwise:
        return depthwise.filter_scratch(g)
    if g.dense or not g.n:
        return ()
    return (*_unfold_scratch(g), Spec((g.groups, g.k, g.o_group), dtype))


def _input_grad_calls(dy, w, out, shape, strides, padding, dilation, groups, scratch=()):
    calls: list[Call] = []
    g = geometry(shape, w.shape, out.dtype, strides, padding, dilation, groups)
    if not g.n:
        return []
    dy, w = settled(dy, calls, out.dtype), settled(w, calls, out.dtype)
    direct = native.input_grad(g)
    if direct is not None:
        return calls + native.input_grad_calls(direct, dy, w, out, scratch)
    if g.dense:
        dys, weights = dy.reshape(-1, g.o), w.reshape(g.c, g.o).T
        return [*calls, partial(np.matmul, dys, weights, out=out.reshape(-1, g.c))]
    images, rows = _fold_blocks(g)
    if g.padded:
        target, part = scratch
    else:
        target, part = out, scratch[0]
        calls.append(partial(out.fill, 0))
    view = g.views(target)
    for first in range(0, g.n, images):
        last = min(first + images, g.n)
        at = slice(0, last - first) if g.padded else slice(first, last)
        if g.padded:
            calls.append(partial(target.fill, 0))
        for top in range(0, g.out[0], rows):
            bottom = min(top + rows, g.out[0])
            add = depthwise.input_grad if g.depthwise else _narrow if g.narrow else _tap_by_tap
            calls += add(g, dy[first:last, top:bottom], w, view[at, top:bottom], part)
        if g.padded:
            inner = (slice(0, last - first), *g.inside)
            calls.append(partial(np.copyto, out[first:last], target[inner]))
    return calls


def _tap_by_tap(g: Geometry, dy, w, view, part) -> list[Call]:
    """Per offset in the window: a product, added where the window looked."""
    calls: list[Call] = []
    m = prod(dy.shape[:-1])
    dys = _grouped(dy.reshape(m, g.o), g.groups)
    space = (slice(None),) * (1 + len(g.space))
    part = part[: m * g.c]
    product = _grouped(part.reshape(m, g.c), g.groups)
    for tap in np.ndindex(g.window):
        weights = w[tap].reshape(g.per_group, g.groups, g.o_group).transpose(1, 2, 0)
        place = view[space + tap]
        calls.append(_product(g.groups, dys, weights, product))
        calls.append(partial(np.add, place, part.reshape(place.shape), place))
    return calls


def _narrow(g: Geometry, dy, w, view, part) -> list[Call]:
    """With few channels: one product for all offsets, positions along its rows."""
    m = prod(dy.shape[:-1])
    dys = _grouped(dy.reshape(m, g.o), g.groups).swapaxes(1, 2)
    weights = _grouped(w.reshape(g.k, g.o), g.groups)
    part = part[: g.groups * g.k * m].reshape(g.groups, g.k, m)
    calls: list[Call] = [_product(g.groups, weights, dys, part)]
    parts = part.reshape(g.groups, *g.window, g.per_group, *dy.shape[:-1])
    last = len(g.space) + 1
    for tap in np.ndindex(g.window):
        # axes (n, *out, groups, c / groups) in the order of the product's: (groups, c, n, *out)
        place = view[(slice(None),) * last + tap]
        place = place.transpose(last, last + 1, *range(last))
        calls.append(partial(np.add, place, parts[(slice(None),) + tap], place))
    return calls


def _fold_blocks(g: Geometry) -> tuple[int, int]:
    return g.blocks(g.k * g.groups if g.narrow and not g.depthwise else g.c)


def _fold_scratch(dy, w, shape, **attributes):
    dtype = computed_in(dy)
    g = geometry(shape, w.shape, dtype, **attributes)
    direct = native.input_grad(g)
    if direct is not None:
        return native.input_scratch(g, direct)
    if g.dense or not g.n:
        return ()
    images, rows = _fold_blocks(g)
    m = images * rows * prod(g.out[1:])
    floats = g.k * g.groups if g.narrow and not g.depthwise else g.c
    return (*g.room_spec(images), Spec((m * floats,), dtype))


def _checked(name, x, w, strides, padding, dilation, groups):
    """The output's spatial sizes; every way in which the shapes can disagree is an error."""
    n = len(x) - 2
    if n not in (1, 2, 3) or len(w) != n + 2:
        raise ValueError(
            f"`{name}` takes inputs (batch, *space, channels) and a kernel (*window, channels / "
            f"groups, filters) with 1 to 3 spatial axes. Received shapes {x} and {w}."
        )
    if groups < 1 or x[-1] != w[-2] * groups or w[-1] % groups:
        raise ValueError(
            f"`{name}` with groups={groups} received {x[-1]} input channels and a kernel of shape "
            f"{w}: the kernel's last axes must be input channels / groups, and filters that "
            "groups divide."
        )
    return output_sizes(name, x[1:-1], w[:-2], strides, padding, dilation)


def _conv_shape(x, w, strides, padding, dilation, groups):
    out = _checked("conv", x.shape, w.shape, strides, padding, dilation, groups)
    return Spec((x.shape[0], *out, w.shape[-1]), x.dtype)


def _filter_grad_shape(x, dy, shape, **attributes):
    out = _checked("conv_filter_grad", x.shape, shape, **attributes)
    if dy.shape != (x.shape[0], *out, shape[-1]):
        raise ValueError(
            f"`conv_filter_grad` expected dy of shape {(x.shape[0], *out, shape[-1])}. "
            f"Received: {dy.shape}."
        )
    return Spec(tuple(shape), x.dtype)


def _input_grad_shape(dy, w, shape, **attributes):
    out = _checked("conv_input_grad", tuple(shape), w.shape, **attributes)
    if dy.shape != (shape[0], *out, w.shape[-1]):
        raise ValueError(
            f"`conv_input_grad` to shape {tuple(shape)} expected dy of shape "
            f"{(shape[0], *out, w.shape[-1])}. Received: {dy.shape}."
        )
    return Spec(tuple(shape), dy.dtype)


def _conv_vjp(dy, y, x, w, **attributes):
    return (
        emit("conv_input_grad", dy, w, shape=x.shape, **attributes),
        emit("conv_filter_grad", x, dy, shape=w.shape, **attributes),
    )


def _input_grad_vjp(dz, z, dy, w, shape, **attributes):
    return (
        emit("conv", dz, w, **attributes),
        emit("conv_filter_grad", dz, dy, shape=w.shape, **attributes),
    )


def _filter_grad_vjp(dz, z, x, dy, shape, **attributes):
    return (
        emit("conv_input_grad", dy, dz, shape=x.shape, **attributes),
        emit("conv", x, dz, **attributes),
    )


def _row(name, calls, **rules):
    prepare = with_settled_out(calls)
    primitive(name, kernel=running(prepare), prepare=prepare, promote="same", **rules)


_row(
    "conv", _conv_calls, shape=_conv_shape, vjp=_conv_vjp,
    scratch=_conv_scratch,
)  # fmt: skip
_row(
    "conv_filter_grad", _filter_grad_calls, shape=_filter_grad_shape, vjp=_filter_grad_vjp,
    scratch=_filter_scratch,
)  # fmt: skip
_row(
    "conv_input_grad", _input_grad_calls, shape=_input_grad_shape, vjp=_input_grad_vjp,
    scratch=_fold_scratch,
)  # fmt: skip
