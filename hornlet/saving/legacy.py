"""Whole models in one HDF5 file: as Keras 3's legacy format, tf.keras, Keras 2 and Keras 1."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.base import registry
from hornlet.base.files import FileError, write_content
from hornlet.base.serialization import serialize_keras_object
from hornlet.base.trust import check_config
from hornlet.saving import archive as zips
from hornlet.saving import stores
from hornlet.saving.config import LARGEST, parse_json
from hornlet.saving.legacy_config import modern, modern_training

VERSION = "3.15.1"
TOP, WEIGHTS, OPTIMIZER = "top_level_model_weights", "model_weights", "optimizer_weights"
# An attribute is at most so large; longer lists of names are spread over several.
_ATTRIBUTE = 60_000


class LegacyFile:
    """The parts of a legacy file: configs, and each layer's arrays in order."""

    def __init__(self, path: str):
        self.path = path
        stores.check_seal(path)
        with open(path, "rb") as file:
            reader = stores.Reader(file, path, os.path.getsize(path))
            with reader:
                self.model_config = self._json(reader, "model_config")
                self.training_config = self._json(reader, "training_config")
                root = WEIGHTS if reader.has_group(WEIGHTS) else ""
                self.layers = [
                    (name, self._arrays(reader, f"{root}/{name}" if root else name))
                    for name in reader.names(root, "layer_names")
                ]
                top = f"{root}/{TOP}" if root else TOP
                self.top = self._arrays(reader, top) if reader.has_group(top) else []
                has_state = reader.has_group(OPTIMIZER)
                self.optimizer = self._arrays(reader, OPTIMIZER) if has_state else None
                self.by_kind = has_state and self._slots_by_kind(reader)

    def _json(self, reader: stores.Reader, name: str) -> Any:
        text = reader.text("", name, LARGEST)
        return None if text is None else parse_json(text, self.path, name)

    def _arrays(self, reader: stores.Reader, group: str) -> list[np.ndarray]:
        return [reader.array(f"{group}/{name}") for name in reader.names(group, "weight_names")]

    def _slots_by_kind(self, reader: stores.Reader) -> bool:
        """Whether a kind of slot comes for all weights, then the next; since tf.keras 2.11 not."""
        names = [name.split("/") for name in reader.names(OPTIMIZER, "weight_names")]
        return not (len(names) > 2 and [n[1:2] for n in names[1:3]] == [["m"], ["v"]])

    def model(self) -> dict[str, Any]:
        """The model's config in the form of Keras 3."""
        if self.model_config is None:
            raise FileError(
                self.path, "the file holds no model config", "model_config",
                "It may hold weights alone: build the model and call `load_weights`",
            )  # fmt: skip
        return self._told(modern, self.model_config, "model_config")

    def training(self) -> dict[str, Any] | None:
        """How the model was compiled, as `compile_from_config` takes it."""
        return self._told(modern_training, self.training_config, "training_config")

    def _told(self, rewrite: Callable, config: Any, member: str) -> Any:
        try:
            check_config(config)
            return rewrite(config)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise FileError(self.path, f"a config of another form: {error}", member) from error

    @property
    def stored_bytes(self) -> int:
        """The bytes of all weights of layers."""
        return sum(a.nbytes for _, arrays in self.layers for a in arrays) + sum(
            a.nbytes for a in self.top
        )


def _weights_of(layer: Any) -> list:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _top_weights(model: Any) -> list:
    known = {id(v) for v in model.weights}
    own = [*model._trainable_variables, *model._non_trainable_variables]
    return [v for v in own if id(v) in known]


def pairs(file: LegacyFile, model: Any, by_name: bool = False) -> list[tuple[str, list, list]]:
    """(layer's name, its variables, the file's arrays), in the order of the layers or by name."""
    if by_name:
        mine = {layer.name: layer for layer in model.layers}
        found = [
            (name, _weights_of(mine[name]), arrays) for name, arrays in file.layers if name in mine
        ]
    else:
        layers = [layer for layer in model.layers if _weights_of(layer)]
        stored = [(name, arrays) for name, arrays in file.layers if arrays]
        if len(layers) != len(stored):
            raise FileError(
                file.path, f"the file holds {len(stored)} layers with weights, the model has "
                f"{len(layers)}", WEIGHTS,
            )  # fmt: skip
        found = [
            (layer.name, _weights_of(layer), arrays) for layer, (_, arrays) in zip(layers, stored)
        ]
    top = _top_weights(model)
    return [*found, (TOP, top, file.top)] if top or file.top else found


def mismatch(variables: list, arrays: list) -> str | None:
    """What is wrong with giving these arrays to these variables, or None."""
    if len(variables) != len(arrays):
        return f"{len(arrays)} arrays for {len(variables)} weights"
    for variable, array in zip(variables, arrays):
        if variable.array.shape != array.shape:
            return (
                f"an array of shape {array.shape} for {variable.path} of shape "
                f"{variable.array.shape}"
            )
    return None


