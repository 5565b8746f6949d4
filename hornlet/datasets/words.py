"""Handwritten words: the letters of one word in order, for networks that read sequences."""

from __future__ import annotations

import numpy as np

from hornlet.datasets import ocr

CLASSES = ocr.CLASSES


def load_data():
    """Load handwritten words, each a sequence of pictures with a label for every picture.

    The first letter of each word is not in the set (it was a capital). Words have 3 to 14
    letters; shorter ones are filled up at the end, pictures with 0 and labels with -1. Folds 0 to
    7 are for training, 8 and 9 for testing.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: pictures uint8 of the shape
        ``(n, 14, 16, 8)``, black 0 or white 255, and labels int8 of the shape ``(n, 14)``,
        positions in ``words.CLASSES``, the alphabet.

    Reference: Taskar, Guestrin, Koller: Max-Margin Markov Networks, NIPS 2003.

    >>> (x_train, y_train), (x_test, y_test) = keras.datasets.words.load_data()
    >>> x_train.shape[1:], len(x_train) + len(x_test)
    ((14, 16, 8), 6877)
    >>> "".join(keras.datasets.words.CLASSES[i] for i in y_train[0] if i >= 0)
    'ommanding'
    """
    train = [fold for fold in ocr.FOLDS if fold not in ocr.TEST_FOLDS]
    return load_folds(train), load_folds(ocr.TEST_FOLDS)


def load_folds(folds) -> tuple[np.ndarray, np.ndarray]:
    """Load the words of some of the set's ten folds, to validate on one and train on others.

    Args:
        folds: numbers from 0 to 9; 8 and 9 are the test set of `load_data`.

    Returns:
        ``(x, y)`` as in `load_data`.

    >>> x, y = keras.datasets.words.load_folds([7])
    >>> len(x) == len(y)
    True
    """
    chosen = ocr.check_folds(folds)
    data = ocr.read()
    starts = np.flatnonzero(np.diff(data.word, prepend=data.word[:1] + 1))
    place = np.arange(len(data.word)) - starts[data.word]
    shape = (len(starts), int(place.max()) + 1)
    x = np.zeros((*shape, ocr.HEIGHT, ocr.WIDTH), "uint8")
    y = np.full(shape, -1, "int8")
    x[data.word, place] = data.pixels * np.uint8(255)
    y[data.word, place] = data.labels
    rows = np.isin(data.fold[starts], chosen)
    return x[rows], y[rows]
