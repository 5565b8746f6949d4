"""LSTM and its cell: long short-term memory, with input, forget and output gates."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.gates import GatedCell, GatedRNN


@register("keras.layers")
class LSTMCell(GatedCell):
    """One step of an LSTM: ``c = f * c + i * activation(g)``, ``h = o * activation(c)``.

    ``i, f, g, o = x @ kernel + h @ recurrent_kernel + bias``, a quarter of the columns each, with
    `recurrent_activation` on `i`, `f` and `o`.

    Args: those of `LSTM` that shape one step: `units` to `recurrent_dropout`, without
    `activity_regularizer`; then `seed`.

    Weights: `kernel` of shape ``(n, 4 * units)``, `recurrent_kernel` of shape
    ``(units, 4 * units)``, `bias` of shape ``(4 * units,)``. States: `h` and `c`.

    >>> keras.layers.RNN(keras.layers.LSTMCell(4))(np.ones((2, 5, 3))).shape
    (2, 4)
    """

    gates = 4
    more_states = 1

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(locals())

    def start_bias(self) -> Any:
        if not self.unit_forget_bias:
            return self.bias_initializer
        n = self.units

        def start(shape, dtype=None):
            parts = (self.bias_initializer, n), (ops.ones, n), (self.bias_initializer, 2 * n)
            return ops.concatenate([make((size,), dtype=dtype) for make, size in parts])

        return start

    def step(self, x: Any, states: Any) -> Any:
        h, c = states
        n = self.units
        z = x + self.recur(h)
        gates = self.recurrent_activation(z[:, : 2 * n])
        i, f = gates[:, :n], gates[:, n:]
        c = f * c + i * self.activation(z[:, 2 * n : 3 * n])
        h = self.recurrent_activation(z[:, 3 * n :]) * self.activation(c)
        return h, [h, c]


@register("keras.layers")
class LSTM(GatedRNN):
    """Long short-term memory: a recurrent layer with a memory that gates open and close.

    Args:
        units: positive integer, width of output and state.
        activation: activation of the output, `tanh` by default.
        recurrent_activation: activation of the gates, `sigmoid` by default.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights start.
        unit_forget_bias: whether the bias of the forget gate starts at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: penalty on the output.
        kernel_constraint, recurrent_constraint, bias_constraint: projections of the weights.
        dropout: share of the inputs to drop in training.
        recurrent_dropout: share of the state to drop in training.
        return_sequences: whether to return every output or the last one only.
        return_state: whether to return the last states after the output.
        go_backwards: whether to run from the last step to the first.
        stateful: whether a call starts from the states the call before has left.
        unroll: whether to write the loop out.
        seed: of the dropout.
        use_cudnn: accepted as in Keras; there is one implementation.

    Call arguments: `sequences` of shape ``(batch, steps, n)``; `initial_state`, a list of two
    tensors; `mask` of shape ``(batch, steps)``; `training`.

    Output shape: ``(batch, units)``, or ``(batch, steps, units)`` with `return_sequences`.
    Reference: Hochreiter and Schmidhuber, 1997, Long short-term memory

    >>> keras.layers.LSTM(4, return_sequences=True)(np.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    cell_class = LSTMCell
    _config_exclude = ("use_cudnn",)

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: str = "auto",
        **kwargs: Any,
    ):
        super().__init__(locals())
        self.use_cudnn = use_cudnn
