"""Transposed convolutions: Conv1DTranspose, Conv2DTranspose, Conv3DTranspose."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.arguments import tuple_of
from hornlet.layers.convolution import Convolution


class ConvTranspose(Convolution):
    """Base of the transposed convolutions, the adjoints of the ordinary ones."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.keep_checked(locals())
        if output_padding is not None:
            self.output_padding = tuple_of("output_padding", output_padding, self.rank, True)
            if any(p >= s for p, s in zip(self.output_padding, self.strides)):
                raise ValueError(
                    "`output_padding` must be less than `strides` along every axis. Received: "
                    f"output_padding={self.output_padding}, strides={self.strides}"
                )

    def build(self, input_shape: Any) -> None:
        channels = self.channels_of(input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, self.filters, channels), self.kernel_initializer, name="kernel",
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint,
        )  # fmt: skip
        self.bias = self.add_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        y = ops.conv_transpose(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.finish(y)


@register("keras.layers", aliases=["keras.layers.Convolution1DTranspose"])
class Conv1DTranspose(ConvTranspose):
    """Transposed convolution of sequences, which enlarges by `strides`.

    Args:
        filters: number of output channels.
        kernel_size: length of the window.
        strides: factor of enlargement.
        padding: `"valid"`, or `"same"` for an output of the input's size times `strides`.
        output_padding: steps added at the end of the output; found from the others by default.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        dilation_rate: distance of the steps in a window.
        activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint: as of
            `Conv1D`.

    Weights: `kernel` of shape ``(kernel_size, filters, channels)``, `bias`.
    Reference: Zeiler et al., 2010, Deconvolutional networks

    >>> keras.layers.Conv1DTranspose(4, 3, strides=2)(np.ones((2, 5, 3))).shape
    (2, 11, 4)
    """

    rank = 1


@register("keras.layers", aliases=["keras.layers.Convolution2DTranspose"])
class Conv2DTranspose(ConvTranspose):
    """Transposed convolution of pictures, which enlarges by `strides`.

    Args: as of `Conv1DTranspose`, with two sizes.

    Weights: `kernel` of shape ``(*kernel_size, filters, channels)``, `bias`.

    >>> keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same")(np.ones((1, 5, 4, 3))).shape
    (1, 10, 8, 4)
    """

    rank = 2


@register("keras.layers", aliases=["keras.layers.Convolution3DTranspose"])
class Conv3DTranspose(ConvTranspose):
    """Transposed convolution of volumes, which enlarges by `strides`.

    Args: as of `Conv1DTranspose`, with three sizes; `data_format` stands before
        `output_padding`.

    Weights: `kernel` of shape ``(*kernel_size, filters, channels)``, `bias`.

    >>> keras.layers.Conv3DTranspose(4, 2)(np.ones((1, 2, 3, 3, 2))).shape
    (1, 3, 4, 4, 4)
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        output_padding: Any = None,
        dilation_rate: Any = (1, 1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(
            filters, kernel_size, strides, padding, output_padding, data_format, dilation_rate,
            activation, use_bias, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, **kwargs,
        )  # fmt: skip
