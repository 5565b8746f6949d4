"""What SimpleRNN, GRU and LSTM share: a cell of gates, and a layer that hoists the input product.

All gates' input products are one large matrix product over all steps, outside the loop.
"""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.configurable import signature_of
from hornlet.base.names import to_snake_case
from hornlet.layers.arguments import keep, positive
from hornlet.layers.base import Layer
from hornlet.layers.rnn import RNN, run, swap_time
from hornlet.layers.spec import InputSpec


def gated_product(x: Any, w: Any, masks: Any) -> Any:
    """``x @ w``; with one dropout mask per gate, each gate's columns see their own ``x * mask``."""
    if masks is None:
        return ops.matmul(x, w)
    if len(masks) == 1:
        return ops.matmul(x * masks[0], w)
    parts = ops.split(w, len(masks), axis=-1)
    return ops.concatenate([ops.matmul(x * m, p) for m, p in zip(masks, parts)], axis=-1)


class GatedCell(Layer):
    """Base of the cells: weights, dropout masks, and ``call = step(project(x), states)``.

    A subclass has `gates`, the number of units-wide columns of its kernels, and `step`.
    """

    gates = 1
    dropout: float
    recurrent_dropout: float
    kernel: Any
    recurrent_kernel: Any
    bias: Any
    more_states = 0
    width = "units"  # name of the argument that says how wide a gate is

    def __init__(self, arguments: Any):
        kwargs = dict(arguments["kwargs"])
        implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        units = positive(self.width, arguments[self.width])
        keep(self, arguments)
        self.dropout = min(1.0, max(0.0, self.dropout))
        self.recurrent_dropout = min(1.0, max(0.0, self.recurrent_dropout))
        # Implementation 1, and recurrent dropout, draw one mask for each gate.
        self.mask_count = self.gates if implementation == 1 or self.recurrent_dropout else 1
        self.seed_generator = random.SeedGenerator(self.seed)
        self.state_size = [units] * (1 + self.more_states) if self.more_states else units
        self.output_size = units
        self.__dict__["masks"] = None
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()

    def build(self, input_shape: Any) -> None:
        kernel_shape, recurrent_shape = self.kernel_shapes(input_shape)
        width = kernel_shape[-1]
        self.kernel = self.add_weight(
            kernel_shape, self.kernel_initializer, name="kernel",
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint,
        )  # fmt: skip
        self.recurrent_kernel = self.add_weight(
            recurrent_shape, self.recurrent_initializer, name="recurrent_kernel",
            regularizer=self.recurrent_regularizer, constraint=self.recurrent_constraint,
        )  # fmt: skip
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                self.bias_shape(width), self.start_bias(), name="bias",
                regularizer=self.bias_regularizer, constraint=self.bias_constraint,
            )  # fmt: skip

    def kernel_shapes(self, input_shape: Any) -> Any:
        """Shapes of the kernels of the input and of the state."""
        width = self.units * self.gates
        return (input_shape[-1], width), (self.units, width)

    def value_shapes(self, batch: Any) -> Any:
        """Shapes of the input and of the state of one step."""
        return (batch, self.kernel.shape[0]), (batch, self.units)

    def bias_shape(self, width: Any) -> Any:
        return (width,)

    def start_bias(self) -> Any:
        return self.bias_initializer

    def get_initial_state(self, batch_size: Any = None) -> Any:
        """Zeros of shape ``(batch_size, units)``, one per state."""
        zeros = ops.zeros((batch_size, self.units), dtype=self.compute_dtype)
        return [zeros] * (1 + self.more_states)

    def draw_masks(self, batch: Any, training: bool | None) -> None:
        """Draw the dropout masks that all steps of one sequence share."""

        def drawn(rate, draw, shape):
            if not training or not 0 < rate < 1:
                return None
            masks = draw(ops.ones(shape, dtype=self.compute_dtype))
            return masks if isinstance(masks, list) else [masks]

        rates = self.dropout, self.recurrent_dropout
        draws = self.get_dropout_mask, self.get_recurrent_dropout_mask
        self.__dict__["masks"] = tuple(map(drawn, rates, draws, self.value_shapes(batch)))

    def drop_masks(self) -> None:
        """Forget the dropout masks."""
        self.__dict__["masks"] = None
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()

    def get_dropout_mask(self, step_input: Any) -> Any:
        """What the input of each step is multiplied with, drawn once until it is reset.

        None without dropout; a list where each gate has a mask of its own.
        """
        return self._kept_mask("_dropout_mask", self.dropout, step_input)

    def get_recurrent_dropout_mask(self, step_input: Any) -> Any:
        """The same for the state of each step."""
        return self._kept_mask("_recurrent_dropout_mask", self.recurrent_dropout, step_input)

    def reset_dropout_mask(self) -> None:
        """Let the next `get_dropout_mask` draw anew."""
        self.__dict__["_dropout_mask"] = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Let the next `get_recurrent_dropout_mask` draw anew."""
        self.__dict__["_recurrent_dropout_mask"] = None

    def _kept_mask(self, place: str, rate: float, x: Any) -> Any:
        if self.__dict__[place] is None and rate > 0:
            ones, seed = ops.ones_like(x), self.seed_generator
            masks = [random.dropout(ones, rate, seed=seed) for _ in range(self.mask_count)]
            self.__dict__[place] = masks if self.mask_count > 1 else masks[0]
        return self.__dict__[place]

    def project(self, x: Any) -> Any:
        """The input's part of all gates, with the input's bias; ``x`` may hold all steps."""
        y = gated_product(x, self.kernel, self.masks[0])
        bias = self.input_bias()
        return y if bias is None else y + bias

    def input_bias(self) -> Any:
        return self.bias

    def recur(self, h: Any) -> Any:
        """The state's part of all gates."""
        return gated_product(h, self.recurrent_kernel, self.masks[1])

    def call(self, inputs: Any, states: Any, training: bool | None = False) -> Any:
        own = self.masks is None
        if own:
            self.draw_masks(inputs.shape[0], training)
        try:
            several = isinstance(states, (list, tuple))
            h, new = self.step(self.project(inputs), states if several else [states])
            return h, new if several else new[0]
        finally:
            if own:
                self.drop_masks()


