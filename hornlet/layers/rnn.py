"""Recurrence: the RNN layer runs any cell along time; StackedRNNCells makes one cell of several.

A cell is a layer with ``call(inputs, states) -> output, new_states`` and a `state_size`.
"""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base import nest
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object
from hornlet.engine.control import scan
from hornlet.layers.base import Layer
from hornlet.tensor.variable import Variable


def run(
    step: Any, xs: Any, states: Any, mask: Any = None, go_backwards: bool = False,
    unroll: bool = False, zero_masked: Any = False,
) -> Any:  # fmt: skip
    """Apply ``y, states = step(x, states)`` along the first axis of ``xs``.

    Where ``mask`` is False the states stay, and `y` is the first state (that of the last cell
    of a stack), or zeros. Returns all `y` in the order of their computation, and the last states.
    """

    def body(states, x):
        x, m = x if mask is not None else (x, None)
        y, new = step(x, states)
        if m is not None:
            held = states[-1][0] if nest.is_nested(states[0]) else states[0]
            y = chosen(m, y, ops.zeros_like(y) if zero_masked else held)
            new = nest.map_structure(lambda a, b: chosen(m, a, b), list(new), list(states))
        return list(new), y

    if mask is not None:
        mask = ops.transpose(ops.cast(mask, "bool"), (1, 0))
        xs = (xs, mask)
    if unroll:
        n = nest.flatten(xs)[0].shape[0]
        ys = []
        for t in range(n - 1, -1, -1) if go_backwards else range(n):
            states, y = body(states, nest.map_structure(lambda x, t=t: x[t], xs))
            ys.append(y)
        return ops.stack(ys), states
    states, ys = scan(body, list(states), xs, reverse=go_backwards)
    return (ops.flip(ys, axis=0) if go_backwards else ys), states


def chosen(mask: Any, new: Any, old: Any) -> Any:
    """``new`` where the sample's mask is True, else ``old``."""
    return ops.where(ops.reshape(mask, (-1,) + (1,) * (len(new.shape) - 1)), new, old)


def swap_time(x: Any) -> Any:
    """``x`` with its first two axes exchanged."""
    return ops.transpose(x, (1, 0, *range(2, len(x.shape))))


def zero_states(sizes: Any, batch_size: Any, dtype: Any) -> Any:
    return nest.map_structure(lambda n: ops.zeros((batch_size, n), dtype=dtype), sizes)


