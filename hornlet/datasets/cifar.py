"""What CIFAR-10 and CIFAR-100 share: archives of pickled batches."""

from __future__ import annotations

import os

import numpy as np

from hornlet.base.config import image_data_format
from hornlet.base.files import FileError
from hornlet.datasets import pickles
from hornlet.utils.files import get_file

_ORIGIN = "https://www.cs.toronto.edu/~kriz/"


def fetch(folder: str, archive: str, file_hash: str) -> str:
    """The folder of the batches, from the archive in the cache or, if need be, its origin."""
    return get_file(folder, _ORIGIN + archive, extract=True, file_hash=file_hash)


def load_batches(
    folder: str, names: list[str], key: str, dtype: str
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 in the set image data format, and labels of the shape ``(n, 1)``."""
    parts = [_load_batch(os.path.join(folder, name), key, dtype) for name in names]
    x = np.concatenate([pictures for pictures, _ in parts])
    y = np.concatenate([labels for _, labels in parts])
    return (x.transpose(0, 2, 3, 1) if image_data_format() == "channels_last" else x), y


def _load_batch(path: str, key: str, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    with open(path, "rb") as file:
        found = pickles.load(file, path)
    try:
        pictures, labels = found[b"data"], found[key.encode()]
        return pictures.reshape(-1, 3, 32, 32), np.array(labels, dtype).reshape(-1, 1)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileError(path, f"no batch of pictures with {key!r}: {error!r}") from error
