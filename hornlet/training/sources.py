"""From what the user passed as `x` to a source of batches, and from a source to epochs."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import chain, islice
from typing import Any

from hornlet.base import nest
from hornlet.base.config import max_steps_per_epoch
from hornlet.tensor.seed_generator import random_state, restore_random_state
from hornlet.training.arrays import NAMES, ArraySource, is_array, refuse_sparse
from hornlet.training.generators import GeneratorSource
from hornlet.training.py_dataset import PyDataset
from hornlet.training.step import grouped
from hornlet.training.streams import callable_source, dataset_source, loader_source


def make_source(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: Any = False,
    class_weight: dict | None = None,
) -> Any:
    """The source for `fit`, `evaluate` and `predict`; arguments as there."""
    for name, part in zip(NAMES, (x, y, sample_weight)):
        for leaf in nest.flatten(part):
            refuse_sparse(leaf, name)
    leaves = nest.flatten((x, y, sample_weight))
    if x is not None and all(is_array(leaf) for leaf in leaves):
        return ArraySource(x, y, sample_weight, batch_size, steps, shuffle, class_weight)
    kind = _kind(x)
    if kind is None:
        raise ValueError(
            f"Unrecognized data type: x={_brief(x)}, y={_brief(y)}, "
            f"sample_weight={_brief(sample_weight)}. Expected arrays (or nests of arrays: convert "
            "lists of numbers by `np.array`), a generator, a `PyDataset`, a DataLoader or a "
            "function that returns an iterable of batches."
        )
    for name, value, what in (
        ("y", y, "the targets"),
        ("sample_weight", sample_weight, "the sample weights"),
    ):
        if value is not None:
            raise ValueError(
                f"When providing `x` as a {kind}, `{name}` should not be passed. Instead, {what} "
                f"should be included as part of the {kind}."
            )
    if shuffle and not _can_be_shuffled(x):
        warnings.warn(
            f"`shuffle={shuffle!r}` has no effect on `x`, a {kind}: its batches come as it gives "
            "them. Shuffle them where they are made, and pass `shuffle=False`.",
            stacklevel=3,
        )
    if isinstance(x, PyDataset):
        return dataset_source(x, bool(shuffle), class_weight)
    if class_weight is not None:
        raise ValueError(
            f"Argument `class_weight` is not supported for {kind} inputs: yield sample weights as "
            f"a third element. Received: class_weight={class_weight}"
        )
    if kind == "DataLoader":
        return loader_source(x, kind)
    if kind == "function":
        return callable_source(x, kind)
    return GeneratorSource(x, kind)


def _kind(x: Any) -> str | None:
    if isinstance(x, PyDataset):
        return "PyDataset"
    if isinstance(x, types.GeneratorType) or (hasattr(x, "__next__") and hasattr(x, "__iter__")):
        return "generator"
    if any(c.__name__.endswith(("DataLoader", "Dataset", "DatasetV2")) for c in type(x).__mro__):
        return "DataLoader" if hasattr(x, "__iter__") else None
    return "function" if callable(x) and not isinstance(x, type) else None


def _can_be_shuffled(x: Any) -> bool:
    """Whether batches can be taken in another order, or else `x` has its own way to shuffle."""
    if isinstance(x, PyDataset):
        return x.num_batches is not None
    return callable(getattr(x, "shuffle", None))


def _brief(value: Any) -> str:
    if isinstance(value, (list, tuple, dict)) and len(value) > 4:
        return f"a {type(value).__name__} of {len(value)}"
    return f"{type(value).__name__} {value!r}"[:120]


class Feed:
    """Epochs of a source: counts steps, goes on over epochs when they are limited.

    Args:
        source: see `make_source`.
        steps: steps per epoch, rounded up to whole executions, as in Keras; all there are if None.
        group: batches per execution, `steps_per_execution`.
        resumable: whether it notes what is needed to go on from the middle of an epoch later.
    """

    def __init__(
        self, source: Any, steps: int | None = None, group: int = 1, resumable: bool = False
    ):
        limit = max_steps_per_epoch()
        if limit and (not steps or limit < steps):
            warnings.warn(f"Limiting steps_per_epoch to {limit}", stacklevel=3)
            steps = limit
        if steps is not None and steps < 1:
            raise ValueError(f"The number of steps must be a positive integer. Received: {steps}")
        self.source = source
        self.steps = steps
        self.group = group
        self._runs: Iterator[Callable] | None = None
        self._seen = 0  # batches that have been taken from `_runs`
        self._begun: Any = None  # the states when the present stream of batches began
        if resumable:
            source.begins = self._note

    @property
    def num_batches(self) -> int | None:
        """Steps per epoch where they are known."""
        return self.steps or self.source.num_batches

    def epoch(self, loop: Any, done: int = 0, apart: bool = False) -> Iterator[Callable]:
        """Yields what to call for each execution of this epoch, or `apart` for each batch.

        `done` batches of it are done.
        """
        if not done:
            self.source.begin_epoch()
        try:
            runs = self.source.batches(loop) if self.steps is None else self._limited(loop, done)
            yield from runs if apart else grouped(runs, self.group)
        finally:
            self.source.end_epoch()

    def _limited(self, loop: Any, done: int) -> Iterator[Callable]:
        total = self.source.num_batches
        if self._runs is None:
            self._runs = self.source.batches(loop)
        for _ in range(done, self.steps, self.group):  # type: ignore[arg-type]
            first = next(self._runs, None)
            if first is None:
                self._warn()
                self._over()
                return
            for run in chain([first], islice(self._runs, self.group - 1)):
                self._seen += 1
                yield run
        if total is not None and self._seen >= total:
            self._over()

    def _warn(self) -> None:
        warnings.warn(
            "Your input ran out of data; interrupting training. Make sure that your dataset or "
            "generator can generate at least `steps_per_epoch * epochs` batches.",
            stacklevel=4,
        )

    def _over(self) -> None:
        self._runs = None
        self._seen = 0

    def close(self) -> None:
        """Ends a generator that was left half way."""
        if self._runs is not None:
            self._runs.close()  # type: ignore[attr-defined]
        self._over()
        self.source.begins = None

    # Going on later.

    def _note(self) -> None:
        self._begun = {"random": random_state(), "source": deepcopy(self.source.get_state())}

    def get_state(self, done: int) -> dict[str, Any]:
        """Where it is, after so many batches of an epoch: plain values."""
        taken = done if self.steps is None else self._seen
        return {
            "kind": self.source.kind,
            "begun": self._begun if taken else None,
            "taken": taken,
            "source": self.source.get_state(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on where `get_state` was called. The random generators are left at odd places."""
        self._over()
        begun = state["begun"]
        if state["kind"] != self.source.kind:
            if begun is None:
                return  # from an epoch on other data may be trained on
            raise ValueError(
                "An epoch can be resumed on the same data only. It was begun with "
                f"{state['kind']}. Received: {self.source.kind}"
            )
        if begun is None:
            self.source.resume(None, state["source"], None)
            return
        restore_random_state(begun["random"])
        self.source.resume(begun["source"], state["source"], state["taken"])
        self._seen = 0 if self.steps is None else state["taken"]
