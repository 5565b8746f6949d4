"""PyDataset: batches made by Python code, by several workers if wanted."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Generator, Iterator
from typing import Any


class PyDataset:
    """Base of data sets that make each batch when it is asked for.

    A subclass defines `__getitem__(index)`, which returns one batch as `(x,)`, `(x, y)` or
    `(x, y, sample_weight)`, and `__len__`, the number of batches, or a property `num_batches`,
    which is None for a data set without end. `on_epoch_begin` and `on_epoch_end` may be defined
    to change it between epochs.

    A backup of training notes which batch comes next. What else the data set changes while it is
    used, such as a generator of random numbers or an order of its own, it keeps if the class
    defines `get_state()`, which returns plain values, and `set_state(state)`.

    Args:
        workers: number of workers that make batches ahead, while the model trains.
        use_multiprocessing: whether these are processes (the data set is pickled) or threads.
        max_queue_size: how many batches are made ahead at most.

    >>> class Squares(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         x = np.full((4, 1), float(index))
    ...         return x, x * x
    >>> len(list(Squares(workers=1)))
    3
    """

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ):
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    def _setting(self, name: str, default: Any) -> Any:
        if name not in self.__dict__:
            warnings.warn(
                "Your `PyDataset` class should call `super().__init__(**kwargs)` in its "
                "constructor; `**kwargs` may hold `workers`, `use_multiprocessing` and "
                "`max_queue_size`.",
                stacklevel=3,
            )
            self.__dict__.setdefault("_workers", 1)
            self.__dict__.setdefault("_use_multiprocessing", False)
            self.__dict__.setdefault("_max_queue_size", 10)
        return self.__dict__.get(name, default)

    @property
    def workers(self) -> int:
        """Number of workers."""
        return self._setting("_workers", 1)

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        """Whether the workers are processes."""
        return self._setting("_use_multiprocessing", False)

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        """How many batches are made ahead at most."""
        return self._setting("_max_queue_size", 10)

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    def __getitem__(self, index: int) -> Any:
        """The batch at `index`; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} must define `__getitem__(index)`.")

    @property
    def num_batches(self) -> int | None:
        """Number of batches, None for no end."""
        if hasattr(self, "__len__"):
            return len(self)  # type: ignore[arg-type]
        raise NotImplementedError(
            f"{type(self).__name__} must define `__len__` or a property `num_batches`."
        )

    def __iter__(self) -> Iterator:
        try:
            n = self.num_batches
        except NotImplementedError:
            n = None
        for index in itertools.count() if n is None else range(n):
            yield self[index]

    def on_epoch_begin(self) -> None:
        """Called before every epoch."""

    def on_epoch_end(self) -> None:
        """Called after every epoch."""


def ordered_batches(dataset: PyDataset, shuffle: bool, skip: int = 0) -> Generator:
    """The batches of one epoch; with workers they are made ahead, in the same order.

    The first `skip` are left out, and not made.
    """
    n = dataset.num_batches
    if n is None:
        indices: Iterator[int] = itertools.count(skip)
    else:
        order = list(range(n))
        if shuffle:
            random.shuffle(order)
        indices = iter(order[skip:])
    workers, processes = dataset.workers, dataset.use_multiprocessing
    if workers > 1 or (workers > 0 and processes):
        return _made_ahead(dataset, indices, workers, processes)
    return (dataset[i] for i in indices)


def _made_ahead(dataset: Any, indices: Iterator[int], workers: int, processes: bool) -> Generator:
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    pool: Any
    if processes:
        pool = ProcessPoolExecutor(workers, initializer=_share, initargs=(dataset,))
        task: Any = _shared_item
    else:
        pool = ThreadPoolExecutor(workers)
        task = dataset.__getitem__
    waiting: list = []
    try:
        ahead = max(1, dataset.max_queue_size)
        waiting.extend(pool.submit(task, i) for i in itertools.islice(indices, ahead))
        while waiting:
            batch = waiting.pop(0).result()
            waiting.extend(pool.submit(task, i) for i in itertools.islice(indices, 1))
            yield batch
    finally:
        for future in waiting:
            future.cancel()
        pool.shutdown(wait=True)


_shared: Any = None


def _share(dataset: Any) -> None:
    global _shared
    _shared = dataset


def _shared_item(index: int) -> Any:
    return _shared[index]