@register("keras.layers")
class RNN(Layer):
    """Run a cell along the time axis: ``y[t], state = cell(x[t], state)``.

    Args:
        cell: a cell, or a list of cells that are stacked.
        return_sequences: whether to return every output or the last one only.
        return_state: whether to return the last states after the output.
        go_backwards: whether to run from the last step to the first; the outputs come in the
            order of their computation.
        stateful: whether a call starts from the states the call before has left; needs a fixed
            batch size.
        unroll: whether to write the loop out, one copy of the cell for each step.
        zero_output_for_mask: whether the output of a masked step is zero; otherwise it is the
            output of the step before.

    Call arguments: `sequences` of shape ``(batch, steps, ...)``; `initial_state`, a list of
    tensors, by default zeros; `mask` of shape ``(batch, steps)``; `training`.

    Output shape: ``(batch, units)``, or ``(batch, steps, units)`` with `return_sequences`; with
    `return_state` a tuple of it and the states, each ``(batch, state_size)``.

    >>> layer = keras.layers.RNN([keras.layers.LSTMCell(4), keras.layers.LSTMCell(3)])
    >>> layer(np.ones((2, 5, 6))).shape
    (2, 3)
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ):
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if not hasattr(cell, "call"):
            raise ValueError(
                "Argument `cell` must have a `call` method, `call(inputs, states)`. Received: "
                f"cell={cell}"
            )
        sizes = getattr(cell, "state_size", None)
        if not isinstance(sizes, (int, list, tuple)):
            raise ValueError(
                "Argument `cell` must have a `state_size`: an integer, or a list of integers. "
                f"Received: cell={cell} with state_size={sizes}"
            )
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.state_size = [sizes] if isinstance(sizes, int) else list(sizes)
        self.__dict__["states"] = None  # not tracked: states are no weights

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        batch = sequences_shape[0]
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((batch, *sequences_shape[2:]))
            self.cell.built = True
        if not self.stateful:
            return
        if self.states is not None:
            self.reset_state()
            return
        if batch is None:
            raise ValueError(
                f"Layer '{self.name}' is stateful and needs a fixed batch size, such as "
                f"`keras.Input(batch_shape=...)`. Received: shape {tuple(sequences_shape)}"
            )
        self.__dict__["states"] = nest.map_structure(
            lambda x: Variable(x, trainable=False, dtype=self.variable_dtype, name="rnn_state"),
            self.get_initial_state(batch),
        )

    def get_initial_state(self, batch_size: Any) -> Any:
        """The states a call starts from: a list of zeros, or what the cell gives."""
        make = getattr(self.cell, "get_initial_state", None)
        if make is None:
            return list(zero_states(self.state_size, batch_size, self.compute_dtype))
        states = make(batch_size=batch_size)
        return list(states) if nest.is_nested(states) else [states]

    def reset_state(self) -> None:
        """Set the states of a stateful layer back to zero."""
        for state in nest.flatten(self.states or []):
            state.assign(ops.zeros(state.shape, dtype=state.dtype))

    reset_states = reset_state

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, steps = sequences_shape[:2]
        size = getattr(self.cell, "output_size", None) or nest.flatten(self.state_size)[0]
        y = (batch, steps, size) if self.return_sequences else (batch, size)
        if not self.return_state:
            return y
        return (y, *[
            (batch, n) if isinstance(n, int) else [(batch, k) for k in n] for n in self.state_size
        ])  # fmt: skip

    def compute_mask(self, _: Any, mask: Any) -> Any:
        mask = nest.flatten(mask)[0] if mask is not None else None
        mask = mask if self.return_sequences else None
        return [mask] + [None] * len(self.state_size) if self.return_state else mask

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None,
        training: bool | None = False,
    ) -> Any:  # fmt: skip
        batch = sequences.shape[0]
        if self.stateful:
            expected = nest.flatten(self.states)[0].shape[0]
            if batch != expected:
                raise ValueError(
                    f"Layer '{self.name}' is stateful: the batch size must stay {expected}. "
                    f"Received: a batch of {batch}"
                )
        if initial_state is None:
            initial_state = self.states if self.stateful else self.get_initial_state(batch)
        if not isinstance(initial_state, (list, tuple)):
            initial_state = [initial_state]
        dtype = getattr(self.cell, "compute_dtype", self.compute_dtype)
        states = nest.map_structure(
            lambda x: ops.convert_to_tensor(x, dtype=dtype), list(initial_state)
        )
        if isinstance(mask, (list, tuple)):
            mask = mask[0]
        ys, states = self.inner_loop(sequences, states, mask, training)
        states = nest.map_structure(lambda x: ops.cast(x, self.compute_dtype), list(states))
        if self.stateful:
            for kept, state in zip(nest.flatten(self.states), nest.flatten(states)):
                kept.assign(state)
        y = swap_time(ys) if self.return_sequences else ys[-1]
        y = ops.cast(y, self.compute_dtype)
        return (y, *states) if self.return_state else y

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool | None = False
    ) -> Any:
        """All outputs, time first and in the order of their computation, and the last states."""
        cell = self.cell
        kwargs = {"training": training} if takes_argument(cell, "training") else {}

        def step(x, states):
            y, new = cell(x, states, **kwargs)
            return y, new if isinstance(new, (list, tuple)) else [new]

        cells = cell.cells if isinstance(cell, StackedRNNCells) else [cell]
        cells = [c for c in cells if hasattr(c, "draw_masks")]
        for c in cells:
            c.draw_masks(sequences.shape[0], training)
        try:
            xs = nest.map_structure(swap_time, sequences)
            return run(
                step, xs, initial_state, mask, self.go_backwards, self.unroll,
                self.zero_output_for_mask,
            )  # fmt: skip
        finally:
            for c in cells:
                c.drop_masks()

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        cell = deserialize_keras_object(config.pop("cell"), custom_objects=custom_objects)
        return cls(cell, **config)


@register("keras.layers")
class StackedRNNCells(Layer):
    """One cell made of several: the output of each is the input of the next.

    Args:
        cells: list of cells.

    >>> cell = keras.layers.StackedRNNCells([keras.layers.GRUCell(4), keras.layers.GRUCell(3)])
    >>> keras.layers.RNN(cell)(np.ones((2, 5, 6))).shape
    (2, 3)
    """

    def __init__(self, cells: Any, **kwargs: Any):
        super().__init__(**kwargs)
        for cell in cells:
            if not hasattr(cell, "call") or not hasattr(cell, "state_size"):
                raise ValueError(
                    "All cells must have a `call` method and a `state_size` attribute. "
                    f"Received: {cell}"
                )
        self.cells = list(cells)

    @property
    def state_size(self) -> Any:
        """One entry per cell, each an integer or a list of them."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> Any:
        """Width of the last cell's output."""
        return size_of(self.cells[-1])

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
                cell.built = True
            input_shape = (input_shape[0], size_of(cell))

    def get_initial_state(self, batch_size: Any = None) -> Any:
        """One entry per cell."""
        return [
            cell.get_initial_state(batch_size=batch_size)
            if hasattr(cell, "get_initial_state")
            else zero_states(cell.state_size, batch_size, self.compute_dtype)
            for cell in self.cells
        ]

    def call(self, inputs: Any, states: Any, training: bool = False, **kwargs: Any) -> Any:
        new_states = []
        for cell, state in zip(self.cells, states):
            several = isinstance(state, (list, tuple))
            given = {"training": training} if takes_argument(cell, "training") else {}
            function = cell if callable(cell) else cell.call
            inputs, new = function(inputs, list(state) if several else [state], **kwargs, **given)
            new = list(new) if isinstance(new, (list, tuple)) else [new]
            new_states.append(new if several else new[0])
        return inputs, new_states

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        cells = [
            deserialize_keras_object(cell, custom_objects=custom_objects)
            for cell in config.pop("cells")
        ]
        return cls(cells, **config)


def takes_argument(layer: Any, name: str | None) -> Any:
    """Whether the `call` of ``layer`` has an argument called ``name``."""
    return isinstance(layer, Layer) and name in layer._call_signature.known


def size_of(cell: Any) -> Any:
    """Width of a cell's output."""
    return getattr(cell, "output_size", None) or nest.flatten(cell.state_size)[0]
