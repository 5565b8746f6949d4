"""CIFAR-100: 60,000 small color pictures of a hundred kinds of things in twenty groups."""

from __future__ import annotations

import os

from hornlet.datasets import cifar


def load_data(label_mode: str = "fine") -> tuple:
    """CIFAR-100, from `~/.keras/datasets` or downloaded to it.

    Args:
        label_mode: "fine" for the hundred kinds, "coarse" for the twenty groups.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: 50,000 and 10,000 pictures uint8 of the shape
        ``(n, 32, 32, 3)`` (channels first if that is the image data format) and labels int64 of
        the shape ``(n, 1)``.

    Raises:
        ValueError: an unknown `label_mode`; a damaged file, or one that holds anything but data.

    Reference: Krizhevsky: Learning multiple layers of features from tiny images, 2009.

    >>> keras.datasets.cifar100.load_data("rough")
    Traceback (most recent call last):
        ...
    ValueError: Argument `label_mode` must be 'fine' or 'coarse'. Received: label_mode='rough'
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(
            f"Argument `label_mode` must be 'fine' or 'coarse'. Received: label_mode={label_mode!r}"
        )
    folder = cifar.fetch(
        "cifar-100-python-target",
        "cifar-100-python.tar.gz",
        "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    )
    folder = os.path.join(folder, "cifar-100-python")
    key = f"{label_mode}_labels"
    train = cifar.load_batches(folder, ["train"], key, "int64")
    return train, cifar.load_batches(folder, ["test"], key, "int64")
