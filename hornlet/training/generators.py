"""Generators and iterators as sources of batches: they go on from epoch to epoch."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from itertools import chain, islice
from typing import Any

from hornlet.training.streams import StreamSource, says_where_it_is


class Replayed:
    """An iterator that counts, so that another one like it can be brought to the same place."""

    def __init__(self, iterator: Iterator):
        self.iterator = iterator
        self.drawn = 0

    def __iter__(self) -> Replayed:
        return self

    def __next__(self) -> Any:
        element = next(self.iterator)
        self.drawn += 1
        return element

    def get_state(self) -> int:
        """How many elements have been drawn."""
        return self.drawn

    def set_state(self, drawn: int) -> None:
        """Draws until so many have been drawn."""
        for _ in islice(self, max(0, drawn - self.drawn)):
            pass
        if self.drawn < drawn:
            raise ValueError(
                f"Training cannot be resumed: the generator passed as `x` ended after {self.drawn} "
                f"batches, and {drawn} had been drawn from it. Pass one that yields the same."
            )


class GeneratorSource(StreamSource):
    """A generator or iterator: an epoch begins with its first two batches, then goes on with it.

    As in Keras: so an epoch after the last batch still has something to train on.
    """

    def __init__(self, generator: Any, kind: str):
        super().__init__(self._stream, kind)
        self.generator = generator if says_where_it_is(generator) else Replayed(generator)
        self._draw_first()

    def _draw_first(self) -> None:
        self._before = deepcopy(self.generator.get_state())
        self._first = list(islice(self.generator, 2))
        if self._first and not isinstance(self._first[0], tuple):
            raise ValueError(
                "A generator must yield tuples: (x,), (x, y) or (x, y, sample_weight). "
                f"Received: {type(self._first[0]).__name__}"
            )

    def _stream(self, skip: int) -> Iterator:
        return chain(self._first[skip:], self.generator)  # which is after what is skipped by then

    def get_state(self) -> dict[str, Any]:
        return {"before": self._before, "now": self.generator.get_state()}

    def resume(self, start: Any, now: Any, taken: int | None) -> None:
        self._drop()
        if not isinstance(self.generator, Replayed):
            self.generator.set_state(now["before"])
            self._draw_first()
        self.generator.set_state(now["now"])
        if taken is not None:
            self._iterator = self._begin(taken)
