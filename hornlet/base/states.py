"""State as a file: nests of plain values and arrays, which are read back as they were.

Nothing is pickled and no name from the file is looked up: what can be kept is a closed list. A
file holds a digest of all the rest of it, so that a damaged one is told from a whole one.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype, standardize_dtype
from hornlet.base.files import FileError, atomic_write

_MAGIC = b"hornlet\1"
_SHORT = 16  # lists of floats longer than this are kept as arrays
_START = len(_MAGIC) + hashlib.sha256().digest_size
_PIECE = 1 << 20
_FACTORIES: dict[Any, Any] = {
    f and f.__name__: f for f in (None, list, dict, set, int, float, str, tuple, bool)
}
_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


class NotPlain(TypeError):
    """A value that is neither plain nor made of plain ones."""


def write_state(path: Any, state: Any) -> None:
    """Write a nest of plain values as a file, whole or not at all.

    Plain are None, booleans, numbers, texts, bytes, arrays of numbers, NumPy's and Python's random
    generators, and lists, tuples, sets, dictionaries and deques of plain values.

    Raises:
        NotPlain: for anything else, named by its place.
        OSError: as `atomic_write`.
    """
    arrays: list[np.ndarray] = []
    tree = _packed(state, arrays, "state")
    heads = [[standardize_dtype(x.dtype), list(x.shape)] for x in arrays]
    header = json.dumps({"state": tree, "arrays": heads}, allow_nan=False).encode()

    def write(file: Any) -> None:
        found = hashlib.sha256()
        file.write(bytes(_START))
        for part in (len(header).to_bytes(8, "little"), header, *map(_bytes, arrays)):
            file.write(part)
            found.update(part)
        file.seek(0)
        file.write(_MAGIC + found.digest())

    atomic_write(path, write, _check)


def _check(path: str) -> None:
    with open(path, "rb") as file:
        start = file.read(_START)
        found = hashlib.sha256()
        while piece := file.read(_PIECE):
            found.update(piece)
    if start[: len(_MAGIC)] != _MAGIC or len(start) < _START:
        raise FileError(path, "no state of training, or not the whole of one")
    if start[len(_MAGIC) :] != found.digest():
        raise FileError(path, "damaged: its digest is another")


def read_state(path: Any) -> Any:
    """What `write_state` wrote.

    Raises:
        FileError: the file is not whole, or none of this kind.
    """
    path = os.fspath(path)
    _check(path)
    with open(path, "rb") as file:
        rest = memoryview(file.read())[_START:]
    try:
        length = int.from_bytes(rest[:8], "little")
        header = json.loads(bytes(rest[8 : 8 + length]))
        arrays = _arrays(header["arrays"], rest[8 + length :])
        return _unpacked(header["state"], arrays)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, OverflowError) as error:
        raise FileError(path, f"no state of training: {error}") from error


def is_plain(value: Any) -> bool:
    """Whether `write_state` could keep a value."""
    try:
        _packed(value, [], "value")
    except (NotPlain, RecursionError):
        return False
    return True


def fingerprint(value: Any) -> bytes | None:
    """A digest that tells a plain value from another; None if it is not plain."""
    arrays: list[np.ndarray] = []
    try:
        tree = _packed(value, arrays, "value")
    except (NotPlain, RecursionError):
        return None
    found = hashlib.sha256(json.dumps(tree, allow_nan=False).encode())
    for x in arrays:
        found.update(f"{x.dtype} {x.shape}".encode())
        found.update(_bytes(x))
    return found.digest()


def _bytes(x: np.ndarray) -> Any:
    """An array's numbers, least significant byte first, without a copy where they lie so."""
    kind = x.dtype if x.dtype.kind in "Vb" else x.dtype.newbyteorder("<")
    return np.ascontiguousarray(x, kind).reshape(-1).view(np.uint8).data


def _arrays(heads: Any, data: memoryview) -> list[np.ndarray]:
    found, at = [], 0
    for name, shape in heads:
        if any(type(n) is not int or n < 0 for n in shape):
            raise ValueError(f"no shape: {shape}")
        dtype = numpy_dtype(standardize_dtype(name))
        size = math.prod(shape) * dtype.itemsize
        if size > len(data) - at:
            raise ValueError("arrays larger than the file")
        stored = dtype if dtype.kind in "Vb" else dtype.newbyteorder("<")
        array = np.frombuffer(data[at : at + size], stored).reshape(shape)
        found.append(array.astype(dtype))  # a copy, which may be written
        at += size
    if at != len(data):
        raise ValueError("bytes that belong to no array")
    return found


# Values in JSON: what it has no form for is an object of one key that begins with a dollar sign.


