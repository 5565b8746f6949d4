"""Primitives that move elements without computing: reshape, transpose, slices, joins."""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np

from hornlet.engine.emit import emit
from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec


def _reshape_shape(x, shape):
    if any(n < 0 for n in shape) or prod(shape) != x.size:
        raise ValueError(
            f"`reshape` cannot bring an array of shape {x.shape} ({x.size} elements) to shape "
            f"{tuple(shape)} ({prod(shape)} elements)."
        )
    return Spec(tuple(shape), x.dtype)


def _reshape_view(x, shape):
    y = x.reshape(shape)
    return y if x.flags.c_contiguous or np.may_share_memory(x, y) else None


primitive(
    "reshape",
    shape=_reshape_shape,
    kernel=lambda x, out, shape: np.copyto(out, x.reshape(shape)),
    vjp=lambda dy, y, x, shape: emit("reshape", dy, shape=x.shape),
    view=_reshape_view,
)


def _transpose_shape(x, axes):
    if sorted(axes) != list(range(len(x.shape))):
        raise ValueError(
            f"`transpose` received axes={axes} for an array of shape {x.shape}; expected each of "
            f"its {len(x.shape)} axes once."
        )
    return Spec(tuple(x.shape[a] for a in axes), x.dtype)


def _inverse(axes):
    back = [0] * len(axes)
    for i, a in enumerate(axes):
        back[a] = i
    return tuple(back)


primitive(
    "transpose",
    shape=_transpose_shape,
    kernel=lambda x, out, axes: np.copyto(out, x.transpose(axes)),
    vjp=lambda dy, y, x, axes: emit("transpose", dy, axes=_inverse(axes)),
    view=lambda x, axes: x.transpose(axes),
)


def _broadcast_shape(x, shape):
    lead = len(shape) - len(x.shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(x.shape, shape[max(lead, 0) :])):
        raise ValueError(
            f"`broadcast_to` cannot bring an array of shape {x.shape} to shape {tuple(shape)}: "
            "sizes must be equal or 1, counted from the last axis."
        )
    return Spec(tuple(shape), x.dtype)


def _broadcast_vjp(dy, y, x, shape):
    lead = len(shape) - x.ndim
    axis = [i for i in range(len(shape)) if i < lead or (x.shape[i - lead] == 1 != shape[i])]
    return emit("reshape", emit("sum", dy, axis=tuple(axis), keepdims=False), shape=x.shape)


primitive(
    "broadcast_to",
    shape=_broadcast_shape,
    kernel=lambda x, out, shape: np.copyto(out, x),
    vjp=_broadcast_vjp,
    view=lambda x, shape: np.broadcast_to(x, shape),
)


def _flip(x, axis):
    return x[(slice(None),) * axis + (slice(None, None, -1),)]


primitive(
    "flip",
    shape=lambda x, axis: x,
    kernel=lambda x, out, axis: np.copyto(out, _flip(x, axis)),
    vjp=lambda dy, y, x, axis: emit("flip", dy, axis=axis),
    view=_flip,
)


def _slices(index):
    return tuple(slice(start, stop, step) for start, stop, step in index)


def _region(name, x, index):
    """The shape of the part of `x` that `index` names."""
    if len(index) != len(x.shape):
        raise ValueError(
            f"`{name}` received index={index} for an array of shape {x.shape}; expected one "
            "(start, "
            "stop, step) for each axis."
        )
    return tuple(len(range(*s.indices(n))) for s, n in zip(_slices(index), x.shape))


def _slice_shape(x, index):
    return Spec(_region("slice", x, index), x.dtype)


primitive(
    "slice",
    shape=_slice_shape,
    kernel=lambda x, out, index: np.copyto(out, x[_slices(index)]),
    vjp=lambda dy, y, x, index: emit("pad_slice", dy, shape=x.shape, index=index),
    view=lambda x, index: x[_slices(index) + (...,)],
)


def _pad_slice(x, out, shape, index):
    for call in _pad_slice_calls(x, out, shape, index):
        call()


def _pad_slice_calls(x, out, shape, index):
    return [partial(out.fill, 0), partial(np.copyto, out[_slices(index) + (...,)], x)]


primitive(
    "pad_slice",
    shape=lambda x, shape, index: Spec(tuple(shape), x.dtype),
    kernel=_pad_slice,
    prepare=_pad_slice_calls,
    vjp=lambda dy, y, x, shape, index: emit("slice", dy, index=index),
)


def _update_slice_shape(x, value, index):
    region = _region("update_slice", x, index)
    if value.shape != region or value.dtype != x.dtype:
        raise ValueError(
            f"`update_slice` received a value of shape {value.shape} and dtype {value.dtype}; "
            f"expected shape {region} and dtype {x.dtype}."
        )
    return x


def _update_slice(x, value, out, index):
    if out is not x and not _same_memory(out, x):
        np.copyto(out, x)
    out[_slices(index)] = value


def _same_memory(a, b):
    return a.ctypes.data == b.ctypes.data and a.strides == b.strides


def _update_slice_vjp(dy, y, x, value, index):
    dvalue = emit("slice", dy, index=index)
    zeros = emit("broadcast_to", np.zeros((), dy.dtype), shape=value.shape)
    return emit("update_slice", dy, zeros, index=index), dvalue


primitive(
    "update_slice",
    shape=_update_slice_shape,
    kernel=_update_slice,
    vjp=_update_slice_vjp,
    inplace=(0,),
)


def _inner(x, widths):
    return tuple((low, low + n, 1) for n, (low, _) in zip(x.shape, widths))


