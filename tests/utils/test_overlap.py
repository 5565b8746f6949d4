"""Overlaps of boxes, against Keras."""

import keras
import numpy as np
import pytest

import hornlet

RANDOM = np.random.RandomState(0)


def boxes(*shape):
    start = RANDOM.rand(*shape, 2) * 5
    made = np.concatenate([start, start + RANDOM.rand(*shape, 2) * 5], -1).astype("float32")
    made[..., 0, :] = -1  # what fills up a batch
    return made


@pytest.mark.parametrize(("m", "n"), [((3,), (4,)), ((2, 3), (2, 4)), ((2, 3), (4,))])
@pytest.mark.parametrize("arguments", [
    {"bounding_box_format": "xyxy"}, {"bounding_box_format": "center_xywh"},
    {"bounding_box_format": "rel_yxyx", "image_shape": (10, 20, 3)},
    {"bounding_box_format": "xyxy", "use_masking": True, "mask_val": -2},
])  # fmt: skip
def test_iou(m, n, arguments):
    a, b = boxes(*m), boxes(*n)
    if len(n) < len(m) and "use_masking" in arguments:
        pytest.skip("Keras's mask does not broadcast")
    found = hornlet.utils.bounding_boxes.compute_iou(a, b, **arguments)
    expected = keras.utils.bounding_boxes.compute_iou(a, b, **arguments)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("format", ["xyxy", "xywh"])
def test_ciou(format):
    a, b = boxes(2, 5), boxes(2, 5)
    found = hornlet.utils.bounding_boxes.compute_ciou(a, b, format)
    expected = keras.utils.bounding_boxes.compute_ciou(a, b, format)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_wrong_arguments():
    space = hornlet.utils.bounding_boxes
    for wrong in ((boxes(3)[0], boxes(3), "xyxy"), (boxes(3), boxes(3), "rel_xyxy")):
        with pytest.raises(ValueError):
            space.compute_iou(*wrong)
    with pytest.raises(ValueError):
        space.compute_ciou(boxes(3), boxes(3), "rel_xyxy")
