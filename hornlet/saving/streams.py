"""What packages find in Keras's own `saving_lib` besides the public functions: models to open files
and back, for databases and pickles, and files of weights with an order of the package's own."""

from __future__ import annotations

import io
import os
import tempfile
from typing import Any

import numpy as np

from hornlet.base.files import write_content
from hornlet.saving import api, stores


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


class _Arrays(stores.Group):
    """A group of an open store: what is set is kept as an array; what was read stays as it is."""

    def __init__(self, mode: str, arrays: Any = ()):
        super().__init__(arrays)
        self.mode = mode

    def _check(self, name: str) -> None:
        if self.mode != "w":
            raise ValueError(
                "A store is changed only when it was opened with mode='w'. Received: "
                f"mode={self.mode!r}, for the value {name!r}"
            )

    def __setitem__(self, name: str, value: Any) -> None:
        self._check(name)
        super().__setitem__(name, np.asarray(value))

    def __delitem__(self, name: str) -> None:
        self._check(name)
        super().__delitem__(name)


class H5IOStore:
    """Arrays in an HDF5 file, in groups that a package names itself, such as adapters of LoRA.

    The file is written by `close()`, whole, and read at once where it is opened.

    Args:
        path_or_io: a path, or a file in memory.
        archive: Keras's place for a zip file; None.
        mode: `"r"` to read, `"w"` to write.

    Raises:
        TypeError: `path_or_io` is neither a path nor a file.
        ValueError: another `mode`, an `archive`, metadata that are no dictionary, a change while
            reading or `get` while writing.
        FileError: the file is no HDF5 file of arrays.

    >>> import io
    >>> from hornlet.saving import streams
    >>> store = streams.H5IOStore(file := io.BytesIO(), mode="w")
    >>> store.make("lora/0")["kernel_a"] = np.ones((2, 1))
    >>> store.close()
    >>> streams.H5IOStore(io.BytesIO(file.getvalue())).get("lora/0")["kernel_a"].shape
    (2, 1)
    """

    def __init__(self, path_or_io: Any, archive: None = None, mode: str = "r"):
        if mode not in ("r", "w"):
            raise ValueError(f'Argument `mode` must be "r" or "w". Received: mode={mode!r}')
        if not isinstance(path_or_io, (str, os.PathLike, io.BytesIO)):
            raise TypeError(
                "Argument `path_or_io` must be a path or an `io.BytesIO`. Received: "
                f"path_or_io={path_or_io!r} of type {type(path_or_io).__name__}"
            )
        if archive is not None:
            raise ValueError(
                "Argument `archive` must be None: write into an `io.BytesIO` and put its bytes "
                f"into the archive. Received: archive={archive!r}"
            )
        self.path_or_io = path_or_io
        self.mode = mode
        self._groups: dict[str, stores.Group] = {}
        self._names: dict[str, str | None] = {}
        if mode == "r":
            self._groups = self._read()

    def _read(self) -> dict[str, stores.Group]:
        if hasattr(self.path_or_io, "getbuffer"):
            size = self.path_or_io.getbuffer().nbytes
            return stores.read_h5(self.path_or_io, "an open file", size)
        path = os.fsdecode(self.path_or_io)
        stores.check_seal(path)
        with open(path, "rb") as file:
            return stores.read_h5(file, path, os.path.getsize(path))

    def make(self, path: str, metadata: dict | None = None) -> stores.Group:
        """A new group: a dictionary to fill. Of `metadata` the `name` of its object is kept."""
        if self.mode != "w":
            raise ValueError("`make` is for stores opened with mode='w'; use `get` to read.")
        if metadata is not None and not isinstance(metadata, dict):
            raise ValueError(
                f"Argument `metadata` must be a dict or None. Received: metadata={metadata!r}"
            )
        group = self._groups[path] = _Arrays(self.mode)
        self._names[path] = (metadata or {}).get("name")
        return group

    def get(self, path: str) -> stores.Group:
        """The arrays of a group, by their names; none where there is no such group."""
        if self.mode != "r":
            raise ValueError("`get` is for stores opened with mode='r'; use `make` to write.")
        return _Arrays(self.mode, self._groups.get(path, ()))

    def has_path(self, path: str) -> bool:
        """Whether there is a group at this path, or below it."""
        return any(f"{name}/".startswith(f"{path}/") for name in self._groups)

    def close(self) -> None:
        """Write the groups that hold something; the end of what was opened to write."""
        if self.mode == "r":
            return
        filled = [(path, self._names[path], group) for path, group in self._groups.items() if group]
        content = io.BytesIO()
        stores.write_h5(content, filled)
        if hasattr(self.path_or_io, "write"):
            self.path_or_io.write(content.getvalue())
        else:
            write_content(os.fsdecode(self.path_or_io), stores.sealed(content.getvalue()))
