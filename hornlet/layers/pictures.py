"""PictureLayer: what all layers on pictures share, on pictures alone or with what belongs to them.

A subclass defines what is drawn, `get_random_transformation`, and what this does to pictures,
labels, boxes and masks.
"""

from __future__ import annotations

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.config import standardize_data_format
from hornlet.layers.base import Layer
from hornlet.layers.bounding_boxes import densified

PARTS = ("images", "labels", "bounding_boxes", "segmentation_masks")


class PictureLayer(Layer):
    """Base of layers on one picture, a batch of them, or a dictionary of such things.

    A dictionary has `"images"` and may have `"labels"`, `"bounding_boxes"` (a dictionary of
    `"boxes"` and `"labels"`) and `"segmentation_masks"`; all are changed alike.
    """

    def __init__(self, bounding_box_format=None, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.bounding_box_format = bounding_box_format
        self.data_format = standardize_data_format(data_format)
        first = self.data_format == "channels_first"
        self.height_axis, self.width_axis, self.channel_axis = (
            (-2, -1, -3) if first else (-3, -2, -1)
        )
        self._allow_non_tensor_positional_args = True

    def get_random_transformation(self, data, training=True, seed=None):
        """What is drawn for a picture or batch, given to the other methods; None for nothing."""

    def transform_images(self, images, transformation, training=True):
        """A batch of pictures, changed."""
        raise NotImplementedError

    def transform_labels(self, labels, transformation, training=True):
        """The labels of a batch, which most layers leave as they are."""
        return labels

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """The boxes of a batch, which layers that only change colors leave as they are."""
        return bounding_boxes

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """The masks of a batch, which layers that only change colors leave as they are."""
        return segmentation_masks

    def call(self, data, training=True):
        whole = data if isinstance(data, dict) else {"images": data}
        parts = {name: whole[name] for name in PARTS if name in whole}
        images = parts["images"] = ops.convert_to_tensor(parts["images"])
        self.check_rank(images)
        if "bounding_boxes" in parts:
            if not self.bounding_box_format:
                raise ValueError(
                    "The input has 'bounding_boxes', but the layer does not know how they are "
                    f"written. Make it with {type(self).__name__}(bounding_box_format='xyxy') or "
                    "another format."
                )
            parts["bounding_boxes"] = densified(parts["bounding_boxes"])
        single = len(images.shape) == 3
        if single:
            parts = {name: along(lambda x: ops.expand_dims(x, 0), x) for name, x in parts.items()}
        drawn = self.get_random_transformation(parts, training=training)
        new = {
            name: getattr(self, f"transform_{name}")(x, drawn, training=training)
            for name, x in parts.items()
        }
        if single:
            new = {name: along(lambda x: ops.squeeze(x, 0), x) for name, x in new.items()}
        return {**whole, **new} if whole is data else new["images"]

    def check_rank(self, images):
        if len(images.shape) not in (3, 4):
            raise ValueError(
                f"Layer '{self.name}' takes one picture (rank 3) or a batch of them (rank 4). "
                f"Received: an input of shape {tuple(images.shape)}"
            )

    def size_of(self, data):
        """``(batch, height, width)``; one picture is a batch of one."""
        images = data["images"] if isinstance(data, dict) else data
        self.check_rank(images)
        shape = tuple(images.shape)
        n = shape[0] if len(shape) == 4 else 1
        return n, shape[self.height_axis], shape[self.width_axis]

    def in_range(self, images, source, target):
        """Values moved from one range to another."""
        if tuple(source) == tuple(target):
            return images
        low, high = source
        x = (ops.cast(images, self.compute_dtype) - low) / (high - low)
        return x * (target[1] - target[0]) + target[0]

    def get_config(self):
        config = super().get_config()
        if config.get("bounding_box_format") is None:
            config.pop("bounding_box_format", None)
        return config


def along(function, x):
    """``function`` of a tensor, or of the boxes and labels of a dictionary."""
    if isinstance(x, dict):
        return {k: function(v) if k in ("boxes", "labels") else v for k, v in x.items()}
    return function(x)


class RandomPictureLayer(PictureLayer):
    """Base of the layers that draw random numbers, from a generator of their own."""

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def draw(self, shape, low=0.0, high=1.0, *, seed=None):
        """Uniform numbers."""
        seed = self.generator if seed is None else seed
        return random.uniform(shape, low, high, dtype="float32", seed=seed)

    def chosen(self, n, limits, seed=None):
        """For each of ``n`` pictures whether it is changed, with a chance drawn from a range."""
        chance = self.draw((n,), *limits, seed=seed)
        return ops.reshape(ops.less(self.draw((n,), seed=seed), chance), (n, 1, 1, 1))

    def as_compute(self, x):
        return ops.cast(x, self.compute_dtype)


def factor_of(name, factor, low, high):
    """``(lower, upper)`` from a number or a pair in the range ``low ... high``."""
    several = isinstance(factor, (tuple, list))
    values = tuple(factor) if several else (factor,)
    numbers = all(isinstance(x, (int, float)) for x in values)
    if several and numbers and len(values) == 2:
        lower, upper = sorted(values)
        if values[0] <= high and values[1] >= low:
            return lower, upper
    elif not several and numbers and low <= factor <= high:
        return max(-abs(factor), low), abs(factor)
    raise ValueError(
        f"Argument `{name}` must be a number, or two numbers, in the range [{low}, {high}]. "
        f"Received: {name}={factor}"
    )


def range_of(value_range):
    """A range of values as a sorted list of two numbers."""
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
        raise ValueError(
            "Argument `value_range` must be a list of two numbers. Received: "
            f"value_range={value_range}"
        )
    return sorted(value_range)
