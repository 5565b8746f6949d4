"""Convolutions over 1 to 3 spatial axes: plain, depthwise, separable, transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hornlet.base.names import one_of
from hornlet.engine.emit import emit
from hornlet.engine.spec import SizeError
from hornlet.ops.arguments import floating, promoted
from hornlet.ops.function import op
from hornlet.ops.nn.windows import channels_last, edges, per_axis, restored, spatial
from hornlet.ops.numpy.shapes import part


def operands(inputs, kernel, data_format, kernel_name="kernel"):
    x, w = (floating(v) for v in promoted(inputs, kernel))
    n = spatial(x)
    if w.ndim != x.ndim:
        raise ValueError(
            f"Argument `{kernel_name}` must be of the rank of `inputs`, {x.ndim}. "
            f"Received: {kernel_name}.shape={w.shape}, inputs.shape={x.shape}"
        )
    x, first = channels_last(x, data_format)
    return x, w, n, first


def convolved(x, w, strides, padding, dilation, groups):
    n = x.ndim - 2
    spans = tuple((k - 1) * d + 1 for k, d in zip(w.shape[:n], dilation))
    pairs = edges(padding, x.shape[1:-1], spans, strides)
    for size, span, (low, high) in zip(x.shape[1:-1], spans, pairs):
        if size + low + high < span:
            raise ValueError(
                "The window of the kernel is larger than the input: inputs with spatial shape "
                f"{x.shape[1:-1]}, kernel {w.shape[:n]}, dilation_rate={dilation}, "
                f"padding={padding!r}. Use padding='same' or a smaller kernel."
            )
    return emit("conv", x, w, strides=strides, padding=pairs, dilation=dilation, groups=groups)


@op
def conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """The convolution of ``inputs`` with ``kernel`` (a cross-correlation, as is the custom).

    Args:
        inputs: shape ``(batch, *spatial, channels)``, or ``(batch, channels, *spatial)`` for
            "channels_first".
        kernel: shape ``(*window, channels / groups, filters)``; the number of groups follows from
            the channels.
        strides: an integer or one per spatial axis.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None is the configured one.
        dilation_rate: an integer or one per spatial axis.

    >>> keras.ops.conv(np.ones((1, 4, 1)), np.ones((2, 1, 3))).shape
    (1, 3, 3)
    """
    x, w, n, first = operands(inputs, kernel, data_format)
    channels, depth = x.shape[-1], w.shape[-2]
    if depth == 0 or channels % depth:
        raise SizeError(
            "The number of input channels must be evenly divisible by kernel's in_channels. "
            f"Received input channels {channels} and kernel in_channels {depth}. ",
            (channels, depth),
        )
    groups = channels // depth
    if w.shape[-1] % groups:
        raise SizeError(
            f"The {w.shape[-1]} filters must be divisible by the {groups} groups that "
            f"inputs.shape={x.shape} and kernel.shape={w.shape} make.",
            (channels, depth),
        )
    strides = per_axis(strides, n, "strides")
    dilation = per_axis(dilation_rate, n, "dilation_rate")
    return restored(convolved(x, w, strides, padding, dilation, groups), first)


@op
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """Each channel convolved with filters of its own.

    Args:
        inputs: as in `conv`.
        kernel: shape ``(*window, channels, multiplier)``.
        strides, padding, data_format, dilation_rate: as in `conv`.

    >>> keras.ops.depthwise_conv(np.ones((1, 4, 2)), np.ones((2, 2, 3))).shape
    (1, 3, 6)
    """
    x, w, n, first = operands(inputs, kernel, data_format)
    channels, multiplier = w.shape[-2:]
    if channels != x.shape[-1]:
        raise SizeError(
            f"The kernel is made for {channels} channels, the inputs have {x.shape[-1]}. "
            f"Received: inputs.shape={x.shape}, kernel.shape={w.shape}",
            (channels, x.shape[-1]),
        )
    w = emit("reshape", w, shape=(*w.shape[:-2], 1, channels * multiplier))
    strides = per_axis(strides, n, "strides")
    dilation = per_axis(dilation_rate, n, "dilation_rate")
    return restored(convolved(x, w, strides, padding, dilation, channels), first)


@op
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """`depthwise_conv`, then a convolution of window 1 that mixes the channels.

    >>> keras.ops.separable_conv(
    ...     np.ones((1, 4, 2)), np.ones((2, 2, 1)), np.ones((1, 2, 3))
    ... ).shape
    (1, 3, 3)
    """
    y = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(y, pointwise_kernel, 1, "valid", data_format, 1)


def margins(k, s, d, padding, output_padding):
    """How far the full result of one axis is cut (or, below zero, extended) on either side."""
    span = (k - 1) * d + 1
    if padding == "valid":
        extra = max(span, s) - span if output_padding is None else output_padding
        return 0, -extra
    one_of("padding", padding, ("valid", "same"))
    kept = s + span - 2 if output_padding is None else span + span % 2 - 2 + output_padding
    left = min(kept // 2 + kept % 2, span - 1)
    return span - 1 - left, span - 1 - (kept - left)


@op
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """The transposed convolution: what the gradient of `conv` does to its result.

    Args:
        inputs: as in `conv`.
        kernel: shape ``(*window, filters, channels)``.
        strides, padding, data_format, dilation_rate: as in `conv`.
        output_padding: size added to one side of the result; None makes "same" give
            ``size * stride``.

    >>> keras.ops.conv_transpose(np.ones((1, 3, 1)), np.ones((2, 4, 1)), strides=2).shape
    (1, 6, 4)
    """
    x, w, n, first = operands(inputs, kernel, data_format)
    if w.shape[-1] != x.shape[-1]:
        raise SizeError(
            f"The number of input channels does not match: the inputs have {x.shape[-1]}, the "
            f"kernel (shape {w.shape}) takes {w.shape[-1]}.",
            (x.shape[-1], w.shape[-1]),
        )
    steps = per_axis(strides, n, "strides")
    dilation = per_axis(dilation_rate, n, "dilation_rate")
    extra = (None,) * n if output_padding is None else per_axis(
        output_padding, n, "output_padding", 0
    )
    name = padding.lower() if isinstance(padding, str) else padding
    sides = [margins(k, s, d, name, more)
             for k, s, d, more in zip(w.shape[:n], steps, dilation, extra)]
    full = tuple((m - 1) * s + (k - 1) * d + 1
                 for m, s, k, d in zip(x.shape[1:-1], steps, w.shape[:n], dilation))
    cuts = tuple((max(low, 0), max(high, 0)) for low, high in sides)
    sizes = tuple(m - low - high for m, (low, high) in zip(full, cuts))
    y = emit(
        "conv_input_grad", x, w, shape=(x.shape[0], *sizes, w.shape[-2]), strides=steps,
        padding=cuts, dilation=dilation, groups=1,
    )
    more = tuple((max(-low, 0), max(-high, 0)) for low, high in sides)
    if any(pair != (0, 0) for pair in more):
        y = emit("pad", y, widths=((0, 0), *more, (0, 0)), value=0)
    return restored(y, first)


def pair_of(value, name, least=1):
    return per_axis(value, 2, name, least)


@op
def unfold(
    x: Any, kernel_size: int | Sequence[int], dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """The windows of images of shape (batch, channels, height, width), as columns.

    >>> keras.ops.unfold(np.zeros((1, 2, 4, 4)), 2).shape
    (1, 8, 9)
    """
    x = floating(x)
    if x.ndim != 4:
        raise ValueError(f"`unfold` takes a tensor of rank 4. Received: x.shape={x.shape}")
    (kh, kw), (dh, dw) = pair_of(kernel_size, "kernel_size"), pair_of(dilation, "dilation")
    (ph, pw), (sh, sw) = pair_of(padding, "padding", 0), pair_of(stride, "stride")
    x = emit("pad", x, widths=((0, 0), (0, 0), (ph, ph), (pw, pw)), value=0)
    n, c, h, w = x.shape
    rows, columns = (h - (kh - 1) * dh - 1) // sh + 1, (w - (kw - 1) * dw - 1) // sw + 1
    parts = []
    for i in range(kh):
        for j in range(kw):
            index = (
                (0, n, 1), (0, c, 1),
                (i * dh, i * dh + (rows - 1) * sh + 1, sh),
                (j * dw, j * dw + (columns - 1) * sw + 1, sw),
            )
            y = emit("slice", x, index=index)
            parts.append(emit("reshape", y, shape=(n, c, 1, rows * columns)))
    y = emit("concatenate", *parts, axis=2)
    return emit("reshape", y, shape=(n, c * kh * kw, rows * columns))


@op
def fold(
    x: Any,
    output_size: int | Sequence[int],
    kernel_size: int | Sequence[int],
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    """The sum of columns laid back at their windows: the transpose of `unfold`.

    >>> keras.ops.fold(np.ones((1, 8, 9)), 4, 2).shape
    (1, 2, 4, 4)
    """
    x = floating(x)
    if x.ndim != 3:
        raise ValueError(f"`fold` takes a tensor of rank 3. Received: x.shape={x.shape}")
    (kh, kw), (dh, dw) = pair_of(kernel_size, "kernel_size"), pair_of(dilation, "dilation")
    (ph, pw), (sh, sw) = pair_of(padding, "padding", 0), pair_of(stride, "stride")
    height, width = pair_of(output_size, "output_size")
    h, w = height + 2 * ph, width + 2 * pw
    rows, columns = (h - (kh - 1) * dh - 1) // sh + 1, (w - (kw - 1) * dw - 1) // sw + 1
    n, depth, places = x.shape
    if depth % (kh * kw) or places != rows * columns:
        raise ValueError(
            f"x.shape={x.shape} does not hold {rows * columns} windows of {kh} by {kw} pixels."
        )
    c = depth // (kh * kw)
    x = emit("reshape", x, shape=(n, c, kh * kw, rows, columns))
    total = None
    for i in range(kh):
        for j in range(kw):
            block = part(x, 2, i * kw + j, i * kw + j + 1, False)
            index = (
                (0, n, 1), (0, c, 1),
                (i * dh, i * dh + (rows - 1) * sh + 1, sh),
                (j * dw, j * dw + (columns - 1) * sw + 1, sw),
            )
            y = emit("pad_slice", block, shape=(n, c, h, w), index=index)
            total = y if total is None else emit("add", total, y)
    index = ((0, n, 1), (0, c, 1), (ph, ph + height, 1), (pw, pw + width, 1))
    return emit("slice", total, index=index)
