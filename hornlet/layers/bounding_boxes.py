"""Boxes around things in pictures: formats and their conversion, and what moves boxes.

Boxes are tensors of shape ``(..., 4)``, or dictionaries with `"boxes"` and `"labels"`.
"""

from __future__ import annotations

from math import pi

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import epsilon

# How a box is written: its corners, a corner and its size, or its middle and its size; y first or
# x first.
KINDS = {
    "xyxy": ("corners", False),
    "yxyx": ("corners", True),
    "xywh": ("corner", False),
    "center_xywh": ("center", False),
    "center_yxhw": ("center", True),
}
RELATIVE = ("xyxy", "yxyx", "xywh", "center_xywh")
FORMATS = (*KINDS, *(f"rel_{name}" for name in RELATIVE))


def convert_format(boxes, source, target, height=None, width=None, dtype="float32"):
    """Boxes written in another format.

    Args:
        boxes: tensor of shape ``(..., 4)``, or a dictionary with one under `"boxes"`.
        source, target: `"xyxy"`, `"yxyx"`, `"xywh"` (top left corner and size),
            `"center_xywh"`, `"center_yxhw"`, and `"rel_xyxy"`, `"rel_yxyx"`, `"rel_xywh"`,
            `"rel_center_xywh"`, whose numbers are shares of the picture's size.
        height, width: the picture's size, for conversions from or to shares.
        dtype: dtype of the result.

    >>> from hornlet.layers.bounding_boxes import convert_format
    >>> convert_format(np.array([[1.0, 2.0, 3.0, 6.0]]), "xyxy", "center_xywh")
    array([[2., 4., 2., 4.]], dtype=float32)
    """
    if isinstance(boxes, dict):
        new = convert_format(boxes["boxes"], source, target, height, width, dtype)
        return {**boxes, "boxes": new}
    if boxes.shape[-1] != 4:
        raise ValueError(
            f"`boxes` must have a last axis of size 4. Received: boxes.shape={boxes.shape}"
        )
    source, target = source.lower(), target.lower()
    for name, value in (("source", source), ("target", target)):
        if value not in FORMATS:
            raise ValueError(f"Argument `{name}` must be one of {FORMATS}. Received: {value!r}")
    relative = source.startswith("rel_"), target.startswith("rel_")
    if any(relative) and (height is None or width is None):
        raise ValueError(
            "`height` and `width` must be given to convert from or to shares of the picture. "
            f"Received: source={source!r}, target={target!r}, height={height}, width={width}"
        )
    x = ops.cast(boxes, dtype)
    if source == target:
        return x
    x = to_corners(x, *KINDS[source.removeprefix("rel_")])
    if relative[0] != relative[1]:
        h, w = ops.cast(height, dtype), ops.cast(width, dtype)
        x1, y1, x2, y2 = ops.split(x, 4, axis=-1)
        if relative[0]:
            parts = [x1 * w, y1 * h, x2 * w, y2 * h]
        else:
            parts = [x1 / w, y1 / h, x2 / w, y2 / h]
        x = ops.concatenate(parts, axis=-1)
    return from_corners(x, *KINDS[target.removeprefix("rel_")])


def swapped(x):
    """Boxes with x and y exchanged."""
    return ops.take(x, np.array([1, 0, 3, 2]), axis=-1)


def to_corners(x, kind, y_first):
    if y_first:
        x = swapped(x)
    if kind == "corners":
        return x
    place, size = x[..., :2], x[..., 2:]
    start = place - size / 2 if kind == "center" else place
    return ops.concatenate([start, start + size], axis=-1)


def from_corners(x, kind, y_first):
    if kind != "corners":
        start, size = x[..., :2], x[..., 2:] - x[..., :2]
        place = start + size / 2 if kind == "center" else start
        x = ops.concatenate([place, size], axis=-1)
    return swapped(x) if y_first else x


