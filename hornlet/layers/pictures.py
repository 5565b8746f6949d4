"""PictureLayer: what all layers on pictures share, on pictures alone or with what belongs to them.

A subclass says what it draws, `drawn`, and what this does to the parts of a batch: `new_images`,
`new_labels`, `new_bounding_boxes`, `new_segmentation_masks`. The public hooks around these decide
whether anything is to be done, and take one picture as a batch of one.
"""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.config import standardize_data_format
from hornlet.layers.base import Layer
from hornlet.layers.bounding_boxes import clip_to_image_size, convert_format, densified

# The parts of a dictionary, and what one picture has of each.
PARTS = {
    "images": "image",
    "labels": "label",
    "bounding_boxes": "bounding_box",
    "segmentation_masks": "segmentation_mask",
}


class PictureLayer(Layer):
    """Base of layers on one picture, a batch of them, or a dictionary of such things.

    A dictionary has `"images"` and may have `"labels"`, `"bounding_boxes"` (a dictionary of
    `"boxes"` and `"labels"`) and `"segmentation_masks"`; all are changed alike.
    """

    casts: tuple[str, ...] = ()  # the parts that become floating even where they are left alone

    def __init__(self, bounding_box_format=None, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.bounding_box_format = bounding_box_format
        self.data_format = standardize_data_format(data_format)
        first = self.data_format == "channels_first"
        self.height_axis, self.width_axis, self.channel_axis = (
            (-2, -1, -3) if first else (-3, -2, -1)
        )
        self._allow_non_tensor_positional_args = True

    # What a subclass defines.

    def idle(self, transformation: Any, training: Any) -> bool:
        """Whether everything is left as it is."""
        return False

    def drawn(self, shape: Any, seed: Any) -> Any:
        """What the changes of a batch of this shape depend on."""

    def new_images(self, x: Any, transformation: Any) -> Any:
        raise NotImplementedError

    def new_labels(self, x: Any, transformation: Any) -> Any:
        return x

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        return x

    def new_segmentation_masks(self, x: Any, transformation: Any) -> Any:
        return x

    # What a user calls and overrides.

    def get_random_transformation(self, data: Any, training: Any = True, seed: Any = None) -> Any:
        """What the other methods need to know of a picture or batch; None for nothing."""
        return self.drawn(self.shape_of(data), seed)

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """A batch of pictures, changed."""
        return self.changed("images", images, transformation, training)

    def transform_labels(
        self, labels: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The labels of a batch, which most layers leave as they are."""
        return self.changed("labels", labels, transformation, training)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The boxes of a batch, which layers that only change colors leave as they are."""
        return self.changed("bounding_boxes", bounding_boxes, transformation, training)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The masks of a batch, which layers that only change colors leave as they are."""
        return self.changed("segmentation_masks", segmentation_masks, transformation, training)

    def transform_single_image(self, image: Any, transformation: Any, training: Any = True) -> Any:
        """One picture, changed."""
        return self.single(self.transform_images, image, transformation, training)

    def transform_single_label(self, label: Any, transformation: Any, training: Any = True) -> Any:
        """The label of one picture."""
        return self.single(self.transform_labels, label, transformation, training)

    def transform_single_bounding_box(
        self, bounding_box: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The boxes of one picture and their labels."""
        return self.single(self.transform_bounding_boxes, bounding_box, transformation, training)

    def transform_single_segmentation_mask(
        self, segmentation_mask: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The mask of one picture."""
        method = self.transform_segmentation_masks
        return self.single(method, segmentation_mask, transformation, training)

    # The mechanism.

    def call(self, data, training=True):
        whole = data if isinstance(data, dict) else {"images": data}
        parts = {name: whole[name] for name in PARTS if name in whole}
        images = parts["images"] = ops.convert_to_tensor(parts["images"])
        if "bounding_boxes" in parts:
            if not self.bounding_box_format:
                raise ValueError(
                    "The input has 'bounding_boxes', but the layer does not know how they are "
                    f"written. Make it with {type(self).__name__}(bounding_box_format='xyxy') or "
                    "another format."
                )
            parts["bounding_boxes"] = densified(parts["bounding_boxes"])
        given = {**whole, **parts} if whole is data else images
        transformation = self.get_random_transformation(given, training=training)
        single = len(images.shape) == 3
        new = {}
        for name, x in parts.items():
            hook = f"transform_single_{PARTS[name]}" if single else f"transform_{name}"
            new[name] = getattr(self, hook)(x, transformation, training=training)
        return {**whole, **new} if whole is data else new["images"]

    def changed(self, part, x, transformation, training):
        """What the subclass makes of a part, where it does anything at all."""
        if part in self.casts:
            x = self.as_compute(x)
        if self.idle(transformation, training):
            return x
        return getattr(self, f"new_{part}")(x, transformation)

    def single(self, function, x, transformation, training):
        """``function`` of a batch of one."""
        y = function(along(lambda v: ops.expand_dims(v, 0), x), transformation, training=training)
        return along(lambda v: ops.squeeze(v, 0), y)

    def shape_of(self, data):
        """The shape of a batch of pictures; one picture is a batch of one."""
        shape = tuple((data["images"] if isinstance(data, dict) else data).shape)
        if len(shape) not in (3, 4):
            raise ValueError(
                f"Layer '{self.name}' takes one picture (rank 3) or a batch of them (rank 4). "
                f"Received: an input of shape {shape}"
            )
        return shape if len(shape) == 4 else (1, *shape)

    def sides(self, shape):
        """Height and width."""
        return shape[self.height_axis], shape[self.width_axis]

    def moved_boxes(self, bounding_boxes, before, move, after=None, kind="xyxy"):
        """Boxes that ``move`` takes from pictures of one height and width to those of another.

        It is given them as corners, in pixels or, with ``kind="rel_xyxy"``, in shares of the
        sides. What it moves out of the picture is cut off.
        """
        own, after = self.bounding_box_format, before if after is None else after
        whole = move(convert_format(bounding_boxes, own, kind, *before))
        whole = clip_to_image_size(whole, *after, bounding_box_format=kind)
        return convert_format(whole, kind, own, *after)

    def as_compute(self, x):
        return ops.cast(x, self.compute_dtype)

    def in_range(self, images, source, target):
        """Values moved from one range to another."""
        if tuple(source) == tuple(target):
            return images
        low, high = source
        x = (self.as_compute(images) - low) / (high - low)
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
    """Base of the layers that draw random numbers, in training, from a generator of their own."""

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def idle(self, transformation: Any, training: Any) -> bool:
        return not training or transformation is None

    def get_random_transformation(self, data: Any, training: Any = True, seed: Any = None) -> Any:
        if not training:
            return None
        return self.drawn(self.shape_of(data), self.generator if seed is None else seed)


def uniform(shape, low=0.0, high=1.0, *, seed):
    """Uniform numbers in float32."""
    return random.uniform(shape, low, high, dtype="float32", seed=seed)


def chosen(n, limits, seed):
    """For each of ``n`` pictures whether it is changed, with a chance drawn from a range."""
    chance = uniform((n,), *limits, seed=seed)
    return ops.less(uniform((n,), seed=seed), chance)


def per_picture(x, parts):
    """One number for each picture, as a tensor that broadcasts against these parts of each."""
    return ops.reshape(x, (-1,) + (1,) * (len(parts.shape) - 1))


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
