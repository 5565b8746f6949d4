"""The frame of an architecture: its arguments, where pictures enter, how it ends, its weights.

A family is a body, `body(x, ask, **options)`, which is given the symbol of the pictures and what
the caller asks for; its variants are rows of options.
"""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hornlet.activations.lookup import get as get_activation
from hornlet.applications.blocks import chain
from hornlet.base.config import image_data_format
from hornlet.base.names import one_of
from hornlet.layers.core import Dense
from hornlet.layers.input import Input
from hornlet.layers.pooling import GlobalAveragePooling2D, GlobalMaxPooling2D
from hornlet.models.functional import Functional
from hornlet.tensor.keras_tensor import is_keras_tensor
from hornlet.utils.graph import get_source_inputs

# What callers may give: the annotation, the default, and what it is.
_ARGUMENTS: dict[str, tuple[Any, Any, str]] = {
    "input_shape": (
        "tuple[int | None, ...] | None", None,
        "shape of a picture, with its channels; by default {size} by {size} with 3.",
    ),
    "alpha": (float, 1.0, "factor on the number of filters of every layer."),
    "depth_multiplier": (int, 1, "filters of a depthwise convolution for each channel."),
    "minimalistic": (bool, False, "whether to do with 3 x 3 windows, ReLU and no squeezing."),
    "dropout": (float, 0.001, "rate of the dropout before the classifier."),
    "dropout_rate": (float, 0.2, "rate of the dropout before the classifier."),
    "include_top": (bool, True, "whether to end with the classifier."),
    "include_preprocessing": (bool, True, "whether to begin with layers that scale the pixels."),
    "weights": ("str | os.PathLike | None", "imagenet", "None for random ones, or a weights file."),
    "input_tensor": (Any, None, "a symbol to begin from instead of an input of `input_shape`."),
    "pooling": ("str | None", None, 'without the classifier: "avg" or "max" over each channel.'),
    "classes": (int, 1000, "how many classes the classifier tells apart."),
    "classifier_activation": (Any, "softmax", "of the classifier; None gives the logits."),
    "name": ("str | None", None, "name of the model."),
}  # fmt: skip
USUAL = "include_top weights input_tensor input_shape pooling classes classifier_activation name"


@dataclass(frozen=True)
class Ask:
    """What the caller of an architecture asks for."""

    include_top: bool
    weights: Any
    input_tensor: Any
    input_shape: Any
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str | None

    def end(
        self,
        x: Any,
        top: Callable[[Ask], list] | None = None,
        names: tuple[str | None, str | None, str | None] = ("avg_pool", "avg_pool", "max_pool"),
    ) -> Any:
        """The features `x` through the classifier, or pooled, as asked for.

        Args:
            x: the features.
            top: makes the classifier's layers; by default an average and a dense layer.
            names: of the default classifier's average, and of the two kinds of pooling.
        """
        if self.include_top:
            return chain(x, *(top(self) if top else self._top(names[0])))
        if self.pooling == "avg":
            return GlobalAveragePooling2D(name=names[1])(x)
        if self.pooling == "max":
            return GlobalMaxPooling2D(name=names[2])(x)
        return x

    def _top(self, name: str | None) -> list:
        return [GlobalAveragePooling2D(name=name), self.predictions()]

    def predictions(self, **options: Any) -> Dense:
        """The last layer of a classifier."""
        return Dense(
            self.classes, activation=self.classifier_activation, name="predictions", **options
        )


