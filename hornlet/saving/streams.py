"""Models to open files and back: what Keras's own `saving_lib` takes besides paths, for packages
that keep models in databases or pickles. The public functions take paths only."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from hornlet.saving import api


def save_model(model: Any, filepath: Any, weights_format: str = "h5", zipped: bool = True) -> None:
    """Saves a model in the `.keras` format to a path or into an open binary file.

    Args:
        model: a Keras model.
        filepath: a path, or a file opened for writing bytes.
        weights_format: `"h5"`, the only format that weights are written in.
        zipped: False writes a folder; for paths.

    Raises:
        ValueError: another `weights_format`, or a folder wanted in a file.

    >>> import io
    >>> from hornlet.saving import streams
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> streams.save_model(model, file := io.BytesIO())
    >>> file.getvalue()[:2]
    b'PK'
    """
    if weights_format != "h5":
        raise ValueError(
            f'Argument `weights_format` must be "h5". Received: weights_format={weights_format!r}'
        )
    if not hasattr(filepath, "write"):
        api.save_model(model, filepath, zipped=None if zipped else False)
        return
    if not zipped:
        raise ValueError(
            "A folder (`zipped=False`) cannot be written into an open file; pass a path. "
            f"Received: filepath={filepath!r}"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        api.save_model(model, path)
        with open(path, "rb") as file:
            filepath.write(file.read())


def load_model(
    filepath: Any, custom_objects: dict | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Loads a model from a path or an open binary file; otherwise `keras.saving.load_model`.

    >>> import io
    >>> from hornlet.saving import streams
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> streams.save_model(model, file := io.BytesIO())
    >>> other = streams.load_model(io.BytesIO(file.getvalue()))
    >>> bool(np.array_equal(model.get_weights()[0], other.get_weights()[0]))
    True
    """
    if not hasattr(filepath, "read"):
        return api.load_model(filepath, custom_objects, compile, safe_mode)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        with open(path, "wb") as file:
            file.write(filepath.read())
        return api.load_model(path, custom_objects, compile, safe_mode)
