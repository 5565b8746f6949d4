"""SimpleRNN and its cell: the new state is an activation of input and old state."""

from __future__ import annotations

from typing import Any

from hornlet.base.registry import register
from hornlet.layers.gates import GatedCell, GatedRNN


@register("keras.layers")
class SimpleRNNCell(GatedCell):
    """One step of a SimpleRNN: ``h = activation(x @ kernel + bias + h @ recurrent_kernel)``.

    Args: those of `SimpleRNN` that shape one step: `units` to `recurrent_dropout`, without
    `activity_regularizer`; then `seed`.

    Weights: `kernel` of shape ``(n, units)``, `recurrent_kernel` of shape ``(units, units)``,
    `bias` of shape ``(units,)``.

    >>> keras.layers.RNN(keras.layers.SimpleRNNCell(4))(np.ones((2, 5, 3))).shape
    (2, 4)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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

    def call(self, sequence: Any, states: Any, training: bool | None = False) -> Any:
        return super().call(sequence, states, training)

    def step(self, x: Any, states: Any) -> Any:
        h = self.activation(x + self.recur(states[0]))
        return h, [h]


@register("keras.layers")
class SimpleRNN(GatedRNN):
    """Recurrent layer: ``h[t] = activation(x[t] @ kernel + bias + h[t-1] @ recurrent_kernel)``.

    Args:
        units: positive integer, width of output and state.
        activation: activation of the output, `tanh` by default.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights start.
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

    Call arguments: `sequences` of shape ``(batch, steps, n)``; `initial_state`, a list of one
    tensor; `mask` of shape ``(batch, steps)``; `training`.

    Output shape: ``(batch, units)``, or ``(batch, steps, units)`` with `return_sequences`.

    >>> keras.layers.SimpleRNN(4, return_sequences=True)(np.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    cell_class = SimpleRNNCell
    _config_exclude = ("seed",)

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(locals())