def clip_to_image_size(bounding_boxes, height=None, width=None, bounding_box_format="xyxy"):
    """Boxes cut off at the picture's border; labels of those that are empty then become -1.

    >>> from hornlet.layers.bounding_boxes import clip_to_image_size
    >>> boxes = {"boxes": np.array([[[-1.0, 0.0, 3.0, 9.0], [7.0, 0.0, 8.0, 2.0]]]),
    ...          "labels": np.array([[1, 2]])}
    >>> clip_to_image_size(boxes, height=5, width=6)["labels"]
    array([[ 1, -1]])
    """
    if bounding_box_format not in ("xyxy", "rel_xyxy"):
        raise NotImplementedError(
            "Boxes are clipped in the formats 'xyxy' and 'rel_xyxy'. Received: "
            f"bounding_box_format={bounding_box_format!r}"
        )
    if bounding_box_format == "rel_xyxy":
        height = width = 1.0
    elif height is None or width is None:
        raise ValueError("`height` and `width` must be given with bounding_box_format='xyxy'.")
    boxes = limited(bounding_boxes["boxes"], height, width)
    new = {**bounding_boxes, "boxes": boxes}
    labels = bounding_boxes.get("labels")
    if labels is not None:
        sizes = boxes[..., 2:] - boxes[..., :2]
        new["labels"] = ops.where(sizes[..., 0] * sizes[..., 1] > 0, labels, -1)
    return new


def limited(boxes, height, width):
    """Corners moved inside ``0 ... width`` and ``0 ... height``."""
    x1, y1, x2, y2 = ops.split(boxes, 4, axis=-1)
    h, w = ops.cast(height, boxes.dtype), ops.cast(width, boxes.dtype)
    parts = [ops.clip(x, 0, limit) for x, limit in ((x1, w), (y1, h), (x2, w), (y2, h))]
    return ops.concatenate(parts, axis=-1)


def only_corners(bounding_box_format):
    if bounding_box_format != "xyxy":
        raise NotImplementedError(
            "Boxes are moved in the format 'xyxy'. Received: "
            f"bounding_box_format={bounding_box_format!r}"
        )


def shifted(boxes, left, top):
    """Boxes moved by ``left`` and ``top``, which broadcast against ``(..., 1)``."""
    x1, y1, x2, y2 = ops.split(boxes, 4, axis=-1)
    return ops.concatenate([x1 + left, y1 + top, x2 + left, y2 + top], axis=-1)


def crop(boxes, top, left, height, width, bounding_box_format="xyxy"):
    """Boxes as they stand in a part of the picture, cut off at its border.

    >>> from hornlet.layers.bounding_boxes import crop
    >>> crop(np.array([[1.0, 2.0, 7.0, 8.0]]), top=1, left=2, height=4, width=3)
    array([[0., 1., 3., 4.]])
    """
    only_corners(bounding_box_format)
    return limited(shifted(boxes, -left, -top), height, width)


def largest_window(height, width, window_height, window_width):
    """The largest window of given proportions in a picture, as ``(height, width)``."""
    return (
        max(1, min(height, int(width * window_height / window_width))),
        max(1, min(width, int(height * window_width / window_height))),
    )


def into_window(top, left, window, after):
    """What takes dictionaries of boxes into a window of the picture, which is then resized."""
    scale = np.array([after[1] / window[1], after[0] / window[0]] * 2, "float32")

    def move(whole):
        boxes = whole["boxes"]
        boxes = shifted(boxes, *(-ops.cast(x, boxes.dtype) for x in (left, top)))
        return {**whole, "boxes": boxes * scale}

    return move


def pad(boxes, top, left, height=None, width=None, bounding_box_format="xyxy"):
    """Boxes as they stand in the picture with a margin added.

    >>> from hornlet.layers.bounding_boxes import pad
    >>> pad(np.array([[1.0, 2.0, 7.0, 8.0]]), top=1, left=2)
    array([[3., 3., 9., 9.]])
    """
    only_corners(bounding_box_format)
    return shifted(boxes, left, top)


