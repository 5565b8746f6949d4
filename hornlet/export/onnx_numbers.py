"""Rows of the ONNX table that reduce, sort, convolve, pool and transform."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.export.onnx_rows import refuse, row, truth
from hornlet.export.onnx_writer import Writer
from hornlet.export.sizes import ExportError, Step, Varying, same_padding, size_in

_REDUCTIONS = {
    "sum": "ReduceSum", "mean": "ReduceMean", "prod": "ReduceProd", "max": "ReduceMax",
    "min": "ReduceMin",
}  # fmt: skip


@row("sum", "mean", "prod", "max", "min")
def _reduce(w: Writer, step: Step, x: str) -> str:
    return _reduced(w, _REDUCTIONS[step.name], step, x)


def _reduced(w: Writer, op_type: str, step: Step, x: str) -> str:
    keep = int(step.attributes.get("keepdims", False))
    return w.op(op_type, x, w.axes(*step.attributes["axis"]), keepdims=keep, noop_with_empty_axes=1)


@row("any", "all")
def _logical(w: Writer, step: Step, x: str) -> str:
    number = w.cast(truth(w, step, x), "int32")
    op_type = "ReduceSum" if step.name == "any" else "ReduceMin"
    return w.cast(_reduced(w, op_type, step, number), "bool")


@row("argmax", "argmin")
def _position(w: Writer, step: Step, x: str) -> str:
    op_type = "ArgMax" if step.name == "argmax" else "ArgMin"
    keep = int(step.attributes.get("keepdims", False))
    return w.cast(w.op(op_type, x, axis=step.attributes["axis"], keepdims=keep), "int32")


@row("cumsum")
def _cumsum(w: Writer, step: Step, x: str) -> str:
    axis = w.constant(step.attributes["axis"], "int32")
    return w.op("CumSum", x, axis, reverse=int(step.attributes.get("reverse", False)))


@row("softmax")
def _softmax(w: Writer, step: Step, x: str) -> str:
    return w.op("Softmax", x, axis=step.attributes["axis"])


@row("log_softmax")
def _log_softmax(w: Writer, step: Step, x: str) -> str:
    return w.op("LogSoftmax", x, axis=step.attributes["axis"])


def _ordered(w: Writer, step: Step, x: str, largest: int, axis: int, k: Any) -> list[str]:
    return w.ops("TopK", 2, x, w.shape([k]), axis=axis, largest=largest, sorted=1)


@row("sort")
def _sort(w: Writer, step: Step, x: str) -> str:
    axis = step.attributes["axis"]
    return _ordered(w, step, x, 0, axis, step.inputs[0].shape[axis])[0]


@row("argsort")
def _argsort(w: Writer, step: Step, x: str) -> str:
    axis = step.attributes["axis"]
    return w.cast(_ordered(w, step, x, 0, axis, step.inputs[0].shape[axis])[1], "int32")


@row("top_k")
def _top_k(w: Writer, step: Step, x: str) -> tuple[str, str]:
    values, places = _ordered(w, step, x, 1, -1, step.attributes["k"])
    return values, w.cast(places, "int32")


@row("searchsorted")
def _searchsorted(w: Writer, step: Step, sequence: str, values: str) -> str:
    """How many of the sequence lie before each value."""
    op_type = "Less" if step.attributes.get("side", "left") == "left" else "LessOrEqual"
    dtype = np.result_type(*(x.dtype for x in step.inputs))
    names = [
        name if x.dtype == dtype else w.cast(name, dtype)
        for name, x in zip((sequence, values), step.inputs)
    ]
    before = w.op(op_type, names[0], w.op("Unsqueeze", names[1], w.axes(-1)))
    return w.op("ReduceSum", w.cast(before, "int32"), w.axes(-1), keepdims=0)


def _first(rank: int) -> tuple[int, ...]:
    """The order of axes that brings the channels in front of the space."""
    return (0, rank - 1, *range(1, rank - 1))


def _last(rank: int) -> tuple[int, ...]:
    return (0, *range(2, rank), 1)


def _padding(step: Step) -> dict[str, Any]:
    """The attributes that say how a window pads: by numbers, or as "same" where they vary."""
    padding = step.attributes["padding"]
    if not any(isinstance(n, Varying) for pair in padding for n in pair):
        return {"pads": [*(low for low, _ in padding), *(high for _, high in padding)]}
    if not same_padding(step):
        raise ExportError(
            f"The padding of `{step.name}` depends on unknown sizes in a way that ONNX cannot "
            "say. Give the spatial dimensions in `Input`."
        )
    return {"auto_pad": "SAME_UPPER"}


@row("conv")
def _conv(w: Writer, step: Step, x: str, kernel: str) -> str:
    image, weights = step.inputs
    rank = len(image.shape)
    window, dilation = weights.shape[:-2], step.attributes["dilation"]
    y = w.op(
        "Conv", w.transpose(image, x, _first(rank)),
        w.transpose(weights, kernel, (rank - 1, rank - 2, *range(rank - 2))),
        kernel_shape=list(window), strides=list(step.attributes["strides"]),
        dilations=list(dilation), group=step.attributes["groups"],
        **_padding(step),
    )  # fmt: skip
    return w.transpose(None, y, _last(rank))


@row("conv_input_grad")
def _conv_transpose(w: Writer, step: Step, y: str, kernel: str) -> str:
    """A transposed convolution; `output_padding` makes up for what strides leave open."""
    image, weights = step.inputs
    rank = len(image.shape)
    window, a = weights.shape[:-2], step.attributes
    lows, highs, more = [], [], []
    spatial = zip(a["shape"][1:-1], image.shape[1:-1], window, a["strides"], a["dilation"],
                  a["padding"])  # fmt: skip
    for n, m, size, by, gap, (low, high) in spatial:
        varying = [v for v in (n, m, low, high) if isinstance(v, Varying)]
        rest = {
            size_in(n, k) - ((size_in(m, k) - 1) * by + gap * (size - 1) + 1)
            + size_in(low, k) + size_in(high, k)
            for k in range(len(varying[0]) if varying else 1)
        }  # fmt: skip
        if len(rest) != 1 or isinstance(low, Varying) or isinstance(high, Varying):
            raise ExportError(
                "The size of a transposed convolution depends on unknown sizes in a way that "
                "ONNX cannot say. Give the spatial dimensions in `Input`."
            )
        lows.append(low)
        highs.append(high)
        more.append(rest.pop())
    cut = [max(0, -n) for n in more]
    z = w.op(
        "ConvTranspose", w.transpose(image, y, _first(rank)),
        w.transpose(weights, kernel, (rank - 1, rank - 2, *range(rank - 2))),
        kernel_shape=list(window), strides=list(a["strides"]), dilations=list(a["dilation"]),
        group=a["groups"], pads=[*lows, *(h + c for h, c in zip(highs, cut))],
        output_padding=[max(0, n) for n in more],
    )  # fmt: skip
    return w.transpose(None, z, _last(rank))


@row("max_pool", "avg_pool")
def _pool(w: Writer, step: Step, x: str) -> str:
    image = step.inputs[0]
    rank = len(image.shape)
    window = step.attributes["window"]
    name = "MaxPool" if step.name == "max_pool" else "AveragePool"
    y = w.op(
        name, w.transpose(image, x, _first(rank)), kernel_shape=list(window),
        strides=list(step.attributes["strides"]),
        **_padding(step),
    )  # fmt: skip
    return w.transpose(None, y, _last(rank))


def _parts(w: Writer, y: str, rank: int) -> tuple[str, str]:
    """The real and the imaginary part, which DFT keeps in a last axis of two."""
    zero, one = (w.constant(k, "int64") for k in (0, 1))
    return w.op("Gather", y, zero, axis=rank), w.op("Gather", y, one, axis=rank)


@row("rfft")
def _rfft(w: Writer, step: Step, x: str) -> tuple[str, str]:
    rank = len(step.inputs[0].shape)
    y = w.op("DFT", w.op("Unsqueeze", x, w.axes(-1)), axis=rank - 1, onesided=1)
    return _parts(w, y, rank)


@row("fft")
def _fft(w: Writer, step: Step, re: str, im: str) -> tuple[str, str]:
    """Axis by axis; ONNX's inverse is divided by the length, ours is not."""
    value, inverse = step.inputs[0], step.attributes["inverse"]
    rank = len(value.shape)
    y = w.op("Concat", *(w.op("Unsqueeze", part, w.axes(-1)) for part in (re, im)), axis=rank)
    for axis in step.attributes["axes"]:
        y = w.op("DFT", y, axis=axis, inverse=int(inverse))
        if inverse:
            n = w.op("Squeeze", w.shape([value.shape[axis]]))
            y = w.op("Mul", y, w.cast(n, value.dtype))
    return _parts(w, y, rank)


