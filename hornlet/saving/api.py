"""save_model, load_model and their kin: whole models and weights, to files and back."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import hornlet.saving.state as state
from hornlet.base.files import FileError, atomic_write
from hornlet.base.registry import CustomObjectScope
from hornlet.base.serialization import (
    ObjectSharingScope,
    deserialize_keras_object,
    serialize_keras_object,
)
from hornlet.layers.base import Layer
from hornlet.saving import archive as zips
from hornlet.saving import stores
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
        filepath: a path ending in `.keras`.
        overwrite: whether an existing file is replaced.
        zipped: True or None; a folder is not written.
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
    if not path.endswith(".keras"):
        raise ValueError(
            "Invalid filepath extension for saving. Please add a `.keras` extension for the native "
            f"Keras format. Received: filepath={path}"
        )
    if zipped is False:
        raise ValueError("`zipped=False` is not supported: a model is saved as one file.")
    _may_write(path, overwrite)
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
        filepath: a `.keras` file.
        custom_objects: names of classes and functions of your own, with what they stand for.
        compile: whether to compile the model as it was, with the optimizer's state.
        safe_mode: accepted for Keras's sake; stored code is refused with either value.

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
    if not path.endswith(".keras"):
        raise ValueError(
            f"File format not supported: filepath={path}. Expected a file ending in `.keras`."
        )
    with zips.Archive(path) as archive:
        config = parse_json(archive.read(zips.CONFIG, LARGEST), path, zips.CONFIG)
        if not isinstance(config, dict):
            raise FileError(path, "the config is not an object", zips.CONFIG)
        groups, stored = _weights(archive)
        compile_config = config.pop("compile_config", None)
        model = _built(config, custom_objects, path, stored)
        state.check_shapes(model, groups, path)
        state.allocate(model)
        if compile and compile_config:
            with CustomObjectScope(custom_objects):
                _compiled(model, compile_config, path)
        state.load_groups(model, groups, path)
        state.load_assets(model, archive.assets(_asset_budget(path)), path)
    return model


def _asset_budget(path: str) -> int:
    return stores.EXPANSION * os.path.getsize(path) + stores.ALLOWANCE


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
    try:
        with ShapesOnly(), ObjectSharingScope():
            model = deserialize_keras_object(config, custom_objects=custom_objects)
    except FileError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise FileError(path, str(error), zips.CONFIG) from error
    if not hasattr(model, "load_own_variables") or not hasattr(model, "variables"):
        kind = type(model).__name__
        raise FileError(path, f"the config describes a {kind}, no model", zips.CONFIG)
    wanted = state.declared_bytes(model)
    if wanted > 2 * stored + stores.ALLOWANCE:
        raise FileError(
            path, f"the layers want {wanted:,} bytes of weights, the file holds {stored:,}",
            zips.CONFIG,
        )  # fmt: skip
    return model


def _compiled(model: Any, compile_config: Any, path: str) -> None:
    if not isinstance(compile_config, dict):
        raise FileError(path, "the compile config is not an object", zips.CONFIG)
    try:
        model.compile_from_config(compile_config)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileError(path, f"cannot compile: {error}", zips.CONFIG) from error


def save_weights(model: Any, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
    """Saves a model's weights (and optimizer state) to a file ending in `.weights.h5`.

    >>> import os, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keras.saving.save_weights(model, os.path.join(folder, "m.weights.h5"))
    ...     os.listdir(folder)
    ['m.weights.h5']
    """
    path = _path(filepath)
    if kwargs.pop("max_shard_size", None) is not None or kwargs:
        raise ValueError(f"Unsupported arguments of `save_weights`: {kwargs or 'max_shard_size'}")
    if not path.endswith(".weights.h5"):
        raise ValueError(f"The filename must end in `.weights.h5`. Received: filepath={path}")
    if not model.built:
        raise ValueError(
            "You are saving a model that has not yet been built. Call it on some data or use "
            "`build()` first."
        )
    _may_write(path, overwrite)
    weights = zips.as_file(b"")
    stores.write_h5(weights, state.groups_of(model))
    content = weights.getvalue()
    atomic_write(
        path, lambda file: file.write(content), lambda part: stores.verify_h5(part, content)
    )


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Loads weights from a `.weights.h5` or `.keras` file into a built model.

    Args:
        model: the model, of the architecture that was saved.
        filepath: the file.
        skip_mismatch: leave layers whose weights differ in number or shape as they are, and warn.

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
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}")
    if not model.built:
        raise ValueError(
            "You are loading weights into a model that has not yet been built. Call it on some "
            "data or use `build()` first."
        )
    if path.endswith(".keras"):
        with zips.Archive(path) as archive:
            groups, _ = _weights(archive)
    elif path.endswith(".weights.h5"):
        with open(path, "rb") as file:
            groups = stores.read_h5(file, path, os.path.getsize(path))
    else:
        raise ValueError(
            f"File format not supported: filepath={path}. Expected `.weights.h5` or `.keras`."
        )
    state.load_groups(model, groups, path, skip_mismatch)
