"""ConvLSTM1D, ConvLSTM2D, ConvLSTM3D: an LSTM whose products are convolutions, and its cell."""

from __future__ import annotations

import hornlet.ops as ops
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.layers.arguments import tuple_of
from hornlet.layers.gates import GatedCell, GatedRNN
from hornlet.layers.lstm import LSTMCell
from hornlet.layers.spec import InputSpec


class ConvLSTMCell(GatedCell):
    """One step of a convolutional LSTM; sizes are tuples, one entry per spatial axis."""

    gates = 4
    more_states = 1
    width = "filters"

    def __init__(
        self,
        filters,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
        activation,
        recurrent_activation,
        use_bias,
        kernel_initializer,
        recurrent_initializer,
        bias_initializer,
        unit_forget_bias,
        kernel_regularizer,
        recurrent_regularizer,
        bias_regularizer,
        kernel_constraint,
        recurrent_constraint,
        bias_constraint,
        dropout,
        recurrent_dropout,
        seed,
        **kwargs,
    ):
        super().__init__(locals())
        self.units = filters
        self.mask_count = self.gates
        self.channel_axis = 1 if self.data_format == "channels_first" else -1

    def build(self, input_shape):
        first = self.channel_axis == 1
        self.sizes = tuple(input_shape[2:] if first else input_shape[1:-1])
        self.channels = input_shape[self.channel_axis]
        if None in (*self.sizes, self.channels):
            raise ValueError(
                "ConvLSTM layers need inputs whose spatial axes and channels are known. Received: "
                f"input shape of a step {tuple(input_shape)}"
            )
        super().build(input_shape)

    def kernel_shapes(self, input_shape):
        width = self.filters * self.gates
        return (
            (*self.kernel_size, self.channels, width),
            (*self.kernel_size, self.filters, width),
        )

    def value_shapes(self, batch):
        sizes = [
            -(-n // s) if self.padding == "same" else (n - (k - 1) * d - 1) // s + 1
            for n, k, s, d in zip(self.sizes, self.kernel_size, self.strides, self.dilation_rate)
        ]
        if self.channel_axis == 1:
            return (batch, self.channels, *self.sizes), (batch, self.filters, *sizes)
        return (batch, *self.sizes, self.channels), (batch, *sizes, self.filters)

    start_bias = LSTMCell.start_bias

    def get_initial_state(self, batch_size=None):
        zeros = ops.zeros(self.value_shapes(batch_size)[1], dtype=self.compute_dtype)
        return [zeros, zeros]

    def project(self, x):
        lead = x.shape[: len(x.shape) - len(self.sizes) - 1]
        if self.masks[0] is None:
            y = self.convolved(flat(x, lead), self.kernel)
        else:
            kernels = ops.split(self.kernel, self.gates, axis=-1)
            parts = [
                self.convolved(flat(x * mask, lead), w) for mask, w in zip(self.masks[0], kernels)
            ]
            y = ops.concatenate(parts, axis=self.channel_axis)
        if self.bias is not None:
            shape = [1] * (len(self.sizes) + 2)
            shape[self.channel_axis] = -1
            y = y + ops.reshape(self.bias, shape)
        return ops.reshape(y, (*lead, *y.shape[1:]))

    def convolved(self, x, w):
        return ops.conv(
            x, w, self.strides, self.padding, self.data_format, self.dilation_rate
        )  # fmt: skip

    def recur(self, h):
        def product(h, w):
            return ops.conv(h, w, 1, "same", self.data_format)

        if self.masks[1] is None:
            return product(h, self.recurrent_kernel)
        kernels = ops.split(self.recurrent_kernel, self.gates, axis=-1)
        parts = [product(h * mask, w) for mask, w in zip(self.masks[1], kernels)]
        return ops.concatenate(parts, axis=self.channel_axis)

    def step(self, x, states):
        h, c = states
        i, f, g, o = ops.split(x + self.recur(h), self.gates, axis=self.channel_axis)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]


