"""Depthwise convolution: one input channel per group, so no product of matrices, only of arrays.

Called by `conv`, whose geometry (`g` below) and layout these functions share. With several filters
per channel a further last axis counts them.
"""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np

from hornlet.engine.ops.windows import Call
from hornlet.engine.spec import Spec


def scratch(g) -> tuple[Spec, ...]:
    images, rows = g.blocks(g.o)
    m = images * rows * prod(g.out[1:])
    return (*g.room_spec(images), Spec((m * g.o,), g.dtype)) if g.n else ()


def filter_scratch(g) -> tuple[Spec, ...]:
    if not g.n:
        return ()
    images, rows = g.blocks(g.o)
    m = images * rows * prod(g.out[1:])
    return (*scratch(g), Spec((m,), g.dtype), Spec((g.o,), g.dtype))


def _blocks(g, x, scratch, calls: list[Call]):
    """Per block: where it is, and its windows with axes (n, *out, *window, c, 1)."""
    images, rows = g.blocks(g.o)
    if g.padded:
        room = scratch[0]
        calls.append(partial(room.fill, 0))
    view = g.views(room if g.padded else x)
    for first in range(0, g.n, images):
        last = min(first + images, g.n)
        at = slice(0, last - first) if g.padded else slice(first, last)
        if g.padded:
            inner = (at, *g.inside)
            calls.append(partial(np.copyto, room[inner], x[first:last]))
        for top in range(0, g.out[0], rows):
            bottom = min(top + rows, g.out[0])
            yield (slice(first, last), slice(top, bottom)), view[at, top:bottom]


def _weights(g, w) -> np.ndarray:
    """w (*window, 1, c * filters) as (*window, c, filters); a lone filter's axis is left out."""
    shape = (*g.window, g.c) if g.o_group == 1 else (*g.window, g.c, g.o_group)
    return w.reshape(shape)


def _tap(g, view, tap):
    at = (slice(None),) * (1 + len(g.space)) + tap
    place = view[at]
    return place[..., 0] if g.o_group == 1 else place


def forward(g, x, w, out, scratch) -> list[Call]:
    calls: list[Call] = []
    weights = _weights(g, w)
    for at, view in _blocks(g, x, scratch, calls):
        y = out[at]
        if g.o_group > 1:
            y = y.reshape(*y.shape[:-1], g.c, g.o_group)
        part = scratch[-1][: y.size].reshape(y.shape)
        for i, tap in enumerate(np.ndindex(g.window)):
            calls.append(partial(np.multiply, _tap(g, view, tap), weights[tap], part if i else y))
            if i:
                calls.append(partial(np.add, y, part, y))
    return calls


def filter_grad(g, x, dy, out, scratch) -> list[Call]:
    *scratch, ones, total = scratch
    calls: list[Call] = [partial(ones.fill, 1), partial(out.fill, 0)]
    sums = out.reshape(*g.window, g.o)
    for at, view in _blocks(g, x, scratch, calls):
        dys = dy[at]
        m = prod(dys.shape[:-1])
        if g.o_group > 1:
            dys = dys.reshape(*dys.shape[:-1], g.c, g.o_group)
        part = scratch[-1][: dys.size].reshape(dys.shape)
        for tap in np.ndindex(g.window):
            calls.append(partial(np.multiply, _tap(g, view, tap), dys, part))
            # a sum over rows is a product with ones, and faster that way
            calls.append(partial(np.matmul, ones[:m], part.reshape(m, g.o), out=total))
            calls.append(partial(np.add, sums[tap], total, sums[tap]))
    return calls


def input_grad(g, dy, w, view, part) -> list[Call]:
    calls: list[Call] = []
    weights = w.reshape(*g.window, g.c, g.o_group)
    dys = dy.reshape(*dy.shape[:-1], g.c, g.o_group)
    part = part[: dys.size // g.o_group].reshape(dys.shape[:-1])
    for tap in np.ndindex(g.window):
        at = (slice(None),) * (1 + len(g.space)) + tap
        place = view[at][..., 0]
        for f in range(g.o_group):
            calls.append(partial(np.multiply, dys[..., f], weights[tap][:, f], part))
            calls.append(partial(np.add, place, part, place))
    return calls
