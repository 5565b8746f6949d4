"""What IMDB and Reuters share: texts as lists of words' ranks, and which of these are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from hornlet.datasets.pickles import object_array


def shifted(texts: Iterable, start_char: int | None, index_from: int) -> list[list[int]]:
    """Ranks moved up by `index_from`, after a mark for the start, to make room for the marks."""
    if start_char is None:
        return [[w + (index_from or 0) for w in x] for x in texts]
    return [[start_char, *(w + index_from for w in x)] for x in texts]


def shorter(texts: list, labels: Any, maxlen: int | None) -> tuple[list, np.ndarray]:
    """The texts of less than `maxlen` words, and their labels."""
    labels = np.asarray(labels)
    if not maxlen:
        return texts, labels
    kept = [i for i, x in enumerate(texts) if len(x) < maxlen]
    return [texts[i] for i in kept], labels[kept]


def limited(
    texts: list, num_words: int | None, skip_top: int, oov_char: int | None
) -> np.ndarray:
    """An array of the texts, in which words out of range are marked, or left out."""
    end = num_words or max(max(x) for x in texts)
    if oov_char is None:
        return object_array([[w for w in x if skip_top <= w < end] for x in texts])
    return object_array([[w if skip_top <= w < end else oov_char for w in x] for x in texts])
