"""How well a classifier does: confusion matrix, ROC curve, the regions it divides a plane into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hornlet.plot.canvas import COLOURS, MARKS, SHADES, axes_or_new, line_styles


def class_numbers(y: Any) -> np.ndarray:
    """Class numbers of one-hot rows or probabilities; class numbers stay as they are."""
    y = np.asarray(y)
    return y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(-1).astype(int)


def confusion_counts(y_true: Any, y_pred: Any, count: int) -> np.ndarray:
    """How often each class (row) was taken for each (column)."""
    counts = np.zeros((count, count), int)
    np.add.at(counts, (class_numbers(y_true), class_numbers(y_pred)), 1)
    return counts


def confusion(
    y_true: Any,
    y_pred: Any,
    ax: Any = None,
    *,
    names: Sequence[str] | None = None,
    title: str = "Confusion matrix",
) -> Any:
    """Draw how often each class was taken for each, the shade by the share of the row.

    Args:
        y_true: class numbers or one-hot rows.
        y_pred: class numbers or probabilities.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        names: of the classes, by default their numbers.
        title: above the picture.

    Returns:
        the Axes.

    Raises:
        ValueError: different numbers of rows, fewer names than classes.

    >>> ax = keras.plot.confusion([0, 0, 1], [0, 1, 1], names="ab")
    >>> [text.get_text() for text in ax.texts]
    ['1', '1', '0', '1']
    """
    wanted, found = class_numbers(y_true), class_numbers(y_pred)
    if len(wanted) != len(found):
        raise ValueError(
            "Arguments `y_true` and `y_pred` must have the same number of rows. "
            f"Received: {len(wanted)} and {len(found)}"
        )
    needed = max(wanted.max(initial=-1), found.max(initial=-1)) + 1
    names = [str(number) for number in range(needed)] if names is None else list(names)
    if len(names) < needed:
        raise ValueError(
            f"Argument `names` must name {needed} classes. Received: {len(names)} names"
        )
    ax = axes_or_new(ax)
    counts = confusion_counts(wanted, found, len(names))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = ax.imshow(shares, cmap=SHADES, vmin=0, vmax=1)
    ax.figure.colorbar(image, ax=ax, label="share of the true class", shrink=0.8)
    if len(names) <= 12:
        for (row, column), count in np.ndenumerate(counts):
            ink = "white" if shares[row, column] > 0.5 else "black"
            ax.text(column, row, str(count), ha="center", va="center", color=ink)
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="predicted class", ylabel="true class", title=title)
    return ax


def roc(
    y_true: Any,
    y_score: Any,
    ax: Any = None,
    *,
    names: Sequence[str] | None = None,
    title: str = "ROC curve",
) -> Any:
    """Draw the true positive rate against the false positive rate, with the area under it.

    Args:
        y_true: 0 and 1 of the shape ``(n,)``; for several classes class numbers or one-hot rows.
        y_score: scores of class 1 of the shape ``(n,)``, or of every class ``(n, k)``: then a
            curve for each class against the rest.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        names: of the curves.
        title: above the picture.

    Returns:
        the Axes.

    >>> ax = keras.plot.roc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> ax.lines[0].get_label()
    'class 1, area 0.750'
    """
    scores = np.asarray(y_score, float)
    wanted = class_numbers(y_true)
    if scores.ndim == 1 or scores.shape[-1] == 1:
        curves = {1: scores.reshape(-1)}
    else:
        curves = dict(enumerate(scores.T))
    if len(wanted) != len(scores):
        raise ValueError(
            "Arguments `y_true` and `y_score` must have the same number of rows. "
            f"Received: {len(wanted)} and {len(scores)}"
        )
    labels = [f"class {number}" for number in curves] if names is None else list(names)
    ax = axes_or_new(ax)
    for (number, values), label, style in zip(curves.items(), labels, line_styles(marks=False)):
        false, true = roc_points(wanted == number, values)
        area = float(np.sum(np.diff(false) * (true[1:] + true[:-1]) / 2))
        ax.plot(false, true, **style, label=f"{label}, area {area:.3f}")
    ax.plot([0, 1], [0, 1], color="gray", linewidth=0.8, label="by chance")
    ax.set(xlabel="false positive rate", ylabel="true positive rate", title=title, aspect="equal")
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right", fontsize="small")
    return ax


def roc_points(wanted: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """False and true positive rates as the threshold falls from above the highest score."""
    if wanted.all() or not wanted.any():
        raise ValueError("Argument `y_true` must hold both classes: a rate is a share of each.")
    order = np.argsort(-scores, kind="stable")
    hits, ranked = wanted[order], scores[order]
    # Samples of one score fall on one side of every threshold together.
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    true = np.cumsum(hits)[ends] / hits.sum()
    false = np.cumsum(~hits)[ends] / (~hits).sum()
    return np.append(0.0, false), np.append(0.0, true)


def decision_regions(
    model: Any,
    x: Any,
    y: Any,
    ax: Any = None,
    *,
    names: Sequence[str] | None = None,
    points: int = 200,
    title: str = "Decision regions",
) -> Any:
    """Draw which class a model predicts where in a plane, and the samples on it.

    Args:
        model: a model or function that takes rows of two numbers and gives probabilities, of
            all classes or of class 1.
        x: samples of the shape ``(n, 2)``.
        y: their classes, as numbers or one-hot rows.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        names: of the classes.
        points: of the grid, along each side.
        title: above the picture.

    Returns:
        the Axes.

    >>> x = np.array([[0.0, 0.0], [1.0, 1.0]])
    >>> ax = keras.plot.decision_regions(lambda x: x[:, :1], x, [0, 1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    x, wanted = np.asarray(x, float), class_numbers(y)
    if x.ndim != 2 or x.shape[1] != 2 or len(x) != len(wanted) or not len(x):
        raise ValueError(
            "Argument `x` must have the shape (n, 2) and `y` a class for each row. "
            f"Received: shapes {x.shape} and {np.shape(y)}"
        )
    margin = 0.1 * np.maximum(np.ptp(x, axis=0), 1e-6)
    (left, low), (right, high) = x.min(axis=0) - margin, x.max(axis=0) + margin
    grid = np.meshgrid(np.linspace(left, right, points), np.linspace(low, high, points))
    found = _classes(model, np.stack(grid, axis=-1).reshape(-1, 2)).reshape(points, points)
    count = int(max(found.max(), wanted.max())) + 1
    labels = [f"class {number}" for number in range(count)] if names is None else list(names)
    ax = axes_or_new(ax)
    from matplotlib.colors import ListedColormap

    colours = [COLOURS[number % len(COLOURS)] for number in range(count)]
    ax.imshow(
        found, origin="lower", extent=(left, right, low, high), aspect="auto", alpha=0.3,
        cmap=ListedColormap(colours), vmin=-0.5, vmax=count - 0.5, interpolation="nearest",
    )  # fmt: skip
    for number, label in enumerate(labels):
        own = wanted == number
        mark = MARKS[number % len(MARKS)]
        ax.scatter(
            *x[own].T, c=colours[number], marker=mark, edgecolors="black", linewidths=0.5,
            label=label,
        )  # fmt: skip
    ax.set(xlabel="first input", ylabel="second input", title=title)
    ax.legend(fontsize="small")
    return ax


def _classes(model: Any, rows: np.ndarray) -> np.ndarray:
    y = np.asarray(model(rows) if callable(model) else model.predict(rows))
    if y.ndim > 1 and y.shape[-1] > 1:
        return y.argmax(axis=-1)
    return (y.reshape(-1) > 0.5).astype(int)
