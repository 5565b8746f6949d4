"""ONNX's operators that move elements, look them up, or make arrays."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.engine.emit import emit
from hornlet.saving.onnx.elementwise import axes_of
from hornlet.saving.onnx.run import Run, operator


@operator("Constant")
def _constant(run: Run, **given: Any) -> Any:
    if len(given) != 1:
        raise ValueError(f"one value was expected, {list(given)} are given")
    ((kind, value),) = given.items()
    dtypes = {"value_float": "float32", "value_floats": "float32", "value_int": "int64",
              "value_ints": "int64"}  # fmt: skip
    if kind != "value" and kind not in dtypes:
        raise ValueError(f"a {kind} is no array of numbers")
    return run.constant(value if kind == "value" else np.array(value, dtypes[kind]))


@operator("Shape")
def _shape(run: Run, x: Any, *, start: int = 0, end: int | None = None) -> Any:
    return run.constant(np.array(tuple(x.shape)[start:end], "int64"))


@operator("Size")
def _size(run: Run, x: Any) -> Any:
    return run.constant(np.array(prod(x.shape), "int64"))


@operator("Reshape", weights=(0,))
def _reshape(run: Run, x: Any, shape: Any, *, allowzero: int = 0) -> Any:
    sizes = run.ints(shape)
    if not allowzero:
        sizes = [x.shape[i] if n == 0 else n for i, n in enumerate(sizes)]
    return ops.reshape(x, tuple(sizes))


@operator("Flatten")
def _flatten(run: Run, x: Any, *, axis: int = 1) -> Any:
    axis = axis + len(x.shape) if axis < 0 else axis
    return ops.reshape(x, (prod(x.shape[:axis]), prod(x.shape[axis:])))


@operator("Transpose", weights=(0,))
def _transpose(run: Run, x: Any, *, perm: list[int] | None = None) -> Any:
    return ops.transpose(x, perm)


@operator("Expand", weights=(0,))
def _expand(run: Run, x: Any, shape: Any) -> Any:
    wanted = np.broadcast_shapes(tuple(x.shape), tuple(run.ints(shape)))
    return ops.broadcast_to(x, wanted)


@operator("Tile")
def _tile(run: Run, x: Any, repeats: Any) -> Any:
    """Repeats by adding axes, so that the array is made at run time."""
    counts = run.ints(repeats)
    if len(counts) != len(x.shape) or any(n < 0 for n in counts):
        raise ValueError(f"repeats {counts} for an array of shape {tuple(x.shape)}")
    wide = [m for n, k in zip(x.shape, counts) for m in (1, n)]
    y = ops.broadcast_to(ops.reshape(x, wide), [m for n, k in zip(x.shape, counts) for m in (k, n)])
    return ops.reshape(y, [n * k for n, k in zip(x.shape, counts)])


@operator("Squeeze")
def _squeeze(run: Run, x: Any, axes: Any = None, **given: Any) -> Any:
    found = axes_of(run, x, given.get("axes", axes))
    if found is None:
        found = tuple(i for i, n in enumerate(x.shape) if n == 1)
    return ops.squeeze(x, axis=found) if found else x


@operator("Unsqueeze", weights=(0,))
def _unsqueeze(run: Run, x: Any, axes: Any = None, **given: Any) -> Any:
    found = run.ints(given.get("axes", axes))
    rank = len(x.shape) + len(found)
    if any(not -rank <= a < rank for a in found) or len({a % rank for a in found}) != len(found):
        raise ValueError(f"axes {found} for an array of rank {rank}")
    places = {a % rank for a in found}
    sizes = iter(x.shape)
    return ops.reshape(x, tuple(1 if i in places else next(sizes) for i in range(rank)))


@operator("Concat", weights=(0, 1))
def _concat(run: Run, *xs: Any, axis: int) -> Any:
    return ops.concatenate(list(xs), axis=axis)


@operator("Split")
def _split(
    run: Run, x: Any, split: Any = None, *, axis: int = 0, num_outputs: int | None = None,
    **given: Any,
) -> list:  # fmt: skip
    n = x.shape[axis]
    sizes = run.ints(given.get("split", split))
    if sizes is None:
        each = -(-n // run.count)
        sizes = [min(each, max(0, n - i * each)) for i in range(run.count)]
    if sum(sizes) != n or min(sizes) < 0:
        raise ValueError(f"parts of {sizes} of an axis of {n}")
    places = np.cumsum(sizes)[:-1].tolist()
    return ops.split(x, places, axis=axis) if places else [x]


@operator("Slice")
def _slice(
    run: Run, x: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None,
    **given: Any,
) -> Any:  # fmt: skip
    first = run.ints(given.get("starts", starts))
    last = run.ints(given.get("ends", ends))
    places = axes_of(run, x, given.get("axes", axes))
    places = tuple(range(len(first))) if places is None else places
    by = run.ints(steps, [1] * len(first))
    if not len(first) == len(last) == len(places) == len(by) or 0 in by:
        raise ValueError("starts, ends, axes and steps do not fit each other")
    index = [(0, n, 1) for n in x.shape]
    for axis, start, stop, step in zip(places, first, last, by):
        index[axis] = _bounds(start, stop, step, x.shape[axis])
    return emit("slice", x, index=tuple(index))


def _bounds(start: int, stop: int, step: int, n: int) -> tuple:
    """ONNX clamps what lies outside; a slice down to the first element has no stop in Python."""
    start, stop, step = slice(start, stop, step).indices(n)
    return start, None if step < 0 and stop < 0 else stop, step


@operator("Pad")
def _pad(
    run: Run, x: Any, pads: Any = None, value: Any = None, axes: Any = None, *,
    mode: str = "constant", **given: Any,
) -> Any:  # fmt: skip
    widths = run.ints(given.get("pads", pads))
    filled = run.number(given.get("value", value), 0)
    rank = len(x.shape)
    places = axes_of(run, x, axes) or tuple(range(rank))
    if len(widths) != 2 * len(places):
        raise ValueError(f"pads {widths} for {len(places)} axes")
    pairs = [(0, 0)] * rank
    for i, axis in enumerate(places):
        pairs[axis] = (widths[i], widths[i + len(places)])
    cut = tuple((max(0, -low), n - max(0, -high), 1) for n, (low, high) in zip(x.shape, pairs))
    if any(low < 0 or high < 0 for low, high in pairs):
        x = emit("slice", x, index=cut)
        pairs = [(max(0, low), max(0, high)) for low, high in pairs]
    if mode == "constant":
        return emit("pad", x, widths=tuple(pairs), value=filled)
    run.made(*(n + low + high for n, (low, high) in zip(x.shape, pairs)))
    if mode not in ("reflect", "edge"):
        raise ValueError(f"mode {mode!r} is not supported")
    return ops.pad(x, pairs, mode=mode)


def _indices(indices: Any) -> Any:
    return ops.cast(indices, "int64")


@operator("Gather", weights=(0,))
def _gather(run: Run, x: Any, indices: Any, *, axis: int = 0) -> Any:
    return emit("take", x, _indices(indices), axis=axis % len(x.shape))


@operator("GatherElements")
def _gather_elements(run: Run, x: Any, indices: Any, *, axis: int = 0) -> Any:
    cut = tuple(
        (0, n if i == axis % len(x.shape) else m, 1)
        for i, (n, m) in enumerate(zip(x.shape, indices.shape))
    )
    return emit("take_along_axis", emit("slice", x, index=cut), _indices(indices),
                axis=axis % len(x.shape))  # fmt: skip


@operator("GatherND")
def _gather_nd(run: Run, x: Any, indices: Any, *, batch_dims: int = 0) -> Any:
    if batch_dims:
        raise ValueError("batch_dims other than 0 are not supported")
    return emit("gather_nd", x, _indices(indices))


@operator("ScatterND")
def _scatter_nd(run: Run, x: Any, indices: Any, updates: Any, *, reduction: str = "none") -> Any:
    if reduction == "none":
        return emit("scatter_update_nd", x, _indices(indices), updates)
    if reduction != "add":
        raise ValueError(f"reduction {reduction!r} is not supported")
    return x + emit("scatter_add_nd", _indices(indices), updates, shape=tuple(x.shape))


@operator("ScatterElements")
def _scatter_elements(
    run: Run, x: Any, indices: Any, updates: Any, *, axis: int = 0, reduction: str = "none"
) -> Any:
    """As ScatterND, of the places that the other axes add."""
    axis %= len(x.shape)
    shape = tuple(indices.shape)
    run.made(*shape, len(shape))
    grid = [ops.broadcast_to(np.arange(n).reshape([-1 if j == i else 1 for j in range(len(shape))]),
                             shape) for i, n in enumerate(shape)]  # fmt: skip
    grid[axis] = ops.cast(indices, "int64")
    places = ops.stack([ops.cast(g, "int64") for g in grid], axis=-1)
    return _scatter_nd(run, x, places, updates, reduction=reduction)


@operator("ConstantOfShape")
def _constant_of_shape(run: Run, shape: Any, *, value: Any = None) -> Any:
    number = np.zeros((), "float32") if value is None else value.reshape(())
    return ops.broadcast_to(run.constant(number), tuple(run.ints(shape)))


@operator("Range")
def _range(run: Run, start: Any, limit: Any, delta: Any) -> Any:
    first, last, step = (run.static(x).reshape(()) for x in (start, limit, delta))
    count = float(np.ceil((float(last) - float(first)) / float(step)))
    run.made(int(max(0, count)))
    return run.constant(first + np.arange(max(0, int(count)), dtype=first.dtype) * step)


@operator("OneHot")
def _one_hot(run: Run, indices: Any, depth: Any, values: Any, *, axis: int = -1) -> Any:
    n = int(run.number(depth))
    places = _indices(indices)
    hot = ops.one_hot(ops.where(places < 0, places + n, places), n, axis=axis, dtype="bool")
    return ops.where(hot, values[1], values[0])


@operator("Trilu")
def _trilu(run: Run, x: Any, k: Any = None, *, upper: int = 1) -> Any:
    run.made(*x.shape[-2:])
    diagonal = int(run.number(k, 0))
    rows, columns = (np.arange(n) for n in x.shape[-2:])
    gap = columns[None, :] - rows[:, None]
    kept = run.constant(gap >= diagonal if upper else gap <= diagonal)
    return ops.where(kept, x, ops.zeros_like(x))


@operator("DepthToSpace")
def _depth_to_space(run: Run, x: Any, *, blocksize: int, mode: str = "DCR") -> Any:
    n, c, h, w = x.shape
    b = blocksize
    if mode == "DCR":
        y = ops.transpose(ops.reshape(x, (n, b, b, c // (b * b), h, w)), (0, 3, 4, 1, 5, 2))
    else:
        y = ops.transpose(ops.reshape(x, (n, c // (b * b), b, b, h, w)), (0, 1, 4, 2, 5, 3))
    return ops.reshape(y, (n, c // (b * b), h * b, w * b))


@operator("SpaceToDepth")
def _space_to_depth(run: Run, x: Any, *, blocksize: int) -> Any:
    n, c, h, w = x.shape
    b = blocksize
    y = ops.transpose(ops.reshape(x, (n, c, h // b, b, w // b, b)), (0, 3, 5, 1, 2, 4))
    return ops.reshape(y, (n, c * b * b, h // b, w // b))
