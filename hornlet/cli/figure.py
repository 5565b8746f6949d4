"""The picture of the demo: error against epochs, confusion matrix, most wrong letters."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

WRONG = 15


def need_matplotlib() -> None:
    """Raise ImportError that says what to install, before any time is spent."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError("The demo draws with matplotlib: pip install 'hornlet[plot]'") from error


def draw(errors, probabilities, test, letters: str, accuracy: float) -> bytes:
    """Return the picture as a PNG file.

    Args:
        errors: lists of errors by epoch, by "train" and "test".
        probabilities: of the test letters, of the shape ``(n, classes)``.
        test: pictures and labels.
        letters: the classes' names.
        accuracy: on the test letters, for the title.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(11, 8), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subfigures(2, 1, height_ratios=(3, 2))
    curves, matrix = upper.subplots(1, 2)
    _draw_errors(curves, errors)
    _draw_confusion(matrix, probabilities.argmax(axis=1), test[1], letters)
    _draw_wrong(lower, probabilities, test, letters)
    figure.suptitle(f"Handwritten letters {' '.join(letters)}: test accuracy {accuracy:.4f}")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()


def _draw_errors(axes, errors) -> None:
    for name, values in errors.items():
        axes.plot(range(1, len(values) + 1), values, marker="o", label=name)
    axes.set(xlabel="epoch", ylabel="error", title="Error against epochs", ylim=(0, None))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend()


def _draw_confusion(axes, found, wanted, letters) -> None:
    counts = confusion(found, wanted, len(letters))
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        color = "white" if count > counts[row].sum() / 2 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=color)
    axes.set_xticks(range(len(letters)), list(letters))
    axes.set_yticks(range(len(letters)), list(letters))
    axes.set(xlabel="read as", ylabel="written", title="Confusion matrix")


def _draw_wrong(figure, probabilities, test, letters) -> None:
    rows = most_wrong(probabilities, test[1])[:WRONG]
    figure.suptitle("The most wrong letters: written > read as (probability)")
    for place, axes in enumerate(figure.subplots(2, -(-WRONG // 2)).flat):
        axes.axis("off")
        if place < len(rows):
            row = rows[place]
            found = probabilities[row].argmax()
            axes.imshow(test[0][row], cmap="gray_r")
            label = f"{letters[test[1][row]]} > {letters[found]} ({probabilities[row, found]:.2f})"
            axes.set_title(label, fontsize=9)


def confusion(found: np.ndarray, wanted: np.ndarray, count: int) -> np.ndarray:
    """How often each class (row) was read as each (column)."""
    counts = np.zeros((count, count), int)
    np.add.at(counts, (wanted, found), 1)
    return counts


def most_wrong(probabilities: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Rows that were read wrongly, those first whose own letter got least against the winner."""
    own = probabilities[np.arange(len(wanted)), wanted]
    excess = probabilities.max(axis=1) - own
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != wanted)
    return wrong[np.argsort(-excess[wrong], kind="stable")]