def affine_transform(
    boxes, angle, translate_x, translate_y, scale, shear_x, shear_y, height, width,
    center_x=None, center_y=None, bounding_box_format="xyxy",
):  # fmt: skip
    """The boxes around boxes that are turned, moved, scaled and sheared about a middle.

    Args:
        boxes: tensor of shape ``(batch, n, 4)``.
        angle, shear_x, shear_y: degrees, one for each picture.
        translate_x, translate_y: shares of the size, one for each picture.
        scale: one factor for each picture.
        height, width: the picture's size.
        center_x, center_y: the middle, in shares of the size, 0.5 by default.
        bounding_box_format: must be `"xyxy"`.

    >>> from hornlet.layers.bounding_boxes import affine_transform
    >>> zero, one = np.zeros(1), np.ones(1)
    >>> box = np.array([[[0.0, 0.0, 2.0, 1.0]]])
    >>> affine_transform(box, zero + 180, zero, zero, one, zero, zero, 5, 5).round(3)
    array([[[2., 3., 4., 4.]]])
    """
    only_corners(bounding_box_format)
    cx = (0.5 if center_x is None else center_x) * (width - 1)
    cy = (0.5 if center_y is None else center_y) * (height - 1)
    rotation, sx, sy = (-x * (pi / 180.0) for x in (angle, shear_x, shear_y))
    turn = rotation - sy
    a, c = ops.cos(turn) / ops.cos(sy), -ops.sin(turn) / ops.cos(sy)
    b, d = a * ops.tan(sx) + ops.sin(rotation), ops.cos(rotation) - c * ops.tan(sx)
    a0, a1, b0, b1 = d * scale, -b * scale, -c * scale, a * scale
    x0, y0 = cx - translate_x * (width - 1), cy - translate_y * (height - 1)
    a2, b2 = cx - a0 * x0 - a1 * y0, cy - b0 * x0 - b1 * y0
    a0, a1, a2, b0, b1, b2 = (ops.reshape(v, (-1, 1, 1)) for v in (a0, a1, a2, b0, b1, b2))
    boxes = ops.cast(boxes, a0.dtype)
    x = ops.take(boxes, np.array([0, 2, 2, 0]), axis=-1)
    y = ops.take(boxes, np.array([1, 1, 3, 3]), axis=-1)
    return around_points(a0 * x + a1 * y + a2, b0 * x + b1 * y + b2)


def around_points(x, y):
    """The smallest boxes around points, which lie along the last axis of ``x`` and ``y``."""
    return ops.stack([ops.min(x, -1), ops.min(y, -1), ops.max(x, -1), ops.max(y, -1)], axis=-1)


def encode_box_to_deltas(
    anchors, boxes, anchor_format, box_format, encoding_format="center_yxhw", variance=None,
    image_shape=None,
):  # fmt: skip
    """What takes anchors to boxes: the middle's way in shares of the size, and log ratios of sizes.

    >>> from hornlet.layers.bounding_boxes import encode_box_to_deltas
    >>> anchor, box = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])
    >>> encode_box_to_deltas(anchor, box, "xyxy", "xyxy")
    array([[0. , 0.5, 0. , 0. ]], dtype=float32)
    """
    variance = checked_variance(variance, encoding_format)
    sizes = sizes_of(image_shape)
    anchors = convert_format(anchors, anchor_format, encoding_format, **sizes)
    boxes = convert_format(boxes, box_format, encoding_format, **sizes)
    size = ops.maximum(anchors[..., 2:], epsilon())
    way = (boxes[..., :2] - anchors[..., :2]) / size
    growth = ops.log(ops.maximum(boxes[..., 2:], epsilon()) / size)
    deltas = ops.concatenate([way, growth], axis=-1)
    return deltas if variance is None else deltas / variance


