"""The ONNX file format: its messages' fields, its dtypes, and tensors as arrays.

Only what models for inference are made of; numbers are those of the published `onnx.proto`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.base.files import FileError

MESSAGES: dict[str, dict[int, tuple[str, str]]] = {
    "ModelProto": {
        1: ("ir_version", "int"), 2: ("producer_name", "text"), 3: ("producer_version", "text"),
        4: ("domain", "text"), 5: ("model_version", "int"), 6: ("doc_string", "text"),
        7: ("graph", "GraphProto"), 8: ("opset_import", "*OperatorSetIdProto"),
        14: ("metadata_props", "*Entry"),
        25: ("functions", "*FunctionProto"),
    },
    "OperatorSetIdProto": {1: ("domain", "text"), 2: ("version", "int")},
    "FunctionProto": {1: ("name", "text")},
    "GraphProto": {
        1: ("node", "*NodeProto"), 2: ("name", "text"), 5: ("initializer", "*TensorProto"),
        10: ("doc_string", "text"), 11: ("input", "*ValueInfoProto"),
        12: ("output", "*ValueInfoProto"), 15: ("sparse_initializer", "*SparseTensorProto"),
    },
    "SparseTensorProto": {3: ("dims", "*int")},
    "NodeProto": {
        1: ("input", "*text"), 2: ("output", "*text"), 3: ("name", "text"), 4: ("op_type", "text"),
        5: ("attribute", "*AttributeProto"), 7: ("domain", "text"),
    },
    "AttributeProto": {
        1: ("name", "text"), 2: ("f", "float"), 3: ("i", "int"), 4: ("s", "bytes"),
        5: ("t", "TensorProto"), 6: ("g", "GraphProto"), 7: ("floats", "*float"),
        8: ("ints", "*int"), 9: ("strings", "*bytes"), 20: ("type", "int"),
        21: ("ref_attr_name", "text"), 22: ("sparse_tensor", "SparseTensorProto"),
    },
    "TensorProto": {
        1: ("dims", "*int"), 2: ("data_type", "int"), 4: ("float_data", "*float"),
        5: ("int32_data", "*int"), 6: ("string_data", "*bytes"), 7: ("int64_data", "*int"),
        8: ("name", "text"), 9: ("raw_data", "bytes"), 10: ("double_data", "*double"),
        11: ("uint64_data", "*int"), 13: ("external_data", "*Entry"), 14: ("data_location", "int"),
    },
    "Entry": {1: ("key", "text"), 2: ("value", "text")},
    "ValueInfoProto": {1: ("name", "text"), 2: ("type", "TypeProto")},
    "TypeProto": {1: ("tensor_type", "TensorType"), 9: ("denotation", "text")},
    "TensorType": {1: ("elem_type", "int"), 2: ("shape", "TensorShapeProto")},
    "TensorShapeProto": {1: ("dim", "*Dimension")},
    "Dimension": {1: ("dim_value", "int"), 2: ("dim_param", "text")},
}  # fmt: skip
# The numbers of TensorProto.DataType, and of AttributeProto.AttributeType.
NUMBERS = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7,
    "bool": 9, "float16": 10, "float64": 11, "uint32": 12, "uint64": 13, "bfloat16": 16,
}  # fmt: skip
DTYPES = {number: name for name, number in NUMBERS.items()}
STRING = 8
_TYPES = {"f": 1, "i": 2, "s": 3, "t": 4, "g": 5, "floats": 6, "ints": 7, "strings": 8}
_KINDS = {number: name for name, number in _TYPES.items()}
# Where a tensor's numbers lie, when not in `raw_data`.
_FIELDS = {
    1: "float_data", 7: "int64_data", 11: "double_data", 12: "uint64_data", 13: "uint64_data",
    **dict.fromkeys((2, 3, 4, 5, 6, 9, 10, 16), "int32_data"),
}  # fmt: skip
HIGHEST_RANK = 32


def dtype_number(dtype: Any) -> int:
    """ONNX's number of a dtype; ValueError for one that the format does not have."""
    name = standardize_dtype(dtype)
    if name not in NUMBERS:
        raise ValueError(f"ONNX has no tensors of dtype {name}.")
    return NUMBERS[name]


