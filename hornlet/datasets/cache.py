"""Where Keras's data sets are: in its cache folder, or else at the address they come from."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.utils.files import get_file

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def fetch(name: str, source: str, file_hash: str | None = None, subdir: str = "datasets") -> str:
    """The path of a file of the cache, downloaded if it is not there."""
    return get_file(name, ORIGIN + source, file_hash=file_hash, cache_subdir=subdir)


def fetch_json(name: str, source: str, file_hash: str) -> Any:
    """What a JSON file of the cache says."""
    import json

    with open(fetch(name, source, file_hash), encoding="utf-8") as file:
        return json.load(file)


def check_test_split(test_split: float) -> None:
    """ValueError unless it is a share below 1."""
    if not 0 <= test_split < 1:
        raise ValueError(
            f"Argument `test_split` must be at least 0 and below 1. Received: {test_split}"
        )


def orders(seed: int | None, *lengths: int) -> list[np.ndarray]:
    """Orders of as many samples, drawn one after the other as Keras draws them."""
    generator = np.random.RandomState(seed)
    drawn = [np.arange(n) for n in lengths]
    for order in drawn:
        generator.shuffle(order)
    return drawn


def shuffled(seed: int | None, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both in the order that Keras draws for this seed."""
    (order,) = orders(seed, len(x))
    return x[order], y[order]


def split(x: np.ndarray, y: np.ndarray, test_split: float) -> tuple:
    """``((x_train, y_train), (x_test, y_test))`` of which the last part is the share to test."""
    n = int(len(x) * (1 - test_split))
    return (x[:n], y[:n]), (x[n:], y[n:])
