"""Model, the base of all models: a layer that can be trained, summarized, saved and cloned."""

from __future__ import annotations

from typing import Any

from hornlet.base import nest
from hornlet.base.configurable import signature_of
from hornlet.base.names import did_you_mean
from hornlet.base.registry import CustomObjectScope, get_registered_name, register
from hornlet.base.serialization import (
    ConfigError,
    LiveScope,
    deserialize_keras_object,
    serialize_keras_object,
)
from hornlet.export.api import export_model
from hornlet.layers.base import Layer
from hornlet.models.direct import NOT_DIRECT, call_directly
from hornlet.models.functional_config import functional_from_config
from hornlet.models.quantization import quantize_layers
from hornlet.models.summary import print_summary
from hornlet.saving.api import load_weights, save_model, save_weights
from hornlet.saving.config import parse_json
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.operation import infer
from hornlet.training.trainer import Trainer


def _are_functional(args: tuple, kwargs: dict[str, Any]) -> bool:
    """Whether a model's arguments are its inputs and outputs."""
    return (
        len(args) == 2
        or (len(args) == 1 and "outputs" in kwargs)
        or ("inputs" in kwargs and "outputs" in kwargs)
    )


@register("keras", aliases=("keras.models.Model",))
class Model(Trainer, Layer):
    """A layer with `compile`, `fit`, `evaluate`, `predict`, `summary` and `save`.

    ``Model(inputs, outputs)`` of symbols is a functional model. A subclass makes its layers in
    `__init__` and computes in `call(inputs)`, which may take `training` and `mask`.

    Args:
        inputs: symbols of `keras.Input`, one or a nest.
        outputs: symbols computed from them, one or a nest.
        name: made up if None.

    >>> x = keras.Input((3,))
    >>> model = keras.Model(x, keras.layers.Dense(2)(x))
    >>> model.count_params()
    8
    """

    functional_class: Any = None
    _is_graph = False  # whether all it does is call its layers
    is_model_graph = False  # whether files list its layers under `layers`

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _are_functional(args, kwargs):
            return Layer.__new__(Model.functional_class, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any):
        functional = Model.functional_class
        if _are_functional(args, kwargs) and not isinstance(self, functional):
            # A subclass whose constructor hands over symbols is a functional model.
            _make_functional(type(self), functional)
            functional.__init__(self, *args, **kwargs)
            return
        Layer.__init__(self, *args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._is_graph and len(args) == 1 and (not kwargs or tuple(kwargs) == ("training",)):
            outputs = call_directly(self, args[0], kwargs.get("training"))
            if outputs is not NOT_DIRECT:
                return outputs
        return super().__call__(*args, **kwargs)

    @property
    def layers(self) -> list[Layer]:
        """The layers directly in this model."""
        return self._flatten_layers(include_self=False, recursive=False)

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            "`Model.layers` attribute is reserved and should not be used. Please use another name."
        )

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that place in `layers`.

        Raises ValueError if there is none, listing near names.
        """
        if name is not None and index is not None:
            raise ValueError(
                f"Provide only a layer name or a layer index. Received: index={index}, name={name}."
            )
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(layers)} layers."
                )
            return layers[index]
        if name is None:
            raise ValueError("Provide either a layer name or layer index at `get_layer`.")
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name}.{did_you_mean(name, [layer.name for layer in layers])}"
        )

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print the layers with their output shapes and numbers of parameters.

        Args:
            line_length: width of the table.
            positions: ends of the columns, as shares of the width.
            print_fn: called with the whole text instead of printing it.
            expand_nested: whether the layers of nested models are listed too.
            show_trainable: whether a column says which layers are trainable.
            layer_range: names (or patterns) of the first and the last layer to list.
        """
        print_summary(
            self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range
        )

    def save(
        self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
    ) -> None:
        """Save the model whole to a `.keras` file: layers, weights, optimizer.

        Args:
            filepath: a path ending in `.keras`.
            overwrite: whether an existing file is replaced.
            zipped: True or None.
        """
        save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(
        self, filepath: Any, overwrite: bool = True, max_shard_size: Any = None
    ) -> None:
        """Save the weights to a file; its ending says in which format."""
        save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Load the weights from a `.weights.h5` or `.keras` file.

        With `skip_mismatch`, layers whose weights differ in number or shape keep theirs.
        """
        load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write what the model predicts as an ONNX file or a NumPy program; see `export_model`.

        Args:
            filepath: a path that ends in `.onnx`, or a folder for `format="numpy"`.
            format: `"onnx"` or `"numpy"`; the ending `.onnx` says the first by itself.
            verbose: whether to print where the file is.
            input_signature: a list of the call's arguments, None for those the model was built
                with.
            opset_version: for ONNX, the version of the operators.
        """
        export_model(self, filepath, format, verbose, input_signature, **kwargs)

    def quantize(  # type: ignore[override]
        self, mode: str | None = None, config: Any = None, filters: Any = None, **kwargs: Any
    ) -> None:
        """Keep the weights of the layers that can do so in fewer bits.

        Dense, EinsumDense, Embedding and ReversibleEmbedding can; for the others there is a
        warning. The model computes on with the rounded weights.

        Args:
            mode: "int8", "int4", "float8" (to train in), "gptq" or "awq", which need a config.
            config: a `keras.quantizers.QuantizationConfig` with more choices.
            filters: which layers: a regular expression that is searched in their names, a list of
                them, or a function of a layer; None for all.
            **kwargs: `type_check=False` quantizes subclasses of those layers too.

        Raises:
            ValueError: a model that is not built or is quantized already, a mode and a config
                that disagree, another argument.

        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="top")])
        >>> model.quantize("int8", filters="top")
        >>> [w.dtype for w in model.weights]
        ['float32', 'int8', 'float32']
        """
        type_check = kwargs.pop("type_check", True)
        if kwargs:
            raise ValueError(
                "`quantize` takes `mode`, `config`, `filters` and `type_check`. Received: "
                f"{sorted(kwargs)}"
            )
        quantize_layers(self, config, filters, type_check)

    def get_quantization_layer_structure(self, mode: Any = None) -> Any:
        """The blocks that GPTQ and AWQ quantize one after the other; models define it.

        A dictionary of "pre_block_layers", the layers that come before the first block, and
        "sequential_blocks"; None if the model has no such blocks.
        """
        return None

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Make the weights for the shapes that `get_build_config` returned."""
        if not config:
            return
        if self._build_is_default and not self.built:
            shapes = config.get("shapes_dict")
            if shapes is not None:
                given = {key.removesuffix("_shape"): _symbols(s) for key, s in shapes.items()}
                infer(self, (), given)
            elif config.get("input_shape") is not None:
                infer(self, (_symbols(config["input_shape"]),))
            object.__setattr__(self, "_build_shapes_dict", shapes or dict(config))
        else:
            super().build_from_config(config)

    def to_json(self, **kwargs: Any) -> str:
        """The config, with the class and how it was built and compiled, as JSON.

        `kwargs` are those of `json.dumps`. `keras.models.model_from_json` reverses it.
        """
        import json

        return json.dumps(serialize_keras_object(self), **kwargs)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Make a model from what `get_config` returned."""
        functional = Model.functional_class
        is_graph = {"name", "layers", "input_layers", "output_layers"} <= set(config)
        if cls is functional or (is_graph and has_functional_constructor(cls)):
            made = functional if cls is Model else cls
            return functional_from_config(made, config, custom_objects)
        with CustomObjectScope(custom_objects):
            return super().from_config(config)

    def __reduce__(self) -> Any:
        """Pickled as config and values, so that what was compiled stays behind."""
        classes = {get_registered_name(type(x)): type(x) for x in self._flatten_layers()}
        with LiveScope():
            config = serialize_keras_object(self)
        values = [v.numpy() for v in self.variables]
        rest = [v.numpy() for v in self.optimizer.variables] if self._has_slots() else None
        return _revive, (config, classes, values, rest)

    def _has_slots(self) -> bool:
        return self.optimizer is not None and self.optimizer.built


