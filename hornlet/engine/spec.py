"""What is known of a value before it exists: its shape and dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hornlet.base import nest


@nest.leaf
class Spec(NamedTuple):
    """A concrete shape and a NumPy dtype; the currency of shape rules and plans."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def size(self) -> int:
        n = 1
        for d in self.shape:
            n *= d
        return n

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize


class SizeError(ValueError):
    """Sizes that should be equal are not.

    `pairs` says which: any one of them made equal would do. Where one of the two stands for an
    unknown dimension, inference by tracing learns from it what the dimension has to be.
    """

    def __init__(self, message: str, *pairs: tuple[int, int]):
        super().__init__(message)
        self.pairs = pairs


def differing(a: Sequence[int], b: Sequence[int], alike: int | None = None) -> list[tuple]:
    """The pairs of sizes in which two shapes differ, counted from the last axis.

    A size of `alike` agrees with every other: 1 where shapes are broadcast.
    """
    pairs = list(zip(reversed(a), reversed(b)))
    return [(n, m) for n, m in pairs if n != m and alike not in (n, m)]


def spec_of(x: Any) -> Spec:
    """The Spec of anything with a shape and a dtype."""
    return Spec(tuple(x.shape), x.dtype)


def as_specs(result: Any) -> tuple[Spec, ...]:
    """A shape rule may return one Spec or several; here it is always several."""
    return (result,) if isinstance(result, Spec) else tuple(result)
