"""Functional: a model that is a graph of layers between symbols."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base import nest
from hornlet.base.dtypes import numpy_dtype
from hornlet.base.registry import register
from hornlet.engine.emit import emit
from hornlet.engine.tensor import Tensor
from hornlet.layers.base import BASE_ARGUMENTS, Layer
from hornlet.layers.input import Input, InputLayer
from hornlet.layers.spec import InputSpec
from hornlet.models.functional_config import functional_config
from hornlet.models.graph import Function, spec_of, topological_order
from hornlet.models.model import Model, has_functional_constructor
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.masks import get_mask, set_mask
from hornlet.tensor.node import Node


@register(
    "keras.src.models.functional",
    aliases=("keras.Functional", "keras.models.Functional"),
)
class Functional(Function, Model):
    """A model made of symbols: everything between `inputs` and `outputs`.

    `keras.Model(inputs, outputs)` makes one.

    Args:
        inputs: a symbol of `keras.Input`, or an intermediate one, or a list, tuple or dictionary.
        outputs: a symbol computed from them, or a nest.
        name: made up if None.
        trainable: whether the model's weights are updated; the layers keep what each of them says.

    Raises:
        ValueError: something that is no symbol, or an output that other inputs are needed for.

    >>> a, b = keras.Input((2,)), keras.Input((2,))
    >>> model = keras.Model([a, b], keras.layers.Add()([a, b]))
    >>> model([np.ones((1, 2)), np.ones((1, 2))])
    array([[2., 2.]], dtype=float32)
    """

    is_model_graph = True
    _file_registered_name = "Functional"
    _is_graph = True
    _convert_input_args = False
    _allow_non_tensor_positional_args = True
    _config_exclude = ("inputs", "outputs")

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any):
        trainable = kwargs.pop("trainable", None)
        for key, value in inputs.items() if isinstance(inputs, dict) else ():
            if isinstance(value, KerasTensor) and key != value.name:
                warnings.warn(
                    "The keys of a dictionary of `inputs` should be the names of the KerasTensors. "
                    f"Received: inputs[{key!r}] of the name '{value.name}'. Make it by "
                    f"`Input(..., name={key!r})`.",
                    stacklevel=2,
                )
        for argument, value in (("inputs", inputs), ("outputs", outputs)):
            if not nest.flatten(value):
                raise ValueError(
                    f"Argument `{argument}` must hold at least one KerasTensor, as `keras.Input` "
                    f"and layers return them. Received: {argument}={value!r}"
                )
            for x in nest.flatten(value):
                if not isinstance(x, KerasTensor):
                    raise ValueError(
                        f"All `{argument}` values must be KerasTensors, as `keras.Input` and "
                        f"layers return them. Received: {argument}={value!r} including invalid "
                        f"value {x!r} of type {type(x).__name__}"
                    )
        # The config of a subclass may hold more than its constructor takes, and comes here whole.
        unknown = {k: kwargs.pop(k) for k in list(kwargs) if k not in BASE_ARGUMENTS}
        if unknown:
            warnings.warn(
                f"Keyword arguments that a functional model does not take are left: {unknown}. "
                f"Take them in the constructor of {type(self).__name__}, or do not pass them.",
                stacklevel=2,
            )
        Model.__init__(self, name=name, **kwargs)
        if not all(_is_input(x) for x in nest.flatten(inputs)):
            inputs, outputs = clone_graph(inputs, outputs)
        self._connect(inputs, outputs)
        if trainable is not None:  # before the layers are tracked: what each of them says stays
            self.trainable = trainable
        for operation in self._graph.operations:
            if isinstance(operation, Layer):
                self._tracker.track(operation)
        object.__setattr__(self, "_input_specs", self._make_specs())
        self.output_names = [x._keras_history.operation.name for x in self._outputs]
        self.input_names = [x.name for x in self._inputs]
        self.build(None)

    def build(self, input_shape: Any) -> None:
        """Nothing is left to do: the layers were built when they were called on symbols."""
        self.built = True

    def _lock_state(self) -> None:
        pass

    @property
    def layers(self) -> list[Layer]:
        """The layers of the graph, inputs first."""
        return [x for x in self._graph.operations if isinstance(x, Layer)]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            "`Model.layers` attribute is reserved and should not be used. Please use another name."
        )

    @property
    def input(self) -> Any:
        """The symbols the model begins with, in their nest."""
        return self._inputs_struct

    @property
    def output(self) -> Any:
        """The symbols it ends with, in their nest."""
        return self._outputs_struct

    @property
    def input_shape(self) -> Any:
        """The shape of the input, or a list of shapes."""
        shapes = [x.shape for x in self._inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> Any:
        """The shape of the output, or a list of shapes."""
        shapes = [x.shape for x in self._outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def input_spec(self) -> Any:
        """What the inputs must be."""
        return self.__dict__.get("_manual_input_spec", self.__dict__.get("_input_specs"))

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        if value is not None:
            object.__setattr__(self, "_manual_input_spec", value)

    def _make_specs(self) -> list[InputSpec] | None:
        def spec(x: KerasTensor, name: str | None = None) -> InputSpec:
            layer = x._keras_history.operation
            return InputSpec(
                shape=(None, *x.shape[1:]) if x.shape else (),
                allow_last_axis_squeeze=True,
                name=name or layer.name,
                optional=isinstance(layer, InputLayer) and layer.optional,
            )

        struct = self._inputs_struct
        if isinstance(struct, dict):
            if all(isinstance(x, KerasTensor) for x in struct.values()):
                return [spec(struct[name], name) for name in sorted(struct)]
            return None
        return [spec(x) for x in self._inputs]

    # Running.

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        """The outputs for `inputs`, arrays or Tensors in the nest of the model's inputs."""
        flat = self._standardized(inputs)
        self._compare_structure(inputs)
        if mask is not None:
            for x, m in zip(flat, nest.flatten(mask)):
                if m is not None:
                    set_mask(x, m)
        if training is None:
            outputs = self._run_graph(flat, _call)
        else:
            outputs = self._run_graph(flat, _call_with(training))
        return _single(outputs)

    def compute_output_spec(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The symbols that a call on these symbols returns."""
        flat = self._standardized(inputs)
        if all(x is not None and x.shape == k.shape for x, k in zip(flat, self._inputs)):
            outputs = nest.map_structure(
                lambda y: KerasTensor(y.shape, dtype=y.dtype), self._outputs_struct
            )
        else:
            outputs = self._run_graph(flat, spec_of)
        return _single(outputs)

    def _standardized(self, inputs: Any) -> list:
        """The inputs as a flat list of tensors, of the dtypes and ranks of the model's."""
        struct = self._inputs_struct
        if isinstance(inputs, (list, tuple, dict)):
            inputs = self._ordered(inputs)
        flat = nest.flatten(inputs) if isinstance(inputs, (list, tuple, dict)) else [inputs]
        if len(flat) != len(self._inputs):
            raise ValueError(
                f"Model '{self.name}' expects {len(self._inputs)} input(s) in the structure "
                f"{_names(struct)}. Received: {_shapes(inputs)}"
            )
        return [self._fitted(x, known) for x, known in zip(flat, self._inputs)]

    def _compare_structure(self, inputs: Any) -> None:
        """Warns of inputs in another nest than the model's, if it is not clear which is which."""
        struct = self._inputs_struct
        by_name = isinstance(inputs, dict) and not isinstance(struct, dict)
        bare = not isinstance(inputs, (list, tuple, dict)) and isinstance(struct, (list, tuple))
        if not (by_name or bare or _is_alike(inputs, struct)):
            warnings.warn(
                f"{_difference(inputs, struct)}. They are taken in order; pass them as the model "
                "was made with.",
                stacklevel=3,
            )

    def _ordered(self, inputs: Any) -> Any:
        """The values of a list or dictionary of inputs, as the model's own nest has them."""
        struct = self._inputs_struct
        if isinstance(inputs, dict) and not isinstance(struct, dict):
            names = [x.name for x in self._inputs]
            if set(names) <= set(inputs):
                return [inputs[name] for name in names]
        elif isinstance(inputs, dict) and set(struct) <= set(inputs):
            return {name: inputs[name] for name in struct}
        elif not isinstance(inputs, dict) and (
            not isinstance(struct, dict) or list(struct) == sorted(struct)
        ):
            return inputs
        raise ValueError(_difference(inputs, struct))

    def _fitted(self, x: Any, known: KerasTensor) -> Any:
        if x is None:
            layer = known._keras_history.operation
            if isinstance(layer, InputLayer) and not layer.optional:
                raise ValueError(
                    f"The input '{known.name}' is not optional, but None was passed. Pass a tensor."
                )
            return None
        y = x
        if isinstance(x, KerasTensor):
            if x.dtype != known.dtype:
                y = ops.cast(x, known.dtype)
        elif known.dtype == "string":
            y = np.asarray(x)  # texts are no tensors; the layers that take them take arrays
        elif type(x) is Tensor:
            dtype = numpy_dtype(known.dtype)
            y = x if x.dtype == dtype else emit("cast", x, dtype=dtype)
        else:
            y = ops.convert_to_tensor(x, dtype=known.dtype)
        rank = len(known.shape)
        if len(y.shape) == rank + 1 and y.shape[-1] == 1:
            y = ops.squeeze(y, axis=-1)
        elif len(y.shape) == rank - 1 and known.shape[-1] == 1:
            y = ops.expand_dims(y, axis=-1)
        elif len(y.shape) != rank:
            raise ValueError(
                f"Invalid input shape for input '{known.name}' of model '{self.name}': expected "
                f"shape {known.shape}, but the input has shape {tuple(y.shape)}"
            )
        mask = None if y is x else get_mask(x)
        if mask is not None:
            set_mask(y, mask)
        return y

    def add_loss(self, loss: Any) -> None:
        """Not for functional models: put `add_loss` in the `call` of a layer."""
        raise NotImplementedError(
            "`add_loss` belongs in the `call` of a layer; a functional model has none of its own."
        )

    # Config.

    def get_config(self) -> dict[str, Any]:
        """The graph of layers as plain values."""
        return functional_config(self) if has_functional_constructor(type(self)) else (
            Model.get_config(self)
        )  # fmt: skip


def _call(operation: Any, args: tuple, kwargs: dict) -> Any:
    return operation(*args, **kwargs)


def _call_with(training: Any) -> Any:
    def run(operation: Any, args: tuple, kwargs: dict) -> Any:
        if isinstance(operation, Layer):
            kwargs = {**kwargs, "training": training}
        return operation(*args, **kwargs)

    return run


def _single(outputs: Any) -> Any:
    return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs


def _is_alike(inputs: Any, struct: Any) -> bool:
    """Whether inputs stand in a nest like the model's; a list and a tuple are alike."""
    if isinstance(struct, dict):
        return (
            isinstance(inputs, dict)
            and inputs.keys() == struct.keys()
            and all(_is_alike(inputs[key], struct[key]) for key in struct)
        )
    if isinstance(struct, (list, tuple)):
        return (
            isinstance(inputs, (list, tuple))
            and len(inputs) == len(struct)
            and all(map(_is_alike, inputs, struct))
        )
    return not isinstance(inputs, (list, tuple, dict))


def _difference(inputs: Any, struct: Any) -> str:
    return (
        "The structure of `inputs` doesn't match the expected structure. "
        f"Expected: {_names(struct)}. Received: inputs={_shapes(inputs)}"
    )


def _names(struct: Any) -> Any:
    return nest.map_structure(lambda x: x.name, struct)


def _shapes(inputs: Any) -> Any:
    return nest.map_structure(
        lambda x: None if x is None else f"Tensor(shape={tuple(getattr(x, 'shape', ()))})", inputs
    )


def _is_input(x: KerasTensor) -> bool:
    if x._keras_history is None:
        raise ValueError(f"{x} was made by hand. A model begins with symbols of `keras.Input`.")
    return x._keras_history.operation._inbound_nodes[x._keras_history.node_index].is_input


def clone_graph(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """The nodes between symbols once more, beginning from fresh inputs; layers are shared."""
    order, _ = topological_order(nest.flatten(inputs), nest.flatten(outputs))
    made = {id(node): node.outputs for node in order}
    renewed: dict[int, KerasTensor] = {}

    def fresh(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        if id(x) not in renewed:
            renewed[id(x)] = KerasTensor(x.shape, dtype=x.dtype, name=f"{x.name}_clone")
        return renewed[id(x)]

    for x in nest.flatten(inputs):
        renewed[id(x)] = x if _is_input(x) else Input(
            batch_shape=x.shape, dtype=x.dtype, name=f"{x.name}CLONE"
        )  # fmt: skip
    for node in order:
        if node.is_input:
            for x in made[id(node)]:
                renewed.setdefault(id(x), x)
            continue
        args, kwargs = nest.map_structure(fresh, node.arguments.structure)
        Node(node.operation, args, kwargs, [fresh(x) for x in made[id(node)]])
    return nest.map_structure(fresh, inputs), nest.map_structure(fresh, outputs)


Model.functional_class = Functional
