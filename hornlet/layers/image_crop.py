"""RandomCrop, and MaxNumBoundingBoxes, which makes boxes fit into batches."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.registry import register
from hornlet.layers.bounding_boxes import clip_to_image_size, convert_format, shifted
from hornlet.layers.pictures import PictureLayer, RandomPictureLayer


@register("keras.layers")
class RandomCrop(RandomPictureLayer):
    """Cut a window out of the pictures, at a random place that the batch shares.

    Pictures that are not larger than the window are cut about their middle, and resized.

    Args:
        height, width: size of the output.
        seed: integer or `SeedGenerator`; drawn if None.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        name: of the layer.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture, a batch, or a dictionary with `"images"`. Acts in training only: in
    inference pictures are left as they are.

    >>> keras.layers.RandomCrop(4, 5)(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 4, 5, 3)
    """

    def __init__(
        self, height: Any, width: Any, seed: Any = None, data_format: str | None = None,
        name: str | None = None, **kwargs: Any,
    ):  # fmt: skip
        seed = random.make_default_seed() if seed is None else seed
        super().__init__(seed=seed, data_format=data_format, name=name, **kwargs)
        self.height = height
        self.width = width

    def get_random_transformation(
        self, data: Any, training: bool | None = True, seed: Any = None
    ) -> Any:
        _, height, width = self.size_of(data)
        if training and height > self.height and width > self.width:

            def start(n):
                return ops.cast(self.draw((), 0.0, float(n + 1), seed=seed), "int32")

            return start(height - self.height), start(width - self.width), height, width
        # The largest window of the wanted proportions, about the middle.
        window_height = max(1, min(height, int(width * self.height / self.width)))
        window_width = max(1, min(width, int(height * self.width / self.height)))
        return (height - window_height) // 2, (width - window_width) // 2, height, width

    def transform_images(
        self, images: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if not training:
            return images
        x = self.as_compute(images)
        top, left, height, width = transformation
        size = self.window(transformation)
        start, shape = [0] * 4, list(x.shape)
        for axis, first, length in (
            (self.height_axis, top, size[0]), (self.width_axis, left, size[1])
        ):  # fmt: skip
            start[axis], shape[axis] = first, length
        start = [ops.cast(first, "int32") for first in start]
        x = ops.slice(x, ops.stack(start), shape)
        if size != (self.height, self.width):
            x = ops.image.resize(x, (self.height, self.width), data_format=self.data_format)
        return self.as_compute(x)

    def window(self, transformation: Any) -> Any:
        """The size of what is cut out: less than asked for at the border of small pictures."""
        top, left, height, width = transformation
        if isinstance(top, int):
            return min(self.height, height - top), min(self.width, width - left)
        return self.height, self.width

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if not training:
            return bounding_boxes
        top, left, height, width = transformation
        boxes = convert_format(
            bounding_boxes["boxes"], self.bounding_box_format, "xyxy", height=height, width=width
        )
        boxes = shifted(boxes, -ops.cast(left, boxes.dtype), -ops.cast(top, boxes.dtype))
        size = self.window(transformation)
        boxes = convert_format(boxes, "xyxy", "rel_xyxy", height=size[0], width=size[1])
        whole = {**bounding_boxes, "boxes": boxes}
        whole = clip_to_image_size(whole, bounding_box_format="rel_xyxy")
        return convert_format(
            whole, "rel_xyxy", self.bounding_box_format, height=self.height, width=self.width
        )

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        return self.transform_images(segmentation_masks, transformation, training)

    def compute_output_shape(self, input_shape: Any, *args: Any, **kwargs: Any) -> Any:
        shape = list(input_shape)
        shape[self.height_axis], shape[self.width_axis] = self.height, self.width
        return tuple(shape)


@register("keras.layers")
class MaxNumBoundingBoxes(PictureLayer):
    """Give every picture the same number of boxes: further ones are cut off, missing ones added.

    Args:
        max_number: the number of boxes.
        fill_value: what added boxes and labels consist of.
        bounding_box_format: how boxes are written.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input: a dictionary with `"images"` and `"bounding_boxes"`; pictures are left as they are.

    >>> layer = keras.layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
    >>> boxes = {"boxes": np.ones((1, 2, 4)), "labels": np.array([[5, 6]])}
    >>> data = {"images": np.ones((1, 4, 4, 3)), "bounding_boxes": boxes}
    >>> layer(data)["bounding_boxes"]["labels"]
    array([[ 5,  6, -1]])
    """

    _config_exclude = ("fill_value",)

    def __init__(self, max_number: Any, fill_value: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.max_number = int(max_number)
        self.fill_value = int(fill_value)

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool | None = True
    ) -> Any:
        return images

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        def fitted(x):
            x = x[:, : self.max_number]
            margins = [(0, 0)] * len(x.shape)
            margins[1] = (0, self.max_number - x.shape[1])
            return ops.pad(x, margins, constant_values=self.fill_value)

        boxes, labels = (fitted(bounding_boxes[name]) for name in ("boxes", "labels"))
        return {**bounding_boxes, "boxes": boxes, "labels": labels}
