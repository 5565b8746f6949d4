"""Reuters: 11,228 newswires on 46 topics, as lists of words' ranks."""

from __future__ import annotations

from hornlet.datasets import cache, pickles, texts

_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves "
    "ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin "
    "strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange "
    "pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple:
    """The newswires; a word's number is its rank by frequency, moved up by `index_from`.

    Args:
        path: name of the file in the cache folder (`~/.keras/datasets`); downloaded if missing.
        num_words: words from this number on become `oov_char`; by default the last one only.
        skip_top: words below this number become `oov_char`.
        maxlen: newswires as long as this, or longer, are left out.
        test_split: share of the newswires kept for testing.
        seed: of the order of the newswires.
        start_char: mark before every newswire, None for none.
        oov_char: mark in place of words out of range; with None they are left out.
        index_from: number of the most frequent word less one.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: arrays of lists of numbers, and numbers of
        topics (see `get_label_names`).

    Raises:
        ValueError: a damaged file, or one that holds anything but data.

    >>> keras.datasets.reuters.load_data("a/path")
    Traceback (most recent call last):
        ...
    ValueError: Argument `fname` must be the name of a file, not a path; ...
    """
    digest = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
    found = pickles.load_npz(cache.fetch(path, "reuters.npz", digest))
    x, y = cache.shuffled(seed, found["x"], found["y"])
    kept, y = texts.shorter(texts.shifted(x, start_char, index_from), y, maxlen)
    return cache.split(texts.limited(kept, num_words, skip_top, oov_char), y, test_split)


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The rank of every word, which `load_data` moves up by `index_from`.

    Args:
        path: name of the file in the cache folder (`~/.keras/datasets`); downloaded if missing.

    >>> keras.datasets.reuters.get_word_index("a/path")
    Traceback (most recent call last):
        ...
    ValueError: Argument `fname` must be the name of a file, not a path; ...
    """
    digest = "4d44cc38712099c9e383dc6e5f11a921"
    return cache.fetch_json(path, "reuters_word_index.json", digest)


def get_label_names() -> tuple[str, ...]:
    """The names of the topics, in the order of their numbers.

    >>> keras.datasets.reuters.get_label_names()[:3]
    ('cocoa', 'grain', 'veg-oil')
    """
    return tuple(_TOPICS.split())
