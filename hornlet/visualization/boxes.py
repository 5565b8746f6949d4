"""Boxes with labels, drawn into pictures."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import standardize_data_format
from hornlet.layers.bounding_boxes import convert_format
from hornlet.plot.canvas import need_matplotlib
from hornlet.visualization.gallery import batch_of_pictures, plot_image_gallery

# Height of letters in points at the font scale 1.
_LETTERS = 22


def draw_bounding_boxes(
    images: Any,
    bounding_boxes: Any,
    bounding_box_format: str,
    class_mapping: dict[int, str] | None = None,
    color: tuple[int, int, int] = (128, 128, 128),
    line_thickness: int = 2,
    text_thickness: int | None = 1,
    font_scale: float = 1.0,
    data_format: str | None = None,
) -> np.ndarray:
    """Draw boxes, and the names of what is in them, into copies of pictures.

    Args:
        images: pictures of shape ``(batch, height, width, 3)``; floats from 0 to 1 or 0 to 255.
        bounding_boxes: a dictionary of `"boxes"` ``(batch, n, 4)`` and `"labels"` ``(batch, n)``,
            of which those of label -1 are none, and perhaps `"confidences"` ``(batch, n)``.
        bounding_box_format: how the boxes are written, as in "xyxy" or "rel_xywh".
        class_mapping: names of the labels; a box whose label has none stays without.
        color: colour of boxes and names, from 0 to 255.
        line_thickness: of the boxes, in pixels.
        text_thickness: of the letters' strokes, in pixels.
        font_scale: size of the letters; 1 is about 22 pixels.
        data_format: where height and width of `images` are read from; as in the settings.

    Returns:
        the pictures, of the dtype uint8.

    Raises:
        ValueError: no batch of pictures, no boxes or labels. TypeError: no dictionary.
        ImportError: names are to be written and Pillow is not installed.

    >>> boxes = {"boxes": np.array([[[1.0, 1.0, 4.0, 4.0]]]), "labels": np.array([[0]])}
    >>> drawn = keras.visualization.draw_bounding_boxes(
    ...     np.zeros((1, 6, 6, 3)), boxes, "xyxy", color=(9, 9, 9), line_thickness=1)
    >>> drawn[0, :, :, 0]
    array([[0, 0, 0, 0, 0, 0],
           [0, 9, 9, 9, 9, 0],
           [0, 9, 0, 0, 9, 0],
           [0, 9, 0, 0, 9, 0],
           [0, 9, 9, 9, 9, 0],
           [0, 0, 0, 0, 0, 0]], dtype=uint8)
    """
    images = batch_of_pictures(images)
    if not isinstance(bounding_boxes, dict):
        raise TypeError(
            "Argument `bounding_boxes` must be a dictionary with 'boxes' and 'labels'. Received: "
            f"{bounding_boxes!r} (of type {type(bounding_boxes).__name__})"
        )
    if not {"boxes", "labels"} <= set(bounding_boxes):
        raise ValueError(
            "Argument `bounding_boxes` must have the keys 'boxes' and 'labels'. Received: "
            f"{sorted(bounding_boxes)}"
        )
    first = 2 if standardize_data_format(data_format) == "channels_first" else 1
    height, width = images.shape[first : first + 2]
    found = convert_format(bounding_boxes["boxes"], bounding_box_format, "xyxy", height, width)
    corners = ops.convert_to_numpy(found).astype("int32")
    labels = np.asarray(bounding_boxes["labels"]).astype("int32")
    confidences = bounding_boxes.get("confidences")
    drawn = _bytes(images)
    for number, picture in enumerate(drawn):
        for index, label in enumerate(labels[number].tolist()):
            if label == -1:
                continue
            corner = corners[number, index].tolist()
            _frame(picture, corner, color, line_thickness)
            if class_mapping and label in class_mapping:
                words = str(class_mapping[label])
                if confidences is not None:
                    words += f" | {float(confidences[number][index]):.2f}"
                thickness = text_thickness or line_thickness
                _write(picture, words, corner, color, font_scale, thickness)
    return drawn


def _bytes(images: np.ndarray) -> np.ndarray:
    if images.dtype.kind == "f" and images.size:
        scale = 255 if images.max() <= 1 else 1
        images = np.clip(images * scale, 0, 255)
    return np.array(images, "uint8")


def _frame(picture: np.ndarray, corners: list[int], color: Any, thickness: int) -> None:
    """Lines whose middle is on the box's edges; what lies outside of the picture is cut off."""
    left, top, right, bottom = corners
    before = thickness // 2
    outer = [max(0, low - before) for low in (top, left)]
    ends = [max(0, high - before + thickness) for high in (bottom, right)]
    inner = [low - before + thickness for low in (top, left)]
    stops = [high - before for high in (bottom, right)]
    box = picture[outer[0] : ends[0], outer[1] : ends[1]]
    kept = np.ones(box.shape[:2], bool)
    rows = slice(max(0, inner[0] - outer[0]), max(0, stops[0] - outer[0]))
    columns = slice(max(0, inner[1] - outer[1]), max(0, stops[1] - outer[1]))
    kept[rows, columns] = False
    box[kept] = color


