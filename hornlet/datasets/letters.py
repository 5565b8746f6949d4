"""Handwritten letters, one picture each."""

from __future__ import annotations

import numpy as np

from hornlet.datasets import ocr


def load_data(letters: str = "adeghp", size: int = 28):
    """Load handwritten letters as gray pictures.

    The set's pictures of 16x8 points are enlarged to 20x12 of every 28x28 and centred. Folds 0
    to 7 are for training, 8 and 9 for testing; no word stands in both.

    Args:
        letters: which letters, in the order of their labels, for example ``"adeghp"``.
        size: height and width of a picture.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: pictures uint8 of the shape
        ``(n, size, size)``, black 0 to white 255, and labels uint8, positions in `letters`.

    Raises:
        ValueError: `letters` is no string of different letters a to z.

    Reference: Taskar, Guestrin, Koller: Max-Margin Markov Networks, NIPS 2003.

    >>> (x_train, y_train), (x_test, y_test) = keras.datasets.letters.load_data("adeghp")
    >>> x_train.shape, x_test.shape
    ((12123, 28, 28), (3018, 28, 28))
    """
    train = [fold for fold in ocr.FOLDS if fold not in ocr.TEST_FOLDS]
    return load_folds(train, letters, size), load_folds(ocr.TEST_FOLDS, letters, size)


def load_folds(folds, letters: str = "adeghp", size: int = 28) -> tuple[np.ndarray, np.ndarray]:
    """Load the letters of some of the set's ten folds, to validate on one and train on others.

    Args:
        folds: numbers from 0 to 9; 8 and 9 are the test set of `load_data`.
        letters: as in `load_data`.
        size: as in `load_data`.

    Returns:
        ``(x, y)`` as in `load_data`.

    >>> x, y = keras.datasets.letters.load_folds([7], "ab")
    >>> x.shape == (len(y), 28, 28), sorted(set(y.tolist()))
    (True, [0, 1])
    """
    _check_letters(letters)
    chosen = ocr.check_folds(folds)
    position = np.full(len(ocr.CLASSES), 255, "uint8")
    for label, letter in enumerate(letters):
        position[ocr.CLASSES.index(letter)] = label
    data = ocr.read()
    y = position[data.labels]
    rows = (y != 255) & np.isin(data.fold, chosen)
    return ocr.render(data.pixels[rows], size), y[rows]


def _check_letters(letters) -> None:
    ok = isinstance(letters, str) and letters and set(letters) <= set(ocr.CLASSES)
    if not ok or len(set(letters)) != len(letters):
        raise ValueError(
            "Argument `letters` must be a string of different letters a to z, for example "
            f"'adeghp'. Received: letters={letters!r}"
        )