def decode_deltas_to_boxes(
    anchors, boxes_delta, anchor_format, box_format, encoded_format="center_yxhw", variance=None,
    image_shape=None,
):  # fmt: skip
    """The boxes that `encode_box_to_deltas` encoded; dictionaries are decoded level by level.

    >>> from hornlet.layers.bounding_boxes import decode_deltas_to_boxes
    >>> anchor, deltas = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[0.0, 0.5, 0.0, 0.0]])
    >>> decode_deltas_to_boxes(anchor, deltas, "xyxy", "xyxy")
    array([[1., 0., 3., 2.]])
    """
    variance = checked_variance(variance, encoded_format)
    sizes = sizes_of(image_shape)

    def decoded(anchor, delta):
        anchor = convert_format(anchor, anchor_format, encoded_format, **sizes)
        delta = delta if variance is None else delta * variance
        size = anchor[..., 2:]
        place = delta[..., :2] * size + anchor[..., :2]
        box = ops.concatenate([place, ops.exp(delta[..., 2:]) * size], axis=-1)
        return convert_format(box, encoded_format, box_format, dtype=box.dtype.name, **sizes)

    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        return {level: decoded(anchor, boxes_delta[level]) for level, anchor in anchors.items()}
    return decoded(anchors, boxes_delta)


def checked_variance(variance, encoding_format):
    if encoding_format not in ("center_xywh", "center_yxhw"):
        raise ValueError(
            "Boxes are encoded as 'center_xywh' or 'center_yxhw'. Received: "
            f"{encoding_format!r}"
        )  # fmt: skip
    if variance is None:
        return None
    variance = ops.convert_to_tensor(variance, dtype="float32")
    if variance.shape[-1] != 4:
        raise ValueError(f"Argument `variance` must be four numbers. Received: {variance}")
    return variance


def sizes_of(image_shape):
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return {"height": height, "width": width}


def densified(bounding_boxes):
    """Boxes in float32 and their labels as tensors; lists of different lengths are filled up.

    Boxes that fill up are zeros, their labels -1.
    """
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
        raise ValueError(
            "`bounding_boxes` must be a dictionary with the keys 'boxes' and 'labels'. Received: "
            f"bounding_boxes={bounding_boxes}"
        )
    boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
    if isinstance(boxes, list) and isinstance(labels, list):
        if len(boxes) != len(labels):
            raise ValueError(
                "Lists of boxes and of labels must have one length. Received: "
                f"{len(boxes)} boxes and {len(labels)} labels"
            )
        if boxes and isinstance(labels[0], (list, tuple)):
            n = max(map(len, labels))
            boxes = [[*b, *[[0.0] * 4] * (n - len(b))] for b in boxes]
            labels = [[*row, *[-1] * (n - len(row))] for row in labels]
    boxes = ops.convert_to_tensor(boxes, dtype="float32")
    labels = ops.convert_to_tensor(labels)
    if len(boxes.shape) not in (2, 3) or len(labels.shape) not in (
        len(boxes.shape) - 1, len(boxes.shape),
    ):  # fmt: skip
        raise ValueError(
            "Boxes have the shape (n, 4) or (batch, n, 4), and labels one number for each. "
            f"Received: boxes of shape {boxes.shape}, labels of shape {labels.shape}"
        )
    return {**bounding_boxes, "boxes": boxes, "labels": labels}


def homography(starts, ends):
    """The matrices ``(batch, 3, 3)`` that take four points ``(batch, 4, 2)`` to four others.

    A point ``(x, y, 1)`` goes to ``(u, v, 1)``, up to a factor.
    """
    x, y = ops.unstack(starts, 2, axis=-1)
    u, v = ops.unstack(ends, 2, axis=-1)
    one, zero = ops.ones_like(x), ops.zeros_like(x)
    rows_u = ops.stack([x, y, one, zero, zero, zero, -u * x, -u * y], axis=-1)
    rows_v = ops.stack([zero, zero, zero, x, y, one, -v * x, -v * y], axis=-1)
    found = ops.solve(
        ops.concatenate([rows_u, rows_v], axis=1), ops.concatenate([u, v], axis=1)[..., None]
    )
    last = ops.ones_like(found[:, :1, 0])
    return ops.reshape(ops.concatenate([found[..., 0], last], axis=1), (-1, 3, 3))
