"""How far boxes cover each other."""

from __future__ import annotations

from math import pi
from typing import Any

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.layers.bounding_boxes import convert_format


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Any = None,
) -> Any:
    """The area that two boxes share, by the area that they cover together, for all pairs.

    Args:
        boxes1: boxes of the shape ``(m, 4)`` or ``(batch, m, 4)``.
        boxes2: boxes of the shape ``(n, 4)`` or ``(batch, n, 4)``.
        bounding_box_format: of both (see `convert_format`).
        use_masking: whether pairs with a box of negative numbers get `mask_val`.
        mask_val: see `use_masking`.
        image_shape: height, width and channels of the picture, for relative formats.

    Returns:
        A tensor of the shape ``(m, n)`` or ``(batch, m, n)``.

    >>> box = np.array([[0.0, 0.0, 2.0, 2.0]])
    >>> keras.utils.bounding_boxes.compute_iou(box, box / 2, "xyxy").round(3)
    array([[0.25]], dtype=float32)
    """
    for name, boxes in (("boxes1", boxes1), ("boxes2", boxes2)):
        if len(boxes.shape) not in (2, 3):
            raise ValueError(
                f"Argument `{name}` must have the shape (n, 4) or (batch, n, 4). "
                f"Received: shape {tuple(boxes.shape)}"
            )
    if "rel" in bounding_box_format and image_shape is None:
        raise ValueError(
            "Argument `image_shape` must be given for relative formats. Received: "
            f"bounding_box_format={bounding_box_format!r}, image_shape=None"
        )
    a = ops.expand_dims(_corners(boxes1, bounding_box_format, image_shape), -2)
    b = ops.expand_dims(_corners(boxes2, bounding_box_format, image_shape), -3)
    shared = _area(_shared(a, b))
    iou = shared / (_area(a) + _area(b) - shared + epsilon())
    if not use_masking:
        return iou
    masked = ops.logical_or(ops.max(a, -1) < 0, ops.max(b, -1) < 0)
    return ops.where(masked, ops.cast(mask_val, iou.dtype), iou)


def compute_ciou(
    boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Any = None
) -> Any:
    """The complete IoU of boxes, pair by pair: less for middles apart and for other proportions.

    ``iou - distance² / diagonal² - v * alpha`` with ``v = 4 / pi² * (the angles' difference)²``
    and ``alpha = v / (1 - iou + v)``, of the box that holds both.

    Args:
        boxes1, boxes2: boxes of the shape ``(..., 4)``.
        bounding_box_format: of both, none that is relative (see `convert_format`).
        image_shape: accepted for compatibility.

    Reference: Zheng et al.: Distance-IoU loss, arXiv:1911.08287.

    >>> box = np.array([[0.0, 0.0, 2.0, 2.0]])
    >>> keras.utils.bounding_boxes.compute_ciou(box, box + 1, "xyxy").round(3)
    array([0.032], dtype=float32)
    """
    if "rel" in bounding_box_format:
        raise ValueError(
            "Argument `bounding_box_format` must not be relative. Received: "
            f"bounding_box_format={bounding_box_format!r}. Convert the boxes first."
        )
    a = _corners(boxes1, bounding_box_format, image_shape)
    b = _corners(boxes2, bounding_box_format, image_shape)
    shared = _area(_shared(a, b))
    (wide_a, high_a), (wide_b, high_b) = _sides(a), _sides(b)
    high_a, high_b = high_a + epsilon(), high_b + epsilon()
    iou = shared / (wide_a * high_a + wide_b * high_b - shared + 2 * epsilon())
    around = ops.concatenate(
        [ops.minimum(a[..., :2], b[..., :2]), ops.maximum(a[..., 2:], b[..., 2:])], axis=-1
    )
    wide, high = _sides(around)
    way = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2
    apart = ops.sum(way * way, axis=-1) / (wide * wide + high * high + epsilon())
    angle = ops.arctan(wide_b / high_b) - ops.arctan(wide_a / high_a)
    v = 4 / pi**2 * angle * angle
    return iou - apart - v * v / (v - iou + (1 + epsilon()))


def _corners(boxes: Any, bounding_box_format: str, image_shape: Any) -> Any:
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return convert_format(boxes, bounding_box_format, "xyxy", height=height, width=width)


def _shared(a: Any, b: Any) -> Any:
    """The box that both cover; of no size where they do not."""
    start = ops.maximum(a[..., :2], b[..., :2])
    return ops.concatenate(
        [start, ops.maximum(start, ops.minimum(a[..., 2:], b[..., 2:]))], axis=-1
    )


def _sides(boxes: Any) -> tuple[Any, Any]:
    return boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]


def _area(boxes: Any) -> Any:
    wide, high = _sides(boxes)
    return wide * high
