"""save_model, load_model and their kin: whole models and weights, to files and back."""

from __future__ import annotations

import json
import os
import time
import warnings
from typing import Any

import hornlet.saving.state as state
from hornlet.base.files import FileError, atomic_write, write_content
from hornlet.base.registry import CustomObjectScope
from hornlet.base.serialization import (
    ObjectSharingScope,
    deserialize_keras_object,
    serialize_keras_object,
)
from hornlet.base.trust import Loading, check_config
from hornlet.layers.base import Layer
from hornlet.saving import archive as zips
from hornlet.saving import legacy, legacy_archive, shards, stores, tensors
from hornlet.saving.config import LARGEST, parse_json
from hornlet.tensor.scope import ShapesOnly

# The version of the Keras 3 file format that is written.
FORMAT_VERSION = "3.15.1"


def save_model(
    model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
) -> None:
    """Saves a model whole: architecture, weights, and how it was compiled, with optimizer state.

    The file appears at once and whole, or not at all: it is written beside the target, synced,
    and put in its place.

    Args:
        model: a Keras model.
        filepath: a path ending in `.keras`; or in `.h5` for Keras's legacy format.
        overwrite: whether an existing file is replaced.
        zipped: False writes a folder of the same members; its path has no `.keras` at the end.
        include_optimizer: False leaves out how the model was compiled and the optimizer's state.

    Raises:
        ValueError: another ending, or a file that exists while `overwrite` is False.

    >>> import os, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keras.saving.save_model(model, os.path.join(folder, "m.keras"))
    ...     os.listdir(folder)
    ['m.keras']
    """
    whole = kwargs.pop("include_optimizer", True)
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}")
    if not isinstance(model, Layer):
        raise TypeError(
            "Argument `model` must be a model or a layer. "
            f"Received: model={model!r} of type {type(model).__name__}"
        )
    path = _path(filepath)
    if zipped is False and path.endswith(".keras"):
        raise ValueError(
            "When using `zipped=False`, a folder is written and `filepath` should not end in "
            f"`.keras`. Received: filepath={path}"
        )
    if zipped is not False and not path.endswith((".keras", ".h5", ".hdf5")):
        raise ValueError(
            "Invalid filepath extension for saving. Please add a `.keras` extension for the native "
            f"Keras format or a `.h5` extension. Received: filepath={path}"
        )
    _may_write(path, overwrite)
    layers = model._flatten_layers(include_self=False)
    if not (model.built or (layers and all(layer.built for layer in layers))):
        warnings.warn(
            f"Model '{model.name}' has not been built: its weights are not there yet, and not in "
            "the file. Call it on some data or use `build()` first.",
            stacklevel=3,
        )
    if zipped is not False and path.endswith((".h5", ".hdf5")):
        legacy.save_legacy_model(model, path, whole)
        return
    with ObjectSharingScope():
        config = serialize_keras_object(model)
    groups = state.groups_of(model)
    if not whole:
        config.pop("compile_config", None)
        groups = [group for group in groups if group[0].split("/")[0] != "optimizer"]
    metadata = {
        "keras_version": FORMAT_VERSION,
        "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"),
    }
    weights = zips.as_file(b"")
    stores.write_h5(weights, groups)
    members = {
        zips.METADATA: json.dumps(metadata).encode(),
        zips.CONFIG: json.dumps(config).encode(),
        zips.WEIGHTS_H5: weights.getvalue(),
        **{zips.ASSETS + name: data for name, data in state.assets_of(model).items()},
    }
    if zipped is False:
        zips.write_folder(path, members)
        return
    atomic_write(path, lambda file: zips.write_archive(file, members), zips.verify_archive)


def _path(filepath: Any) -> str:
    try:
        return os.fsdecode(filepath)
    except TypeError:
        raise TypeError(
            "Argument `filepath` must be a path: a string or a `pathlib.Path`. "
            f"Received: filepath={filepath!r} of type {type(filepath).__name__}"
        ) from None


