"""What is known of a value before it exists: its shape and dtype."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


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


def spec_of(x: Any) -> Spec:
    """The Spec of anything with a shape and a dtype."""
    return Spec(tuple(x.shape), x.dtype)


def as_specs(result: Any) -> tuple[Spec, ...]:
    """A shape rule may return one Spec or several; here it is always several."""
    return (result,) if isinstance(result, Spec) else tuple(result)
