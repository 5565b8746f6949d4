"""Reading the pickles that data sets come in: arrays of numbers, lists, dictionaries; nothing runs.

A pickle is a program that may call anything. The names in it are looked up here in a table of
stand-ins, which only keep what an array is made of; any other name is an error.
"""

from __future__ import annotations

import io
import pickle
from typing import Any, BinaryIO

import numpy as np

from hornlet.base.files import FileError

_OBJECTS = ("O", "O8")
_NUMBERS = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")


class _Subtype:
    """Stands for `numpy.ndarray` among the arguments of `_reconstruct`."""


class _DType:
    """A dtype of numbers: its name, and its order of bytes."""

    def __init__(self, name: Any, *flags: Any):
        self.name = name.decode("ascii") if isinstance(name, bytes) else name
        if self.name not in _NUMBERS + _OBJECTS:
            raise pickle.UnpicklingError(f"an array of the dtype {self.name!r}")
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        if order not in ("<", ">", "=", "|"):
            raise pickle.UnpicklingError(f"a dtype whose order of bytes is {order!r}")
        self.order = order

    def numpy(self) -> np.dtype:
        return np.dtype(self.name).newbyteorder(self.order)  # type: ignore[arg-type]


class _Array:
    """An array in the making: NumPy fills an empty one with shape, dtype and bytes."""

    value: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, by_columns, data = state
        if not isinstance(dtype, _DType):
            raise pickle.UnpicklingError("an array without a dtype")
        if dtype.name in _OBJECTS:
            value = object_array(data)
        else:
            value = np.frombuffer(data, dtype.numpy()).copy()
        self.value = value.reshape(shape, order="F" if by_columns else "C")


def object_array(rows: list) -> np.ndarray:
    """An array of the rows as they are, also when they have one length."""
    array = np.empty(len(rows), object)
    for index, row in enumerate(rows):
        array[index] = row
    return array


def _reconstruct(subtype: Any, shape: Any, kind: Any) -> _Array:
    return _Array()


def _frombuffer(data: Any, dtype: Any, shape: Any, order: Any) -> _Array:
    array = _Array()
    array.__setstate__((1, shape, dtype, order == "F", data))
    return array


def _encode(text: str, code: str) -> bytes:
    if code != "latin1":
        raise pickle.UnpicklingError(f"bytes written in the code {code!r}")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    return b""


# The last two are how Python 3 writes bytes for Python 2.
_NAMES = {
    ("numpy", "ndarray"): _Subtype,
    ("numpy", "dtype"): _DType,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.numeric", "_frombuffer"): _frombuffer,
    ("numpy._core.numeric", "_frombuffer"): _frombuffer,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _NAMES:
            return _NAMES[module, name]
        raise pickle.UnpicklingError(f"the name {module}.{name}, which data do not need")


def load(file: BinaryIO, path: Any, encoding: str = "bytes") -> Any:
    """What a pickle holds: an array, or a list or dictionary with arrays among its values.

    Raises:
        FileError: anything but arrays, lists, dictionaries, texts, bytes and numbers.

    >>> import io, pickle
    >>> from hornlet.datasets import pickles
    >>> pickles.load(io.BytesIO(pickle.dumps({"x": np.arange(3)})), "file")
    {'x': array([0, 1, 2])}
    >>> pickles.load(io.BytesIO(pickle.dumps(print)), "file")
    Traceback (most recent call last):
        ...
    hornlet.base.files.FileError: file: refused: the name builtins.print, which data do not need
    """
    try:
        found = _Reader(file, encoding=encoding).load()
        if isinstance(found, dict):
            return {key: _value(value) for key, value in found.items()}
        return [_value(x) for x in found] if isinstance(found, list) else _value(found)
    except pickle.UnpicklingError as error:
        raise FileError(path, f"refused: {error}") from error
    except (EOFError, TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise FileError(path, f"a damaged pickle: {error}") from error


def _value(x: Any) -> Any:
    if isinstance(x, (_DType, type)) or callable(x) or (isinstance(x, _Array) and x.value is None):
        raise pickle.UnpicklingError("an unfinished array")
    return x.value if isinstance(x, _Array) else x


def load_npz(path: Any) -> dict[str, np.ndarray]:
    """The arrays of an npz file, also those of lists, which NumPy would unpickle unchecked.

    Raises:
        FileError: a damaged file, or one with anything else in it.
    """
    import zipfile

    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                content = io.BytesIO(archive.read(member))
                arrays[member.removesuffix(".npy")] = _load_npy(content, f"{path}: {member}")
    except (zipfile.BadZipFile, EOFError, ValueError) as error:
        raise error if isinstance(error, FileError) else FileError(path, str(error)) from error
    return arrays


def _load_npy(file: io.BytesIO, place: str) -> np.ndarray:
    version = np.lib.format.read_magic(file)
    old = version == (1, 0)
    header = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
    shape, _, dtype = header(file)
    if not dtype.hasobject:
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)
    found = load(file, place)
    if not isinstance(found, np.ndarray) or found.shape != shape:
        raise FileError(place, f"no array of the shape {shape}")
    return found
