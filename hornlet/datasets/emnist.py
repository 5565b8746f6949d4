"""EMNIST: handwritten digits and letters in six splits, read from files the user has."""

from __future__ import annotations

from hornlet.base.names import did_you_mean
from hornlet.datasets import idx

SPLITS = ("balanced", "byclass", "bymerge", "digits", "letters", "mnist")
_SOURCE = (
    "Nothing is downloaded: fetch gzip.zip from "
    "https://www.nist.gov/itl/products-and-services/emnist-dataset and unpack it."
)


def load_data(split: str = "letters", path="."):
    """Read one split of EMNIST from its four gzipped idx files.

    Args:
        split: "balanced", "byclass", "bymerge", "digits", "letters" or "mnist".
        path: the folder that holds the files, or the folder above its `gzip`.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: pictures uint8 of the shape ``(n, 28, 28)``,
        turned upright (the files hold them transposed), and the labels of the files, uint8
        (of "letters" 1 to 26).

    Raises:
        FileNotFoundError: names the files that are missing, where, and how to obtain them.
        ValueError: an unknown split, a damaged file.

    Reference: Cohen, Afshar, Tapson, van Schaik: EMNIST, arXiv:1702.05373.

    >>> keras.datasets.emnist.load_data("leters")
    Traceback (most recent call last):
        ...
    ValueError: Unknown `split`: 'leters'. Did you mean 'letters'?
    """
    if split not in SPLITS:
        raise ValueError(f"Unknown `split`: {split!r}.{did_you_mean(split, SPLITS)}")
    files = {
        "x_train": f"emnist-{split}-train-images-idx3-ubyte",
        "y_train": f"emnist-{split}-train-labels-idx1-ubyte",
        "x_test": f"emnist-{split}-test-images-idx3-ubyte",
        "y_test": f"emnist-{split}-test-labels-idx1-ubyte",
    }
    train, test = idx.load(path, files, f"EMNIST {split}", _SOURCE)
    return tuple((x.transpose(0, 2, 1).copy(), y) for x, y in (train, test))
