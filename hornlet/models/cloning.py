"""clone_model: the same layers once more, with weights of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornlet.base import nest
from hornlet.base.serialization import (
    LiveScope,
    deserialize_keras_object,
    serialize_keras_object,
)
from hornlet.layers.input import Input, InputLayer
from hornlet.models.functional import Functional
from hornlet.models.model import has_functional_constructor
from hornlet.models.sequential import Sequential
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.operation import FunctionOperation


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable | None = None,
    call_function: Callable | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A model like `model`, of new layers with newly initialized weights.

    Args:
        model: a functional or sequential model, or any model with a config.
        input_tensors: symbols to build upon, in the structure of the model's inputs.
        clone_function: `f(layer)` that gives the layer to stand in its place; by default one of
            the same config.
        call_function: `f(layer, *args, **kwargs)` that calls a new layer; functional models only.
        recursive: whether `clone_function` is applied to the layers of nested models too.

    Raises:
        ValueError: arguments that this kind of model does not support.

    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> twin = keras.models.clone_model(model)
    >>> twin.set_weights(model.get_weights())
    >>> x = np.ones((1, 3))
    >>> bool((twin(x) == model(x)).all())
    True
    """
    cache = kwargs.pop("cache", None)
    if kwargs:
        raise ValueError(f"Unexpected keyword argument(s): {tuple(kwargs)}")
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError(
                "`call_function` argument is not supported with Sequential models, whose layers "
                f"are listed, not called. Received: call_function={call_function}"
            )
        clone = _cloner(clone_function, None, recursive, cache)
        return _compiled_like(_clone_sequential(model, clone, input_tensors), model)
    if isinstance(model, Functional):
        clone = _cloner(clone_function, call_function, recursive, cache)
        made = _clone_functional(model, clone, call_function, input_tensors)
        return _compiled_like(made, model)
    for name, value in (
        ("clone_function", clone_function),
        ("input_tensors", input_tensors),
        ("call_function", call_function),
    ):
        if value is not None:
            raise ValueError(
                f"Argument `{name}` is only supported for Sequential and Functional models. "
                f"Received: model of type {type(model).__name__}, {name}={value}"
            )
    with LiveScope():
        config = serialize_keras_object(model)
        return deserialize_keras_object(config, {type(model).__name__: type(model)})


def _cloner(function: Any, call_function: Any, recursive: bool, cache: Any) -> Callable:
    """`function` applied once to every layer, and to those inside of models if `recursive`."""
    known: dict[int, Any] = {} if cache is None else cache
    function = _copy if function is None else function

    def clone(layer: Any) -> Any:
        if id(layer) not in known:
            if recursive and isinstance(layer, (Sequential, Functional)):
                call = None if isinstance(layer, Sequential) else call_function
                known[id(layer)] = clone_model(
                    layer, None, function, call, recursive=True, cache=known
                )
            else:
                known[id(layer)] = function(layer)
        return known[id(layer)]

    return clone


def _copy(layer: Any) -> Any:
    if isinstance(layer, FunctionOperation):
        return FunctionOperation(layer.function, name=layer.name, settings=layer.settings)
    with LiveScope():
        return type(layer).from_config(layer.get_config())


def _clone_sequential(model: Sequential, clone: Callable, input_tensors: Any) -> Sequential:
    layers = [clone(layer) for layer in model.layers]
    first = model._layers[0] if model._layers else None
    if input_tensors is not None:
        found = nest.flatten(input_tensors)
        if len(found) != 1 or not isinstance(found[0], KerasTensor):
            raise ValueError(
                "Argument `input_tensors` must contain a single KerasTensor. "
                f"Received: input_tensors={input_tensors}"
            )
        name = first.name if isinstance(first, InputLayer) else None
        layers.insert(0, Input(tensor=found[0], name=name))
    elif isinstance(first, InputLayer):
        layers.insert(0, InputLayer.from_config(first.get_config()))
    return Sequential(layers, name=model.name, trainable=model.trainable)


def _clone_functional(
    model: Functional, clone: Callable, call_function: Any, input_tensors: Any
) -> Any:
    if input_tensors is None:
        input_tensors = nest.map_structure(
            lambda x: Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), model.input
        )
    else:
        if not all(isinstance(x, KerasTensor) for x in nest.flatten(input_tensors)):
            raise ValueError(
                "All entries in `input_tensors` must be KerasTensors. "
                f"Received: input_tensors={input_tensors}"
            )
        if isinstance(input_tensors, KerasTensor) and isinstance(model.input, list):
            input_tensors = [input_tensors]
        try:
            nest.assert_same_structure(input_tensors, model.input)
        except ValueError as error:
            raise ValueError(
                "`input_tensors` must have the same structure as model.input.\nExpected: "
                f"{model.input}\nReceived: {input_tensors}"
            ) from error

    def run(operation: Any, args: tuple, kwargs: dict) -> Any:
        layer = clone(operation)
        if call_function is not None:
            return call_function(layer, *args, **kwargs)
        return layer(*args, **kwargs)

    outputs = model._run_graph(nest.flatten(input_tensors), run)
    cls = type(model) if has_functional_constructor(type(model)) else Functional
    return cls(input_tensors, outputs, name=model.name)


def _compiled_like(made: Any, model: Any) -> Any:
    if model.compiled:
        made.compile_from_config(model.get_compile_config())
    return made
