"""A model of hornlet round the graph of an ONNX file, and the file's weights in it."""

from __future__ import annotations

import base64
import os
from typing import Any

import numpy as np

from hornlet.base.files import FileError
from hornlet.base.onnx_format import MESSAGES, tensor_array
from hornlet.base.protobuf import encode
from hornlet.base.registry import lookup
from hornlet.base.trust import Loading
from hornlet.layers.input import Input
from hornlet.saving.onnx.layer import LARGEST_CONSTANT, OnnxGraph, trained_names
from hornlet.saving.onnx.learned import lift
from hornlet.saving.onnx.reader import read_message, read_program
from hornlet.saving.onnx.run import OPERATORS

LARGEST_FILE = (1 << 31) - 1


def read_file(path: str) -> dict:
    """The ModelProto in a file."""
    if not os.path.isfile(path):
        raise ValueError(f"File not found: filepath={path}. Please ensure the file is there.")
    if os.path.getsize(path) > LARGEST_FILE:
        raise FileError(path, f"a file of more than {LARGEST_FILE:,} bytes")
    with open(path, "rb") as file:
        return read_message(file.read(), path)


def read(filepath: Any, name: str | None) -> Any:
    """What `from_onnx` does."""
    path = os.fsdecode(filepath)
    message = read_file(path)
    lift(message["graph"])
    program = read_program(message, path, OPERATORS)
    weights = _taken_out(message, trained_names(program) | program.untrained, path)
    title = name or _plain(message["graph"].get("name", "")) or None
    try:
        with Loading():
            layer = OnnxGraph(
                base64.b64encode(encode(message, "ModelProto", MESSAGES)).decode(), path,
                name="graph",
            )  # fmt: skip
            layer.source = os.path.basename(path)
            symbols = [
                Input(batch_shape=shape, dtype=dtype, name=_plain(key) or None)
                for key, (dtype, shape) in program.inputs.items()
            ]
            outputs = layer(symbols if len(symbols) > 1 else symbols[0])
            model = lookup("keras", "Model")(symbols, outputs, name=title)
    except FileError:
        raise
    except Exception as error:  # the graph is at fault, whatever it made stumble
        raise FileError(path, str(error), "graph") from error
    for key, array in weights.items():
        layer.named_variables[key].assign(array)
    return model


def _taken_out(message: dict, known: set[str], path: str) -> dict[str, np.ndarray]:
    """The arrays that become variables: the `known` ones and large ones.

    Their tensors keep a shape and a dtype.
    """
    found = {}
    for tensor in message["graph"].get("initializer", ()):
        key = tensor["name"]
        array = tensor_array(tensor, path, key)
        if array.size and (key in known or array.size > LARGEST_CONSTANT):
            found[key] = array
            for field in [f for f in tensor if f.endswith("_data")]:
                del tensor[field]
    return found


def _plain(name: str) -> str:
    """A name without what Keras's names do not have."""
    return name.replace("/", "_").replace(":", "_")[:200]
