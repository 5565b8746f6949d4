"""Arrays as a source of batches: checked once, then gathered straight into the program's inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.base.config import floatx
from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.engine.spec import Spec
from hornlet.training.data_utils import class_weight_to_sample_weights, pack_x_y_sample_weight

NAMES = ("x", "y", "sample_weight")


def is_array(x: Any) -> bool:
    """Whether `x` can be sliced into batches, as arrays, tensors and data frames can."""
    return x is None or (hasattr(x, "shape") and hasattr(x, "__array__"))


def as_array(x: Any, name: str) -> np.ndarray:
    """`x` as a NumPy array of numbers; ValueError names the argument otherwise."""
    if hasattr(x, "detach"):
        x = x.detach().cpu()
    refuse_sparse(x, name)
    if isinstance(x, np.ma.MaskedArray):
        raise ValueError(
            f"Argument `{name}` must be a plain array: a masked array's mask would be lost. "
            f"Received: a masked array of shape {x.shape}. Fill its gaps first, e.g. with "
            f"`{name}.filled(0)`, or weight its samples with `sample_weight`."
        )
    column = hasattr(x, "to_frame") and not hasattr(x, "columns")
    array = np.asarray(x)
    if array.dtype == object and hasattr(x, "columns"):
        array = _numbers(array, name)
    if array.dtype.kind not in "biufV" or array.dtype.type in (np.void, np.record):
        hint = {
            "O": "Rows of different lengths, None and strings make an array of objects; "
            "pad the rows or convert with `np.asarray(..., dtype='float32')`.",
            "U": "Map strings to numbers first.",
            "S": "Map strings to numbers first.",
            "c": "Pass real and imaginary parts as separate features.",
        }.get(array.dtype.kind, "Convert it to a numeric array first.")
        raise ValueError(
            f"Argument `{name}` must be an array of numbers. Received: {type(x).__name__} of dtype "
            f"{array.dtype} and shape {array.shape}. {hint}"
        )
    if array.ndim == 0:
        raise ValueError(
            f"Argument `{name}` must have a first axis of samples. Received: the scalar {array}. "
            "A list of numbers counts as many inputs: convert it with `np.array`."
        )
    return array[:, None] if column and array.ndim == 1 else array


def refuse_sparse(x: Any, name: str) -> None:
    """Raises ValueError for a sparse matrix, which would be taken for one object."""
    if hasattr(x, "toarray"):
        raise ValueError(
            f"Argument `{name}` must be a dense array. Received: {type(x).__name__} of shape "
            f"{x.shape}. Convert it with `{name}.toarray()`, or batch by batch in a generator."
        )


def _numbers(array: np.ndarray, name: str) -> np.ndarray:
    try:
        return array.astype(floatx())
    except (TypeError, ValueError) as error:
        raise ValueError(f"Argument `{name}` must be numeric. Received: {error}") from error


def fed_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype in which the model gets an array: floats come in `floatx`."""
    if dtype.kind in "fV":
        return numpy_dtype(floatx())
    return numpy_dtype(standardize_dtype(dtype))


def check_lengths(parts: tuple) -> int:
    """The common number of samples; ValueError lists the arrays when they differ."""
    sizes = {int(a.shape[0]) for a in nest.flatten(parts) if a is not None}
    if len(sizes) > 1:
        listed = "; ".join(
            f"'{label}' sizes: {', '.join(str(a.shape[0]) for a in nest.flatten(part))}"
            for label, part in zip(NAMES, parts)
            if part is not None
        )
        raise ValueError(
            "Data cardinality is ambiguous. Make sure all arrays contain the same number of "
            f"samples. Received: {listed}"
        )
    check_filled(parts)
    return sizes.pop()


def check_batch(parts: tuple) -> None:
    """Checks what one step is given; lengths may differ in a nest, as a graph's nodes and edges."""
    if any(isinstance(part, (list, tuple, dict)) for part in parts):
        check_filled(parts)
    else:
        check_lengths(parts)


def check_filled(parts: tuple) -> None:
    """ValueError unless there are arrays, each with at least one sample."""
    sizes = {int(a.shape[0]) for a in nest.flatten(parts) if a is not None}
    if not sizes or 0 in sizes:
        raise ValueError(
            "The data is empty: `x` must be an array, or a nest of arrays, with at least one "
            f"sample. Received: {_shapes(parts)}"
        )


def _shapes(parts: tuple) -> str:
    return ", ".join(
        f"{label} of shapes {[a.shape for a in nest.flatten(part) if a is not None]}"
        for label, part in zip(NAMES, parts)
        if part is not None
    )


def spread_weights(y: Any, sample_weight: Any) -> Any:
    """One sample weight for each output, in the nest of `y`."""
    if isinstance(sample_weight, (list, tuple, dict)):
        try:
            nest.assert_same_structure(y, sample_weight)
        except ValueError:
            raise ValueError(
                "You should provide one `sample_weight` array per output in `y`. The two "
                f"structures did not match: y={_shapes((None, y))}, "
                f"sample_weight={_shapes((None, None, sample_weight))}"
            ) from None
        return sample_weight
    if not (sample_weight.ndim == 1 or (sample_weight.ndim == 2 and sample_weight.shape[1] == 1)):
        raise ValueError(
            "With several outputs a single `sample_weight` must have one number per sample, shape "
            f"(n,). Received: shape {sample_weight.shape}. Pass one array per output instead."
        )
    return nest.map_structure(lambda _: sample_weight, y)


