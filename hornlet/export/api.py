"""export_model: a model's predictions in a form that runs without hornlet."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

# The modules with a `write(model, path, signature, **options)`. One is imported when its format
# is asked for: models are imported far more often than they are exported.
_WRITERS = {"onnx": "hornlet.export.onnx", "numpy": "hornlet.export.numpy_program"}
_OPTIONS = {"onnx": ("opset_version",), "numpy": ()}
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
        NotImplementedError: one of Keras's other formats.
        ValueError: an unknown format, a model that was never built, or one with a part that the
            format has no means for.

    >>> import os, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keras.export.export_model(model, os.path.join(folder, "m.onnx"))
    ...     os.listdir(folder)
    ['m.onnx']
    """
    path = os.fsdecode(filepath)
    if format not in (*_WRITERS, *_ELSEWHERE):
        raise ValueError(f"Unrecognized format={format}. Supported formats are: {list(_WRITERS)}.")
    if format == "tf_saved_model" and path.endswith(".onnx"):
        format = "onnx"
    if format in _ELSEWHERE:
        raise NotImplementedError(
            f"format={format!r} is not available: {_ELSEWHERE[format]}. Supported formats are "
            f'{list(_WRITERS)}; format="onnx" writes a file that other programs read.'
        )
    unknown = [name for name in kwargs if name not in _OPTIONS[format]]
    if unknown:
        raise ValueError(f"Unknown arguments of `export` with format={format!r}: {unknown}")
    import_module(_WRITERS[format]).write(model, path, input_signature, **kwargs)
    if verbose:
        print(f"Saved artifact at '{path}'.")
