"""from_onnx: models from ONNX files; what reads them is imported at the first one."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hornlet.base import registry


def _fill_registry() -> None:
    """Files saved of such a model name its layer."""
    import_module("hornlet.saving.onnx.layer")


registry.complete_with(_fill_registry)


def from_onnx(filepath: Any, name: str | None = None) -> Any:
    """Make a model of an ONNX file, such as torch, scikit-learn and `Model.export` write.

    The model predicts what the file says, and trains where its operators have gradients: weights
    are variables under the file's names. What was written for predictions stays so: batch
    normalization uses its stored averages, and dropout drops nothing. The file is not trusted: it
    is checked whole before anything runs, opens no other file, and what it declares takes no
    memory.

    Args:
        filepath: a path.
        name: the model's name; by default that of the graph in the file.

    Returns:
        A functional model of one layer, an `OnnxGraph`. It can be compiled, trained, saved and
        exported as any other.

    Raises:
        FileError: a ValueError that names the file, the place in it and the reason, such as an
            operator that hornlet lacks.

    >>> import os, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.export(os.path.join(folder, "m.onnx"))
    ...     other = keras.saving.from_onnx(os.path.join(folder, "m.onnx"))
    >>> x = np.ones((3, 2), "float32")
    >>> bool(np.allclose(model.predict(x, verbose=0), other.predict(x, verbose=0)))
    True
    """
    return import_module("hornlet.saving.onnx.model").read(filepath, name)
