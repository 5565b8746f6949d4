"""Convolutions: Conv1D, Conv2D, Conv3D, and the base that all convolutions share."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.layers.arguments import keep, positive, spread_defaults, tuple_of
from hornlet.layers.base import Layer
from hornlet.layers.lora import LowRank
from hornlet.layers.spec import InputSpec


class Convolution(Layer):
    """What all convolutions share: `rank` spatial axes, checks, bias and activation.

    A subclass has its `rank` in its body, or gives it to this constructor.
    """

    rank: int
    _config_exclude = ("rank",)

    def __init__(self, *, rank: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if (rank is None) != hasattr(type(self), "rank"):
            raise TypeError(
                f"A convolution needs its number of spatial axes once: as `rank` in the body of "
                f"its class, or as argument `rank`. Received: rank={rank} for the class "
                f"{type(self).__name__}"
            )
        if rank is not None:
            self.rank = rank

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if vars(cls).get("rank", 1) > 1 and "__init__" not in vars(cls):
            spread_defaults(cls)

    def keep_checked(self, arguments: Any) -> None:
        """Keep the constructor's arguments, sizes as tuples, after checking them."""
        arguments = dict(arguments)
        for name in ("kernel_size", "strides", "dilation_rate"):
            arguments[name] = tuple_of(name, arguments[name], self.rank)
        for name in ("filters", "groups", "depth_multiplier"):
            later = name == "filters" and arguments.get(name) is None  # in a subclass's `build`
            if name in arguments and not later:
                positive(name, arguments[name])
        paddings = ("valid", "same", "causal") if self.allows_causal else ("valid", "same")
        arguments["padding"] = one_of("padding", str(arguments["padding"]).lower(), paddings)
        both = max(arguments["strides"]) > 1 and max(arguments["dilation_rate"]) > 1
        if both and "depth_multiplier" not in arguments:
            raise ValueError(
                "`strides` and `dilation_rate` cannot both be greater than 1. Received: "
                f"strides={arguments['strides']}, dilation_rate={arguments['dilation_rate']}"
            )
        keep(self, arguments)
        self.input_spec = InputSpec(min_ndim=self.rank + 2)

    @property
    def allows_causal(self) -> bool:
        """Whether `padding` may be "causal"."""
        return False

    def channels_of(self, input_shape: Any) -> Any:
        """Size of the channel axis; from here on the layer insists on it."""
        if hasattr(self, "filters"):  # a subclass has set them by now
            positive("filters", self.filters)
        axis = 1 if self.data_format == "channels_first" else -1
        channels = input_shape[axis]
        if channels is None:
            raise ValueError(
                f"The channel axis of the inputs of layer '{self.name}' must be known. Received: "
                f"input shape {tuple(input_shape)}"
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: channels})
        return channels

    def add_bias(self, n: int) -> Any:
        """The bias of ``n`` channels, or None."""
        if not self.use_bias:
            return None
        return self.add_weight(
            (n,), self.bias_initializer, name="bias",
            regularizer=self.bias_regularizer, constraint=self.bias_constraint,
        )  # fmt: skip

    def finish(self, y: Any) -> Any:
        """Bias and activation."""
        if self.bias is not None:
            bias = self.bias
            if self.data_format == "channels_first":
                bias = ops.reshape(bias, (bias.shape[0], *(1,) * self.rank))
            y = ops.add(y, bias)
        return y if self.activation is None else self.activation(y)


class Conv(LowRank, Convolution):
    """Base of the ordinary convolutions."""

    lora_rank = lora_alpha = None

    @property
    def allows_causal(self) -> bool:
        return self.rank == 1

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
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
        lora = {name: kwargs.pop(name, None) for name in ("lora_rank", "lora_alpha")}
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        arguments = locals()
        del arguments["lora"]
        self.keep_checked(arguments)
        self.lora_rank, self.lora_alpha = lora["lora_rank"], lora["lora_alpha"] or lora["lora_rank"]
        if filters is not None and filters % groups:
            raise ValueError(
                "The number of filters must be evenly divisible by the number of groups. "
                f"Received: filters={filters}, groups={groups}"
            )

    def build(self, input_shape: Any) -> None:
        channels = self.channels_of(input_shape)
        if channels % self.groups:
            raise ValueError(
                "The number of input channels must be evenly divisible by the number of groups. "
                f"Received: groups={self.groups}, input shape {tuple(input_shape)}"
            )
        self.compute_output_shape(input_shape)
        self._kernel = self.add_weight(
            (*self.kernel_size, channels // self.groups, self.filters), self.kernel_initializer,
            name="kernel", regularizer=self.kernel_regularizer, constraint=self.kernel_constraint,
        )  # fmt: skip
        self.bias = self.add_bias(self.filters)
        self._start_lora()

    def compute_output_shape(self, input_shape: Any) -> Any:
        return output_shape(
            input_shape, self.filters, self.kernel_size, self.strides, self.padding,
            self.data_format, self.dilation_rate,
        )  # fmt: skip

    @property
    def kernel(self) -> Any:
        """The kernel, the LoRA product included."""
        return self.adapted()

    def call(self, inputs: Any) -> Any:
        return self.finish(self.convolve(inputs))

    def convolve(self, inputs: Any) -> Any:
        lead = tuple(inputs.shape[: -self.rank - 1])
        if len(lead) > 1:
            inputs = ops.reshape(inputs, (-1, *inputs.shape[-self.rank - 1 :]))
        y = self.convolution_op(inputs, self.kernel)
        return ops.reshape(y, (*lead, *y.shape[1:])) if len(lead) > 1 else y

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """The layer's convolution of a batch with a kernel, which a subclass may change."""
        padding = self.padding
        if padding == "causal":
            inputs, padding = self.pad_before(inputs), "valid"
        return ops.conv(
            inputs,
            kernel,
            strides=self.strides,
            padding=padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )

    def pad_before(self, inputs: Any) -> Any:
        """Zero steps in front, so that no output sees a later input."""
        steps = ((self.kernel_size[0] - 1) * self.dilation_rate[0], 0)
        last = self.data_format == "channels_last"
        return ops.pad(inputs, ((0, 0), steps, (0, 0)) if last else ((0, 0), (0, 0), steps))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._lora_config()}


