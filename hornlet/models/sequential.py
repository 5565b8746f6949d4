"""Sequential: a model that is one layer after another."""

from __future__ import annotations

from typing import Any

from hornlet.base.registry import CustomObjectScope, register
from hornlet.base.serialization import (
    ConfigError,
    deserialize_keras_object,
    serialize_keras_object,
)
from hornlet.layers.base import Layer
from hornlet.layers.building import is_shape
from hornlet.layers.call import signature
from hornlet.layers.input import InputLayer
from hornlet.models.functional import Functional
from hornlet.models.model import Model


@register("keras", aliases=("keras.models.Sequential",))
class Sequential(Model):
    """Layers in a row: each gets what the one before it returns.

    Args:
        layers: list of layers; if the first is a `keras.Input`, the weights are made at once,
            else at the first call.
        trainable: whether optimizers update its weights.
        name: made up if None.

    >>> model = keras.Sequential([
    ...     keras.Input((4,)),
    ...     keras.layers.Dense(3, activation="relu"),
    ...     keras.layers.Dense(2),
    ... ])
    >>> model.output_shape, len(model.weights)
    ((None, 2), 4)
    """

    is_model_graph = True

    _is_graph = True
    _not_saved = ("_functional",)  # made anew from the layers, and no part of Keras's files
    _functional: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None):
        Layer.__init__(self, trainable=trainable, name=name)
        object.__setattr__(self, "_functional", None)
        if layers is not None:
            if not hasattr(layers, "__iter__"):
                raise TypeError(
                    "Argument `layers` must be a list of layers. Received: "
                    f"layers={layers!r} (of type {type(layers).__name__})"
                )
            for layer in layers:
                self.add(layer, rebuild=False)
            if layers:
                self._rebuild()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer at the end.

        Raises ValueError for what is no layer, and for a second layer of one name.
        """
        if not self._layers and getattr(layer, "_input_shape_arg", None) is not None:
            self.add(InputLayer(shape=layer._input_shape_arg))
        history = getattr(layer, "_keras_history", None)
        if history is not None and isinstance(history.operation, InputLayer):
            layer = history.operation
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of `keras.Layer` can be added to a Sequential model. Received: "
                f"{layer!r} (of type {type(layer).__name__})"
            )
        if any(layer.name == other.name and layer is not other for other in self._layers):
            raise ValueError(
                "All layers added to a Sequential model should have unique names. Name "
                f"'{layer.name}' is already the name of a layer in this model. Update the `name` "
                "argument to pass a unique name."
            )
        if isinstance(layer, InputLayer) and self._layers:
            if isinstance(self._layers[0], InputLayer):
                raise ValueError(
                    f"Sequential model '{self.name}' has already been configured to use input "
                    f"shape {self._layers[0].batch_shape}. You cannot add a different Input layer "
                    "to it."
                )
        self._layers.append(layer)
        if rebuild:
            self._rebuild()
        else:
            self._forget()

    def pop(self, rebuild: bool = True) -> Layer:
        """Take the last layer away and return it."""
        layer = self._layers.pop()
        self._forget()
        if rebuild and self._layers:
            self._rebuild()
        return layer

    def _forget(self) -> None:
        self.built = False
        object.__setattr__(self, "_functional", None)
        self.train_function = self.test_function = self.predict_function = None

    def _rebuild(self) -> None:
        self._forget()
        first = self._layers[0]
        if len(self._layers) > 1:
            if isinstance(first, InputLayer):
                self.build(first.batch_shape)
            elif isinstance(first, Model) and getattr(first, "input_shape", None) is not None:
                self.build(getattr(first, "input_shape"))  # noqa: B009

    def _lock_state(self) -> None:
        pass

    def build(self, input_shape: Any = None) -> None:
        """Make the weights for inputs of this shape, the batch's size included (or None)."""
        if not is_shape(input_shape):
            return
        input_shape = tuple(input_shape or ())
        if not self._layers:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call "
                "`model.add(layer)`."
            )
        first = self._layers[0]
        if isinstance(first, InputLayer):
            if first.batch_shape != input_shape:
                raise ValueError(
                    f"Sequential model '{self.name}' has already been configured to use input "
                    f"shape {first.batch_shape}. You cannot build it with input_shape {input_shape}"
                )
        else:
            first = InputLayer(batch_shape=input_shape, dtype=first.compute_dtype)
            self._layers.insert(0, first)
        x = first.output
        for layer in self._layers[1:]:
            try:
                x = layer(x)
            except NotImplementedError:
                return
            except TypeError as error:
                self._check_arguments(layer, error)
                raise
        functional = Functional(inputs=first.output, outputs=x)
        object.__setattr__(self, "_functional", functional)

    def _check_arguments(self, layer: Layer, error: TypeError) -> None:
        sign = signature(layer.call)
        required = [n for n in sign.names[: sign.positional] if n not in sign.defaults]
        if len(required) > 1 or not (sign.names or sign.varargs):
            raise ValueError(
                "Layers added to a Sequential model should have a single positional argument, the "
                f"input tensor. Layer {type(layer).__name__} requires {required or 'none'}."
            ) from error

    def call(self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any) -> Any:
        """The last layer's output."""
        if self._functional is not None:
            return self._functional.call(inputs, training=training, mask=mask, **kwargs)
        outputs = inputs
        for layer in self.layers:
            extra = {} if training is None else {"training": training}
            if mask is not None and "mask" in layer._call_signature.known:
                extra["mask"] = mask
            outputs = layer(outputs, **extra)
            mask = None
        return outputs

    def compute_output_spec(
        self, inputs: Any, training: Any = None, mask: Any = None, **kwargs: Any
    ) -> Any:
        """The symbols that a call on these symbols returns."""
        if self._functional is not None:
            return self._functional.compute_output_spec(inputs, training=training, mask=mask)
        for layer in self.layers:
            inputs = layer.compute_output_spec(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for inputs of this shape."""
        if self._functional is not None:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the one that stands for the input."""
        layers = self._layers
        return layers[1:] if layers and isinstance(layers[0], InputLayer) else layers[:]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            "`Sequential.layers` attribute is reserved and should not be used. Use `add()` and "
            "`pop()` to change the layers in this model."
        )

    def _of_functional(self, name: str) -> Any:
        if self._functional is None:
            raise AttributeError(
                f"Sequential model '{self.name}' has no defined {name.replace('_', ' ')} yet. "
                "Build it: call it on data, or begin it with a `keras.Input`."
            )
        return getattr(self._functional, name)

    @property
    def input_shape(self) -> Any:
        """The shape of the input, once it is known."""
        return self._of_functional("input_shape")

    @property
    def output_shape(self) -> Any:
        """The shape of the output, once it is known."""
        return self._of_functional("output_shape")

    @property
    def inputs(self) -> Any:
        """The symbols of the inputs, once they are known."""
        return self._of_functional("inputs")

    @property
    def outputs(self) -> Any:
        """The symbols of the outputs, once they are known."""
        return self._of_functional("outputs")

    @property
    def input(self) -> Any:
        """The symbol of the input."""
        return self._of_functional("inputs")[0]

    @property
    def output(self) -> Any:
        """The symbol of the output."""
        return self._of_functional("outputs")[0]

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return self._of_functional("input_names")

    @property
    def output_names(self) -> list[str]:
        """The names of the layers of the outputs."""
        return self._of_functional("output_names")

    @property
    def input_dtype(self) -> str:
        """The dtype float inputs are converted to."""
        layers = self._layers
        if layers and isinstance(layers[0], InputLayer):
            return layers[0].dtype
        return super().input_dtype

    def get_config(self) -> dict[str, Any]:
        """The layers' configs."""
        config = Layer.get_config(self)
        config["name"] = self.name
        config["layers"] = [serialize_keras_object(layer) for layer in self._layers]
        if self._functional is not None:
            config["build_input_shape"] = self._layers[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Make a model from what `get_config` returned."""
        if "name" not in config or not isinstance(config.get("layers"), (list, tuple)):
            raise ConfigError(
                "A Sequential model configuration must be a dictionary containing the 'name' and "
                f"'layers' keys. Received: config={config!r}"
            )
        with CustomObjectScope(custom_objects):
            layers = [deserialize_keras_object(layer) for layer in config["layers"]]
        model = cls(name=config["name"])
        for layer in layers:
            model.add(layer, rebuild=False)
        if layers:
            model._rebuild()
        shape = config.get("build_input_shape")
        if model._functional is None and shape and is_shape(shape):
            model.build(tuple(shape))
        if config.get("trainable") is False:
            model._trainable = False  # of the model alone: each layer has its own in the config
        return model
