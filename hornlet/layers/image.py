"""Layers that fit pictures to a size, CenterCrop and Resizing, and RandomFlip."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.arguments import one_of, positive
from hornlet.layers.bounding_boxes import into_window, largest_window, shifted
from hornlet.layers.pictures import PictureLayer, RandomPictureLayer, per_picture, uniform


@register("keras.layers")
class CenterCrop(PictureLayer):
    """Cut out the middle of pictures; smaller ones are enlarged first.

    Args:
        height, width: size of the output.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.CenterCrop(4, 4)(np.ones((2, 8, 6, 3))).shape
    (2, 4, 4, 3)
    """

    def __init__(self, height: Any, width: Any, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format=data_format, **kwargs)
        self.height = positive("height", height)
        self.width = positive("width", width)

    def drawn(self, shape: Any, seed: Any) -> Any:
        return {"input_shape": shape}

    def enlarges(self, height: Any, width: Any) -> bool:
        return height < self.height or width < self.width

    def new_images(self, x: Any, transformation: Any) -> Any:
        x = self.as_compute(x)
        height, width = self.sides(self.shape_of(x))
        if self.enlarges(height, width):
            return ops.image.resize(
                x, (self.height, self.width), data_format=self.data_format,
                crop_to_aspect_ratio=True,
            )  # fmt: skip
        index = [slice(None)] * len(x.shape)
        for axis, n, m in (
            (self.height_axis, height, self.height), (self.width_axis, width, self.width)
        ):  # fmt: skip
            index[axis] = slice((n - m) // 2, (n - m) // 2 + m)
        return x[tuple(index)]

    new_segmentation_masks = new_images

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        height, width = self.sides(transformation["input_shape"])
        after = self.height, self.width
        window = largest_window(height, width, *after) if self.enlarges(height, width) else after
        move = into_window((height - window[0]) // 2, (width - window[1]) // 2, window, after)
        return self.moved_boxes(x, (height, width), move, after)


@register("keras.layers")
class Resizing(PictureLayer):
    """Resize pictures.

    Args:
        height, width: size of the output.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        crop_to_aspect_ratio: keep the proportions and cut off what is over.
        pad_to_aspect_ratio: keep the proportions and fill what is missing.
        fill_mode, fill_value: how to fill; `"constant"` with `fill_value`.
        antialias: whether to smooth when pictures get smaller.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.Resizing(4, 5)(np.ones((2, 8, 6, 3))).shape
    (2, 4, 5, 3)
    """

    def __init__(
        self,
        height: Any,
        width: Any,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: Any = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.height = positive("height", height)
        self.width = positive("width", width)
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = fill_mode
        self.fill_value = fill_value
        self.antialias = bool(antialias)

    def drawn(self, shape: Any, seed: Any) -> Any:
        return self.sides(shape)

    def resized(self, x: Any, interpolation: str) -> Any:
        return ops.image.resize(
            x,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

    def new_images(self, x: Any, transformation: Any) -> Any:
        return self.resized(x, self.interpolation)

    def new_segmentation_masks(self, x: Any, transformation: Any) -> Any:
        return self.resized(x, "nearest")

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        boxes = x["boxes"]
        # Boxes that only fill up, of zeros or of -1, stay out of it.
        filling = ops.logical_or(
            ops.all(ops.equal(boxes, -1), axis=-1), ops.all(ops.equal(boxes, 0), axis=-1)
        )
        y_scale, x_scale, top, left = self.placement(*transformation)

        def move(whole):
            boxes = whole["boxes"] * np.array([x_scale, y_scale, x_scale, y_scale], "float32")
            boxes = ops.where(filling[..., None], 0.0, shifted(boxes, left, top))
            return {**whole, "boxes": boxes}

        return self.moved_boxes(x, transformation, move, (self.height, self.width))

    def placement(self, height: Any, width: Any) -> Any:
        """Factors of y and x, and where the picture's corner then lies in the output."""
        y_scale, x_scale = self.height / height, self.width / width
        if self.pad_to_aspect_ratio:
            y_scale = x_scale = min(y_scale, x_scale)
        elif self.crop_to_aspect_ratio:
            y_scale = x_scale = max(y_scale, x_scale)
        else:
            return y_scale, x_scale, 0, 0
        top, left = self.height - height * y_scale, self.width - width * x_scale
        if self.pad_to_aspect_ratio:
            return y_scale, x_scale, top // 2, left // 2
        return y_scale, x_scale, -(-top // 2), -(-left // 2)


@register("keras.layers")
class RandomFlip(RandomPictureLayer):
    """Mirror each picture, or not, with equal chances.

    Args:
        mode: `"horizontal"`, `"vertical"` or `"horizontal_and_vertical"`, both at once.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    >>> keras.layers.RandomFlip("horizontal")(np.ones((2, 4, 4, 3)), training=True).shape
    (2, 4, 4, 3)
    """

    casts = ("images", "segmentation_masks")

    def __init__(
        self, mode: str = "horizontal_and_vertical", seed: Any = None,
        data_format: str | None = None, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.mode = one_of("mode", mode, ("horizontal", "vertical", "horizontal_and_vertical"))

    def drawn(self, shape: Any, seed: Any) -> Any:
        flips = ops.less_equal(uniform((shape[0], 1, 1, 1), seed=seed), 0.5)
        return {"flips": flips, "input_shape": shape}

    def new_images(self, x: Any, transformation: Any) -> Any:
        axes = []
        if "horizontal" in self.mode:
            axes.append(self.width_axis)
        if "vertical" in self.mode:
            axes.append(self.height_axis)
        flips = per_picture(transformation["flips"], x)
        return ops.where(flips, ops.flip(x, axis=tuple(axes)), x)

    new_segmentation_masks = new_images

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        def move(whole):
            x1, y1, x2, y2 = ops.split(whole["boxes"], 4, axis=-1)
            if "horizontal" in self.mode:
                x1, x2 = 1 - x2, 1 - x1
            if "vertical" in self.mode:
                y1, y2 = 1 - y2, 1 - y1
            flipped = ops.concatenate([x1, y1, x2, y2], axis=-1)
            flips = per_picture(transformation["flips"], flipped)
            return {**whole, "boxes": ops.where(flips, flipped, whole["boxes"])}

        sides = self.sides(transformation["input_shape"])
        return self.moved_boxes(x, sides, move, kind="rel_xyxy")
