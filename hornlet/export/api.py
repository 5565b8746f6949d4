"""export_model: a model's predictions in a form that runs without hornlet."""

from __future__ import annotations

import os
from typing import Any

from hornlet.export.numpy_program import write_numpy
from hornlet.export.onnx import write_onnx

_FORMATS = ("onnx", "numpy")
# Keras's other formats, and whose programs write them.
_ELSEWHERE = {
    "tf_saved_model": "a TensorFlow SavedModel is written by TensorFlow",
    "litert": "LiteRT files are written by TensorFlow's converter",
    "openvino": "OpenVINO's files are written by OpenVINO, which reads ONNX files as well",
    "torch": "an ExportedProgram is written by torch",
}


def export_model(
    model: Any,
    filepath: Any,
    format: str = "tf_saved_model",
    verbose: bool | None = None,
    input_signature: Any = None,
    **kwargs: Any,
) -> None:
    """Write what a model computes when it predicts, to be run without hornlet.

    The graph of primitives that `predict` runs is written out: as an ONNX file, or as a folder of
    a Python program and its weights that needs NumPy alone. Dimensions that the model leaves open,
    the batch first of all, stay open. What cannot be written is refused by name, and then nothing
    is written; a file appears at once and whole.

    Args:
        model: a built model.
        filepath: a path; one that ends in `.onnx` says the format by itself.
        format: `"onnx"`, or `"numpy"` for a folder with `predict.py` and `weights.npz`. Keras's
            other formats need the programs of others and are refused.
        verbose: whether to print where the file is.
        input_signature: a list of the arguments of the model's call, as `keras.InputSpec`,
            KerasTensors or arrays; None for what the model was built with.
        opset_version: for ONNX, the version of the operators: 18 (by default) or 19.

    Raises:
        ValueError: another format, a model that was never built, or one with a part that the
            format has no means for.

    >>> import os, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keras.export.export_model(model, os.path.join(folder, "m.onnx"))
    ...     os.listdir(folder)
    ['m.onnx']
    """
    path = os.fsdecode(filepath)
    if format not in (*_FORMATS, *_ELSEWHERE):
        raise ValueError(f"Unrecognized format={format}. Supported formats are: {list(_FORMATS)}.")
    if format == "tf_saved_model" and path.endswith(".onnx"):
        format = "onnx"
    if format in _ELSEWHERE:
        raise ValueError(
            f"format={format!r} is not available: {_ELSEWHERE[format]}. Supported formats are "
            f'{list(_FORMATS)}; format="onnx" writes a file that other programs read.'
        )
    opset = kwargs.pop("opset_version", None) if format == "onnx" else None
    if kwargs:
        raise ValueError(f"Unknown arguments of `export` with format={format!r}: {list(kwargs)}")
    if format == "onnx":
        write_onnx(model, path, input_signature, opset)
    else:
        write_numpy(model, path, input_signature)
    if verbose:
        print(f"Saved artifact at '{path}'.")
