"""Pictures in a grid, each with what it is and what it was taken for."""

from __future__ import annotations

import io
import os
from math import ceil, sqrt
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import standardize_data_format
from hornlet.base.files import atomic_write
from hornlet.plot.canvas import need_matplotlib


def batch_of_pictures(images: Any, data_format: str | None = "channels_last") -> np.ndarray:
    """`images` as an array of shape ``(batch, height, width, channels)``, checked."""
    images = ops.convert_to_numpy(images)
    if images.ndim != 4:
        raise ValueError(
            "Argument `images` must be a batch of pictures, with four axes. Received: shape "
            f"{images.shape}"
        )
    first = standardize_data_format(data_format) == "channels_first"
    return np.moveaxis(images, 1, -1) if first else images


def plot_image_gallery(
    images: Any,
    y_true: Any = None,
    y_pred: Any = None,
    label_map: dict[Any, str] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: tuple[float, float] = (0, 255),
    scale: float = 2,
    path: Any = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: int = 60,
    legend_handles: Any = None,
    data_format: str | None = None,
) -> None:
    """Plot pictures in a grid.

    Args:
        images: pictures of shape ``(batch, height, width, channels)``.
        y_true, y_pred: labels that are true and that were predicted, written above the pictures.
        label_map: the labels' names.
        rows, cols: pictures below and beside each other; by default about as many of each.
        value_range: the values that are black and white.
        scale: inches of a picture.
        path: where to save the plot; without it the plot is shown.
        show: whether to show it.
        transparent: whether the file has no background.
        dpi: points to an inch, in the file.
        legend_handles: matplotlib's handles of a legend.
        data_format: "channels_last" or "channels_first".

    Raises:
        ValueError: no batch of pictures, both `path` and `show`, labels without names.
        ImportError: matplotlib is not installed.

    >>> keras.visualization.plot_image_gallery(np.zeros((4, 8, 8, 3)), rows=2, cols=2, show=False)
    """
    need_matplotlib()
    if path is not None and show:
        raise ValueError("Give one of `path`, to save the plot, and `show=True`, not both.")
    if label_map is None and not (y_true is None and y_pred is None):
        raise ValueError("Labels, `y_true` and `y_pred`, need names: give `label_map` as well.")
    images = _bytes(batch_of_pictures(images, data_format), value_range)
    rows = rows or ceil(sqrt(len(images)))
    cols = cols or ceil(len(images) / rows)
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        rows,
        cols,
        figsize=(cols * scale, rows * scale),
        frameon=False,
        layout="tight",
        squeeze=False,
        sharex="row",
        sharey="col",
    )
    figure.subplots_adjust(wspace=0, hspace=0)
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="lower center")
    for index, ax in enumerate(axes.flat):
        ax.axis("off")
        ax.margins(x=0, y=0)
        if index < len(images):
            gray = images.shape[-1] == 1
            ax.imshow(
                images[index, ..., 0] if gray else images[index], cmap="gray" if gray else None
            )
            ax.set_title(_title(index, y_true, y_pred, label_map or {}), fontsize=8)
    if path is not None:
        target = os.fspath(path)
        kind = os.path.splitext(target)[1][1:]
        file = io.BytesIO()
        figure.savefig(
            file, format=kind or "png", pad_inches=0, bbox_inches="tight",
            transparent=transparent, dpi=dpi,
        )  # fmt: skip
        atomic_write(target if kind else f"{target}.png", lambda out: out.write(file.getvalue()))
    elif show is None or show:
        pyplot.show()
    pyplot.close(figure)


def _title(index: int, y_true: Any, y_pred: Any, names: dict[Any, str]) -> str:
    parts = []
    for word, labels in (("Label", y_true), ("Pred", y_pred)):
        if labels is not None and index < len(labels):
            parts.append(f"{word}: {names.get(np.asarray(labels)[index].item(), 'Unknown')}")
    return "  ".join(parts)


def _bytes(images: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
    low, high = value_range
    return np.clip((images.astype("float32") - low) * (255 / (high - low)), 0, 255).astype("uint8")