def _packed(value: Any, arrays: list[np.ndarray], place: str) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is bytes:
        return {"$bytes": value.hex()}
    if kind is np.ndarray or isinstance(value, np.generic):
        return _packed_array(value, arrays, place)
    if kind is list and len(value) > _SHORT and all(type(x) is float for x in value):
        return {"$floats": _stored(np.array(value), arrays)}
    if kind in (list, tuple, set, frozenset, deque):
        items = [_packed(x, arrays, f"{place}[{i}]") for i, x in enumerate(value)]
        if kind is list:
            return items
        if kind is deque:
            return {"$deque": [items, value.maxlen]}
        return {f"${kind.__name__}": items}
    if kind in (dict, OrderedDict, Counter, defaultdict):
        return _packed_dictionary(value, arrays, place)
    if kind is random.Random:
        return {"$random": _packed(value.getstate(), arrays, place)}
    if kind in (np.random.Generator, np.random.RandomState):
        return _packed_generator(value, arrays, place)
    raise NotPlain(f"{place} is of the type {kind.__name__}, which cannot be kept")


def _packed_dictionary(value: Any, arrays: list[np.ndarray], place: str) -> Any:
    kind = type(value)
    if kind is dict and all(type(k) is str and not k.startswith("$") for k in value):
        return {k: _packed(v, arrays, f"{place}.{k}") for k, v in value.items()}
    pairs = [
        [_packed(k, arrays, place), _packed(v, arrays, f"{place}.{k}")] for k, v in value.items()
    ]
    if kind is not defaultdict:
        return {f"${kind.__name__}": pairs}
    factory = value.default_factory
    name = None if factory is None else getattr(factory, "__name__", "")
    if _FACTORIES.get(name, NotPlain) is not factory:
        raise NotPlain(f"{place} makes its values by {factory!r}, which cannot be kept")
    return {"$defaultdict": [name, pairs]}


def _packed_array(value: Any, arrays: list[np.ndarray], place: str) -> Any:
    x = np.asarray(value)
    try:
        known = x.dtype.kind in "biufcV" and numpy_dtype(standardize_dtype(x.dtype))
    except (TypeError, ValueError):
        known = False
    if not known:
        raise NotPlain(f"{place} is an array of {x.dtype}, which cannot be kept")
    key = "$array" if type(value) is np.ndarray else "$scalar"
    return {key: _stored(x.astype(known, copy=False), arrays)}


def _stored(x: np.ndarray, arrays: list[np.ndarray]) -> int:
    arrays.append(x)
    return len(arrays) - 1


def _packed_generator(value: Any, arrays: list[np.ndarray], place: str) -> Any:
    legacy = type(value) is np.random.RandomState
    state = value.get_state(legacy=False) if legacy else value.bit_generator.state
    if state["bit_generator"] not in _GENERATORS:
        raise NotPlain(f"{place} draws from {state['bit_generator']}, which cannot be kept")
    return {"$generator": [legacy, _packed(state, arrays, place)]}


def _unpacked(tree: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(tree, list):
        return [_unpacked(x, arrays) for x in tree]
    if not isinstance(tree, dict):
        return tree
    key = next(iter(tree)) if len(tree) == 1 else ""
    if not key.startswith("$"):
        return {k: _unpacked(v, arrays) for k, v in tree.items()}
    return _KINDS[key](tree[key], lambda part: _unpacked(part, arrays), arrays)


def _generator(saved: Any, unpack: Any, arrays: Any) -> Any:
    legacy, state = saved[0], unpack(saved[1])
    name = state["bit_generator"]
    if name not in _GENERATORS:
        raise ValueError(f"no generator of random numbers: {name!r:.100}")
    bits = getattr(np.random, name)(0)
    if legacy:
        older = np.random.RandomState(bits)
        older.set_state(state)
        return older
    bits.state = state
    return np.random.Generator(bits)


def _random(saved: Any, unpack: Any, arrays: Any) -> random.Random:
    made = random.Random()
    made.setstate(unpack(saved))
    return made


_KINDS: dict[str, Any] = {
    "$float": lambda saved, unpack, arrays: float(saved),
    "$bytes": lambda saved, unpack, arrays: bytes.fromhex(saved),
    "$array": lambda saved, unpack, arrays: arrays[saved],
    "$scalar": lambda saved, unpack, arrays: arrays[saved][()],
    "$floats": lambda saved, unpack, arrays: arrays[saved].tolist(),
    "$tuple": lambda saved, unpack, arrays: tuple(unpack(saved)),
    "$set": lambda saved, unpack, arrays: set(unpack(saved)),
    "$frozenset": lambda saved, unpack, arrays: frozenset(unpack(saved)),
    "$deque": lambda saved, unpack, arrays: deque(unpack(saved[0]), saved[1]),
    "$dict": lambda saved, unpack, arrays: dict(map(unpack, saved)),
    "$OrderedDict": lambda saved, unpack, arrays: OrderedDict(map(unpack, saved)),
    "$Counter": lambda saved, unpack, arrays: Counter(dict(map(unpack, saved))),
    "$defaultdict": lambda saved, unpack, arrays: defaultdict(
        _FACTORIES[saved[0]], map(unpack, saved[1])
    ),
    "$generator": _generator,
    "$random": _random,
}
