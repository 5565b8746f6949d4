"""IMDB: 50,000 reviews of films, good or bad, as lists of words' ranks."""

from __future__ import annotations

import warnings
from typing import Any

from hornlet.datasets import cache, pickles, texts


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    **kwargs: Any,
) -> tuple:
    """The reviews; a word's number is its rank by frequency, moved up by `index_from`.

    Args:
        path: name of the file in the cache folder (`~/.keras/datasets`); downloaded if missing.
        num_words: words from this number on become `oov_char`; by default the last one only.
        skip_top: words below this number become `oov_char`.
        maxlen: reviews as long as this, or longer, are left out.
        seed: of the order of the reviews.
        start_char: mark before every review, None for none.
        oov_char: mark in place of words out of range; with None they are left out.
        index_from: number of the most frequent word less one.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: arrays of lists of numbers, and labels 0 (bad)
        and 1 (good).

    Raises:
        ValueError: no review is shorter than `maxlen`; a damaged file, or one that holds anything
            but data.

    Reference: Maas, Daly, Pham, Huang, Ng, Potts: Learning word vectors for sentiment analysis.

    >>> keras.datasets.imdb.load_data(words=10)
    Traceback (most recent call last):
        ...
    TypeError: Unrecognized keyword arguments: ['words']
    """
    if "nb_words" in kwargs:
        warnings.warn("`nb_words` is now called `num_words`.", stacklevel=2)
        num_words = kwargs.pop("nb_words")
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {sorted(kwargs)}")
    digest = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
    found = pickles.load_npz(cache.fetch(path, "imdb.npz", digest))
    parts = []
    # One generator orders both parts, one after the other.
    orders = cache.orders(seed, len(found["x_train"]), len(found["x_test"]))
    for part, order in zip(("train", "test"), orders):
        x = texts.shifted(found[f"x_{part}"][order], start_char, index_from)
        x, y = texts.shorter(x, found[f"y_{part}"][order], maxlen)
        if not x:
            raise ValueError(
                f"No review is shorter than `maxlen`; make it larger. Received: maxlen={maxlen}"
            )
        parts.append((x, y))
    (x_train, y_train), (x_test, y_test) = parts
    both = texts.limited(x_train + x_test, num_words, skip_top, oov_char)
    return (both[: len(x_train)], y_train), (both[len(x_train) :], y_test)


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The rank of every word, which `load_data` moves up by `index_from`.

    Args:
        path: name of the file in the cache folder (`~/.keras/datasets`); downloaded if missing.

    >>> keras.datasets.imdb.get_word_index("a/path")
    Traceback (most recent call last):
        ...
    ValueError: Argument `fname` must be the name of a file, not a path; ...
    """
    digest = "bfafd718b763782e994055a2d397834f"
    return cache.fetch_json(path, "imdb_word_index.json", digest)