class ArraySource:
    """Batches of arrays in memory.

    Args:
        x, y, sample_weight: nests of arrays with one number of samples.
        batch_size: 32 by default, or what gives `steps` batches.
        steps: see `batch_size`.
        shuffle: True for a new order of samples at every epoch, "batch" within each batch.
        class_weight: dictionary from class number to weight, instead of `sample_weight`.
    """

    kind = "arrays"

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        steps: int | None = None,
        shuffle: Any = False,
        class_weight: dict | None = None,
    ):
        parts = (x, y, sample_weight)
        x, y, sample_weight = (
            nest.map_structure(lambda a, name=name: None if a is None else as_array(a, name), part)
            for name, part in zip(NAMES, parts)
        )
        if sample_weight is not None and class_weight is not None:
            raise ValueError(
                "You cannot `class_weight` and `sample_weight` at the same time: multiply the "
                "class weights into `sample_weight`."
            )
        if sample_weight is not None and nest.is_nested(y):
            sample_weight = spread_weights(y, sample_weight)
        self.samples = check_lengths((x, y, sample_weight))
        if class_weight is not None:
            if nest.is_nested(y) or y is None:
                raise ValueError(
                    "`class_weight` is only supported for Models with a single output. "
                    f"Received: y of type {type(y).__name__}"
                )
            sample_weight = class_weight_to_sample_weights(y, class_weight)
        self.nest = pack_x_y_sample_weight(x, y, sample_weight)
        self.arrays = [a for a in nest.flatten(self.nest) if a is not None]
        whole = isinstance(batch_size, (int, np.integer)) or batch_size is None
        if not whole or (batch_size is not None and batch_size < 1):
            raise ValueError(
                f"Argument `batch_size` must be a positive integer. Received: {batch_size!r}"
            )
        if not batch_size:
            batch_size = math.ceil(self.samples / steps) if steps else 32
        self.batch_size = int(batch_size)
        self.num_batches: int | None = math.ceil(self.samples / self.batch_size)
        self.shuffle = shuffle
        self.begins: Callable[[], None] | None = None  # called when an epoch's order is drawn
        self._begun: tuple[Any, int] | None = None

    def get_state(self) -> dict[str, Any]:
        """What must be the same for an epoch to be resumed."""
        return {"samples": self.samples, "batch_size": self.batch_size}

    def resume(self, start: Any, now: Any, taken: int | None) -> None:
        """Begins an epoch after its first `taken` batches; None: the next from its start."""
        if taken is None:
            return
        if start != self.get_state():
            raise ValueError(
                "An epoch can be resumed on the same data only. It was begun with "
                f"{start['samples']} samples in batches of {start['batch_size']}. Received: "
                f"{self.samples} samples in batches of {self.batch_size}"
            )
        self._begun = self._order(), taken

    def peek(self) -> Any:
        """The nest of Specs of the first batch."""
        return self.specs(min(self.batch_size, self.samples))

    def specs(self, n: int) -> Any:
        """The nest of Specs of a batch of `n`."""
        return nest.map_structure(
            lambda a: None if a is None else Spec((n, *a.shape[1:]), fed_dtype(a.dtype)), self.nest
        )

    def begin_epoch(self) -> None:
        pass

    def end_epoch(self) -> None:
        pass

    def batches(self, loop: Any) -> Iterator[Callable]:
        """Yields the program's `run` once for every batch, which is in its inputs by then."""
        (order, first), self._begun = self._begun or (self._order(), 0), None
        n = self.batch_size
        stop = self.samples - self.samples % n
        if first * n < stop:
            yield from self._batches(loop, n, range(first * n, stop, n), order)
        if first * n <= stop < self.samples:
            yield from self._batches(loop, self.samples - stop, (stop,), order)

    def _order(self) -> np.ndarray | None:
        """The samples in the order of an epoch; None as they are."""
        if self.begins is not None:
            self.begins()
        if self.shuffle == "batch":
            return np.concatenate(
                [
                    np.random.permutation(min(self.batch_size, self.samples - start)) + start
                    for start in range(0, self.samples, self.batch_size)
                ]
            )
        return np.random.permutation(self.samples) if self.shuffle else None

    def _batches(self, loop: Any, n: int, starts: Any, order: Any) -> Iterator[Callable]:
        binding = loop.bind(self.specs(n))
        run, load = binding.run, binding.load
        if order is None:
            for start in starts:
                load([a[start : start + n] for a in self.arrays])
                yield run
            return
        pairs = list(zip(self.arrays, binding.inputs))
        # `take` writes into the buffer itself, if nothing must be converted on the way.
        quick = [(a, b) for a, b in pairs if a.dtype == b.dtype and a.flags.c_contiguous]
        others = [(a, b) for a, b in pairs if not (a.dtype == b.dtype and a.flags.c_contiguous)]
        for start in starts:
            rows = order[start : start + n]
            for a, buffer in quick:
                a.take(rows, 0, buffer, "clip")
            for a, buffer in others:
                np.copyto(buffer, a[rows], casting="same_kind")
            yield run
