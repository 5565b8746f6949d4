"""GRU and its cell: a gated recurrent unit, with an update gate and a reset gate."""

from __future__ import annotations

from typing import Any

from hornlet.base.registry import register
from hornlet.layers.gates import GatedCell, GatedRNN, gated_product


@register("keras.layers")
class GRUCell(GatedCell):
    """One step of a GRU: ``h = z * h + (1 - z) * candidate``.

    ``z, r = recurrent_activation(x @ kernel + h @ recurrent_kernel + bias)``, the first two thirds
    of the columns; ``candidate = activation(x @ kernel + r * (h @ recurrent_kernel) + bias)``, the
    last, or with ``(r * h) @ recurrent_kernel`` when `reset_after` is False.

    Args: those of `GRU` that shape one step: `units` to `recurrent_dropout`, without
    `activity_regularizer`; then `reset_after`, `seed`.

    Weights: `kernel` of shape ``(n, 3 * units)``, `recurrent_kernel` of shape
    ``(units, 3 * units)``, `bias` of shape ``(2, 3 * units)`` or ``(3 * units,)``.

    >>> keras.layers.RNN(keras.layers.GRUCell(4))(np.ones((2, 5, 3))).shape
    (2, 4)
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(locals())

    def bias_shape(self, width: Any) -> Any:
        return (2, width) if self.reset_after else (width,)

    def input_bias(self) -> Any:
        return self.bias[0] if self.bias is not None and self.reset_after else self.bias

    def step(self, x: Any, states: Any) -> Any:
        (h,) = states
        n = 2 * self.units
        if self.reset_after:
            inner = self.recur(h)
            if self.bias is not None:
                inner = inner + self.bias[1]
            z, r = self.update_and_reset(x[:, :n] + inner[:, :n])
            candidate = self.activation(x[:, n:] + r * inner[:, n:])
        else:
            w, masks = self.recurrent_kernel, self.masks[1]
            first, last = (masks[:2], masks[2:]) if masks and len(masks) > 1 else (masks, masks)
            z, r = self.update_and_reset(x[:, :n] + gated_product(h, w[:, :n], first))
            candidate = self.activation(x[:, n:] + gated_product(r * h, w[:, n:], last))
        h = z * h + (1 - z) * candidate
        return h, [h]

    def update_and_reset(self, x: Any) -> Any:
        gates = self.recurrent_activation(x)
        return gates[:, : self.units], gates[:, self.units :]


@register("keras.layers")
class GRU(GatedRNN):
    """Gated recurrent unit: a recurrent layer that learns when to keep its state.

    Args:
        units: positive integer, width of output and state.
        activation: activation of the output, `tanh` by default.
        recurrent_activation: activation of the gates, `sigmoid` by default.
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
        reset_after: whether the reset gate acts after the product with the state; then input and
            state have a bias each.
        use_cudnn: accepted as in Keras; there is one implementation.

    Call arguments: `sequences` of shape ``(batch, steps, n)``; `initial_state`, a list of one
    tensor; `mask` of shape ``(batch, steps)``; `training`.

    Output shape: ``(batch, units)``, or ``(batch, steps, units)`` with `return_sequences`.
    Reference: Cho et al., 2014, https://arxiv.org/abs/1406.1078

    >>> keras.layers.GRU(4, return_sequences=True)(np.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    cell_class = GRUCell
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
        reset_after: bool = True,
        use_cudnn: str = "auto",
        **kwargs: Any,
    ):
        super().__init__(locals())
        self.use_cudnn = use_cudnn