LOOP = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")


def _of_cell(name: str) -> property:
    """An attribute of the layer that is its cell's."""

    def get(self: Any) -> Any:
        return getattr(self.cell, name)

    return property(get)


def _arguments(cls: type) -> list[str]:
    """The names of the arguments of a class's own constructor."""
    found: Any = signature_of(cls)
    return list(found.names)


class GatedRNN(RNN):
    """Base of the layers with a cell of their own, whose arguments are the layer's too."""

    cell_class: Any  # a class of cells; those take more arguments than their base

    def __init__(self, arguments: Any):
        kwargs = dict(arguments["kwargs"])
        given = {name: arguments[name] for name in _arguments(self.cell_class)}
        given["implementation"] = kwargs.pop("implementation", 2)
        super().__init__(
            self.cell_class(
                **given,
                dtype=kwargs.get("dtype"),
                trainable=kwargs.get("trainable", True),
                name=to_snake_case(self.cell_class.__name__),
            ),
            activity_regularizer=arguments["activity_regularizer"],
            **{name: arguments[name] for name in LOOP},
            **kwargs,
        )
        self.input_spec = [InputSpec(ndim=3)]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in _arguments(cls.cell_class):
            setattr(cls, name, _of_cell(name))

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool | None = False
    ) -> Any:
        cell = self.cell
        cell.draw_masks(sequences.shape[0], training)
        try:
            x = swap_time(sequences)
            if cell.masks[0] is None:
                steps, batch, *rest = x.shape
                y = cell.project(ops.reshape(x, (steps * batch, *rest)))
                projected = ops.reshape(y, (steps, batch, *y.shape[1:]))
            else:
                projected = cell.project(x)
            return run(
                cell.step, projected, initial_state, mask, self.go_backwards, self.unroll,
                self.zero_output_for_mask,
            )  # fmt: skip
        finally:
            cell.drop_masks()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "zero_output_for_mask": self.zero_output_for_mask}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:  # type: ignore[override]
        return cls(**config)
