"""Dtype names, their NumPy dtypes, and which dtype two of them meet in (the lattice of Keras 3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base import config
from hornlet.base.names import near

BOOL_TYPES = ("bool",)
INT_TYPES = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
FLOAT_TYPES = ("bfloat16", "float16", "float32", "float64")
FLOAT8_TYPES = ("float8_e4m3fn", "float8_e5m2")
COMPLEX_TYPES = ("complex64", "complex128")
# Kinds of NumPy dtypes that no tensor has: objects, bytes, strings, times.
REFUSED = "OSUMm"
ALL_TYPES = FLOAT_TYPES + INT_TYPES + BOOL_TYPES + FLOAT8_TYPES + COMPLEX_TYPES + ("string",)

_PYTHON_TYPES = {
    bool: "bool",
    int: "int32",
    float: "float32",
    complex: "complex64",
    str: "string",
    "int": "int32",
}
_standard: dict = {name: name for name in ALL_TYPES}
_standard.update(_PYTHON_TYPES)
_NUMPY_NAMES = set(ALL_TYPES) - {"bfloat16", "string", *FLOAT8_TYPES}
_numpy: dict = {name: np.dtype(name) for name in _NUMPY_NAMES}
_numpy["string"] = np.dtype(object)
_standard.update({_numpy[name]: name for name in _NUMPY_NAMES})


def standardize_dtype(dtype: Any) -> str:
    """Return the name of `dtype`: a name, a NumPy or Python type; None is the float setting.

    >>> keras.backend.standardize_dtype(np.int64)
    'int64'
    """
    if dtype is None:
        return config.floatx()
    try:
        return _standard[dtype]
    except (KeyError, TypeError):
        pass
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or dtype
    if not isinstance(name, str):
        name = str(name).rsplit(".", 1)[-1]
    if name not in ALL_TYPES:
        close = near(name, ALL_TYPES, 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"Invalid dtype: {dtype!r}.{hint} Expected one of {', '.join(ALL_TYPES)}.")
    _standard[dtype] = name
    return name


def numpy_dtype(dtype) -> np.dtype:
    """Return the `np.dtype` of a dtype or its name; bfloat16 and float8 come from ml_dtypes."""
    name = standardize_dtype(dtype)
    found = _numpy.get(name)
    if found is None:
        try:
            import ml_dtypes
        except ImportError as error:
            raise ImportError(
                f"dtype {name!r} needs the package ml_dtypes: pip install 'hornlet[bfloat16]'"
            ) from error
        found = _numpy[name] = np.dtype(getattr(ml_dtypes, name))
    return found


def is_float(dtype: Any) -> bool:
    """Tell whether `dtype` is a real floating-point type, bfloat16 and float8 included."""
    return "float" in standardize_dtype(dtype)


def is_int(dtype: Any) -> bool:
    """Tell whether `dtype` is a signed or unsigned integer type (bool is not)."""
    return standardize_dtype(dtype) in INT_TYPES


def is_complex(dtype) -> bool:
    """Tell whether `dtype` is a complex type."""
    return standardize_dtype(dtype) in COMPLEX_TYPES


# Each type and the next ones above it; "int" and "float" are Python's scalars, which yield.
_ABOVE = {
    "bool": ("int",),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float",),
    "int": ("uint8", "int8", "complex64"),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}


def _upper_bounds(name: str) -> frozenset[str]:
    return frozenset({name}).union(*map(_upper_bounds, _ABOVE[name]))


_BOUNDS = {name: _upper_bounds(name) for name in _ABOVE}
_NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
_results: dict = {}


def result_type(*dtypes: Any) -> str:
    """Return the dtype in which values of `dtypes` are combined.

    The Python types `int` and `float` stand for scalars, which take the other operand's precision.
    A 64-bit result appears only where an argument, or the float setting, is of 64 bits.

    >>> keras.backend.result_type("bfloat16", int)
    'bfloat16'
    >>> keras.backend.result_type("int32", "float32")
    'float32'
    """
    if not dtypes:
        return config.floatx()
    floatx = config.floatx()
    try:
        return _results[floatx, dtypes]
    except (KeyError, TypeError):
        pass
    result = _join([floatx if dtype is None else dtype for dtype in dtypes], floatx)
    _results[floatx, dtypes] = result
    return result


def _join(dtypes: list, floatx: str) -> str:
    weak = [dtype is int or dtype is float for dtype in dtypes]
    names = [standardize_dtype(dtype) for dtype in dtypes]
    if any(name in FLOAT8_TYPES for name in names):
        raise ValueError(
            "float8 dtypes are never converted implicitly: cast the value first. "
            f"Received: dtypes={tuple(names)}"
        )
    if len(set(names)) == 1 and not all(weak):
        return names[0]
    kinds = {
        ("float" if "float" in name else "int") if is_weak else name
        for name, is_weak in zip(names, weak)
    }
    result = _least_upper_bound(kinds, names)
    bits = floatx[-2:]
    if result == "float":
        return "float" + bits
    if result == "int":
        return "int16" if bits == "16" else "int32"
    if result in _NARROW and not any("64" in name or "128" in name for name in kinds):
        return _NARROW[result]
    return result


def _least_upper_bound(kinds: set[str], names: list[str]) -> str:
    unknown = [kind for kind in kinds if kind not in _BOUNDS]
    if unknown:
        raise ValueError(f"dtype {unknown[0]!r} cannot be combined with others: {names}")
    common = frozenset.intersection(*(_BOUNDS[kind] for kind in kinds))
    least = [name for name in common if common <= _BOUNDS[name]]
    return least[0]
