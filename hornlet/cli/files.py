"""The commands `inspect` and `verify`: what is in a file, and whether it loads."""

from __future__ import annotations

import os

from hornlet.saving import FileError, from_onnx, load_model
from hornlet.saving.contents import describe
from hornlet.saving.tensors import read_tensors


def run_inspect(path: str) -> None:
    """Print layers, arrays, sizes and custom names of a file, building nothing from it.

    Raises FileError for a file that is not as it should be.
    """
    _exists(path)
    print(describe(path))


def run_verify(path: str) -> None:
    """Load a file as a stranger's is loaded, and print that it does.

    Raises FileError with the reason if it does not.
    """
    _exists(path)
    if path.endswith(".safetensors"):
        print(f"{path}: {len(read_tensors(path)):,} tensors, whole")
    elif path.endswith((".weights.h5", ".weights.json")):
        describe(path)
        print(f"{path}: weights, whole; whether they fit is up to the model")
    else:
        model = from_onnx(path) if path.endswith(".onnx") else load_model(path)
        print(f"{path}: loads, a {type(model).__name__} of {model.count_params():,} parameters")


def _exists(path: str) -> None:
    if not os.path.exists(path):
        raise FileError(path, "there is no such file")