def _revive(config: dict, classes: dict[str, type], values: list, rest: list | None) -> Any:
    with LiveScope(), CustomObjectScope(classes):
        model = deserialize_keras_object(config)
    for variable, value in zip(model.variables, values):
        variable.assign(value)
    if rest is not None and model.optimizer is not None:
        model.optimizer.build(model.trainable_variables)
        for variable, value in zip(model.optimizer.variables, rest):
            variable.assign(value)
    return model


def has_functional_constructor(cls: type) -> bool:
    """Whether a class can be made of inputs and outputs, as `Functional` is."""
    for base in cls.__mro__:
        if base is Model:
            return True
        sign = signature_of(base)
        if sign is not None:
            return sign.names[:3] == ("inputs", "outputs", "name") or (sign.varargs and sign.varkw)
    return False


def _make_functional(cls: type, functional: type) -> None:
    """Put `functional` in the place of Model among the bases of `cls`."""
    if cls is Model or issubclass(cls, functional):
        return
    for base in cls.__bases__:
        if base is not Model and issubclass(base, Model):
            _make_functional(base, functional)
    cls.__bases__ = tuple(functional if base is Model else base for base in cls.__bases__)


def _symbols(shape: Any) -> Any:
    return nest.map_shape_structure(lambda s: KerasTensor(tuple(s)), shape)


def model_from_json(json_string: str, custom_objects: Any = None) -> Any:
    """The model whose `to_json` returned this text; weights are new.

    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> keras.models.model_from_json(model.to_json()).output_shape
    (None, 2)
    """
    config = parse_json(json_string, "the JSON text")
    model = deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(model, Layer):
        raise ConfigError(
            "The JSON text describes no model: expected what `model.to_json()` returns. Received "
            f"the config of a {type(model).__name__}."
        )
    return model
