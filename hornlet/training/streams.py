"""Sources that yield batches one by one: generators, iterables, callables, data sets, loaders."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from hornlet.base import nest
from hornlet.training.arrays import NAMES, as_array, check_batch, fed_dtype
from hornlet.training.data_utils import class_weight_to_sample_weights, unpack_x_y_sample_weight
from hornlet.training.py_dataset import PyDataset, ordered_batches
from hornlet.training.step import spec_like


def standard_batch(batch: Any, class_weight: dict | None, kind: str) -> Any:
    """A batch as it came, with NumPy arrays of the dtypes the model is fed."""
    if isinstance(batch, list):
        batch = tuple(batch)
    if isinstance(batch, tuple) and len(batch) not in (1, 2, 3):
        raise ValueError(
            f"A {kind} must yield tuples: (x,), (x, y) or (x, y, sample_weight). "
            f"Received: a tuple of {len(batch)} parts"
        )
    parts = unpack_x_y_sample_weight(batch)
    if class_weight is not None and isinstance(batch, tuple):
        if parts[2] is not None:
            raise ValueError(
                "You cannot specify `class_weight` and `sample_weight` at the same time."
            )
        if parts[1] is not None:
            batch = (*batch, class_weight_to_sample_weights(parts[1], class_weight))
            parts = unpack_x_y_sample_weight(batch)
    made = tuple(
        nest.map_structure(lambda a, name=name: _fed(a, name), part)
        for name, part in zip(NAMES, parts)
    )
    check_batch(made)
    return made[: len(batch)] if isinstance(batch, tuple) else made[0]


def _fed(a: Any, name: str) -> Any:
    if a is None:
        return None
    array = as_array(a, name)
    dtype = fed_dtype(array.dtype)
    return array if array.dtype == dtype else array.astype(dtype)


class StreamSource:
    """Batches from an iterator that `start` makes at every epoch.

    Args:
        start: gives an iterator of batches, without so many of the first.
        kind: what the user passed, for errors.
        num_batches: how many there are in an epoch, None if unknown.
        class_weight: dictionary from class number to weight.
        begin, end: called round every epoch.
        keeper: what the batches come from, if it says where it is by `get_state()` and
            `set_state(state)`.
        counts: whether that is where the next epoch begins; else it is where it is now.
    """

    batch_size: int | None = None
    check: Callable[[Any], None] | None = None

    def __init__(
        self,
        start: Callable[[int], Iterator],
        kind: str,
        num_batches: int | None = None,
        class_weight: dict | None = None,
        begin: Callable[[], None] | None = None,
        end: Callable[[], None] | None = None,
        keeper: Any = None,
        counts: bool = False,
    ):
        self.start = start
        self.kind = kind
        self.num_batches = num_batches
        self.class_weight = class_weight
        self.begin_epoch = begin or _nothing
        self.end_epoch = end or _nothing
        self.keeper = keeper if says_where_it_is(keeper) else None
        self.counts = counts
        self.begins: Callable[[], None] | None = None  # called before an iterator is made
        self._peeked: list = []
        self._iterator: Iterator | None = None

    def peek(self) -> Any:
        """The nest of Specs of the first batch, which is yielded still."""
        if not self._peeked:
            if self._iterator is None:
                self._iterator = self._begin()
            for batch in self._iterator:
                self._peeked.append(standard_batch(batch, self.class_weight, self.kind))
                break
            else:
                raise ValueError(
                    f"The {self.kind} passed as `x` is empty: it must yield at least one batch."
                )
        return spec_like(self._peeked[0])

    def batches(self, loop: Any) -> Iterator[Callable]:
        """Yields the program's `run` once for every batch, which is in its inputs by then."""
        peeked, self._peeked = self._peeked, []
        iterator, self._iterator = self._iterator, None
        if iterator is None:
            iterator = self._begin()
        try:
            for batch in peeked:
                yield self._loaded(batch, loop)
            for batch in iterator:
                batch = standard_batch(batch, self.class_weight, self.kind)
                yield self._loaded(batch, loop)
        finally:
            if hasattr(iterator, "close"):
                iterator.close()

    def _begin(self, skip: int = 0) -> Iterator:
        if self.begins is not None:
            self.begins()
        return iter(self.start(skip))

    def get_state(self) -> Any:
        """Where the batches come from, in its own words; None if it has none."""
        return None if self.keeper is None else self.keeper.get_state()

    def resume(self, start: Any, now: Any, taken: int | None) -> None:
        """Begins an epoch after its first `taken` batches; None: the next from its start.

        Args:
            start: what `get_state` returned when the epoch's iterator was made.
            now: what it returned when the state of training was kept.
        """
        self._drop()
        if self.keeper is None and _changes_between_epochs(self.begin_epoch, self.end_epoch):
            warnings.warn(
                "Training is resumed with a PyDataset that may change between epochs, and does not "
                "say how it was. Give its class `get_state()` and `set_state(state)`.",
                stacklevel=2,
            )
        if self.keeper is not None:
            self.keeper.set_state(start if self.counts and taken is not None else now)
        if taken is not None:
            self._iterator = self._begin(taken)

    def _drop(self) -> None:
        """Forgets the iterator that `peek` has begun."""
        iterator, self._iterator, self._peeked = self._iterator, None, []
        if iterator is not None and hasattr(iterator, "close"):
            iterator.close()

    def _loaded(self, batch: Any, loop: Any) -> Callable:
        if self.check is not None:
            self.check(batch)
        return loop.load(batch).run


