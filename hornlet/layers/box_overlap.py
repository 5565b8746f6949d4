"""How much boxes overlap: intersection over union (IoU), and the complete IoU."""

from __future__ import annotations

from math import pi
from typing import Any

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.layers.bounding_boxes import convert_format, sizes_of


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Any = None,
) -> Any:
    """The intersection of every box with every other one, as a share of their union.

    Args:
        boxes1, boxes2: tensors of shape ``(n, 4)`` or ``(batch, n, 4)``.
        bounding_box_format: how they are written.
        use_masking: whether pairs with a box of negative numbers give `mask_val`.
        mask_val: what they give.
        image_shape: ``(height, width, channels)``, for formats in shares of the picture.

    Returns:
        A tensor of shape ``(n, m)`` or ``(batch, n, m)``.

    >>> from hornlet.layers.box_overlap import compute_iou
    >>> boxes = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0]])
    >>> compute_iou(boxes, boxes, "xyxy").round(3)
    array([[1.   , 0.333],
           [0.333, 1.   ]], dtype=float32)
    """
    for name, boxes in (("boxes1", boxes1), ("boxes2", boxes2)):
        if len(boxes.shape) not in (2, 3):
            raise ValueError(
                f"Argument `{name}` must have the shape (n, 4) or (batch, n, 4). Received: shape "
                f"{tuple(boxes.shape)}"
            )
    needs_no_shares(bounding_box_format, image_shape is not None)
    a, b = corners(boxes1, bounding_box_format, image_shape, boxes2)
    areas = [area(a)[..., :, None], area(b)[..., None, :]]
    a, b = a[..., :, None, :], b[..., None, :, :]
    shared = area_of_both(a, b)
    overlap = ops.divide(shared, areas[0] + areas[1] - shared + epsilon())
    if not use_masking:
        return overlap
    absent = [ops.less(ops.max(boxes, axis=-1), 0.0) for boxes in (a, b)]
    return ops.where(ops.logical_or(*absent), ops.cast(mask_val, overlap.dtype), overlap)


def compute_ciou(
    boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Any = None
) -> Any:
    """The complete IoU of boxes pair by pair: less for middles apart and other proportions.

    ``iou - d^2 / c^2 - a v``: `d` is the distance of the middles, `c` the diagonal of the box
    around both, `v` how much the angles of the diagonals differ, and ``a = v / (1 - iou + v)``.

    Args:
        boxes1, boxes2: tensors of shape ``(..., 4)``.
        bounding_box_format: how they are written, not in shares of the picture.
        image_shape: accepted as in Keras.

    Reference: Zheng et al., 2020, https://arxiv.org/abs/1911.08287

    >>> from hornlet.layers.box_overlap import compute_ciou
    >>> a, b = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])
    >>> compute_ciou(a, b, "xyxy").round(3)
    array([0.256], dtype=float32)
    """
    needs_no_shares(bounding_box_format, False)
    a, b = corners(boxes1, bounding_box_format, image_shape, boxes2)
    tiny = epsilon()
    (w1, h1), (w2, h2) = sides(a), sides(b)
    h1, h2 = h1 + tiny, h2 + tiny
    shared = area_of_both(a, b)
    overlap = shared / (w1 * h1 + w2 * h2 - shared + 2 * tiny)
    around = ops.maximum(a[..., 2:], b[..., 2:]) - ops.minimum(a[..., :2], b[..., :2])
    diagonal = ops.sum(ops.square(around), axis=-1) + tiny
    middles = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2
    distance = ops.sum(ops.square(middles), axis=-1)
    v = 4 / pi**2 * ops.square(ops.arctan(w2 / h2) - ops.arctan(w1 / h1))
    return overlap - (distance / diagonal + v * (v / (v - overlap + 1 + tiny)))


def needs_no_shares(bounding_box_format: str, size_known: bool) -> None:
    if "rel" in bounding_box_format and not size_known:
        raise ValueError(
            "Boxes in shares of the picture need `image_shape`, and have no complete IoU. "
            f"Received: bounding_box_format={bounding_box_format!r}"
        )


def corners(boxes1: Any, source: str, image_shape: Any, boxes2: Any) -> tuple:
    sizes = sizes_of(image_shape)
    return tuple(convert_format(boxes, source, "xyxy", **sizes) for boxes in (boxes1, boxes2))


def sides(boxes: Any) -> tuple:
    size = boxes[..., 2:] - boxes[..., :2]
    return size[..., 0], size[..., 1]


def area(boxes: Any) -> Any:
    width, height = sides(boxes)
    return width * height


def area_of_both(a: Any, b: Any) -> Any:
    """The area that boxes share."""
    size = ops.minimum(a[..., 2:], b[..., 2:]) - ops.maximum(a[..., :2], b[..., :2])
    size = ops.maximum(size, 0)
    return size[..., 0] * size[..., 1]
