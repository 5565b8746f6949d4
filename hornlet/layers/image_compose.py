"""Layers made of other layers on pictures: RandomColorJitter, RandAugment, AugMix."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.registry import register
from hornlet.layers.image_affine import RandomRotation, RandomShear, RandomTranslation
from hornlet.layers.image_color import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
    RandomHue,
    RandomPosterization,
    RandomSaturation,
    RandomSharpness,
)
from hornlet.layers.image_tone import AutoContrast, Equalization, Solarization
from hornlet.layers.pictures import RandomPictureLayer, factor_of


@register("keras.layers")
class RandomColorJitter(RandomPictureLayer):
    """Change brightness, contrast, saturation and hue of each picture, one after the other.

    Args:
        value_range: lowest and highest value of a pixel.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: `factor` of
            `RandomBrightness`, `RandomContrast`, `RandomSaturation` and `RandomHue`; None
            leaves that step out.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture of three channels, a batch, or a dictionary with `"images"`. Acts in
    training only.

    >>> layer = keras.layers.RandomColorJitter(brightness_factor=0.1, hue_factor=0.1)
    >>> layer(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = value_range
        self.brightness_factor = brightness_factor
        self.contrast_factor = contrast_factor
        self.saturation_factor = saturation_factor
        self.hue_factor = hue_factor
        for name, cls in (
            ("brightness", RandomBrightness),
            ("contrast", RandomContrast),
            ("saturation", RandomSaturation),
            ("hue", RandomHue),
        ):
            factor = getattr(self, f"{name}_factor")
            layer = None
            if factor is not None:
                layer = cls(
                    factor=factor, value_range=value_range, seed=seed, dtype=self.dtype_policy,
                    data_format=self.data_format,
                )  # fmt: skip
            setattr(self, f"random_{name}", layer)

    def steps(self) -> Any:
        layers = (
            self.random_brightness, self.random_contrast, self.random_saturation, self.random_hue,
        )  # fmt: skip
        return [layer for layer in layers if layer is not None]

    def build(self, input_shape: Any) -> None:
        for layer in self.steps():
            layer.build(input_shape)

    def idle(self, transformation: Any, training: Any) -> bool:
        return not training

    def new_images(self, x: Any, transformation: Any) -> Any:
        x = self.as_compute(x)
        for layer in self.steps():
            x = layer.transform_images(x, layer.get_random_transformation(x))
        return self.as_compute(x)


class Composed(RandomPictureLayer):
    """Base of the layers that choose among others, `names`, at run time."""

    names: tuple[str, ...] = ()
    casts = ("images",)

    def make_layers(self, names: Any, dtype: Any) -> None:
        """Set the layers of these names as attributes; all take their strength from `factor`."""
        ranged = {"value_range": self.value_range}
        factored = {"factor": self.factor, **ranged}
        moved = {"interpolation": self.interpolation}
        recipes = {
            "random_shear": (
                RandomShear, {"x_factor": self.factor, "y_factor": self.factor, **moved},
            ),
            "random_translation": (
                RandomTranslation,
                {"height_factor": self.factor, "width_factor": self.factor, **moved},
            ),
            "random_rotation": (RandomRotation, {"factor": self.factor, **moved}),
            "random_brightness": (RandomBrightness, factored),
            "random_color_degeneration": (RandomColorDegeneration, factored),
            "random_contrast": (RandomContrast, factored),
            "random_sharpness": (RandomSharpness, factored),
            "random_posterization": (
                RandomPosterization, {"factor": max(1, int(8 * self.factor[1])), **ranged},
            ),
            "solarization": (
                Solarization,
                {"addition_factor": self.factor, "threshold_factor": self.factor, **ranged},
            ),
            "auto_contrast": (AutoContrast, ranged),
            "equalization": (Equalization, ranged),
        }  # fmt: skip
        self.names = tuple(names)
        for name in names:
            cls, arguments = recipes[name]
            if issubclass(cls, RandomPictureLayer):
                arguments = {"seed": self.seed, **arguments}
            layer = cls(
                dtype=dtype, data_format=self.data_format,
                bounding_box_format=self.bounding_box_format, **arguments,
            )  # fmt: skip
            setattr(self, name, layer)

    def build(self, input_shape: Any) -> None:
        for name in self.names:
            getattr(self, name).build(input_shape)

    def drawn_for_all(self, shape: Any, seed: Any) -> Any:
        """What each of the layers would use, by name."""
        return {name: getattr(self, name).drawn(shape, seed) for name in self.names}

    def applied(self, part: Any, index: Any, drawn: Any, x: Any) -> Any:
        """The part of the input as layer number ``index`` changes it; one beyond leaves it."""

        def branch(name, numbers):
            function = getattr(getattr(self, name), f"transform_{part}")
            return lambda x: cast_like(function(x, numbers), x)

        branches = [branch(name, drawn[name]) for name in self.names]
        return ops.switch(index, [*branches, lambda x: x], x)


def cast_like(y: Any, x: Any) -> Any:
    """``y`` in the dtype of ``x``; boxes and their labels alike."""
    if isinstance(x, dict):
        return {name: cast_like(value, x[name]) for name, value in y.items()}
    return ops.cast(y, x.dtype)


@register("keras.layers")
class RandAugment(Composed):
    """Apply to each batch `num_ops` layers, chosen at random among eleven.

    They shear, move, rotate, change brightness, color, contrast and sharpness, posterize,
    solarize, stretch contrast and equalize.

    Args:
        value_range: lowest and highest value of a pixel.
        num_ops: number of layers applied one after the other.
        factor: strength of all of them, or a pair of limits, in 0 ... 1.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture of three channels, a batch, or a dictionary with `"images"`. Acts in
    training only. Reference: Cubuk et al., 2019, https://arxiv.org/abs/1909.13719

    >>> keras.layers.RandAugment()(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: Any = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = value_range
        self.num_ops = num_ops
        self.factor = factor_of("factor", factor, 0, 1)
        self.interpolation = interpolation
        names: tuple[str, ...] = (
            "random_shear", "random_translation", "random_rotation", "random_brightness",
            "random_color_degeneration", "random_contrast", "random_sharpness",
            "random_posterization", "solarization", "auto_contrast", "equalization",
        )  # fmt: skip
        self.make_layers(names, kwargs.get("dtype"))

    def drawn(self, shape: Any, seed: Any) -> Any:
        return {
            "layer_idxes": random.randint((self.num_ops,), 0, len(self.names), seed=seed),
            "transforms": self.drawn_for_all(shape, seed),
        }

    def chained(self, part: str, x: Any, transformation: Any) -> Any:
        for i in range(self.num_ops):
            index = transformation["layer_idxes"][i]
            x = self.applied(part, index, transformation["transforms"], x)
        return x

    def new_images(self, x: Any, transformation: Any) -> Any:
        return self.chained("images", x, transformation)

    def new_bounding_boxes(self, x: Any, transformation: Any) -> Any:
        return self.chained("bounding_boxes", x, transformation)

    def new_segmentation_masks(self, x: Any, transformation: Any) -> Any:
        return self.chained("segmentation_masks", x, transformation)


@register("keras.layers")
class AugMix(Composed):
    """Mix pictures with mixtures of their own augmentations.

    `num_chains` chains of up to `chain_depth` random layers each make a picture; these are mixed
    with weights from a Dirichlet distribution, and the mixture with the original with a weight
    from Beta(alpha, alpha).

    Args:
        value_range: lowest and highest value of a pixel.
        num_chains: number of chains.
        chain_depth: largest number of layers in each.
        factor: strength of the layers, or a pair of limits, in 0 ... 1.
        alpha: parameter of both distributions.
        all_ops: whether layers that change brightness, color, contrast and sharpness are among
            them.
        interpolation: `"bilinear"` or `"nearest"`.
        seed: integer or `SeedGenerator`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        bounding_box_format: how boxes are written, if the input has any.

    Input: one picture of three channels, a batch, or a dictionary with `"images"`. Acts in
    training only. Reference: Hendrycks et al., 2019, https://arxiv.org/abs/1912.02781

    >>> keras.layers.AugMix()(np.ones((2, 8, 8, 3)), training=True).shape
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: Any = 3,
        chain_depth: Any = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: Any = True,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = value_range
        self.num_chains = num_chains
        self.chain_depth = chain_depth
        self.factor = factor_of("factor", factor, 0, 1)
        self.alpha = alpha
        self.all_ops = all_ops
        self.interpolation = interpolation
        names: tuple[str, ...] = (
            "random_shear", "random_translation", "random_rotation", "random_posterization",
            "solarization", "auto_contrast", "equalization",
        )  # fmt: skip
        if all_ops:
            names += (
                "random_brightness", "random_color_degeneration", "random_contrast",
                "random_sharpness",
            )  # fmt: skip
        self.make_layers(names, kwargs.get("dtype"))

    def drawn(self, shape: Any, seed: Any) -> Any:
        weights = random.gamma((self.num_chains,), self.alpha, seed=seed)
        places = (self.num_chains, self.chain_depth)
        return {
            "chain_mixing_weights": weights / ops.sum(weights),
            "weight_sample": random.beta((), self.alpha, self.alpha, seed=seed),
            "layer_idxes": random.randint(places, 0, len(self.names) + 1, seed=seed),
            "chain_transforms": [
                [self.drawn_for_all(shape, seed) for _ in range(self.chain_depth)]
                for _ in range(self.num_chains)
            ],
        }

    def mixed(self, part: Any, x: Any, transformation: Any) -> Any:
        total = ops.zeros_like(x)
        for i in range(self.num_chains):
            y = x
            for j in range(self.chain_depth):
                index = transformation["layer_idxes"][i, j]
                y = self.applied(part, index, transformation["chain_transforms"][i][j], y)
            total = total + y * ops.cast(transformation["chain_mixing_weights"][i], x.dtype)
        share = ops.cast(transformation["weight_sample"], x.dtype)
        return share * x + (1 - share) * total

    def new_images(self, x: Any, transformation: Any) -> Any:
        x = ops.clip(self.mixed("images", x, transformation), *self.value_range)
        return self.as_compute(x)

    def new_segmentation_masks(self, x: Any, transformation: Any) -> Any:
        masks = self.as_compute(x)
        return self.mixed("segmentation_masks", masks, transformation)