def _nothing() -> None:
    pass


def _changes_between_epochs(*hooks: Callable) -> bool:
    """Whether users' code runs at the beginnings or ends of epochs."""
    own = (None, PyDataset.on_epoch_begin, PyDataset.on_epoch_end)
    return any(getattr(hook, "__func__", None) not in own for hook in hooks)


def says_where_it_is(thing: Any) -> bool:
    """Whether a source of batches has `get_state()` and `set_state(state)`."""
    return hasattr(thing, "get_state") and hasattr(thing, "set_state")


def without(iterator: Iterator, skip: int) -> Iterator:
    """An iterator from which so many elements have been taken."""
    for _ in islice(iterator, skip):
        pass
    return iterator


def loader_source(loader: Iterable, kind: str) -> StreamSource:
    """An iterable that begins anew at every epoch, such as torch's DataLoader."""
    try:
        n: int | None = len(loader)  # type: ignore[arg-type]
    except (TypeError, NotImplementedError):
        n = None
    return StreamSource(
        lambda skip: without(iter(loader), skip), kind, n, keeper=loader, counts=True
    )


def callable_source(function: Callable[[], Any], kind: str) -> StreamSource:
    """A function of nothing that gives an iterable of batches: called at every epoch."""
    return StreamSource(
        lambda skip: without(iter(function()), skip), kind, keeper=function, counts=True
    )


def _in_tuples(batches: Generator) -> Iterator:
    """A PyDataset's batches: one array reaches `train_step` as `(x,)`."""
    with closing(batches):  # there may be workers behind it
        for batch in batches:
            yield batch if isinstance(batch, (list, tuple, dict)) else (batch,)


def dataset_source(dataset: PyDataset, shuffle: bool, class_weight: dict | None) -> StreamSource:
    """A PyDataset, in order or shuffled."""
    n = dataset.num_batches
    if n == 0:
        raise ValueError(f"The {type(dataset).__name__} passed as `x` has length 0.")
    return StreamSource(
        lambda skip: _in_tuples(ordered_batches(dataset, shuffle and n is not None, skip)),
        "PyDataset",
        n,
        class_weight=class_weight,
        begin=dataset.on_epoch_begin,
        end=dataset.on_epoch_end,
        keeper=dataset,
    )