def load_legacy_weights(
    file: LegacyFile, model: Any, by_name: bool = False, skip_mismatch: bool = False
) -> None:
    """Gives a model's layers the file's weights."""
    for name, variables, arrays in pairs(file, model, by_name):
        reason = mismatch(variables, arrays)
        if reason is not None and not skip_mismatch:
            raise FileError(file.path, reason, name)
        if reason is not None:
            warnings.warn(f"{file.path}: layer {name} is left as it is: {reason}", stacklevel=3)
            continue
        for variable, array in zip(variables, arrays):
            variable.assign(array)


def load_optimizer(file: LegacyFile, optimizer: Any, trainable: list) -> None:
    """Gives an optimizer its state, in Keras 3's order or in tf.keras's."""
    if not file.optimizer:
        return
    optimizer.build(trainable)
    arrays, variables = file.optimizer, list(optimizer.variables)
    n = len(trainable)
    if len(arrays) == 1 + 3 * n and len(variables) == 2 + 2 * n:
        # Keras 1 and 2 keep a third slot, of one zero each, where Adam does not use it.
        if all(array.shape == (1,) and not array.any() for array in arrays[1 + 2 * n :]):
            arrays = arrays[: 1 + 2 * n]
    if len(arrays) == len(variables) - 1 and trainable:
        # tf.keras: the number of steps, then a kind of slot for all weights, then the next.
        slots = [arrays[1 + i :: n] for i in range(n)] if file.by_kind else [arrays[1:]]
        rate = optimizer.variables[1].array
        arrays = [arrays[0], rate, *(array for slot in slots for array in slot)]
    if mismatch(variables, arrays) is not None:
        warnings.warn(
            f"{file.path}: the optimizer's state is of another form and left out; training goes "
            "on with a new one.", stacklevel=3,
        )  # fmt: skip
        return
    for variable, array in zip(variables, arrays):
        variable.assign(array)


# Writing.


def save_legacy_model(model: Any, path: str, whole: bool = True) -> None:
    """Writes a model, with its weights and how it was compiled, as Keras's legacy HDF5."""
    import h5py

    out = zips.as_file(b"")
    with h5py.File(out, "w") as h5:
        config = serialize_keras_object(model)
        kept = {"class_name": type(model).__name__, "config": config["config"]}
        h5.attrs.update(keras_version=VERSION, backend="numpy", model_config=json.dumps(kept))
        compiled = config.get("compile_config")
        if whole and compiled:
            h5.attrs["training_config"] = json.dumps(_training(compiled))
        _write_layers(h5.create_group(WEIGHTS), model)
        optimizer = getattr(model, "optimizer", None)
        if whole and optimizer is not None and optimizer.variables:
            named = [(_path(v), v) for v in optimizer.variables]
            _write_arrays(h5.create_group(OPTIMIZER), named)
    content = out.getvalue()
    write_content(path, stores.sealed(content))


def _training(compiled: dict[str, Any]) -> dict[str, Any]:
    optimizer = compiled.get("optimizer") or {}
    kept = {k: _unabbreviated(v) for k, v in compiled.items() if k != "optimizer"}
    kept["optimizer_config"] = {k: optimizer.get(k) for k in ("class_name", "config")}
    return kept


def _unabbreviated(value: Any) -> Any:
    """Losses and metrics by the names of their functions: Keras cannot read "mse" here."""
    if isinstance(value, (list, tuple)):
        return [_unabbreviated(item) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _unabbreviated(item) for key, item in value.items()}
    if isinstance(value, str):
        place = registry.home(registry.spelled("keras.losses", value))
        return place[1] if place is not None and place[1].islower() else value
    return value


def _path(variable: Any) -> str:
    return str(getattr(variable, "path", variable.name))


def _write_layers(group: Any, model: Any) -> None:
    _write_names(group, "layer_names", [layer.name for layer in model.layers])
    group.attrs.update(backend="numpy", keras_version=VERSION)
    for layer in model.layers:
        named = [(_path(v), v) for v in _weights_of(layer)]
        _write_arrays(group.create_group(layer.name), named)
    _write_arrays(group.create_group(TOP), [(_path(v), v) for v in _top_weights(model)])


def _write_arrays(group: Any, named: list[tuple[str, Any]]) -> None:
    _write_names(group, "weight_names", [name for name, _ in named])
    for name, variable in named:
        group.create_dataset(name, data=np.asarray(variable.array))


def _write_names(group: Any, attribute: str, names: list[str]) -> None:
    encoded = np.array([name.encode() for name in names], dtype="S") if names else np.zeros(0)
    pieces = -(-encoded.nbytes // _ATTRIBUTE) or 1
    if pieces == 1:
        group.attrs.create(attribute, encoded, dtype=encoded.dtype)
        return
    for i, piece in enumerate(np.array_split(encoded, pieces)):
        group.attrs.create(f"{attribute}{i}", piece, dtype=encoded.dtype)
