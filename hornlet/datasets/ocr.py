"""The handwriting in the package: 52,152 letters of 6,877 words (the OCR set of NOTICE)."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

CLASSES = "abcdefghijklmnopqrstuvwxyz"
HEIGHT, WIDTH = 16, 8
FOLDS = tuple(range(10))
TEST_FOLDS = (8, 9)
_FILE = os.path.join(os.path.dirname(__file__), "ocr_words.npz")


class Handwriting(NamedTuple):
    """All letters in the order they were written: pictures of 0 and 1, class, word and fold."""

    pixels: np.ndarray
    labels: np.ndarray
    word: np.ndarray
    fold: np.ndarray


def read() -> Handwriting:
    """Return the whole set; `pixels` has the shape ``(52152, 16, 8)``."""
    with np.load(_FILE, allow_pickle=False) as file:
        pixels = np.unpackbits(file["pixels"], axis=1).reshape(-1, HEIGHT, WIDTH)
        return Handwriting(pixels, file["labels"], file["word"], file["fold"])


def check_folds(folds) -> np.ndarray:
    """Return `folds` as an array; ValueError unless it holds numbers from 0 to 9."""
    chosen = np.atleast_1d(np.asarray(folds))
    if chosen.dtype.kind not in "iu" or chosen.ndim != 1 or not np.isin(chosen, FOLDS).all():
        raise ValueError(f"Argument `folds` must be numbers from 0 to 9. Received: folds={folds!r}")
    return chosen


def render(pixels: np.ndarray, size: int) -> np.ndarray:
    """Enlarge binary pictures to 20x12 of every 28x28, in smooth gray, centred on black."""
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise ValueError(f"Argument `size` must be a positive integer. Received: size={size!r}")
    height, width = max(1, round(size * 20 / 28)), max(1, round(size * 12 / 28))
    gray = pixels.astype("float32")
    gray = _weights(HEIGHT, height) @ gray @ _weights(WIDTH, width).T
    pictures = np.zeros((len(pixels), size, size), "uint8")
    top, left = (size - height) // 2, (size - width) // 2
    inner = pictures[:, top : top + height, left : left + width]
    np.rint(gray * 255, out=inner, casting="unsafe")
    return pictures


def _weights(old: int, new: int) -> np.ndarray:
    """The matrix of linear interpolation from `old` to `new` points, averaging when it shrinks."""
    centre = (np.arange(new)[:, None] + 0.5) * old / new - 0.5
    reach = max(1.0, old / new)
    weights = np.maximum(0.0, 1 - np.abs(np.arange(old) - centre) / reach)
    return (weights / weights.sum(axis=1, keepdims=True)).astype("float32")