def tensor_message(array: np.ndarray, name: str = "") -> dict:
    """The TensorProto of an array."""
    order = array.dtype if array.dtype.kind == "V" else array.dtype.newbyteorder("<")
    return {
        "dims": array.shape, "data_type": dtype_number(array.dtype), "name": name,
        "raw_data": array.astype(order, copy=False).tobytes(),
    }  # fmt: skip


def attribute_message(name: str, value: Any) -> dict:
    """The AttributeProto of a number, a text, a list of them, an array or a graph (a dict)."""
    if isinstance(value, dict):
        kind = "g"
    elif isinstance(value, np.ndarray):
        kind, value = "t", tensor_message(value)
    elif isinstance(value, (list, tuple)):
        kind = "floats" if any(isinstance(v, float) for v in value) else "ints"
        if value and isinstance(value[0], str):
            kind, value = "strings", [v.encode() for v in value]
    elif isinstance(value, str):
        kind, value = "s", value.encode()
    else:
        kind = "f" if isinstance(value, float) else "i"
    return {"name": name, kind: value, "type": _TYPES[kind]}


def value_message(name: str, dtype: Any, shape: Any) -> dict:
    """The ValueInfoProto of a tensor; a dimension is a number or a name."""
    sizes = [{"dim_param": n} if isinstance(n, str) else {"dim_value": n} for n in shape]
    kind = {"elem_type": dtype_number(dtype), "shape": {"dim": sizes}}
    return {"name": name, "type": {"tensor_type": kind}}


def tensor_array(message: dict, path: str, where: str) -> np.ndarray:
    """The array of a TensorProto, a view of the file's bytes where they are its numbers."""
    if message.get("external_data") or message.get("data_location"):
        hint = "Save the model with its weights inside"
        raise FileError(path, "a tensor kept in another file, which is not opened", where, hint)
    number = message.get("data_type", 0)
    if number not in DTYPES:
        raise FileError(path, f"a tensor of ONNX's data type {number}, which is not read", where)
    dtype = numpy_dtype(DTYPES[number])
    shape = tuple(int(n) for n in message.get("dims", ()))
    if len(shape) > HIGHEST_RANK or any(n < 0 for n in shape):
        raise FileError(path, f"a tensor of shape {shape[:8]}", where)
    raw, key = message.get("raw_data"), _FIELDS[number]
    if raw is not None:
        stored = dtype if dtype.kind == "V" else dtype.newbyteorder("<")
        if len(raw) != math.prod(shape) * dtype.itemsize:
            raise _mismatch(path, where, shape, f"{len(raw):,} bytes")
        array = np.frombuffer(raw, stored)
    else:
        array = message.get(key, np.zeros(0, dtype))
        if array.size != math.prod(shape):
            raise _mismatch(path, where, shape, f"{array.size:,} numbers")
        if number in (10, 16):  # the bits of a float of two bytes
            array = array.astype("uint16").view(dtype)
    return array.astype(dtype, copy=False).reshape(shape)


def _mismatch(path: str, where: str, shape: tuple, stored: str) -> FileError:
    return FileError(path, f"a tensor of shape {shape} that holds {stored}", where)


def attribute_value(message: dict, path: str, where: str) -> Any:
    """What an AttributeProto holds: a number, text, list, array, or the dict of a graph."""
    if message.get("ref_attr_name") or "sparse_tensor" in message:
        raise FileError(path, "an attribute of a kind that is not read", where)
    kind = _KINDS.get(message.get("type", 0))
    if kind is None:  # files of the first versions leave the type out
        kind = next((k for k in _TYPES if k in message), None)
    if kind is None:
        raise FileError(path, "an attribute of a kind that is not read", where)
    value = message.get(kind, {"f": 0.0, "i": 0, "s": b""}.get(kind, ()))
    if kind == "t":
        return tensor_array(value or {}, path, where)
    if kind == "s":
        return _text(value, path, where)
    if kind == "strings":
        return [_text(v, path, where) for v in value]
    return list(value.tolist() if len(value) else ()) if kind in ("floats", "ints") else value


def _text(value: Any, path: str, where: str) -> str:
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError:
        raise FileError(path, "text that is not UTF-8", where) from None
