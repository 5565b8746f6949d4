"""ConvNeXt: a convolutional network in the proportions of a vision transformer."""

from __future__ import annotations

from typing import Any

from hornlet.applications.blocks import chain, channels
from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.network import USUAL, Ask, Family
from hornlet.base.registry import register
from hornlet.initializers.constant import Constant
from hornlet.layers.base import Layer
from hornlet.layers.convolution import Conv2D
from hornlet.layers.core import Activation, Dense
from hornlet.layers.normalization import LayerNormalization
from hornlet.layers.pooling import GlobalAveragePooling2D
from hornlet.layers.preprocessing import Normalization
from hornlet.models.sequential import Sequential

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "decode_predictions",
    "preprocess_input",
]


@register("keras.src.applications.convnext")
class LayerScale(Layer):
    """Every channel by a factor of its own, which is learned.

    Args:
        init_values: where the factors start.
        projection_dim: how many channels there are.
    """

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape: Any) -> None:
        """Make the factors."""
        # Without a name, as in Keras, whose files and paths have it so.
        self.gamma = self.add_weight((self.projection_dim,), Constant(self.init_values))

    def call(self, x: Any) -> Any:
        """The scaled channels."""
        return x * self.gamma


def _body(
    x: Any,
    ask: Ask,
    *,
    prefix: str,
    depths: tuple[int, ...],
    widths: tuple[int, ...],
    include_preprocessing: bool,
) -> Any:
    name = ask.name or prefix
    if include_preprocessing and channels(x) == 3:
        x = Normalization(
            mean=[0.485 * 255, 0.456 * 255, 0.406 * 255],
            variance=[(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2],
            name=f"{name}_prestem_normalization",
        )(x)
    for stage, (depth, width) in enumerate(zip(depths, widths)):
        x = _enter(width, stage, name)(x)
        for block in range(depth):
            x = _block(x, width, f"{name}_stage_{stage}_block_{block}")
    if not ask.include_top:
        return _normalize(None)(ask.end(x, names=(None, None, None)))

    def top(ask: Ask) -> list:
        head = f"{name}_head"
        activation = ask.classifier_activation
        return [
            GlobalAveragePooling2D(name=f"{head}_gap"),
            _normalize(f"{head}_layernorm"),
            Dense(ask.classes, activation=activation, name=f"{head}_dense"),
        ]

    return ask.end(x, top)


def _enter(width: int, stage: int, name: str) -> Sequential:
    """The stem, which cuts the picture into patches, or the halving between two stages."""
    if stage == 0:
        convolution = Conv2D(width, 4, strides=4, name=f"{name}_stem_conv")
        return Sequential([convolution, _normalize(f"{name}_stem_layernorm")], name=f"{name}_stem")
    part = f"{name}_downsampling_{{}}_{stage - 1}".format
    convolution = Conv2D(width, 2, strides=2, name=part("conv"))
    return Sequential([_normalize(part("layernorm")), convolution], name=part("block"))


def _block(x: Any, width: int, name: str) -> Any:
    y = chain(
        x,
        Conv2D(width, 7, padding="same", groups=width, name=f"{name}_depthwise_conv"),
        _normalize(f"{name}_layernorm"),
        Dense(4 * width, name=f"{name}_pointwise_conv_1"),
        Activation("gelu", name=f"{name}_gelu"),
        Dense(width, name=f"{name}_pointwise_conv_2"),
        LayerScale(1e-6, width, name=f"{name}_layer_scale"),
        Activation("linear", name=f"{name}_identity"),
    )
    return x + y


def _normalize(name: str | None) -> LayerNormalization:
    return LayerNormalization(epsilon=1e-6, name=name)


_FAMILY = Family(
    __name__,
    _body,
    "a ConvNeXt (Liu et al., 2022).",
    arguments=USUAL.replace("include_top", "include_top include_preprocessing"),
    layouts=("channels_last",),
)
ConvNeXtTiny, ConvNeXtSmall, ConvNeXtBase, ConvNeXtLarge, ConvNeXtXLarge = (
    _FAMILY.variant(
        f"ConvNeXt{kind}",
        f"convnext_{kind.lower()}",
        parameters,
        prefix=f"convnext_{kind.lower()}",
        depths=(3, 3, depth, 3),
        widths=tuple(width * 2**stage for stage in range(4)),
    )
    for kind, parameters, depth, width in (
        ("Tiny", 28_589_128, 9, 96),
        ("Small", 50_223_688, 27, 96),
        ("Base", 88_591_464, 27, 128),
        ("Large", 197_767_336, 27, 192),
        ("XLarge", 350_196_968, 27, 256),
    )
)
preprocess_input = preprocessing(__name__, "none")
