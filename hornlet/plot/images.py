"""What a network sees: samples, filters, what a layer gives, and what a class depends on."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np

from hornlet.engine.tape import GradientTape
from hornlet.plot.canvas import INK, SHADES, as_pictures, axes_or_new, mosaic, place


def pictures(
    x: Any,
    labels: Sequence[Any] | None = None,
    predictions: Sequence[Any] | None = None,
    ax: Any = None,
    *,
    columns: int | None = None,
    title: str = "Samples",
) -> Any:
    """Draw pictures in a grid, dark on light, each with its label and what was predicted.

    Args:
        x: pictures of the shape ``(n, height, width)``, or with 1 or 3 channels at the end.
        labels: what stands above each.
        predictions: what stands behind the label and a ">"; wrong ones stand in bold.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        columns: pictures in a row, by default about as many as there are rows.
        title: above the picture.

    Returns:
        the Axes.

    Raises:
        ValueError: no pictures, another number of labels or predictions.

    >>> ax = keras.plot.pictures(np.zeros((2, 4, 4)), "ab", "ac")
    >>> [text.get_text() for text in ax.texts]
    ['a > a', 'b > c']
    """
    x = as_pictures(x)
    for name, given in (("labels", labels), ("predictions", predictions)):
        if given is not None and len(given) != len(x):
            raise ValueError(
                f"Argument `{name}` must hold {len(x)} names, one for each picture. "
                f"Received: {len(given)}"
            )
    columns = columns or ceil(sqrt(len(x)))
    height, width = x.shape[1:3]
    with_words = labels is not None or predictions is not None
    gap = (max(1, round(height * (0.4 if with_words else 0.1))), max(1, round(width * 0.1)))
    ax = axes_or_new(ax)
    _grid(ax, x, columns, gap, INK, title)
    for number in range(len(x) if with_words else 0):
        label = None if labels is None else str(labels[number])
        found = None if predictions is None else str(predictions[number])
        wrong = None not in (label, found) and label != found
        top, left = place(number, columns, height, width, gap)
        words = " > ".join(word for word in (label, found) if word is not None)
        ax.text(
            left + width / 2 - 0.5, top - 0.5, words, ha="center", va="bottom", fontsize=8,
            fontweight="bold" if wrong else "normal",
        )  # fmt: skip
    return ax


def filters(
    layer: Any, ax: Any = None, *, columns: int | None = None, title: str = "Filters"
) -> Any:
    """Draw the filters of a convolution, or of a dense layer that looks at square pictures.

    Args:
        layer: a layer with a `kernel`, or the array itself: of the shape
            ``(height, width, channels, filters)``, whose channels are averaged unless there are
            3, or ``(height * width, units)``.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        columns: filters in a row.
        title: above the picture.

    Returns:
        the Axes.

    >>> ax = keras.plot.filters(np.ones((3, 3, 1, 4)))
    >>> ax.get_title()
    'Filters'
    """
    kernel = np.asarray(getattr(layer, "kernel", layer), float)
    side = round(sqrt(kernel.shape[0])) if kernel.ndim == 2 else 0
    if kernel.ndim == 2 and side * side == kernel.shape[0]:
        kernel = kernel.reshape(side, side, 1, -1)
    if kernel.ndim != 4:
        raise ValueError(
            "Argument `layer` must have a kernel of the shape (height, width, channels, filters), "
            f"or of (height * width, units) for square pictures. Received: shape {kernel.shape}"
        )
    rows = kernel.transpose(3, 0, 1, 2).mean(axis=3)
    limit = float(np.abs(rows).max()) or 1.0
    ax = axes_or_new(ax)
    image = _grid(ax, rows, columns or ceil(sqrt(len(rows))), (1, 1), "PuOr", title)
    image.set_clim(-limit, limit)
    ax.figure.colorbar(image, ax=ax, label="weight", shrink=0.8)
    return ax


def activations(
    y: Any, ax: Any = None, *, columns: int | None = None, title: str = "Activations"
) -> Any:
    """Draw what a layer gives for one sample: a picture for each channel, or a bar for each unit.

    Args:
        y: outputs of one sample of the shape ``(height, width, channels)`` or ``(units,)``, or a
            batch of one: ``keras.Model(model.inputs, layer.output).predict(x[:1])``.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        columns: channels in a row.
        title: above the picture.

    Returns:
        the Axes.

    >>> ax = keras.plot.activations(np.array([[0.0, 2.0, 1.0]]))
    >>> [float(bar.get_height()) for bar in ax.patches]
    [0.0, 2.0, 1.0]
    """
    y = np.asarray(y, float)
    if y.ndim in (2, 4) and y.shape[0] == 1:
        y = y[0]
    if y.ndim not in (1, 3):
        raise ValueError(
            "Argument `y` must be the outputs of one sample, of the shape (height, width, "
            f"channels) or (units,), or a batch of one. Received: shape {y.shape}"
        )
    ax = axes_or_new(ax)
    if y.ndim == 1:
        ax.bar(range(len(y)), y, color="#0072B2")
        ax.set(xlabel="unit", ylabel="output", title=title)
        return ax
    rows = y.transpose(2, 0, 1)
    image = _grid(ax, rows, columns or ceil(sqrt(len(rows))), (1, 1), SHADES, title)
    ax.figure.colorbar(image, ax=ax, label="output", shrink=0.8)
    return ax


def saliency(
    model: Any, x: Any, ax: Any = None, *, class_index: int | None = None, title: str | None = None
) -> Any:
    """Draw on which points of a picture a class depends most: ``|d score / d x|``.

    Args:
        model: takes a batch of pictures and gives scores, of the shape ``(n, classes)``.
        x: one picture as the model takes it.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        class_index: whose score; by default that of the class predicted.
        title: by default names the class.

    Returns:
        the Axes.

    Reference: Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks, arXiv:1312.6034.

    >>> model = keras.Sequential([keras.Input((4, 4)), keras.layers.Flatten(),
    ...     keras.layers.Dense(2)])
    >>> ax = keras.plot.saliency(model, np.ones((4, 4)), class_index=1)
    >>> ax.get_title()
    'What class 1 depends on'
    """
    batch = np.asarray(x)[None].astype("float32")
    with GradientTape() as tape:
        tape.watch(batch)
        scores = model(batch)
        if len(scores.shape) != 2:
            raise ValueError(
                "Argument `model` must give scores of the shape (n, classes). "
                f"Received: shape {tuple(scores.shape)}"
            )
        chosen = int(np.asarray(scores)[0].argmax()) if class_index is None else class_index
        if not 0 <= chosen < scores.shape[1]:
            raise ValueError(
                f"Argument `class_index` must be from 0 to {scores.shape[1] - 1}. "
                f"Received: {class_index!r}"
            )
        score = scores[0, chosen]
    slope = np.abs(np.asarray(tape.gradient(score, batch))[0])
    slope = slope.max(axis=-1) if slope.ndim == 3 else slope
    ax = axes_or_new(ax)
    image = ax.imshow(slope, cmap=SHADES)
    ax.figure.colorbar(image, ax=ax, label="|d score / d x|", shrink=0.8)
    picture = batch[0, ..., 0] if batch.ndim == 4 else batch[0]
    if np.ptp(picture) > 0:
        middle = (float(picture.max()) + float(picture.min())) / 2
        ax.contour(picture, [middle], colors="black", linewidths=0.7)
    ax.set(title=title or f"What class {chosen} depends on", xlabel="column", ylabel="row")
    return ax


def _grid(ax: Any, x: np.ndarray, columns: int, gap: tuple[int, int], shades: str, title: str):
    whole = mosaic(x, columns, gap)
    if whole.ndim == 3:
        top = 255.0 if x.dtype == np.uint8 else 1.0
        whole = np.where(np.isnan(whole), 1.0, whole / top)
    image = ax.imshow(whole, cmap=shades, interpolation="nearest")
    ax.set_axis_off()
    ax.set_title(title)
    return image