def _pad_shape(x, widths, value=0):
    if len(widths) != len(x.shape) or any(w < 0 for pair in widths for w in pair):
        raise ValueError(
            f"`pad` received widths={widths} for an array of shape {x.shape}; expected one "
            "(before, "
            "after) of non-negative sizes for each axis."
        )
    return Spec(tuple(n + low + high for n, (low, high) in zip(x.shape, widths)), x.dtype)


def _pad(x, out, widths, value=0):
    if any(low or high for low, high in widths):
        out[...] = value
    out[_slices(_inner(x, widths))] = x


primitive(
    "pad",
    shape=_pad_shape,
    kernel=_pad,
    vjp=lambda dy, y, x, widths, value=0: emit("slice", dy, index=_inner(x, widths)),
)


def _concatenate_shape(*xs, axis):
    first = xs[0].shape
    if not 0 <= axis < len(first):
        raise ValueError(f"`concatenate` received axis={axis} for arrays of shape {first}.")
    for x in xs:
        if x.shape[:axis] != first[:axis] or x.shape[axis + 1 :] != first[axis + 1 :]:
            raise ValueError(
                f"`concatenate` along axis {axis} received the shapes {[x.shape for x in xs]}; all "
                "other axes must agree."
            )
    n = sum(x.shape[axis] for x in xs)
    return Spec((*first[:axis], n, *first[axis + 1 :]), xs[0].dtype)


def _concatenate_vjp(dy, y, *xs, axis):
    parts, start = [], 0
    for x in xs:
        index = [(0, n, 1) for n in x.shape]
        index[axis] = (start, start + x.shape[axis], 1)
        parts.append(emit("slice", dy, index=tuple(index)))
        start += x.shape[axis]
    return tuple(parts)


primitive(
    "concatenate",
    shape=_concatenate_shape,
    kernel=lambda *xs, out, axis: np.concatenate(xs, axis, out),
    vjp=_concatenate_vjp,
    promote="same",
)


def _pack(*xs, out):
    start = 0
    for x in xs:
        part = out[start : start + x.size]
        start += x.size
        # The plan makes many parts in their places already.
        if not (x.flags.c_contiguous and x.ctypes.data == part.ctypes.data):
            np.copyto(part.reshape(x.shape), x)


def _pack_vjp(dy, y, *xs):
    parts, start = [], 0
    for x in xs:
        part = emit("slice", dy, index=((start, start + x.size, 1),))
        parts.append(emit("reshape", part, shape=x.shape))
        start += x.size
    return tuple(parts)


def _pack_prepare(*xs, out):
    """Only the copies that are needed, bound once."""
    calls, start = [], 0
    for x in xs:
        part = out[start : start + x.size]
        start += x.size
        if x.size and not (x.flags.c_contiguous and x.ctypes.data == part.ctypes.data):
            calls.append(_Copy(part.reshape(x.shape), x))
    return calls


class _Copy:
    __slots__ = ("source", "target")

    def __init__(self, target, source):
        self.target, self.source = target, source

    def __call__(self):
        np.copyto(self.target, self.source)


primitive(
    "pack",
    shape=lambda *xs: Spec((sum(x.size for x in xs),), xs[0].dtype),
    kernel=_pack,
    vjp=_pack_vjp,
    promote="same",
    prepare=_pack_prepare,
)


def _window(x, start, shape):
    """The slices of a window of `shape` at `start`, moved inside the array if it sticks out."""
    return tuple(
        slice(max(0, min(int(s), n - m)), max(0, min(int(s), n - m)) + m)
        for s, n, m in zip(start, x.shape, shape)
    )


def _check_window(name, x, start, shape):
    if len(shape) != len(x.shape) or any(m > n for m, n in zip(shape, x.shape)):
        raise ValueError(f"`{name}`: a window of shape {shape} does not fit in shape {x.shape}.")
    if start.shape != (len(x.shape),) or start.dtype.kind not in "iu":
        raise ValueError(
            f"`{name}` received start of shape {start.shape} and dtype {start.dtype}; expected "
            f"{len(x.shape)} integers."
        )


def _dynamic_slice_shape(x, start, shape):
    _check_window("dynamic_slice", x, start, tuple(shape))
    return Spec(tuple(shape), x.dtype)


def _dynamic_slice_vjp(dy, y, x, start, shape):
    zeros = emit("broadcast_to", np.zeros((), dy.dtype), shape=x.shape)
    return emit("dynamic_update_slice", zeros, dy, start), None


primitive(
    "dynamic_slice",
    shape=_dynamic_slice_shape,
    kernel=lambda x, start, out, shape: np.copyto(out, x[_window(x, start, shape) + (...,)]),
    vjp=_dynamic_slice_vjp,
)


def _dynamic_update_shape(x, value, start):
    _check_window("dynamic_update_slice", x, start, value.shape)
    return x


def _dynamic_update(x, value, start, out):
    if out is not x and not _same_memory(out, x):
        np.copyto(out, x)
    out[_window(x, start, value.shape)] = value


def _dynamic_update_vjp(dy, y, x, value, start):
    zeros = emit("broadcast_to", np.zeros((), dy.dtype), shape=value.shape)
    dx = emit("dynamic_update_slice", dy, zeros, start)
    return dx, emit("dynamic_slice", dy, start, shape=value.shape), None


primitive(
    "dynamic_update_slice",
    shape=_dynamic_update_shape,
    kernel=_dynamic_update,
    vjp=_dynamic_update_vjp,
    inplace=(0,),
)
