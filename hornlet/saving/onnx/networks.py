"""ONNX's operators of networks: products, convolutions, pooling, normalization, resizing."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.engine.emit import emit
from hornlet.saving.onnx.run import Run, operator


@operator("MatMul", weights=(0, 1))
def _matmul(run: Run, a: Any, b: Any) -> Any:
    return ops.matmul(a, b)


@operator("Gemm", weights=(0, 1, 2))
def _gemm(
    run: Run, a: Any, b: Any, c: Any = None, *, alpha: float = 1.0, beta: float = 1.0,
    transA: int = 0, transB: int = 0, broadcast: int = 0,
) -> Any:  # fmt: skip
    a = ops.transpose(a) if transA else a
    b = ops.transpose(b) if transB else b
    y = ops.matmul(a, b)
    y = y if alpha == 1 else y * alpha
    return y if c is None else y + (c if beta == 1 else c * beta)


@operator("Einsum", weights=(0, 1))
def _einsum(run: Run, *xs: Any, equation: str) -> Any:
    return ops.einsum(equation, *xs)


def _last(x: Any) -> Any:
    """Channels from behind the batch to the end."""
    return ops.transpose(x, (0, *range(2, len(x.shape)), 1))


def _first(x: Any) -> Any:
    rank = len(x.shape)
    return ops.transpose(x, (0, rank - 1, *range(1, rank - 1)))


def _pads(
    x: Any, window: list, strides: list, dilations: list, pads: Any, auto_pad: str
) -> tuple[tuple[int, int], ...]:
    """How much is padded before and behind, per axis of the space."""
    space = x.shape[2:]
    if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        found = []
        for n, k, s, d in zip(space, window, strides, dilations):
            total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
            small = total // 2 if auto_pad == "SAME_UPPER" else total - total // 2
            found.append((small, total - small))
        return tuple(found)
    if auto_pad not in ("NOTSET", "VALID"):
        raise ValueError(f"auto_pad {auto_pad!r} is not known")
    pads = [0] * 2 * len(space) if pads is None or auto_pad == "VALID" else pads
    if len(pads) != 2 * len(space):
        raise ValueError(f"pads {pads} for {len(space)} axes")
    return tuple(zip(pads[: len(space)], pads[len(space) :]))


@operator("Conv", weights=(1, 2))
def _conv(
    run: Run, x: Any, w: Any, b: Any = None, *, auto_pad: str = "NOTSET", dilations: Any = None,
    group: int = 1, kernel_shape: Any = None, pads: Any = None, strides: Any = None,
) -> Any:  # fmt: skip
    window = list(w.shape[2:])
    if kernel_shape not in (None, window):
        raise ValueError(f"kernel_shape {kernel_shape} with a kernel of shape {tuple(w.shape)}")
    ones = [1] * len(window)
    strides, dilations = strides or ones, dilations or ones
    padding = _pads(x, window, strides, dilations, pads, auto_pad)
    kernel = ops.transpose(w, (*range(2, len(w.shape)), 1, 0))
    y = emit(
        "conv", _last(x), kernel, strides=tuple(strides), padding=padding,
        dilation=tuple(dilations), groups=group,
    )  # fmt: skip
    return _first(y if b is None else y + b)


@operator("ConvTranspose", weights=(1, 2))
def _conv_transpose(
    run: Run, x: Any, w: Any, b: Any = None, *, auto_pad: str = "NOTSET", dilations: Any = None,
    group: int = 1, kernel_shape: Any = None, output_padding: Any = None,
    output_shape: Any = None, pads: Any = None, strides: Any = None,
) -> Any:  # fmt: skip
    window = list(w.shape[2:])
    if auto_pad != "NOTSET" or output_shape is not None:
        raise ValueError("auto_pad and output_shape are not supported")
    ones = [1] * len(window)
    strides, dilations = strides or ones, dilations or ones
    more = output_padding or [0] * len(window)
    padding = _pads(x, window, strides, dilations, pads, auto_pad)
    space = tuple(
        (n - 1) * s + d * (k - 1) + 1 + o - low - high
        for n, k, s, d, o, (low, high) in zip(
            x.shape[2:], window, strides, dilations, more, padding
        )
    )
    kernel = ops.transpose(w, (*range(2, len(w.shape)), 1, 0))
    y = emit(
        "conv_input_grad", _last(x), kernel,
        shape=(x.shape[0], *space, w.shape[1] * group), strides=tuple(strides), padding=padding,
        dilation=tuple(dilations), groups=group,
    )  # fmt: skip
    return _first(y if b is None else y + b)


@operator("MaxPool", "AveragePool")
def _pool(
    run: Run, x: Any, *, kernel_shape: list[int], auto_pad: str = "NOTSET", ceil_mode: int = 0,
    count_include_pad: int = 0, dilations: Any = None, pads: Any = None, strides: Any = None,
    storage_order: int = 0,
) -> Any:  # fmt: skip
    ones = [1] * len(kernel_shape)
    if dilations not in (None, ones) or run.wants(1):
        raise ValueError("dilations and a second output are not supported")
    strides = strides or ones
    padding = _pads(x, kernel_shape, strides, ones, pads, auto_pad)
    if ceil_mode:
        padding = tuple(_rounded_up(*size) for size in zip(x.shape[2:], kernel_shape, strides,
                                                           padding))  # fmt: skip
    y = _last(x)
    how = {"window": tuple(kernel_shape), "strides": tuple(strides)}
    if run.node.op == "MaxPool":
        return _first(emit("max_pool", y, padding=padding, **how))
    if count_include_pad and any(low or high for low, high in padding):
        y = emit("pad", y, widths=((0, 0), *padding, (0, 0)), value=0)
        padding = ((0, 0),) * len(padding)
    return _first(emit("avg_pool", y, padding=padding, **how))


def _rounded_up(n: int, k: int, s: int, pad: tuple[int, int]) -> tuple[int, int]:
    """Padding with which the last window that begins inside is counted."""
    low, high = pad
    places = -(-(n + low + high - k) // s) + 1
    if (places - 1) * s >= n + low:
        places -= 1
    return low, max(high, (places - 1) * s + k - n - low)


@operator("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(run: Run, x: Any) -> Any:
    function = ops.mean if run.node.op == "GlobalAveragePool" else ops.max
    return function(x, axis=tuple(range(2, len(x.shape))), keepdims=True)


def _channels(x: Any, like: Any) -> Any:
    """A vector of channels, to meet an array (n, channels, *space)."""
    return ops.reshape(x, (-1,) + (1,) * (len(like.shape) - 2))


@operator("BatchNormalization", weights=(1, 2))
def _batch_normalization(
    run: Run, x: Any, scale: Any, bias: Any, mean: Any, variance: Any, *, epsilon: float = 1e-5,
    momentum: float = 0.9, training_mode: int = 0, spatial: int = 1,
) -> Any:  # fmt: skip
    if training_mode or not spatial:
        raise ValueError("only the form for predictions is supported")
    factor = scale * ops.rsqrt(variance + epsilon)
    return x * _channels(factor, x) + _channels(bias - mean * factor, x)


def _standardized(x: Any, axes: tuple[int, ...], epsilon: float) -> Any:
    center = x - ops.mean(x, axis=axes, keepdims=True)
    return center * ops.rsqrt(ops.mean(center * center, axis=axes, keepdims=True) + epsilon)


@operator("InstanceNormalization", weights=(1, 2))
def _instance_normalization(
    run: Run, x: Any, scale: Any, bias: Any, *, epsilon: float = 1e-5
) -> Any:
    y = _standardized(x, tuple(range(2, len(x.shape))), epsilon)
    return y * _channels(scale, x) + _channels(bias, x)


@operator("LayerNormalization", weights=(1, 2))
def _layer_normalization(
    run: Run, x: Any, scale: Any, bias: Any = None, *, axis: int = -1, epsilon: float = 1e-5,
    stash_type: int = 1,
) -> Any:  # fmt: skip
    rank = len(x.shape)
    y = _standardized(x, tuple(range(axis % rank, rank)), epsilon) * scale
    return y if bias is None else y + bias


@operator("GroupNormalization", weights=(1, 2))
def _group_normalization(
    run: Run, x: Any, scale: Any, bias: Any, *, num_groups: int, epsilon: float = 1e-5,
    stash_type: int = 1,
) -> Any:  # fmt: skip
    shape = tuple(x.shape)
    grouped = ops.reshape(x, (shape[0], num_groups, prod(shape[1:]) // num_groups))
    y = ops.reshape(_standardized(grouped, (2,), epsilon), shape)
    if scale.shape[0] != shape[1]:  # before version 21 one number per group
        scale, bias = (ops.repeat(v, shape[1] // num_groups) for v in (scale, bias))
    return y * _channels(scale, x) + _channels(bias, x)


@operator("LpNormalization")
def _lp_normalization(run: Run, x: Any, *, axis: int = -1, p: int = 2) -> Any:
    size = ops.abs(x) if p == 1 else x * x
    total = ops.sum(size, axis=axis, keepdims=True)
    return x / (total if p == 1 else ops.sqrt(total))


@operator("Resize", "Upsample")
def _resize(run: Run, x: Any, *given: Any, **how: Any) -> Any:
    """Nearest by whole factors, and linear; corners as torch and Keras have them."""
    scales, sizes = (given[0] if run.node.op == "Upsample" else None, None)
    if run.node.op == "Resize":
        scales, sizes = (*given[1:], None, None)[:2]
    if sizes is not None and run.ints(sizes):
        wanted = run.ints(sizes)
    else:
        factors = run.static(scales).reshape(-1).tolist()
        wanted = [int(np.floor(n * f)) for n, f in zip(x.shape, factors)]
    if len(wanted) != len(x.shape):
        raise ValueError(f"sizes {wanted} for an array of shape {tuple(x.shape)}")
    run.made(*wanted[1:])
    mode = how.get("mode", "nearest")
    corners = how.get("coordinate_transformation_mode", "half_pixel")
    if mode == "nearest" and all(m % n == 0 for n, m in zip(x.shape, wanted)):
        for axis, (n, m) in enumerate(zip(x.shape, wanted)):
            x = x if n == m else ops.repeat(x, m // n, axis=axis)
        return x
    if mode not in ("linear", "bilinear") or corners not in _CORNERS:
        raise ValueError(f"mode {mode!r} with {corners!r} is not supported")
    for axis, (n, m) in enumerate(zip(x.shape, wanted)):
        x = x if n == m else _linear(run, x, axis, n, m, corners)
    return x


_CORNERS = {
    "half_pixel": lambda i, n, m: (i + 0.5) * n / m - 0.5,
    "pytorch_half_pixel": lambda i, n, m: (i + 0.5) * n / m - 0.5 if m > 1 else i * 0,
    "align_corners": lambda i, n, m: i * (n - 1) / max(1, m - 1),
    "asymmetric": lambda i, n, m: i * n / m,
}


def _linear(run: Run, x: Any, axis: int, n: int, m: int, corners: str) -> Any:
    place = np.clip(_CORNERS[corners](np.arange(m, dtype="float64"), n, m), 0, n - 1)
    low = np.floor(place).astype("int64")
    high = np.minimum(low + 1, n - 1)
    shape = [1] * len(x.shape)
    shape[axis] = m
    share = run.constant((place - low).astype(np.dtype(x.dtype)).reshape(shape))
    a, b = (emit("take", x, run.constant(i), axis=axis) for i in (low, high))
    return a + (b - a) * share


@operator("DFT")
def _dft(
    run: Run, x: Any, length: Any = None, axes: Any = None, *, axis: int | None = None,
    inverse: int = 0, onesided: int = 0,
) -> Any:  # fmt: skip
    """The last axis holds one real number, or a real and an imaginary part."""
    rank = len(x.shape)
    axis = int(run.number(axes, 1 if run.opset < 20 else -2)) if axis is None else axis
    axis %= rank
    if length is not None and int(run.number(length)) != x.shape[axis]:
        raise ValueError("a length other than the array's is not supported")
    re = x[..., 0]
    if onesided:
        if inverse or x.shape[-1] != 1:
            raise ValueError("half a spectrum is made of real numbers only")
        order = [i for i in range(rank - 1) if i != axis] + [axis]
        parts = emit("rfft", ops.transpose(re, order))
        parts = tuple(ops.transpose(part, np.argsort(order).tolist()) for part in parts)
    else:
        im = x[..., 1] if x.shape[-1] == 2 else ops.zeros_like(re)
        parts = emit("fft", re, im, axes=(axis,), inverse=bool(inverse))
        if inverse:
            parts = tuple(part / x.shape[axis] for part in parts)
    return ops.stack(parts, axis=-1)
