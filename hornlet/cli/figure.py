"""The picture of the demo: error against epochs, confusion matrix, most wrong letters."""

from __future__ import annotations

import numpy as np

from hornlet.plot import confusion, history, pictures
from hornlet.plot.canvas import need_matplotlib, new_figure, picture_bytes

__all__ = ["draw", "most_wrong", "need_matplotlib"]

WRONG = 16


def draw(errors, probabilities, test, letters: str, accuracy: float) -> bytes:
    """Return the picture as a PNG file.

    Args:
        errors: lists of errors by epoch, by "train" and "test".
        probabilities: of the test letters, of the shape ``(n, classes)``.
        test: pictures and labels.
        letters: the classes' names.
        accuracy: on the test letters, for the title.
    """
    figure = new_figure(11, 8.5)
    upper, lower = figure.subfigures(2, 1, height_ratios=(5, 4))
    curves, matrix = upper.subplots(1, 2)
    by_name = {"error": errors["train"], "val_error": errors.get("test", [])}
    history(by_name, curves, parts=("train", "test"), title="Error against epochs")
    curves.set_ylim(0, None)
    confusion(test[1], probabilities, matrix, names=letters)
    _draw_wrong(lower.subplots(), probabilities, test, letters)
    figure.suptitle(f"Handwritten letters {' '.join(letters)}: test accuracy {accuracy:.4f}")
    return picture_bytes(figure)


def _draw_wrong(axes, probabilities, test, letters) -> None:
    rows = most_wrong(probabilities, test[1])[:WRONG]
    if not len(rows):
        axes.set_axis_off()
        axes.set_title("No letter of the test set was read wrongly")
        return
    wanted = [letters[test[1][row]] for row in rows]
    found = [f"{letters[p.argmax()]} ({p.max():.2f})" for p in probabilities[rows]]
    title = "The most wrong letters: written > read as (probability)"
    pictures(test[0][rows], wanted, found, axes, columns=WRONG // 2, title=title)


def most_wrong(probabilities: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Rows that were read wrongly, those first whose own letter got least against the winner."""
    own = probabilities[np.arange(len(wanted)), wanted]
    excess = probabilities.max(axis=1) - own
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != wanted)
    return wrong[np.argsort(-excess[wrong], kind="stable")]