@dataclass(frozen=True)
class Family:
    """Architectures of one kind.

    Args:
        module: the name of the module they are public in.
        body: `body(x, ask, **options)` makes the network.
        about: what kind of network it is, for the docstrings.
        arguments: the names of the arguments in their order.
        size: height and width of the pictures the classifier expects.
        least: the smallest height and width.
        any_size: whether the classifier takes pictures of any size.
        layouts: the layouts of pictures it can work in.
        naming: makes the model's name from its arguments where none is given.
    """

    module: str
    body: Callable[..., Any]
    about: str
    arguments: str = USUAL
    size: int = 224
    least: int = 32
    any_size: bool = False
    layouts: tuple[str, ...] = ("channels_last", "channels_first")
    naming: Callable[..., str] | None = None

    def variant(
        self,
        title: str,
        name: str | None,
        parameters: int,
        size: int | None = None,
        always_sized: bool = False,
        **row: Any,
    ) -> Callable[..., Functional]:
        """The public constructor of one variant.

        Args:
            title: its name.
            name: the default of its argument `name`.
            parameters: how many parameters it has, classifier included; for the docstring.
            size: of its pictures, where it is not that of the family.
            always_sized: whether that is the default without the classifier too.
            row: options of the body.
        """
        size = size or self.size
        names = self.arguments.split()
        signature = inspect.Signature(
            [
                inspect.Parameter(
                    argument,
                    inspect.Parameter.POSITIONAL_OR_KEYWORD,
                    default=name if argument == "name" else _ARGUMENTS[argument][1],
                    annotation=_ARGUMENTS[argument][0],
                )
                for argument in names
            ],
            return_annotation=Functional,
        )

        def architecture(*args: Any, **kwargs: Any) -> Functional:
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            if always_sized and given.arguments["input_shape"] is None:
                given.arguments["input_shape"] = (size, size, 3)
            return self._build(title, size, {**row, **given.arguments})

        architecture.__name__ = architecture.__qualname__ = title
        architecture.__module__ = self.module
        architecture.__doc__ = self._describe(title, size, parameters, names)
        vars(architecture)["__signature__"] = signature
        return architecture

    def _build(self, title: str, size: int, options: dict[str, Any]) -> Functional:
        one_of("image_data_format", image_data_format(), self.layouts)
        ask = Ask(**{key: options.pop(key) for key in Ask.__dataclass_fields__})
        _check(ask, title)
        shape = obtain_input_shape(
            ask.input_shape, size, self.least, image_data_format(),
            ask.include_top and not self.any_size,
        )  # fmt: skip
        x = inputs = ask.input_tensor
        if is_keras_tensor(x):
            inputs = get_source_inputs(x)
        else:
            x = inputs = Input(shape, tensor=x)
        y = self.body(x, ask, **options)
        name = ask.name or (self.naming and self.naming(shape, **options))
        model = Functional(inputs, y, name=name)
        if ask.weights is not None:
            model.load_weights(ask.weights)
        return model

    def _describe(self, title: str, size: int, parameters: int, names: list[str]) -> str:
        arguments = "\n".join(
            f"    {argument}: {_ARGUMENTS[argument][2].format(size=size)}" for argument in names
        )
        return f"""{title}: {self.about}

It has {parameters:,} parameters.

Args:
{arguments}

Returns:
    a `keras.Model`, not compiled. Pixels go through `preprocess_input` of this module first.

Raises:
    ValueError: `weights` that are no file on this machine (nothing is downloaded), a bad
        `input_shape`, an activation other than softmax or None together with `weights`.

>>> from hornlet.tensor.scope import ShapesOnly
>>> with ShapesOnly():  # counts the parameters without taking memory for them
...     model = keras.applications.{title}(weights=None)
>>> f"{{model.count_params():,}}"
'{parameters:,}'
"""


def obtain_input_shape(
    input_shape: Any,
    default_size: int | None,
    min_size: int,
    data_format: str,
    require_flatten: bool,
    weights: Any = None,
) -> tuple:
    """The shape of a picture: that given, checked, or a family's own.

    Args:
        input_shape: three sizes, or None for the family's own.
        default_size: the side of the family's own pictures, None where it has none.
        min_size: the least side that the architecture can take.
        data_format: "channels_last" or "channels_first".
        require_flatten: whether all sizes must be known, as a classifier of fixed size needs.
        weights: with "imagenet" there are three channels, and a classifier takes its own size.

    Raises:
        ValueError: a shape that does not hold to that.

    >>> from hornlet.applications.network import obtain_input_shape
    >>> obtain_input_shape(None, 224, 32, "channels_last", require_flatten=True)
    (224, 224, 3)
    """
    first = data_format == "channels_first"
    side = default_size if require_flatten else None
    own = (3, side, side) if first else (side, side, 3)
    shape = own if input_shape is None else tuple(input_shape)
    if len(shape) != 3:
        raise ValueError(
            "Argument `input_shape` must hold three sizes, those of a picture and its "
            f"channels. Received: input_shape={shape}"
        )
    channels, sides = (shape[0], shape[1:]) if first else (shape[2], shape[:2])
    if any(n is not None and n < min_size for n in sides):
        raise ValueError(
            f"Pictures must be at least {min_size} by {min_size} pixels large for this "
            f"architecture. Received: input_shape={shape}"
        )
    if require_flatten and None in shape and weights != "imagenet":
        raise ValueError(
            "With `include_top=True` all sizes in `input_shape` must be known; give them, or "
            f"set `include_top=False`. Received: input_shape={shape}"
        )
    if weights == "imagenet" and (channels != 3 or (require_flatten and shape != own)):
        raise ValueError(
            f"Weights from ImageNet are for pictures of shape {own}. Give `input_shape={own}`, or "
            f"`weights=None`. Received: input_shape={shape}"
        )
    if input_shape is not None and channels not in (1, 3):
        warnings.warn(
            f"Pictures usually have 1 or 3 channels. Received: input_shape={shape}, of {channels} "
            f"channels. If these are not meant, put them {'first' if first else 'last'}, where "
            f"`image_data_format` is '{data_format}'.",
            stacklevel=2,
        )
    return shape


def _check(ask: Ask, title: str) -> None:
    one_of("pooling", ask.pooling, (None, "avg", "max"))
    if ask.weights is None:
        return
    if not os.path.isfile(ask.weights):
        raise ValueError(
            "Argument `weights` must be None, for random weights, or the path of a weights file "
            "on this machine, as `model.save_weights` writes it; pretrained weights are not "
            f"downloaded. Received: weights={str(ask.weights)!r} for {title}"
        )
    allowed = (get_activation("softmax"), get_activation(None))
    if ask.include_top and get_activation(ask.classifier_activation) not in allowed:
        raise ValueError(
            "Argument `classifier_activation` must be 'softmax' or None when `weights` are loaded "
            "together with the classifier. Received: "
            f"classifier_activation={ask.classifier_activation!r}"
        )
