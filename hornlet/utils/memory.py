"""What a streaming data set remembers from one iteration to the next, and how it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from hornlet.tensor.seed_generator import make_default_seed, random_state, restore_random_state


class Turns:
    """A generator of random numbers for every iteration.

    Args:
        seed: makes them the same in every run; None takes one from Python's `random`.
        anew: whether every iteration has another one.
    """

    def __init__(self, seed: int | None, anew: bool):
        self.entropy = np.random.SeedSequence(make_default_seed() if seed is None else seed).entropy
        self.anew = anew
        self.turn = 0

    def next(self) -> np.random.Generator:
        """The generator of the iteration that begins."""
        turn = self.turn if self.anew else 0
        self.turn += 1
        return np.random.default_rng(np.random.SeedSequence(self.entropy, spawn_key=(turn,)))

    def get_state(self) -> dict[str, Any]:
        return {"entropy": self.entropy, "turn": self.turn}

    def set_state(self, state: dict[str, Any]) -> None:
        self.entropy, self.turn = state["entropy"], state["turn"]


class Kept:
    """The elements of a data set, kept when the first iteration has come to its end.

    Args:
        source: the data set, which says where it is.
    """

    def __init__(self, source: Any):
        self.source = source
        self.made: list | None = None
        self.made_from: dict[str, Any] | None = None  # the states before they were made

    def elements(self) -> Iterator:
        """The elements."""
        if self.made is None and self.made_from is not None:
            self._make_again(self.made_from)
        if self.made is not None:
            yield from self.made
            return
        before = {"source": self.source.get_state(), "random": random_state()}
        made = []
        for element in self.source:
            made.append(element)
            yield element
        self.made, self.made_from = made, before

    def _make_again(self, before: dict[str, Any]) -> None:
        now, random = self.source.get_state(), random_state()
        self.source.set_state(before["source"])
        restore_random_state(before["random"])
        self.made = list(self.source)
        self.source.set_state(now)
        restore_random_state(random)

    def get_state(self) -> dict[str, Any]:
        return {"made_from": self.made_from}

    def set_state(self, state: dict[str, Any]) -> None:
        self.made, self.made_from = None, state["made_from"]
