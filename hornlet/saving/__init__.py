"""Saving and loading models; names in files are looked up in one closed table."""

from hornlet.base.files import FileError
from hornlet.base.registry import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.saving.api import load_model, load_weights, save_model, save_weights
from hornlet.saving.editor import KerasFileEditor
from hornlet.saving.from_onnx import from_onnx

__all__ = [
    "CustomObjectScope", "FileError", "KerasFileEditor", "custom_object_scope",
    "deserialize_keras_object", "from_onnx", "get_custom_objects", "get_registered_name",
    "get_registered_object", "load_model", "load_weights", "register_keras_serializable",
    "save_model", "save_weights", "serialize_keras_object",
]  # fmt: skip
