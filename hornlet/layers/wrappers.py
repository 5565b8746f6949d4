"""Layers around a layer: Wrapper, TimeDistributed, Bidirectional."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base import nest
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.layers.base import Layer
from hornlet.layers.rnn import takes_argument


def is_layer(name: str | None, layer: Any) -> Any:
    if not isinstance(layer, Layer):
        raise ValueError(
            f"Argument `{name}` must be a `keras.layers.Layer` instance. Received: {layer!r} of "
            f"type {type(layer).__name__}"
        )
    return layer


@register("keras.layers")
class Wrapper(Layer):
    """Base of layers that hold another one.

    Args:
        layer: the layer inside.

    >>> keras.layers.Wrapper(keras.layers.Dense(2)).layer.units
    2
    """

    def __init__(self, layer: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.layer = is_layer("layer", layer)

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        layer = deserialize_keras_object(config.pop("layer"), custom_objects=custom_objects)
        return cls(layer, **config)


@register("keras.layers")
class TimeDistributed(Wrapper):
    """Apply one layer, with the same weights, to every time step.

    Args:
        layer: the layer; its input is one step.

    Input shape: ``(batch, steps, ...)``. A `mask` of shape ``(batch, steps)`` goes to the layer
    if it takes one.

    >>> layer = keras.layers.TimeDistributed(keras.layers.Dense(4))
    >>> layer(np.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    def __init__(self, layer: Any, **kwargs: Any):
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def step_shape(self, input_shape: Any) -> Any:
        if not isinstance(input_shape, (tuple, list)) or len(input_shape) < 3:
            raise ValueError(
                "A `TimeDistributed` layer needs inputs of at least 3 axes: batch, time and the "
                f"rest. Received: shape {input_shape}"
            )
        return (input_shape[0], *input_shape[2:])

    def build(self, input_shape: Any) -> None:  # type: ignore[override]
        super().build(self.step_shape(input_shape))

    def compute_output_shape(self, input_shape: Any) -> Any:
        y = self.layer.compute_output_shape(self.step_shape(input_shape))
        return (y[0], input_shape[1], *y[1:])

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        batch, steps = inputs.shape[:2]
        if mask is not None and tuple(mask.shape[:2]) != (batch, steps):
            raise ValueError(
                f"The mask of layer '{self.name}' must start with the input's batch and time, "
                f"{(batch, steps)}. Received: mask.shape={tuple(mask.shape)}"
            )
        kwargs = {"training": training} if takes_argument(self.layer, "training") else {}
        if not takes_argument(self.layer, "mask"):
            mask = None
        if training and self.layer.non_trainable_variables:
            # State that each step updates, such as moving statistics: one step after the other.
            ys = []
            for t in range(steps):
                if mask is not None:
                    kwargs["mask"] = mask[:, t]
                ys.append(self.layer.call(inputs[:, t], **kwargs))
            return ops.stack(ys, axis=1)
        if mask is not None:
            kwargs["mask"] = ops.reshape(mask, (batch * steps, *mask.shape[2:]))
        x = ops.reshape(inputs, (batch * steps, *inputs.shape[2:]))
        y = self.layer.call(x, **kwargs)
        return ops.reshape(y, (batch, steps, *y.shape[1:]))


@register("keras.layers")
class Bidirectional(Layer):
    """Run a recurrent layer over the sequence in both directions and join the outputs.

    Args:
        layer: a recurrent layer; the wrapper works on copies of it.
        merge_mode: `"concat"`, `"sum"`, `"mul"`, `"ave"`, or None for both outputs.
        weights: initial weights, those of the forward layer first.
        backward_layer: the layer for the other direction, by default the same with
            `go_backwards` turned.

    Call arguments: as of the layer; `initial_state` has the forward layer's states first.

    >>> layer = keras.layers.Bidirectional(keras.layers.LSTM(4))
    >>> layer(np.ones((2, 5, 3))).shape
    (2, 8)
    """

    _config_exclude = ("weights",)

    def __init__(
        self, layer: Any, merge_mode: str = "concat", weights: Any = None,
        backward_layer: Any = None, **kwargs: Any,
    ):  # fmt: skip
        is_layer("layer", layer)
        if backward_layer is not None:
            is_layer("backward_layer", backward_layer)
        one_of("merge_mode", merge_mode, ("sum", "mul", "ave", "concat", None))
        super().__init__(**kwargs)
        self.forward_layer = copied(layer, "forward_")
        if backward_layer is None:
            backward_layer = copied(layer, "backward_", go_backwards=True)
        self.backward_layer = backward_layer
        self.check_pair()
        for half in (self.forward_layer, self.backward_layer):
            if hasattr(layer, "use_cudnn"):  # no config holds it
                half.use_cudnn = layer.use_cudnn
            if getattr(half, "zero_output_for_mask", None) is not None:
                half.zero_output_for_mask = half.return_sequences
        self.merge_mode = merge_mode
        self.initial_weights = weights
        self.stateful = layer.stateful
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.supports_masking = True
        self.input_spec = layer.input_spec

    def check_pair(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                "Forward and backward layer must run in different directions. Received: "
                f"go_backwards={forward.go_backwards} for both"
            )
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(forward, name) != getattr(backward, name):
                raise ValueError(
                    f"Forward and backward layer must agree in `{name}`. Received: "
                    f"{getattr(forward, name)} and {getattr(backward, name)}"
                )

    @property
    def layer(self) -> Any:
        """The forward layer."""
        return self.forward_layer

    @property
    def states(self) -> Any:
        """The states of a stateful layer, forward ones first."""
        forward, backward = self.forward_layer.states, self.backward_layer.states
        return tuple(forward) + tuple(backward) if forward and backward else None

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        for half in (self.forward_layer, self.backward_layer):
            if not half.built:
                half.build(sequences_shape)
                half.built = True
        if self.initial_weights:
            n = len(self.initial_weights) // 2
            self.forward_layer.set_weights(self.initial_weights[:n])
            self.backward_layer.set_weights(self.initial_weights[n:])

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None,
        training: bool | None = None,
    ) -> Any:  # fmt: skip
        states: list[Any] = [None, None]
        if initial_state is not None:
            n = len(initial_state) // 2
            states = [list(initial_state[:n]), list(initial_state[n:])]
        outputs = []
        for half, state in zip((self.forward_layer, self.backward_layer), states):
            kwargs = {"training": training} if takes_argument(half, "training") else {}
            if takes_argument(half, "mask"):
                kwargs["mask"] = mask
            outputs.append(half(sequences, initial_state=state, **kwargs))
        last = ()
        if self.return_state:
            last = (*outputs[0][1:], *outputs[1][1:])
            outputs = [y[0] for y in outputs]
        forward, backward = (ops.cast(y, self.compute_dtype) for y in outputs)
        if self.return_sequences:
            backward = ops.flip(backward, axis=1)
        if self.merge_mode is None:
            return (forward, backward, *last)
        y = MERGE[self.merge_mode](forward, backward)
        return (y, *last) if self.return_state else y

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        y, last = self.forward_layer.compute_output_shape(sequences_shape), ()
        if self.return_state:
            y, last = y[0], tuple(y[1:]) * 2
        if self.merge_mode is None:
            return (y, y, *last)
        if self.merge_mode == "concat":
            y = (*y[:-1], 2 * y[-1])
        return (y, *last) if self.return_state else y

    def compute_mask(self, _: Any, mask: Any) -> Any:
        mask = nest.flatten(mask)[0] if mask is not None and self.return_sequences else None
        return (mask, mask) if self.merge_mode is None else mask

    def reset_state(self) -> None:
        """Set the states of a stateful layer back to zero."""
        if not self.stateful:
            raise AttributeError(
                f"Layer '{self.name}' is not stateful; make its layer with `stateful=True`."
            )
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        for name in ("layer", "backward_layer"):
            if config.get(name) is not None:
                config[name] = deserialize_keras_object(
                    config[name], custom_objects=custom_objects
                )
        return cls(**config)


MERGE = {
    "concat": lambda a, b: ops.concatenate([a, b], axis=-1),
    "sum": ops.add,
    "ave": lambda a, b: (a + b) / 2,
    "mul": ops.multiply,
}


def copied(layer: Any, prefix: Any, **changes: Any) -> Any:
    """A layer like ``layer`` with no state of its own, named ``prefix`` and its name."""
    config = serialize_keras_object(layer)
    name = prefix + layer.name.removeprefix(prefix)
    config["config"] = {**config["config"], **changes, "name": name}
    return deserialize_keras_object(config)