def _write(
    picture: np.ndarray, words: str, corners: list[int], color: Any, scale: float, thickness: int
) -> None:
    """Write above the box's left upper corner, or into the box where there is no room above."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise ImportError(
            "The names of boxes are written with Pillow, which is not installed: pip install "
            "pillow. Boxes without names (`class_mapping=None`) are drawn without it."
        ) from error
    left, top = corners[:2]
    letter = int(12 * scale)
    place = (left, top - 8)
    if top - 10 - 2 * letter <= 0:
        place = (left + 3, top + 2 * letter + thickness + 3)
    canvas = Image.fromarray(picture)
    font = ImageFont.load_default(size=max(1, round(_LETTERS * scale)))
    ImageDraw.Draw(canvas).text(
        place, words, fill=tuple(color), font=font, anchor="ls", stroke_width=thickness - 1
    )
    picture[:] = np.asarray(canvas)


def plot_bounding_box_gallery(
    images: Any,
    bounding_box_format: str,
    y_true: Any = None,
    y_pred: Any = None,
    value_range: tuple[float, float] = (0, 255),
    true_color: tuple[int, int, int] = (0, 188, 212),
    pred_color: tuple[int, int, int] = (255, 235, 59),
    line_thickness: int = 2,
    font_scale: float = 1.0,
    text_thickness: int | None = None,
    class_mapping: dict[int, str] | None = None,
    ground_truth_mapping: dict[int, str] | None = None,
    prediction_mapping: dict[int, str] | None = None,
    legend: bool = False,
    legend_handles: Any = None,
    rows: int | None = None,
    cols: int | None = None,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """Plot pictures in a grid, with the boxes that are true and those that were predicted.

    Args:
        images: pictures of shape ``(batch, height, width, 3)``.
        bounding_box_format: how the boxes are written.
        y_true, y_pred: true and predicted boxes, as `draw_bounding_boxes` takes them.
        value_range: the values that are black and white.
        true_color, pred_color: their colours.
        line_thickness, font_scale, text_thickness: as in `draw_bounding_boxes`.
        class_mapping: names of the labels, for both.
        ground_truth_mapping, prediction_mapping: names for one of them.
        legend: whether to say which colour is which.
        legend_handles: matplotlib's handles of a legend, instead.
        rows, cols: pictures below and beside each other.
        data_format: "channels_last" or "channels_first".
        kwargs: more arguments of `plot_image_gallery`.

    Raises:
        ValueError: no batch of pictures, both `legend` and `legend_handles`.
        ImportError: matplotlib is not installed.

    >>> boxes = {"boxes": np.array([[[1.0, 1.0, 4.0, 4.0]]]), "labels": np.array([[0]])}
    >>> keras.visualization.plot_bounding_box_gallery(
    ...     np.zeros((1, 6, 6, 3)), "xyxy", y_true=boxes, show=False)
    """
    need_matplotlib()
    if legend and legend_handles:
        raise ValueError("Give one of `legend` and `legend_handles`, not both.")
    drawn = batch_of_pictures(images, data_format)
    draw = partial(
        draw_bounding_boxes,
        bounding_box_format=bounding_box_format,
        line_thickness=line_thickness,
        text_thickness=text_thickness,
        font_scale=font_scale,
        data_format="channels_last",
    )
    for boxes, color, names in (
        (y_true, true_color, ground_truth_mapping),
        (y_pred, pred_color, prediction_mapping),
    ):
        if boxes is not None:
            drawn = draw(drawn, boxes, color=color, class_mapping=names or class_mapping)
    if legend:
        from matplotlib.patches import Patch

        legend_handles = [
            Patch(color=(red / 255, green / 255, blue / 255), label=label)
            for (red, green, blue), label in (
                (true_color, "Ground Truth"),
                (pred_color, "Prediction"),
            )
        ]
    plot_image_gallery(
        drawn,
        value_range=value_range,
        legend_handles=legend_handles,
        rows=rows,
        cols=cols,
        data_format="channels_last",
        **kwargs,
    )