@row("irfft")
def _irfft(w: Writer, step: Step, re: str, im: str) -> str:
    """Two products of matrices: ONNX's DFT of half a spectrum is younger than the others."""
    n, bins = step.attributes["n"], step.inputs[0].shape[-1]
    if isinstance(n, Varying):
        raise ExportError("`irfft` to an unknown length has no row in ONNX.")
    angle = 2 * np.pi * np.outer(np.arange(bins), np.arange(n)) / n
    scale = np.full((bins, 1), 2.0)
    scale[0] = 1
    if n % 2 == 0:
        scale[-1] = 1
    dtype = step.inputs[0].dtype
    waves = (w.constant(scale * f(angle), dtype) for f in (np.cos, lambda a: -np.sin(a)))
    return w.op("Add", *(w.op("MatMul", part, wave) for part, wave in zip((re, im), waves)))


@row("real", "imag")
def _part(w: Writer, step: Step, x: str) -> str:
    return w.op("Identity", x) if step.name == "real" else w.op("Sub", x, x)


refuse("ONNX has no operator for it", "cumprod", "recurrence", "solve", "slogdet", "cholesky",
       "eigh", "eig", "svdvals", "svd", "qr", "lu", "pinv")  # fmt: skip
refuse("beam search is a program, not a formula", "ctc_beam_search")
refuse("it draws random numbers", "random_uniform", "random_normal", "random_truncated_normal",
       "random_int", "dropout_mask", "random_gamma", "random_beta", "random_binomial",
       "random_permutation")  # fmt: skip
refuse("it belongs to steps of training", "alarm")
refuse("groups of steps are made after the graph that is exported", "fused")
