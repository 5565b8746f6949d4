"""Names the letter in a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hornlet.cli.networks import SIZE, letters_of
from hornlet.saving import load_model

# The letters were learned on 20x12 points in the middle of 28x28.
HEIGHT, WIDTH = 20, 12
LARGEST = 50_000_000


def run_predict(file: str, pictures: Sequence[str]) -> list[str]:
    """Print the letter in each picture, with the model's probability; return the names."""
    model = load_model(file, compile=False)
    if tuple(model.input_shape) != (None, SIZE, SIZE):
        raise ValueError(
            f"{file} must take pictures of the shape ({SIZE}, {SIZE}), as the demo's models do. "
            f"Received: a model for {tuple(model.input_shape)}"
        )
    letters = letters_of(model)
    rows = np.stack([read_picture(path) for path in pictures])
    probabilities = model.predict(rows, verbose=0)
    names = []
    for path, row in zip(pictures, probabilities):
        best = int(row.argmax())
        names.append(letters[best] if letters and best < len(letters) else f"class {best}")
        print(f"{path}: {names[-1]} ({row[best]:.3f})")
    return names


def read_picture(path: str) -> np.ndarray:
    """Read a picture of one letter as the demo's models want it: white on black, 28x28, centred.

    A picture of 28x28 points with the letter in the middle, where it was learned, is taken as it
    is, but for its colours; of any other the letter is cut out and brought to that place.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise ImportError("Pictures are read by Pillow: pip install 'hornlet[picture]'") from error

    try:
        with Image.open(path) as file:
            if file.width * file.height > LARGEST:
                raise ValueError(f"{path}: {file.width} x {file.height} points are too many")
            if file.mode in ("RGBA", "LA", "PA") or "transparency" in file.info:
                gray = on_paper(file.convert("RGBA"), Image)
            else:
                gray = np.asarray(file.convert("L"), "float32")
    except UnidentifiedImageError as error:
        raise ValueError(f"{path}: no picture of a known format") from error
    except (OSError, SyntaxError) as error:  # what Pillow raises for damaged data
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path}: the picture cannot be read: {error}") from error
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    if np.median(border) > 127:
        gray = 255 - gray
    low, high = float(np.median(gray)), float(gray.max())
    ink = gray > (low + high) / 2
    if high - low < 16 or not ink.any():
        raise ValueError(f"{path}: the picture is empty; expected one dark letter on light paper")
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if gray.shape == (SIZE, SIZE) and as_learned(rows, columns):
        return gray.astype("uint8")
    return centre(gray, rows, columns, low, high, Image)


def on_paper(picture, images) -> np.ndarray:
    """A picture with transparent parts on white or on black paper, whichever shows more."""
    papers = []
    for paper in ("white", "black"):
        sheet = images.new("RGBA", picture.size, paper)
        sheet.alpha_composite(picture)
        papers.append(np.asarray(sheet.convert("L"), "float32"))
    return max(papers, key=np.ptp)


def as_learned(rows: np.ndarray, columns: np.ndarray) -> bool:
    """Whether ink in these rows and columns has the place and the size of the letters learned."""
    inside, filled = True, False
    for places, length in ((rows, HEIGHT), (columns, WIDTH)):
        first = (SIZE - length) // 2
        inside = inside and first <= places[0] and places[-1] < first + length
        filled = filled or places[-1] - places[0] >= length // 2
    return bool(inside and filled)


def centre(gray: np.ndarray, rows, columns, low: float, high: float, images) -> np.ndarray:
    """Cut the letter out of white on black and put it in the middle of 28x28."""
    cut = gray[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cut = np.clip((cut - low) * (255 / (high - low)), 0, 255).astype("uint8")
    scale = min(HEIGHT / cut.shape[0], WIDTH / cut.shape[1])
    height, width = (max(1, round(length * scale)) for length in cut.shape)
    small = np.asarray(images.fromarray(cut).resize((width, height), images.Resampling.BILINEAR))
    picture = np.zeros((SIZE, SIZE), "uint8")
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    picture[top : top + height, left : left + width] = small
    return picture
