"""MNIST: 70,000 handwritten digits, as Keras keeps them or in the four files of their authors."""

from __future__ import annotations

import os

import numpy as np

from hornlet.datasets import cache, idx

_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
_SOURCE = (
    "These are not downloaded: fetch the four files, for example from "
    "https://ossci-datasets.s3.amazonaws.com/mnist/ ."
)


def load_data(path: str | os.PathLike = "mnist.npz") -> tuple:
    """MNIST, from `~/.keras/datasets` or downloaded to it.

    Args:
        path: name of the file in the cache folder, ending in ".npz"; or a folder with the four
            gzipped idx files.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: pictures uint8 of the shape ``(n, 28, 28)``
        and digits uint8 of the shape ``(n,)``; 60,000 for training and 10,000 for testing.

    Raises:
        FileNotFoundError: a folder lacks files; they are named, and how to obtain them.
        ValueError: a damaged file.

    Reference: LeCun, Cortes, Burges: The MNIST database of handwritten digits.

    >>> keras.datasets.mnist.load_data(".")
    Traceback (most recent call last):
        ...
    FileNotFoundError: MNIST: the folder '.' lacks train-images-idx3-ubyte.gz, ...
    """
    if not os.fspath(path).endswith(".npz"):
        return idx.load(path, _FILES, "MNIST", _SOURCE)
    digest = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
    with np.load(cache.fetch(os.fspath(path), "mnist.npz", digest), allow_pickle=False) as file:
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])
