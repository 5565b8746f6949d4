"""Dataset: a stream of elements that is made anew for every epoch, and changed step by step."""

from __future__ import annotations

import itertools
import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.utils.memory import Kept, Turns

INFINITE, UNKNOWN = -1, -2


class Dataset:
    """A stream of elements, each an array or a nest of arrays; `fit` takes one that is batched.

    Every method gives a new data set; nothing is read before one is iterated over. What the makers
    in `keras.utils` know, `class_names` and `file_paths`, goes along.

    Args:
        start: gives an iterator of the elements.
        length: how many there are, -1 for no end, -2 if that is unknown.
        class_names: names of the classes, by their numbers.
        file_paths: the files that the elements come from.
        sources: the data sets that the elements come from.
        memory: what changes from one iteration to the next.

    >>> from hornlet.utils.dataset import Dataset
    >>> data = Dataset.from_tensor_slices((np.arange(5), np.arange(5) % 2))
    >>> for x, y in data.map(lambda x, y: (x * x, y)).batch(3):
    ...     print(x, y)
    [0 1 4] [0 1 0]
    [ 9 16] [1 0]
    """

    batch_size: int | None = None  # of a data set that is the result of `batch`

    def __init__(
        self,
        start: Callable[[], Iterator],
        length: int = UNKNOWN,
        class_names: list[str] | None = None,
        file_paths: list[str] | None = None,
        sources: tuple = (),
        memory: Any = None,
    ):
        self._start = start
        self._length = length
        self._sources = sources
        self._memory = memory
        self.class_names = class_names
        self.file_paths = file_paths

    @classmethod
    def from_tensor_slices(cls, tensors: Any) -> Dataset:
        """The rows of an array, or of a nest of arrays of one length; a list is an array."""
        nested = _arrays(tensors)
        lengths = {len(x) for x in nest.flatten(nested)}
        if len(lengths) != 1:
            raise ValueError(
                "Argument `tensors` must hold arrays of one length. Received: lengths "
                f"{sorted(lengths)}"
            )
        n = lengths.pop()

        def start() -> Iterator:
            return (nest.map_structure(lambda x, i=i: x[i], nested) for i in range(n))

        return cls(start, n)

    @classmethod
    def zip(cls, datasets: tuple) -> Dataset:
        """Tuples of the elements of several data sets, as long as all have one."""
        known = [d.cardinality() for d in datasets]
        finite = [n for n in known if n >= 0]
        length = UNKNOWN if UNKNOWN in known else min(finite, default=INFINITE)
        return cls(lambda: zip(*datasets), length, sources=tuple(datasets))

    def get_state(self) -> dict[str, Any]:
        """What the next iteration depends on, the turns of `shuffle` above all: plain values."""
        return {
            "memory": None if self._memory is None else self._memory.get_state(),
            "sources": [source.get_state() for source in self._sources],
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Lets the next iteration be the one before which `get_state` was called.

        >>> from hornlet.utils.dataset import Dataset
        >>> data, other = (Dataset.from_tensor_slices(np.arange(9)).shuffle(9) for _ in range(2))
        >>> _ = list(data)
        >>> other.set_state(data.get_state())
        >>> list(data) == list(other)
        True
        """
        for source, own in zip(self._sources, state["sources"]):
            source.set_state(own)
        if self._memory is not None:
            self._memory.set_state(state["memory"])

    def __iter__(self) -> Iterator:
        return iter(self._start())

    def as_numpy_iterator(self) -> Iterator:
        """The elements, which are NumPy arrays anyway."""
        return iter(self)

    def cardinality(self) -> int:
        """How many elements there are; -1 for no end, -2 if that is unknown."""
        return self._length

    def __len__(self) -> int:
        if self._length < 0:
            raise TypeError(f"The length of the data set is {_UNSIZED[self._length]}.")
        return self._length

    def __repr__(self) -> str:
        size = _UNSIZED.get(self._length, self._length)
        return f"<Dataset, number of elements: {size}>"

    def _then(
        self, start: Callable[[], Iterator], length: int | None = None, memory: Any = None
    ) -> Dataset:
        length = self._length if length is None else length
        return Dataset(start, length, self.class_names, self.file_paths, (self,), memory)

    def map(
        self, map_func: Callable, num_parallel_calls: int | None = None, deterministic: Any = None
    ) -> Dataset:
        """`map_func` of every element; tuples are given as several arguments.

        Args:
            map_func: any function of arrays.
            num_parallel_calls: number of threads, -1 for one per processor. The order stays.
            deterministic: accepted for compatibility.
        """

        def apply(element: Any) -> Any:
            return map_func(*element) if isinstance(element, tuple) else map_func(element)

        threads = num_parallel_calls or 1
        threads = (os.cpu_count() or 1) if threads < 0 else threads
        if threads == 1:
            return self._then(lambda: map(apply, self))
        return self._then(lambda: _in_threads(apply, self, threads))

    def filter(self, predicate: Callable) -> Dataset:
        """The elements for which `predicate` is true."""

        def keep(element: Any) -> bool:
            return bool(predicate(*element) if isinstance(element, tuple) else predicate(element))

        return self._then(lambda: filter(keep, self), INFINITE if self._length < 0 else UNKNOWN)

    def batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
    ) -> Dataset:
        """So many elements each, stacked; the last batch may be smaller, or is dropped."""
        return self._batched(batch_size, drop_remainder, _stacked)

    def padded_batch(self, batch_size: int, drop_remainder: bool = False) -> Dataset:
        """As `batch`, of arrays whose lengths differ: zeros fill them up at their ends."""
        return self._batched(batch_size, drop_remainder, _padded)

    def ragged_batch(self, batch_size: int, drop_remainder: bool = False) -> Dataset:
        """As `batch`, of arrays whose lengths differ: a batch is an array of arrays."""
        return self._batched(batch_size, drop_remainder, _ragged)

    def _batched(self, batch_size: int, drop: bool, join: Callable) -> Dataset:
        n = _positive("batch_size", batch_size)

        def start() -> Iterator:
            rest = iter(self)
            while rows := list(itertools.islice(rest, n)):
                if len(rows) == n or not drop:
                    yield nest.map_structure(lambda *leaves: join(leaves), *rows)

        length = self._length
        count = length if length < 0 else length // n if drop else -(-length // n)
        made = self._then(start, count)
        made.batch_size = n
        return made

    def unbatch(self) -> Dataset:
        """The rows of every element, one by one."""

        def start() -> Iterator:
            for element in self:
                for i in range(len(nest.flatten(element)[0])):
                    yield nest.map_structure(lambda x, i=i: x[i], element)

        return self._then(start, INFINITE if self._length == INFINITE else UNKNOWN)

    def shuffle(
        self,
        buffer_size: int,
        seed: int | None = None,
        reshuffle_each_iteration: bool = True,
    ) -> Dataset:
        """In random order: each element is drawn from the next `buffer_size`.

        Args:
            buffer_size: a number as large as the data set gives all orders the same chance.
            seed: makes the orders the same in every run.
            reshuffle_each_iteration: whether every epoch has another order.
        """
        size = _positive("buffer_size", buffer_size)
        turns = Turns(seed, reshuffle_each_iteration)

        def start() -> Iterator:
            draw = turns.next()
            buffer: list = []
            for element in self:
                if len(buffer) < size:
                    buffer.append(element)
                    continue
                place = int(draw.integers(size))
                yield buffer[place]
                buffer[place] = element
            yield from (buffer[i] for i in draw.permutation(len(buffer)))

        return self._then(start, memory=turns)

    def prefetch(self, buffer_size: int) -> Dataset:
        """The same elements, of which a thread makes up to `buffer_size` ahead (-1: two)."""
        size = 2 if buffer_size < 0 else buffer_size
        return self._then(lambda: _ahead(self, size)) if size else self

    def take(self, count: int) -> Dataset:
        """The first `count` elements; all for -1."""
        if count < 0:
            return self
        n = self._length
        length = count if n == INFINITE else n if n == UNKNOWN else min(n, count)
        return self._then(lambda: itertools.islice(iter(self), count), length)

    def skip(self, count: int) -> Dataset:
        """What follows the first `count` elements; nothing for -1."""
        if count < 0:
            return self.take(0)
        length = self._length if self._length < 0 else max(0, self._length - count)
        return self._then(lambda: itertools.islice(iter(self), count, None), length)

    def repeat(self, count: int | None = None) -> Dataset:
        """The whole so many times over; without end for None or -1."""
        endless = count is None or count < 0

        def start() -> Iterator:
            for _ in itertools.count() if endless else range(count or 0):
                some = False
                for element in self:
                    some = True
                    yield element
                if not some:
                    return

        known = self._length if self._length < 0 else self._length * (count or 0)
        return self._then(start, INFINITE if endless and self._length else known)

    def cache(self) -> Dataset:
        """The same elements, kept in memory when the first epoch has come to its end."""
        kept = Kept(self)
        return self._then(kept.elements, memory=kept)


_UNSIZED = {INFINITE: "infinite", UNKNOWN: "unknown"}


def _arrays(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _arrays(value) for key, value in x.items()}
    if isinstance(x, tuple):
        return tuple(_arrays(value) for value in x)
    return x if hasattr(x, "shape") else np.asarray(x)


def _positive(name: str, value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 1:
        raise ValueError(f"Argument `{name}` must be a positive integer. Received: {value!r}")
    return value.__index__()


def _stacked(leaves: tuple) -> np.ndarray:
    if isinstance(leaves[0], (str, bytes)):
        return np.array(leaves, object)
    return np.stack([np.asarray(x) for x in leaves])


def _padded(leaves: tuple) -> np.ndarray:
    arrays = [np.asarray(x) for x in leaves]
    shape = tuple(max(sizes) for sizes in zip(*(a.shape for a in arrays)))
    whole = np.zeros((len(arrays), *shape), arrays[0].dtype)
    for i, a in enumerate(arrays):
        place: Any = (i, *(slice(n) for n in a.shape))
        whole[place] = a
    return whole


def _ragged(leaves: tuple) -> np.ndarray:
    if np.ndim(leaves[0]) == 0 or len({np.shape(x) for x in leaves}) == 1 == np.ndim(leaves[0]):
        return _stacked(leaves)
    whole = np.empty(len(leaves), object)
    for i, leaf in enumerate(leaves):
        whole[i] = leaf
    return whole


def _in_threads(function: Callable, elements: Iterable, threads: int) -> Iterator:
    """`map` by several threads, in order, only so far ahead as they need to be busy."""
    from concurrent.futures import ThreadPoolExecutor

    source = iter(elements)
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque(pool.submit(function, x) for x in itertools.islice(source, 2 * threads))
        try:
            while waiting:
                made = waiting.popleft().result()
                waiting.extend(pool.submit(function, x) for x in itertools.islice(source, 1))
                yield made
        finally:
            for future in waiting:
                future.cancel()


def _ahead(elements: Iterable, size: int) -> Iterator:
    """The elements, made by a thread that ends when nobody asks for them any more."""
    made: queue.Queue = queue.Queue(size)
    left = threading.Event()
    end = object()

    def put(item: Any) -> bool:
        while not left.is_set():
            try:
                made.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for element in elements:
                if not put((element, None)):
                    return
            put((end, None))
        except BaseException as error:  # raised again where the elements are used
            put((end, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            element, error = made.get()
            if error is not None:
                raise error
            if element is end:
                return
            yield element
    finally:
        left.set()
        thread.join(1.0)  # what it iterates over may be begun anew at once
