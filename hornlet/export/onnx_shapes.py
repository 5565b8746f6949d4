"""Rows of the ONNX table that move elements: reshapes, slices, joins, and look-ups by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.export.onnx_rows import refuse, row
from hornlet.export.onnx_writer import END, START, Writer
from hornlet.export.sizes import ExportError, Step, Varying, size_in


def _traces(*sizes: Any) -> range:
    return range(max((len(n) for n in sizes if isinstance(n, Varying)), default=1))


@row("reshape")
def _reshape(w: Writer, step: Step, x: str) -> str:
    return reshaped(w, x, step.inputs[0].shape, step.attributes["shape"])


def reshaped(w: Writer, x: str, before: tuple, after: tuple) -> str:
    """A Reshape: of varying sizes one is inferred, and one in its old place is taken over."""
    varying = [i for i, n in enumerate(after) if isinstance(n, Varying)]
    kept = [i for i in varying if i < len(before) and before[i] == after[i]]
    inferred = [i for i in varying if i not in kept]
    if not inferred and len(varying) == 1:
        kept, inferred = [], varying
    if len(inferred) > 1 or any(n == 0 for n in after):
        return w.op("Reshape", x, w.shape(after), allowzero=1)
    sizes = [0 if i in kept else -1 if i in inferred else n for i, n in enumerate(after)]
    return w.op("Reshape", x, w.axes(*sizes))


@row("transpose")
def _transpose(w: Writer, step: Step, x: str) -> str:
    return w.transpose(step.inputs[0], x, tuple(step.attributes["axes"]))


@row("broadcast_to")
def _broadcast(w: Writer, step: Step, x: str) -> str:
    return w.op("Expand", x, w.shape(step.attributes["shape"]))


@row("flip")
def _flip(w: Writer, step: Step, x: str) -> str:
    axis = step.attributes["axis"]
    return w.op("Slice", x, w.axes(-1), w.axes(START), w.axes(axis), w.axes(-1))


@row("slice")
def _slice(w: Writer, step: Step, x: str) -> str:
    return sliced(w, x, step.inputs[0].shape, step.attributes["index"])


def sliced(w: Writer, x: str, shape: tuple, index: tuple) -> str:
    """The part of an array that (start, stop, step) of each axis name."""
    starts, stops, axes, steps = [], [], [], []
    for axis, (n, (start, stop, by)) in enumerate(zip(shape, index)):
        each = [
            slice(_in(start, k), _in(stop, k), by).indices(size_in(n, k))
            for k in _traces(n, start, stop)
        ]
        sizes = [size_in(n, k) for k in range(len(each))]
        if all((a, b, c) == (0, m, 1) for (a, b, c), m in zip(each, sizes)):
            continue
        starts.append(_bound([a for a, _, _ in each], sizes))
        by = each[0][2]
        last = [(b >= m) if by > 0 else (b < 0) for (_, b, _), m in zip(each, sizes)]
        far = END if by > 0 else START
        stops.append(far if all(last) else _bound([b for _, b, _ in each], sizes))
        axes.append(axis)
        steps.append(by)
    if not axes:
        return x
    return w.op("Slice", x, w.shape(starts), w.shape(stops), w.axes(*axes), w.axes(*steps))


def _in(n: Any, trace: int) -> Any:
    return None if n is None else size_in(n, trace)


def _bound(places: list[int], sizes: list[int]) -> Any:
    """A place on an axis: counted from its beginning, from its end, or varying otherwise."""
    if len(set(places)) == 1:
        return places[0]
    if len({a - n for a, n in zip(places, sizes)}) == 1 and places[0] != sizes[0]:
        return places[0] - sizes[0]
    return Varying(places)


@row("pad")
def _pad(w: Writer, step: Step, x: str) -> str:
    return padded(w, x, step.inputs[0].dtype, step.attributes["widths"],
                  step.attributes.get("value", 0))  # fmt: skip


def padded(w: Writer, x: str, dtype: Any, widths: tuple, value: Any = 0) -> str:
    """A Pad with a constant."""
    if not widths:
        return x
    lows, highs = [low for low, _ in widths], [high for _, high in widths]
    return w.op("Pad", x, w.shape([*lows, *highs]), w.constant(value, dtype))


@row("pad_slice")
def _pad_slice(w: Writer, step: Step, x: str) -> str:
    shape = step.attributes["shape"]
    zeros = _zeros(w, step.inputs[0].dtype, shape)
    return _with_part(w, step, zeros, x, shape)


@row("update_slice")
def _update_slice(w: Writer, step: Step, x: str, value: str) -> str:
    return _with_part(w, step, x, value, step.inputs[0].shape)


def _with_part(w: Writer, step: Step, x: str, value: str, shape: tuple) -> str:
    """An array with a part of it replaced: by joining, or by writing to places that steps leave."""
    index = tuple(step.attributes["index"])
    if all(by in (1, None) for _, _, by in index):
        return _updated(w, x, value, shape, index, 0)
    if any(isinstance(n, Varying) for n in (*shape, *(m for place in index for m in place))):
        raise ExportError(f"`{step.name}` with steps, of unknown size, has no row in ONNX.")
    places = [range(*slice(*place).indices(n)) for place, n in zip(index, shape)]
    grid = np.stack(np.meshgrid(*places, indexing="ij"), -1)
    return w.op("ScatterND", x, w.constant(grid, "int64"), value)


def _updated(w: Writer, x: str, value: str, shape: tuple, index: tuple, axis: int) -> str:
    """Axis by axis: what lies before, the part with the value in it, and what lies behind."""
    while axis < len(shape) and _is_whole(shape[axis], index[axis]):
        axis += 1
    if axis == len(shape):
        return value
    start, stop, _ = index[axis]
    n = shape[axis]
    whole = [(0, m, 1) for m in shape]

    def part(a: Any, b: Any) -> str:
        cut = [*whole[:axis], (a, b, 1), *whole[axis + 1 :]]
        return sliced(w, x, shape, tuple(cut))

    inner = list(shape)
    if not isinstance(start, Varying) and not isinstance(stop, Varying):
        inner[axis] = stop - start
    rest = (*index[:axis], (0, inner[axis], 1), *index[axis + 1 :])
    middle = _updated(w, part(start, stop), value, tuple(inner), rest, axis + 1)
    parts = [part(0, start)] if start != 0 else []
    parts += [middle] + ([part(stop, n)] if stop != n else [])
    return w.op("Concat", *parts, axis=axis) if len(parts) > 1 else middle


def _is_whole(n: Any, index: tuple) -> bool:
    return index[0] == 0 and index[1] == n and index[2] in (1, None)


@row("concatenate")
def _concatenate(w: Writer, step: Step, *xs: str) -> str:
    return w.op("Concat", *xs, axis=step.attributes["axis"])


@row("pack")
def _pack(w: Writer, step: Step, *xs: str) -> str:
    return w.op("Concat", *(w.op("Reshape", x, w.axes(-1)) for x in xs), axis=0)


def _clamped(w: Writer, step: Step, start: str, shape: tuple, window: tuple) -> str:
    """Where a window begins, moved inside the array, in int64."""
    if any(isinstance(n, Varying) for n in (*shape, *window)):
        room = w.op("Sub", w.shape(shape), w.shape(window))
    else:
        room = w.axes(*(n - m for n, m in zip(shape, window)))
    place = w.cast(start, "int64")
    return w.op("Max", w.op("Min", place, room), w.constant(0, "int64"))


@row("dynamic_slice")
def _dynamic_slice(w: Writer, step: Step, x: str, start: str) -> str:
    window = step.attributes["shape"]
    if not window:
        return x
    place = _clamped(w, step, start, step.inputs[0].shape, window)
    return w.op("Slice", x, place, w.op("Add", place, w.shape(window)))


@row("dynamic_update_slice")
def _dynamic_update(w: Writer, step: Step, x: str, value: str, start: str) -> str:
    window = step.inputs[1].shape
    if not window:
        return value
    if any(isinstance(n, Varying) for n in window):
        raise ExportError("`dynamic_update_slice` of a part of unknown size has no row in ONNX.")
    place = _clamped(w, step, start, step.inputs[0].shape, window)
    grid = np.moveaxis(np.indices(window), 0, -1)
    return w.op("ScatterND", x, w.op("Add", w.constant(grid, "int64"), place), value)


@row("take")
def _take(w: Writer, step: Step, x: str, indices: str) -> str:
    return w.op("Gather", x, indices, axis=step.attributes["axis"])


@row("take_along_axis")
def _take_along_axis(w: Writer, step: Step, x: str, indices: str) -> str:
    axis, out = step.attributes["axis"], step.outputs[0].shape
    names = []
    for name, value in ((x, step.inputs[0]), (indices, step.inputs[1])):
        wanted = list(out)
        wanted[axis] = value.shape[axis]
        same = tuple(wanted) == value.shape
        names.append(name if same else w.op("Expand", name, w.shape(wanted)))
    return w.op("GatherElements", *names, axis=axis)


@row("gather_nd")
def _gather_nd(w: Writer, step: Step, x: str, indices: str) -> str:
    return w.op("GatherND", x, w.cast(indices, "int64"))


def _zeros(w: Writer, dtype: Any, shape: tuple) -> str:
    return w.op("Expand", w.constant(0, dtype), w.shape(shape))


@row("scatter_add_nd")
def _scatter_add(w: Writer, step: Step, indices: str, updates: str) -> str:
    start = _zeros(w, step.inputs[1].dtype, step.attributes["shape"])
    return w.op("ScatterND", start, w.cast(indices, "int64"), updates, reduction="add")


@row("scatter_update_nd")
def _scatter_update(w: Writer, step: Step, x: str, indices: str, updates: str) -> str:
    return w.op("ScatterND", x, w.cast(indices, "int64"), updates)


@row("put_along_axis_add")
def _put_along_axis(w: Writer, step: Step, values: str, indices: str) -> str:
    start = _zeros(w, step.inputs[0].dtype, step.attributes["shape"])
    axis = step.attributes["axis"]
    return w.op("ScatterElements", start, indices, values, axis=axis, reduction="add")


@row("take_add")
def _take_add(w: Writer, step: Step, values: str, indices: str) -> str:
    """Rows added into zeros: with the axis brought to the front and the indices flattened."""
    shape, axis = step.attributes["shape"], step.attributes["axis"]
    depth = len(step.inputs[1].shape)
    rank = len(step.inputs[0].shape)
    front = (*range(axis, axis + depth), *range(axis), *range(axis + depth, rank))
    values = w.transpose(None, values, front)
    places = w.op("Unsqueeze", w.cast(indices, "int64"), w.axes(-1))
    order = (axis, *range(axis), *range(axis + 1, len(shape)))
    start = _zeros(w, step.inputs[0].dtype, tuple(shape[a] for a in order))
    y = w.op("ScatterND", start, places, values, reduction="add")
    return w.transpose(None, y, tuple(np.argsort(order).tolist()))


@row("one_hot")
def _one_hot(w: Writer, step: Step, indices: str) -> str:
    """By comparing: indices out of range give zeros, where OneHot would count from the back."""
    places = w.counting(step.attributes["n"], step.inputs[0].dtype)
    equal = w.op("Equal", w.op("Unsqueeze", indices, w.axes(-1)), places)
    return w.cast(equal, step.attributes["dtype"])


refuse("ONNX has no operator that leaves rows of no segment out", "segment_max", "segment_min")
