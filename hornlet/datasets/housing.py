"""Prices of houses: two tables in one format."""

from __future__ import annotations

import numpy as np

from hornlet.datasets import cache


def load(
    path: str,
    source: str,
    file_hash: str,
    test_split: float,
    seed: int | None,
    rows: int | None = None,
) -> tuple:
    """The first `rows` of a table, shuffled and split."""
    with np.load(cache.fetch(path, source, file_hash), allow_pickle=False) as file:
        x, y = file["x"][:rows], file["y"][:rows]
    return cache.split(*cache.shuffled(seed, x, y), test_split)
