"""RandomCrop, and MaxNumBoundingBoxes, which makes boxes fit into batches."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.registry import register
from hornlet.layers.bounding_boxes import into_window, largest_window
from hornlet.layers.pictures import PictureLayer, RandomPictureLayer, uniform


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

    _convert_input_args = False  # what is left as it is keeps its dtype

    def __init__(
        self, height: Any, width: Any, seed: Any = None, data_format: str | None = None,
        name: str | None = None, **kwargs: Any,
    ):  # fmt: skip
        seed = random.make_default_seed() if seed is None else seed
        super().__init__(seed=seed, data_format=data_format, name=name, **kwargs)
        self.height = height
        self.width = width

    def drawn(self, shape: Any, seed: Any) -> Any:
        height, width = self.sides(shape)
        if height > self.height and width > self.width:

            def start(n):
                return ops.cast(uniform((), 0.0, float(n + 1), seed=seed), "int32")

            return start(height - self.height), start(width - self.width), height, width
        window = largest_window(height, width, self.height, self.width)
        return (height - window[0]) // 2, (width - window[1]) // 2, height, width

    def new_images(self, x: Any, transformation: Any) -> Any:
        x = self.as_compute(x)
        top, left = transformation[:2]
        size = self.window(top, left, *self.sides(self.shape_of(x)))
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

    new_segmentation_masks = new_images

    def window(self, top: Any, left: Any, height: Any, width: Any) -> Any:
        """The size of what is cut out: less than asked for at the border of small pictures."""
        if isinstance(top, int):
            return min(self.height, height - top), min(self.width, width - left)
        return self.height, self.width

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        top, left, *sides = transformation
        after = self.height, self.width
        move = into_window(top, left, self.window(*transformation), after)
        return self.moved_boxes(x, sides, move, after)

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

    def new_images(self, x: Any, transformation: Any) -> Any:
        return x

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        def fitted(part):
            part = part[:, : self.max_number]
            margins = [(0, 0)] * len(part.shape)
            margins[1] = (0, self.max_number - part.shape[1])
            return ops.pad(part, margins, constant_values=self.fill_value)

        boxes, labels = (fitted(x[name]) for name in ("boxes", "labels"))
        return {**x, "boxes": boxes, "labels": labels}
