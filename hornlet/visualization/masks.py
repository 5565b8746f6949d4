"""Segmentation masks, laid over pictures in the colours of their classes."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import standardize_data_format
from hornlet.visualization.gallery import batch_of_pictures, plot_image_gallery


def draw_segmentation_masks(
    images: Any,
    segmentation_masks: Any,
    num_classes: int | None = None,
    color_mapping: dict[int, Any] | None = None,
    alpha: float = 0.8,
    blend: bool = True,
    ignore_index: int = -1,
    data_format: str | None = None,
) -> np.ndarray:
    """Colour the pixels of pictures by their classes.

    Args:
        images: pictures of shape ``(batch, height, width, 3)``, values from 0 to 255.
        segmentation_masks: integers of shape ``(batch, height, width, 1)``.
        num_classes: how many classes there are; by default the largest one in the masks.
        color_mapping: a colour for every class, from 0 to 255.
        alpha: how much of the colour is seen.
        blend: whether the picture shines through; otherwise float32 pictures are returned whose
            pixels with a class have its colour.
        ignore_index: the class of pixels that stay as they are.
        data_format: "channels_last" or "channels_first".

    Raises:
        ValueError: no batch of pictures. TypeError: masks that are no integers.

    >>> masks = np.array([[[[0], [1]]]])
    >>> colors = {0: (100, 0, 0), 1: (0, 0, 200)}
    >>> keras.visualization.draw_segmentation_masks(
    ...     np.zeros((1, 1, 2, 3)), masks, num_classes=2, color_mapping=colors, alpha=0.5)
    array([[[[ 50,   0,   0],
             [  0,   0, 100]]]], dtype=uint8)
    """
    images = batch_of_pictures(images, data_format).astype("float32")
    masks = ops.convert_to_numpy(segmentation_masks)
    if masks.dtype.kind not in "iu":
        raise TypeError(
            "Argument `segmentation_masks` must hold integers. Received: "
            f"segmentation_masks of dtype {masks.dtype}"
        )
    if standardize_data_format(data_format) == "channels_first":
        masks = np.moveaxis(masks, 1, -1)
    masks = masks[..., 0]
    if num_classes is None:
        num_classes = int(masks.max())
    colors = [
        (_color(i) if color_mapping is None else color_mapping[i]) for i in range(num_classes)
    ]
    drawn = images.copy()
    known = (masks >= 0) & (masks < num_classes)
    if colors:
        drawn[known] = np.array(colors, "float32")[masks[known]]
    if not blend:
        return drawn
    mixed = images * (1 - alpha) + drawn * alpha
    return np.where((masks != ignore_index)[..., None], mixed, images).astype("uint8")


def _color(number: int) -> list[int]:
    """A colour that differs from those of the numbers near it."""
    return [number * step % 255 for step in (2**25 - 1, 2**15 - 1, 2**21 - 1)]


def plot_segmentation_mask_gallery(
    images: Any,
    num_classes: int,
    value_range: tuple[float, float] = (0, 255),
    y_true: Any = None,
    y_pred: Any = None,
    color_mapping: dict[int, Any] | None = None,
    blend: bool = True,
    alpha: float = 0.8,
    ignore_index: int = -1,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """Plot pictures below each other, each with its true and its predicted mask beside it.

    Args:
        images: pictures of shape ``(batch, height, width, 3)``.
        num_classes: how many classes there are.
        value_range: the values that are black and white.
        y_true, y_pred: true and predicted masks.
        color_mapping, blend, alpha, ignore_index: as in `draw_segmentation_masks`.
        data_format: "channels_last" or "channels_first".
        kwargs: more arguments of `plot_image_gallery`.

    Raises:
        ValueError: no batch of pictures. ImportError: matplotlib is not installed.

    >>> keras.visualization.plot_segmentation_mask_gallery(
    ...     np.zeros((1, 4, 4, 3)), 2, y_true=np.ones((1, 4, 4, 1), "int32"), show=False)
    """
    pictures = batch_of_pictures(images, data_format)
    columns = [pictures]
    for masks in (y_true, y_pred):
        if masks is not None:
            masks = batch_of_pictures(masks, data_format).astype("int32")
            columns.append(
                draw_segmentation_masks(
                    pictures,
                    masks,
                    num_classes=num_classes,
                    color_mapping=color_mapping,
                    alpha=alpha,
                    blend=blend,
                    ignore_index=ignore_index,
                    data_format="channels_last",
                )
            )
    gallery = np.stack(columns, axis=1).reshape(-1, *pictures.shape[1:])
    plot_image_gallery(
        gallery,
        value_range=value_range,
        rows=len(pictures),
        cols=len(columns),
        data_format="channels_last",
        **kwargs,
    )
