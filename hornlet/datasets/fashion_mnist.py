"""Fashion-MNIST: 70,000 pictures of clothes in ten classes."""

from __future__ import annotations

import os

from hornlet.datasets import cache, idx

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
_SOURCE = (
    "From here nothing is downloaded: fetch the four files of data/fashion in "
    "https://github.com/zalandoresearch/fashion-mnist , or on Debian and Ubuntu install the "
    "package dataset-fashion-mnist (`dpkg -L dataset-fashion-mnist` tells where it puts them)."
)


def load_data(path: str | os.PathLike | None = None) -> tuple:
    """Fashion-MNIST, from `~/.keras/datasets/fashion-mnist` or downloaded to it, or from a folder.

    Args:
        path: a folder that holds the four gzipped idx files.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: pictures uint8 of the shape ``(n, 28, 28)``
        and labels uint8, positions in ``fashion_mnist.CLASSES``; 60,000 and 10,000 of them.

    Raises:
        FileNotFoundError: names the files that `path` lacks, and how to obtain them.
        ValueError: a damaged file.

    Reference: Xiao, Rasul, Vollgraf: Fashion-MNIST, arXiv:1708.07747.

    >>> keras.datasets.fashion_mnist.load_data("/nowhere")
    Traceback (most recent call last):
        ...
    FileNotFoundError: Fashion-MNIST: the folder '/nowhere' lacks train-images-idx3-ubyte.gz, ...
    """
    if path is None:
        subdir = os.path.join("datasets", "fashion-mnist")
        paths = [cache.fetch(f"{n}.gz", f"{n}.gz", subdir=subdir) for n in _FILES.values()]
        path = os.path.dirname(paths[0])
    return idx.load(path, _FILES, "Fashion-MNIST", _SOURCE)