def flat(x, lead):
    """``x`` with its leading axes made one."""
    return ops.reshape(x, (-1, *x.shape[len(lead) :]))


class ConvLSTM(GatedRNN):
    """Base of the layers: `rank` spatial axes."""

    cell_class = ConvLSTMCell
    rank = 2

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        **kwargs,
    ):
        arguments = dict(locals(), unroll=kwargs.pop("unroll", False), kwargs=kwargs)
        for name in ("kernel_size", "strides", "dilation_rate"):
            arguments[name] = tuple_of(name, arguments[name], self.rank)
        arguments["padding"] = one_of("padding", str(padding).lower(), ("valid", "same"))
        if max(arguments["strides"]) > 1 and max(arguments["dilation_rate"]) > 1:
            raise ValueError(
                "`strides` and `dilation_rate` cannot both be greater than 1. Received: "
                f"strides={strides}, dilation_rate={dilation_rate}"
            )
        super().__init__(arguments)
        self.input_spec = InputSpec(ndim=self.rank + 3)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, steps = sequences_shape[:2]
        state = self.cell.value_shapes(batch)[1]
        y = (batch, steps, *state[1:]) if self.return_sequences else state
        return (y, state, state) if self.return_state else y

    def get_config(self):
        return {**super().get_config(), "unroll": self.unroll}


@register("keras.layers")
class ConvLSTM1D(ConvLSTM):
    """An LSTM over sequences of one spatial axis: its matrix products are convolutions.

    The formula, the arguments and their order are those of `ConvLSTM2D`, with one size where that
    has two. Call argument: `sequences` of shape ``(batch, steps, length, channels)``, or with the
    channels first.

    >>> keras.layers.ConvLSTM1D(5, 3, padding="same")(np.ones((1, 4, 6, 3))).shape
    (1, 6, 5)
    """

    rank = 1


@register("keras.layers")
class ConvLSTM2D(ConvLSTM):
    """An LSTM over sequences of pictures: its matrix products are convolutions.

    ``i, f, g, o`` are the parts of ``conv(x, kernel) + conv(h, recurrent_kernel) + bias``;
    ``c = f * c + i * activation(g)``, ``h = o * activation(c)``, with `recurrent_activation` on
    `i`, `f` and `o`. The state's convolution has stride 1 and keeps the size.

    Args:
        filters: channels of the output and of the states.
        kernel_size, strides, dilation_rate: of the input's convolution, one integer or 2.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, `"channels_first"` or None for the configured one.
        activation, recurrent_activation: of the output, and of the gates.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights start.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the output.
        kernel_constraint, recurrent_constraint, bias_constraint: projections of the weights.
        dropout, recurrent_dropout: shares of the input and of the state to drop in training.
        seed: of the dropout.
        return_sequences: whether to return every output or the last one only.
        return_state: whether to return the last states after the output.
        go_backwards: whether to run from the last step to the first.
        stateful: whether a call starts from the states the call before has left.

    Call arguments: `sequences` of shape
    ``(batch, steps, height, width, channels)``, or with the channels first;
    `initial_state`, two tensors of the output's shape without steps; `mask` of shape
    ``(batch, steps)``; `training`.
    Reference: Shi et al., 2015, https://arxiv.org/abs/1506.04214

    >>> keras.layers.ConvLSTM2D(5, 3, padding="same")(np.ones((1, 4, 6, 6, 3))).shape
    (1, 6, 6, 5)
    """


@register("keras.layers")
class ConvLSTM3D(ConvLSTM):
    """An LSTM over sequences of volumes: its matrix products are convolutions.

    The formula, the arguments and their order are those of `ConvLSTM2D`, with three sizes where
    that has two. Call argument: `sequences` of shape
    ``(batch, steps, depth, height, width, channels)``, or with the channels first.

    >>> keras.layers.ConvLSTM3D(5, 3, padding="same")(np.ones((1, 2, 4, 4, 4, 3))).shape
    (1, 4, 4, 4, 5)
    """

    rank = 3
