"""MNIST: 70,000 handwritten digits, read from files the user has."""

from __future__ import annotations

from hornlet.datasets import idx

_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
_SOURCE = (
    "Nothing is downloaded: fetch the four files, for example from "
    "https://ossci-datasets.s3.amazonaws.com/mnist/ ."
)


def load_data(path="."):
    """Read MNIST from its four gzipped idx files.

    Args:
        path: the folder that holds them.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: pictures uint8 of the shape ``(n, 28, 28)``
        and digits uint8 of the shape ``(n,)``; 60,000 for training and 10,000 for testing.

    Raises:
        FileNotFoundError: names the files that are missing, where, and how to obtain them.
        ValueError: a damaged file.

    Reference: LeCun, Cortes, Burges: The MNIST database of handwritten digits.

    >>> keras.datasets.mnist.load_data("/nowhere")
    Traceback (most recent call last):
        ...
    FileNotFoundError: MNIST: the folder '/nowhere' lacks train-images-idx3-ubyte.gz, ...
    """
    return idx.load(path, _FILES, "MNIST", _SOURCE)