def output_shape(
    input_shape: Any, filters: Any, kernel_size: Any, strides: Any = 1, padding: str = "valid",
    data_format: str = "channels_last", dilation_rate: Any = 1,
) -> Any:  # fmt: skip
    """The shape that a convolution gives; axes before the batch's last stay as they are."""
    rank = len(kernel_size)
    first = data_format == "channels_first"
    spatial = input_shape[-rank:] if first else input_shape[-rank - 1 : -1]
    spread = (n if isinstance(n, (tuple, list)) else (n,) * rank for n in (strides, dilation_rate))
    sizes: list[Any] = []
    for n, k, s, d in zip(spatial, kernel_size, *spread):
        if n is None:
            sizes.append(None)
            continue
        reach = n - (k - 1) * d if padding == "valid" else n
        sizes.append((reach - 1) // s + 1)
        if sizes[-1] <= 0:
            raise ValueError(
                "Computed output size would be negative: the kernel does not fit into the "
                f"input. Received: input shape {tuple(input_shape)}, kernel_size={kernel_size}, "
                f"dilation_rate={dilation_rate}. Use padding='same' or a smaller kernel."
            )
    lead = tuple(input_shape[: -rank - 1])
    return (*lead, filters, *sizes) if first else (*lead, *sizes, filters)


@register("keras.layers", aliases=["keras.layers.Convolution1D"])
class Conv1D(Conv):
    """Convolution of sequences: ``y = activation(conv(x, kernel) + bias)``.

    Args:
        filters: number of output channels.
        kernel_size: length of the window.
        strides: step from window to window.
        padding: `"valid"`, `"same"`, or `"causal"` for outputs that see no later step.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        dilation_rate: distance of the steps in a window.
        groups: channels are split into so many groups, each convolved by its own filters.
        activation: name or function of the activation, none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: how the weights start.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the output.
        kernel_constraint, bias_constraint: projections of the weights after an update.

    Input shape: ``(batch, steps, channels)``. Output shape: ``(batch, new_steps, filters)``.
    Weights: `kernel` of shape ``(kernel_size, channels / groups, filters)``, `bias`.

    >>> keras.layers.Conv1D(4, 3)(np.ones((2, 8, 5))).shape
    (2, 6, 4)
    """

    rank = 1


@register("keras.layers", aliases=["keras.layers.Convolution2D"])
class Conv2D(Conv):
    """Convolution of pictures: ``y = activation(conv(x, kernel) + bias)``.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the window, one integer for both.
        strides: steps from window to window.
        padding: `"valid"`, or `"same"` for an output of the input's size over `strides`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        dilation_rate: distances of the pixels in a window.
        groups: channels are split into so many groups, each convolved by its own filters.
        activation: name or function of the activation, none by default.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: how the weights start.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the output.
        kernel_constraint, bias_constraint: projections of the weights after an update.

    Input shape: ``(batch, height, width, channels)``.
    Output shape: ``(batch, new_height, new_width, filters)``.
    Weights: `kernel` of shape ``(*kernel_size, channels / groups, filters)``, `bias`.

    >>> keras.layers.Conv2D(4, 3, activation="relu")(np.ones((2, 8, 8, 3))).shape
    (2, 6, 6, 4)
    """

    rank = 2


@register("keras.layers", aliases=["keras.layers.Convolution3D"])
class Conv3D(Conv):
    """Convolution of volumes: ``y = activation(conv(x, kernel) + bias)``.

    Args: as of `Conv2D`, with three sizes.

    Input shape: ``(batch, depth, height, width, channels)``.
    Output shape: ``(batch, new_depth, new_height, new_width, filters)``.
    Weights: `kernel` of shape ``(*kernel_size, channels / groups, filters)``, `bias`.

    >>> keras.layers.Conv3D(4, 2)(np.ones((1, 4, 4, 4, 3))).shape
    (1, 3, 3, 3, 4)
    """

    rank = 3
