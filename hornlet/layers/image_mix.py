"""MixUp and CutMix: pictures and labels of a batch mixed with those of another order of it."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.registry import register
from hornlet.layers.image_chance import blocks
from hornlet.layers.pictures import RandomPictureLayer, factor_of, uniform


def mixed(x: Any, transformation: Any) -> Any:
    """``weight * x`` and the rest of ``x`` in another order; ``weight`` is one per sample."""
    weight = ops.cast(transformation["mix_weight"], "float32")
    weight = ops.reshape(weight, (-1,) + (1,) * max(1, len(x.shape) - 1))
    other = ops.take(x, transformation["permutation_order"], axis=0)
    return weight * ops.cast(x, weight.dtype) + (1.0 - weight) * ops.cast(other, weight.dtype)


@register("keras.layers")
class MixUp(RandomPictureLayer):
    """Mix each picture with another of the batch: ``y = w * x + (1 - w) * other``.

    The weights ``w`` come from the distribution Beta(alpha, alpha), one for each picture; labels,
    as vectors, and masks are mixed alike. A picture's boxes are those of both.

    Args:
        alpha: parameter of the distribution; small ones give weights near 0 and 1.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        seed: integer or `SeedGenerator`.
        bounding_box_format: how boxes are written, if the input has any.

    Input: a batch of pictures, or a dictionary with `"images"` and `"labels"`. Acts in training
    only. Reference: Zhang et al., 2017, https://arxiv.org/abs/1710.09412

    >>> batch = {"images": np.ones((4, 8, 8, 3)), "labels": np.eye(4)}
    >>> keras.layers.MixUp()(batch, training=True)["labels"].sum(axis=1).round(3)
    array([1., 1., 1., 1.], dtype=float32)
    """

    def __init__(
        self, alpha: float = 0.2, data_format: str | None = None, seed: Any = None, **kwargs: Any
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.alpha = alpha

    def drawn(self, shape: Any, seed: Any) -> Any:
        n = shape[0]
        return {
            "permutation_order": random.shuffle(ops.arange(n, dtype="int32"), seed=seed),
            "mix_weight": random.beta((n,), self.alpha, self.alpha, seed=seed, dtype="float32"),
        }

    def new_images(self, x: Any, transformation: Any) -> Any:
        return self.as_compute(mixed(x, transformation))

    def new_labels(self, x: Any, transformation: Any) -> Any:
        return mixed(x, transformation)

    def new_segmentation_masks(self, x: Any, transformation: Any) -> Any:
        return mixed(x, transformation)

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        order = transformation["permutation_order"]
        return {
            name: ops.concatenate([part, ops.take(part, order, axis=0)], axis=1)
            for name, part in x.items()
        }


@register("keras.layers")
class CutMix(RandomPictureLayer):
    """Paste a rectangle of another picture of the batch into each picture.

    Labels, as vectors, are mixed by the areas: those of the pasted picture count as much as the
    rectangle's share.

    Args:
        factor: largest parameter ``a`` of the distribution Beta(a, a) of the share that stays,
            or a pair of limits, in 0 ... 1.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.

    Input: a batch of pictures, or a dictionary with `"images"` and `"labels"`; there is no rule
    for boxes. Acts in training only. Reference: Yun et al., 2019, https://arxiv.org/abs/1905.04899

    >>> batch = {"images": np.ones((4, 8, 8, 3)), "labels": np.eye(4)}
    >>> keras.layers.CutMix()(batch, training=True)["labels"].sum(axis=1).round(3)
    array([1., 1., 1., 1.], dtype=float32)
    """

    casts = ("images", "segmentation_masks")

    def __init__(
        self, factor: Any = 1.0, seed: Any = None, data_format: str | None = None, **kwargs: Any
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_of("factor", factor, 0, 1)

    def drawn(self, shape: Any, seed: Any) -> Any:
        n, (height, width) = shape[0], self.sides(shape)
        alpha = uniform((), *self.factor, seed=seed) + 1e-6
        stays = random.beta((n,), alpha, alpha, seed=seed, dtype="float32")
        side = ops.sqrt(1.0 - stays)
        masks, area = blocks(n, height, width, (side, side), seed)
        return {
            "permutation_order": random.shuffle(ops.arange(n, dtype="int32"), seed=seed),
            "batch_masks": ops.expand_dims(masks, self.channel_axis),
            "mix_weight": 1.0 - area,
        }

    def new_images(self, x: Any, transformation: Any) -> Any:
        other = ops.take(x, transformation["permutation_order"], axis=0)
        return ops.where(transformation["batch_masks"], other, x)

    new_segmentation_masks = new_images

    def new_labels(self, x: Any, transformation: Any) -> Any:
        return mixed(x, transformation)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: Any = True
    ) -> None:
        raise NotImplementedError(
            "`CutMix` has no rule for boxes, as a box may be cut by the pasted rectangle. Leave "
            "'bounding_boxes' out of its input."
        )
