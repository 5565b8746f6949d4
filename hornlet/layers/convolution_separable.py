"""Convolutions channel by channel: DepthwiseConv, and SeparableConv, which mixes them after."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.convolution import Convolution


class DepthwiseConv(Convolution):
    """Base of the depthwise convolutions."""

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.keep_checked(locals())

    def build(self, input_shape: Any) -> None:
        channels = self.channels_of(input_shape)
        self.kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier), self.depthwise_initializer,
            name="kernel", regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )  # fmt: skip
        self.bias = self.add_bias(channels * self.depth_multiplier)

    def call(self, inputs: Any) -> Any:
        y = ops.depthwise_conv(
            inputs,
            self.kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.finish(y)


@register("keras.layers")
class DepthwiseConv1D(DepthwiseConv):
    """Convolution of sequences, each channel by itself.

    Args:
        kernel_size: length of the window.
        strides: step from window to window.
        padding: `"valid"` or `"same"`.
        depth_multiplier: number of output channels per input channel.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        dilation_rate: distance of the steps in a window.
        activation: name or function of the activation, none by default.
        use_bias: whether a bias is added.
        depthwise_initializer, bias_initializer: how the weights start.
        depthwise_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the output.
        depthwise_constraint, bias_constraint: projections of the weights after an update.

    Weights: `kernel` of shape ``(kernel_size, channels, depth_multiplier)``, `bias`.

    >>> keras.layers.DepthwiseConv1D(3, depth_multiplier=2)(np.ones((2, 8, 5))).shape
    (2, 6, 10)
    """

    rank = 1


@register("keras.layers")
class DepthwiseConv2D(DepthwiseConv):
    """Convolution of pictures, each channel by itself.

    Args: as of `DepthwiseConv1D`, with two sizes.

    Weights: `kernel` of shape ``(*kernel_size, channels, depth_multiplier)``, `bias`.

    >>> keras.layers.DepthwiseConv2D(3)(np.ones((2, 8, 8, 5))).shape
    (2, 6, 6, 5)
    """

    rank = 2


class SeparableConv(Convolution):
    """Base of the separable convolutions."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: Any = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.keep_checked(locals())

    def build(self, input_shape: Any) -> None:
        channels = self.channels_of(input_shape)
        self.depthwise_kernel = self.add_weight(
            (*self.kernel_size, channels, self.depth_multiplier), self.depthwise_initializer,
            name="depthwise_kernel", regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )  # fmt: skip
        ones = (1,) * self.rank
        self.pointwise_kernel = self.add_weight(
            (*ones, channels * self.depth_multiplier, self.filters), self.pointwise_initializer,
            name="pointwise_kernel", regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )  # fmt: skip
        self.bias = self.add_bias(self.filters)

    def call(self, inputs: Any) -> Any:
        y = ops.separable_conv(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )
        return self.finish(y)


@register("keras.layers", aliases=["keras.layers.SeparableConvolution1D"])
class SeparableConv1D(SeparableConv):
    """Depthwise convolution of sequences, then one of width 1 that mixes the channels.

    Args:
        filters: number of output channels.
        kernel_size: length of the window.
        strides: step from window to window.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        dilation_rate: distance of the steps in a window.
        depth_multiplier: channels per input channel between the two convolutions.
        activation: name or function of the activation, none by default.
        use_bias: whether a bias is added.
        depthwise_initializer, pointwise_initializer, bias_initializer: how the weights start.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: penalties on them.
        activity_regularizer: penalty on the output.
        depthwise_constraint, pointwise_constraint, bias_constraint: projections of the weights.

    >>> keras.layers.SeparableConv1D(4, 3)(np.ones((2, 8, 5))).shape
    (2, 6, 4)
    """

    rank = 1


@register("keras.layers", aliases=["keras.layers.SeparableConvolution2D"])
class SeparableConv2D(SeparableConv):
    """Depthwise convolution of pictures, then one of size 1 that mixes the channels.

    Args: as of `SeparableConv1D`, with two sizes.

    Reference: Chollet, 2017, https://arxiv.org/abs/1610.02357

    >>> keras.layers.SeparableConv2D(4, 3)(np.ones((2, 8, 8, 5))).shape
    (2, 6, 6, 4)
    """

    rank = 2
