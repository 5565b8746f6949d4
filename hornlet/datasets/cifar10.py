"""CIFAR-10: 60,000 small color pictures of ten kinds of things."""

from __future__ import annotations

import os

from hornlet.datasets import cifar

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


def load_data() -> tuple:
    """CIFAR-10, from `~/.keras/datasets` or downloaded to it.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: 50,000 and 10,000 pictures uint8 of the shape
        ``(n, 32, 32, 3)`` (channels first if that is the image data format) and labels uint8 of
        the shape ``(n, 1)``, positions in `CLASSES`.

    Raises:
        ValueError: a damaged file, or one that holds anything but data.

    Reference: Krizhevsky: Learning multiple layers of features from tiny images, 2009.

    >>> keras.datasets.cifar10.CLASSES[3]
    'cat'
    """
    folder = cifar.fetch(
        "cifar-10-batches-py-target",
        "cifar-10-python.tar.gz",
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    )
    folder = os.path.join(folder, "cifar-10-batches-py")
    train = cifar.load_batches(folder, [f"data_batch_{i}" for i in range(1, 6)], "labels", "uint8")
    return train, cifar.load_batches(folder, ["test_batch"], "labels", "uint8")