def _may_write(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise ValueError(f"File exists: {path}. Pass `overwrite=True` to replace it.")


def load_model(
    filepath: Any, custom_objects: dict | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Loads a model that `model.save()` wrote, here or in Keras.

    Loading runs no code from the file: names are looked up among hornlet's own classes, those
    registered with `register_keras_serializable`, and `custom_objects`.

    Args:
        filepath: a `.keras` file, a folder written with `zipped=False`, or an `.h5` file of Keras
            1, 2 or 3 or tf.keras.
        custom_objects: names of classes and functions of your own, with what they stand for.
        compile: whether to compile the model as it was, with the optimizer's state.
        safe_mode: False lets the config of this one file name other files (vocabularies) to
            read; stored code is refused with either value.

    Raises:
        FileError: a ValueError that names the file, the member and the reason.

    >>> import os, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(os.path.join(folder, "m.keras"))
    ...     other = keras.saving.load_model(os.path.join(folder, "m.keras"))
    >>> bool(np.array_equal(model.get_weights()[0], other.get_weights()[0]))
    True
    """
    path = _path(filepath)
    if not os.path.exists(path):
        raise ValueError(f"File not found: filepath={path}. Please ensure the file is there.")
    if path.endswith((".h5", ".hdf5")) or _is_hdf5(path):
        return _load_legacy(path, custom_objects, compile, safe_mode)
    if not path.endswith(".keras") and not os.path.isdir(path):
        raise ValueError(
            f"File format not supported: filepath={path}. Expected a file ending in `.keras` or "
            "`.h5`, or a folder that `save(zipped=False)` wrote."
        )
    with Loading(safe_mode), zips.opened(path) as archive:
        config = parse_json(archive.read(zips.CONFIG, LARGEST), path, zips.CONFIG)
        if not isinstance(config, dict):
            raise FileError(path, "the config is not an object", zips.CONFIG)
        groups, stored = _weights(archive)
        compile_config = config.pop("compile_config", None)
        second = legacy_archive.is_of_keras_2(archive)
        if second:
            config = legacy_archive.modern_model(config, path)
            compile_config = legacy_archive.modern_compile(compile_config)
            groups = legacy_archive.modern_groups(groups)
        model = _built(config, custom_objects, path, stored)
        state.check_stored(model, groups, path)
        _allocated(model, path)
        if compile and compile_config:
            with CustomObjectScope(custom_objects):
                _compiled(model, compile_config, path)
            if second:
                legacy_archive.with_learning_rate(groups, model.optimizer)
        state.load_groups(model, groups, path)
        budget = stores.EXPANSION * archive.size() + stores.ALLOWANCE
        state.load_assets(model, archive.assets(budget), path)
    return model


def _is_hdf5(path: str) -> bool:
    """Whether a file is of the legacy format whatever its name: tf.keras 2.12 named it `.keras`."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def _load_legacy(path: str, custom_objects: Any, compile: bool, safe_mode: bool) -> Any:
    file = legacy.LegacyFile(path)
    with Loading(safe_mode):
        model = _built(file.model(), custom_objects, path, file.stored_bytes)
        for name, variables, arrays in legacy.pairs(file, model):
            reason = legacy.mismatch(variables, arrays)
            if reason is not None:
                raise FileError(path, reason, name)
        _allocated(model, path)
        legacy.load_legacy_weights(file, model)
        training = file.training()
        if compile and training is not None:
            with CustomObjectScope(custom_objects):
                _compiled(model, training, path)
            legacy.load_optimizer(file, model.optimizer, model.trainable_variables)
    return model


def _weights(archive: zips.Archive) -> tuple[dict[str, stores.Group], int]:
    if zips.WEIGHTS_H5 in archive:
        stored = archive.stored_size(zips.WEIGHTS_H5)
        data = archive.read(zips.WEIGHTS_H5, stores.EXPANSION * stored + stores.ALLOWANCE)
        file = zips.as_file(data)
        return stores.read_h5(file, archive.path, len(data), zips.WEIGHTS_H5), len(data)
    stored = archive.stored_size(zips.WEIGHTS_NPZ) if zips.WEIGHTS_NPZ in archive else 0
    data = archive.read(zips.WEIGHTS_NPZ, stores.EXPANSION * stored + stores.ALLOWANCE)
    return stores.read_npz(data, archive.path, zips.WEIGHTS_NPZ), len(data)


def _built(config: dict, custom_objects: dict | None, path: str, stored: int) -> Any:
    """The model as shapes only, if its variables fit what the file holds."""
    limit = 2 * stored + stores.ALLOWANCE
    try:
        with ShapesOnly(limit), ObjectSharingScope():
            model = deserialize_keras_object(config, custom_objects=custom_objects)
    except Exception as error:  # the config is at fault, whatever a constructor stumbled over
        raise FileError(path, str(error), zips.CONFIG) from error
    if not hasattr(model, "load_own_variables") or not hasattr(model, "variables"):
        kind = type(model).__name__
        raise FileError(path, f"the config describes a {kind}, no model", zips.CONFIG)
    wanted = state.declared_bytes(model)
    if wanted > limit:
        raise FileError(
            path, f"the layers want {wanted:,} bytes of weights, the file holds {stored:,}",
            zips.CONFIG,
        )  # fmt: skip
    return model


def _allocated(model: Any, path: str) -> None:
    try:
        state.allocate(model)
    except Exception as error:
        raise FileError(path, f"the weights could not be made: {error}") from error


def _compiled(model: Any, compile_config: Any, path: str) -> None:
    if not isinstance(compile_config, dict):
        raise FileError(path, "the compile config is not an object", zips.CONFIG)
    try:
        check_config(compile_config)
        model.compile_from_config(compile_config)
    except Exception as error:
        raise FileError(
            path, f"cannot compile: {error}", zips.CONFIG, "Pass compile=False to load without"
        ) from error


_ENDINGS = (".weights.h5", shards.ENDING, tensors.ENDING)


def save_weights(
    model: Any, filepath: Any, overwrite: bool = True, max_shard_size: Any = None, **kwargs: Any
) -> None:
    """Saves a model's weights; the ending of the path says in which format.

    Args:
        model: a built model.
        filepath: a path that ends in `.weights.h5` (with the optimizer's state), in
            `.weights.json` (the same, in shards), or in `.safetensors` (weights under their
            paths).
        overwrite: whether an existing file is replaced.
        max_shard_size: gigabytes that one shard may have; for `.weights.json`.
        objects_to_skip: layers whose weights are left out; not for `.safetensors`.

    >>> import os, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keras.saving.save_weights(model, os.path.join(folder, "m.weights.h5"))
    ...     os.listdir(folder)
    ['m.weights.h5']
    """
    path = _path(filepath)
    skipped = kwargs.pop("objects_to_skip", None)
    if kwargs or (skipped and path.endswith(tensors.ENDING)):
        unknown = kwargs or {"objects_to_skip": skipped}
        raise ValueError(f"Unsupported arguments of `save_weights`: {unknown}")
    if not path.endswith(_ENDINGS):
        raise ValueError(f"The filename must end in `.weights.h5`. Received: filepath={path}")
    if max_shard_size is not None and path.endswith(".weights.h5"):
        renamed = path.removesuffix(".weights.h5") + shards.ENDING
        warnings.warn(
            "The filename of weights in shards must end in `.weights.json`. Received: "
            f"filepath={path}. It is written as {renamed}.",
            stacklevel=3,
        )
        path = renamed
    if path.endswith(shards.ENDING) != (max_shard_size is not None):
        raise ValueError(
            "`max_shard_size` and a filename that ends in `.weights.json` go together. Received: "
            f"filepath={path}, max_shard_size={max_shard_size}"
        )
    if not model.built:
        raise ValueError(
            "You are saving a model that has not yet been built. Call it on some data or use "
            "`build()` first."
        )
    _may_write(path, overwrite)
    if path.endswith(tensors.ENDING):
        tensors.write_tensors(path, model)
        return
    if path.endswith(shards.ENDING):
        shards.write_shards(path, state.groups_of(model, skipped), max_shard_size)
        return
    weights = zips.as_file(b"")
    stores.write_h5(weights, state.groups_of(model, skipped))
    content = weights.getvalue()
    write_content(path, stores.sealed(content))


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Loads weights from a file, in any of the formats, into a built model.

    Args:
        model: the model, of the architecture that was saved.
        filepath: a path that ends in `.weights.h5`, `.weights.json`, `.keras`, `.safetensors`,
            `.h5`.
        skip_mismatch: leave layers whose weights differ in number or shape as they are, and warn.
        objects_to_skip: layers that keep their weights, whatever the file holds.
        by_name: for `.h5` files: match layers by name instead of by order.

    >>> import os, tempfile
    >>> make = lambda: keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model, other = make(), make()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save_weights(os.path.join(folder, "m.weights.h5"))
    ...     keras.saving.load_weights(other, os.path.join(folder, "m.weights.h5"))
    >>> bool(np.array_equal(model.get_weights()[0], other.get_weights()[0]))
    True
    """
    path = _path(filepath)
    skipped = kwargs.pop("objects_to_skip", None)
    by_name = kwargs.pop("by_name", False)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}")
    is_legacy = path.endswith((".h5", ".hdf5")) and not path.endswith(".weights.h5")
    if by_name and not is_legacy:
        raise ValueError(f"`by_name` is for legacy `.h5` files. Received: filepath={path}")
    if not model.built:
        raise ValueError(
            "You are loading weights into a model that has not yet been built. Call it on some "
            "data or use `build()` first."
        )
    if is_legacy:
        file = legacy.LegacyFile(path)
        with state.all_or_nothing(model):
            legacy.load_legacy_weights(file, model, by_name, skip_mismatch)
    elif path.endswith(tensors.ENDING):
        with state.all_or_nothing(model):
            tensors.load_tensors(model, path, skip_mismatch)
    else:
        groups = read_groups(path)
        with state.all_or_nothing(model):
            state.load_groups(model, groups, path, skip_mismatch, skipped)


def read_groups(path: str) -> dict[str, stores.Group]:
    """The arrays of a `.keras`, `.weights.h5` or `.weights.json` file, by the parts they are of."""
    if path.endswith(".keras") or os.path.isdir(path):
        with zips.opened(path) as archive:
            return _weights(archive)[0]
    if path.endswith(".weights.h5"):
        stores.check_seal(path)
        with open(path, "rb") as file:
            return stores.read_h5(file, path, os.path.getsize(path))
    if path.endswith(shards.ENDING):
        return shards.read_shards(path)
    raise ValueError(
        f"File format not supported: filepath={path}. Expected a path that ends in "
        f"`.keras`, {', '.join(f'`{ending}`' for ending in _ENDINGS)} or `.h5`."
    )
