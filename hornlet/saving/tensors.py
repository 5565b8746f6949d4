"""Weights in the `.safetensors` format, under the paths of Keras's variables; no code of others.

The format is eight bytes that hold a length, a JSON header of that length that gives each tensor's
dtype, shape and place, and the tensors' bytes without gaps.
"""

from __future__ import annotations

import json
import math
import os
from typing import Any
from zlib import crc32

import numpy as np

from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.base.files import FileError, write_content
from hornlet.saving.config import parse_json

ENDING = ".safetensors"
LARGEST_HEADER = 16 << 20
CHECKSUM = "crc32 of names, dtypes, shapes and data"
_NAMES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64",
    "int32": "I32", "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32",
    "uint16": "U16", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip
_DTYPES = {short: name for name, short in _NAMES.items()}


def write_tensors(path: str, model: Any) -> None:
    """Writes all weights of a model under their paths."""
    arrays: dict[str, np.ndarray] = {}
    for variable in model.weights:
        if variable.path in arrays:
            raise ValueError(
                f"Two weights have the path {variable.path!r}; give their layers different names."
            )
        arrays[variable.path] = np.asarray(variable.array, order="C")
    header: dict[str, Any] = {}
    at = 0
    for name, array in arrays.items():
        short = _NAMES[standardize_dtype(array.dtype)]
        header[name] = {
            "dtype": short, "shape": list(array.shape), "data_offsets": [at, at + array.nbytes],
        }  # fmt: skip
        at += array.nbytes
    about = {"format": "keras", CHECKSUM: _checksum(arrays)}
    text = json.dumps({"__metadata__": about, **header}, separators=(",", ":")).encode()
    text = text.ljust(-(-len(text) // 8) * 8)

    data = (_little(array).tobytes() for array in arrays.values())
    write_content(path, b"".join((len(text).to_bytes(8, "little"), text, *data)))


def _little(array: np.ndarray) -> np.ndarray:
    return array if array.dtype.kind == "V" else array.astype(array.dtype.newbyteorder("<"))


def read_tensors(path: str) -> dict[str, np.ndarray]:
    """The arrays of a file by their names, checked to lie side by side in it."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(LARGEST_HEADER, size - 8):
            raise FileError(path, f"a header of {length:,} bytes in a file of {size:,}")
        header = parse_json(file.read(length), path, "header")
        data = file.read()
    if not isinstance(header, dict):
        raise FileError(path, "the header is not an object", "header")
    about = header.pop("__metadata__", None)
    found, spans = {}, []
    for name, entry in header.items():
        array, span = _entry(entry, data, path, name)
        found[name] = array
        spans.append(span)
    spans.sort()
    ends = [0, *(end for _, end in spans)]
    if [start for start, _ in spans] != ends[:-1] or ends[-1] != len(data):
        raise FileError(path, "the tensors overlap or leave gaps", "header")
    kept = about.get(CHECKSUM) if isinstance(about, dict) else None
    if kept is not None and kept != _checksum(found):
        raise FileError(
            path, "damaged: its checksum is another", "header", "Copy it again, or write it anew"
        )
    return found


def _checksum(arrays: dict[str, np.ndarray]) -> str:
    """Of names, dtypes, shapes and numbers; the format itself has none."""
    found = 0
    for name, array in sorted(arrays.items()):
        found = crc32(f"{name} {standardize_dtype(array.dtype)} {array.shape}".encode(), found)
        found = crc32(_little(array).tobytes(), found)
    return f"{found:08x}"


def _entry(entry: Any, data: bytes, path: str, name: str) -> tuple[np.ndarray, tuple[int, int]]:
    where = name[:200]
    if not isinstance(entry, dict) or entry.get("dtype") not in _DTYPES:
        raise FileError(path, "the entry has no known dtype", where)
    shape: Any = entry.get("shape")
    span: Any = entry.get("data_offsets")
    for numbers in (shape, span):
        if not isinstance(numbers, list) or any(type(n) is not int or n < 0 for n in numbers):
            raise FileError(path, "shape and offsets must be lists of integers", where)
    dtype = numpy_dtype(_DTYPES[entry["dtype"]])
    if dtype.kind in "fiu":
        dtype = dtype.newbyteorder("<")
    if (
        len(shape) > 32
        or len(span) != 2
        or not span[0] <= span[1] <= len(data)
        or (math.prod(shape) * dtype.itemsize != span[1] - span[0])
    ):
        raise FileError(path, f"shape {shape} does not fit the bytes {span}", where)
    array = np.frombuffer(data[span[0] : span[1]], dtype).reshape(shape)
    return array, (span[0], span[1])


def load_tensors(model: Any, path: str, skip_mismatch: bool = False) -> None:
    """Gives a model's weights the file's tensors of their paths."""
    import warnings

    found = read_tensors(path)
    wanted = {variable.path: variable for variable in model.weights}
    wrong = [name for name in wanted if name not in found]
    wrong += [name for name in found if name not in wanted]
    wrong += [
        name for name, v in wanted.items() if name in found and found[name].shape != v.array.shape
    ]
    if wrong:
        reason = f"{len(wrong)} tensors are missing, unknown or of another shape: {wrong[:5]}"
        if not skip_mismatch:
            raise FileError(path, reason, None, "Pass skip_mismatch=True to load the others")
        warnings.warn(f"{path}: {reason}", stacklevel=3)
    for name, variable in wanted.items():
        if name not in wrong:
            variable.assign(found[name])
