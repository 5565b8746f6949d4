"""What a model is called on: the symbols of its inputs, and the nest that they come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornlet.base import nest
from hornlet.base.dtypes import standardize_dtype
from hornlet.export.sizes import ExportError
from hornlet.layers.spec import InputSpec
from hornlet.tensor.keras_tensor import KerasTensor


class Signature:
    """The symbols of a model's inputs, their names, and how the model is called on values of them.

    Args:
        model: a built model.
        given: `input_signature` of `Model.export`, or None.
    """

    def __init__(self, model: Any, given: Any = None):
        self.model = model
        if given is not None:
            arguments = list(given) if isinstance(given, (list, tuple)) else [given]
            known = getattr(model, "_inputs_struct", None)
            if known is not None and len(nest.flatten(known)) == len(arguments) != 1:
                arguments = [arguments]
        else:
            arguments = _known_arguments(model)
        self._nest = nest.map_structure(_symbol, arguments)
        self.symbols: list[KerasTensor] = nest.flatten(self._nest)
        if not self.symbols:
            raise ExportError("Argument `input_signature` names no input.")
        self.names = _unique([x.name for x in self.symbols])
        for x in self.symbols:
            if x.dtype == "string":
                raise ExportError(
                    f"The input '{x.name}' takes texts, which are turned into numbers outside the "
                    "graph. Export the part of the model behind the layer that does so."
                )

    @property
    def function(self) -> Callable[..., Any]:
        """The model's predictions as a function of one value per symbol."""

        def predict(*values: Any) -> Any:
            arguments = nest.pack_sequence_as(self._nest, list(values))
            return self.model(*arguments, training=False)

        return predict

    def output_names(self, outputs: Any) -> list[str]:
        """Names of the outputs, by their nest: a dictionary's keys, or the layers' of a graph."""
        paths = [path for path, _ in nest.flatten_with_path(outputs)]
        known = getattr(self.model, "output_names", None)
        if isinstance(outputs, dict):
            known = [".".join(map(str, path)) for path in paths]
        elif known is None or len(known) != len(paths):
            known = ["output"] * len(paths)
        return _unique(known, set(self.names))


def _known_arguments(model: Any) -> list:
    """The arguments of a model's call, as symbols, from how it was made or built."""
    struct = getattr(model, "_inputs_struct", None)
    if struct is None and getattr(model, "_functional", None) is not None:
        struct = model._functional._inputs_struct
    if struct is not None:
        return [struct]
    shapes = model._build_shapes_dict
    if not model.built or not shapes:
        raise ValueError(
            "The model has never been called, so the shapes of its inputs are not known. Call it "
            "on some data, build it, or pass `input_signature`."
        )
    return [
        nest.map_shape_structure(
            lambda shape, name=name: KerasTensor(
                (None, *shape[1:]), dtype=model.input_dtype, name=name.removesuffix("_shape")
            ),
            shape,
        )
        for name, shape in shapes.items()
    ]


def _symbol(x: Any) -> KerasTensor:
    if isinstance(x, KerasTensor):
        return x
    if isinstance(x, InputSpec):
        if x.shape is None:
            raise ExportError(f"Argument `input_signature` has a spec without a shape: {x}.")
        return KerasTensor(x.shape, dtype=x.dtype or "float32", name=x.name or "input")
    if hasattr(x, "shape") and hasattr(x, "dtype"):
        return KerasTensor(tuple(x.shape), dtype=standardize_dtype(x.dtype), name="input")
    raise ValueError(
        "Argument `input_signature` must be made of `keras.InputSpec`, KerasTensors or arrays. "
        f"Received: {x!r} of type {type(x).__name__}"
    )


def _unique(names: list[str], taken: set[str] | None = None) -> list[str]:
    """The names, with numbers where one comes again."""
    taken, found = set(taken or ()), []
    for name in names:
        own, n = name, 0
        while own in taken:
            n += 1
            own = f"{name}_{n}"
        taken.add(own)
        found.append(own)
    return found
