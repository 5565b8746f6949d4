"""MixUp and CutMix: pictures and labels of a batch mixed with those of another order of it."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.registry import register
from hornlet.layers.image_chance import blocks
from hornlet.layers.pictures import RandomPictureLayer, factor_of


def mixed(x: Any, order: Any, weight: Any) -> Any:
    """``weight * x`` and the rest of ``x`` in another order; ``weight`` is one per sample."""
    weight = ops.reshape(ops.cast(weight, "float32"), (-1,) + (1,) * max(1, len(x.shape) - 1))
    other = ops.take(x, order, axis=0)
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

    def get_random_transformation(
        self, data: Any, training: bool | None = True, seed: Any = None
    ) -> Any:
        if not training:
            return None
        n, _, _ = self.size_of(data)
        seed = self.generator if seed is None else seed
        return {
            "permutation_order": random.shuffle(ops.arange(n, dtype="int32"), seed=seed),
            "mix_weight": random.beta((n,), self.alpha, self.alpha, seed=seed, dtype="float32"),
        }

    def changed(self, x: Any, transformation: Any, training: bool | None) -> Any:
        if not training:
            return x
        return mixed(x, transformation["permutation_order"], transformation["mix_weight"])

    def transform_images(
        self, images: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if not training:
            return images
        return self.as_compute(self.changed(images, transformation, training))

    def transform_labels(
        self, labels: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        return self.changed(labels, transformation, training)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        return self.changed(segmentation_masks, transformation, training)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if not training:
            return bounding_boxes
        order = transformation["permutation_order"]
        both = {
            name: ops.concatenate([x, ops.take(x, order, axis=0)], axis=1)
            for name, x in bounding_boxes.items()
        }
        return {**bounding_boxes, **both}


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

    def __init__(
        self, factor: Any = 1.0, seed: Any = None, data_format: str | None = None, **kwargs: Any
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_of("factor", factor, 0, 1)

    def get_random_transformation(
        self, data: Any, training: bool | None = True, seed: Any = None
    ) -> Any:
        if not training:
            return None
        n, height, width = self.size_of(data)
        seed = self.generator if seed is None else seed
        alpha = self.draw((), *self.factor, seed=seed) + 1e-6
        stays = random.beta((n,), alpha, alpha, seed=seed, dtype="float32")
        side = ops.sqrt(1.0 - stays)
        masks, area = blocks(self, n, height, width, (side, side), seed)
        return {
            "permutation_order": random.shuffle(ops.arange(n, dtype="int32"), seed=seed),
            "batch_masks": masks,
            "mix_weight": 1.0 - area,
        }

    def transform_images(
        self, images: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if training and transformation is not None:
            other = ops.take(images, transformation["permutation_order"], axis=0)
            images = ops.where(transformation["batch_masks"], other, images)
        return self.as_compute(images)

    def transform_labels(
        self, labels: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        if not training or transformation is None:
            return labels
        return mixed(labels, transformation["permutation_order"], transformation["mix_weight"])

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: bool | None = True
    ) -> Any:
        return self.transform_images(segmentation_masks, transformation, training)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: bool | None = True
    ) -> None:
        raise NotImplementedError(
            "`CutMix` has no rule for boxes, as a box may be cut by the pasted rectangle. Leave "
            "'bounding_boxes' out of its input."
        )
