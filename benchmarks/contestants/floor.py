"""The matrix products of a step alone, in NumPy with `out=`: what no dense step can beat."""

from __future__ import annotations

from benchmarks.contestants import numpy_by_hand

COLD: dict[str, str] = {}


def make(name):
    return numpy_by_hand.make(name, floor=True)
