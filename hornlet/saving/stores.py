"""Weights in HDF5 or NPZ: written as Keras does, read by looking before touching."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype
from hornlet.base.files import FileError

DEEPEST = 64
MOST_OBJECTS = 1_000_000
# What is declared may exceed what is stored by this factor (compression) and this constant.
EXPANSION, ALLOWANCE = 3, 1 << 24
PIECE = 1 << 20
_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}


class Group(dict):
    """The variables of one object, by their names: what `load_own_variables` is given."""


def write_h5(file: Any, groups: list[tuple[str, str | None, Group]]) -> None:
    """Writes (path, name, variables) into an open file, in Keras's layout."""
    import h5py

    with h5py.File(file, "w") as out:
        for path, name, variables in groups:
            group = out.create_group(f"{path}/vars" if path else "vars")
            if name is not None:
                group.attrs["name"] = name
            for key, value in variables.items():
                array = np.asarray(getattr(value, "array", value))
                if array.dtype.name == "bfloat16":
                    data = group.create_dataset(key, data=array.view(np.dtype("V2")))
                    data.attrs["dtype"] = "bfloat16"
                else:
                    group.create_dataset(key, data=array)


def verify_h5(path: str, content: bytes) -> None:
    """Raises FileError unless the file at `path` holds just these bytes."""
    with open(path, "rb") as file:
        at = 0
        while piece := file.read(PIECE):
            if piece != content[at : at + len(piece)]:
                raise FileError(path, f"was not written as it should be, from byte {at:,} on")
            at += len(piece)
    if at != len(content):
        raise FileError(path, f"{at:,} of {len(content):,} bytes were written")


def read_h5(file: Any, path: str, stored: int, member: str | None = None) -> dict[str, Group]:
    """All groups of variables in an HDF5 file, by path. Checks every object before reading one.

    Args:
        file: an open file.
        path, member: what errors name.
        stored: the file's bytes, which bound what it may declare.
    """
    import h5py

    try:
        with h5py.File(file, "r") as h5:
            found = _inspect(h5, h5py, path, member, stored)
            return _read_found(found)
    except FileError:
        raise
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, OverflowError) as error:
        raise FileError(path, f"not a readable HDF5 file: {error}", member) from None


def _inspect(h5: Any, h5py: Any, path: str, member: str | None, stored: int) -> list:
    found, declared, objects = [], 0, 0
    seen = set()
    waiting = [("", h5, 0)]
    while waiting:
        place, group, depth = waiting.pop()
        where = f"{member}:{place}" if member else place
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            raise FileError(path, "a group is reached twice", where)
        seen.add(address)
        if depth > DEEPEST:
            raise FileError(path, f"groups nested more than {DEEPEST} deep", where[:200])
        for name in group:
            objects += 1
            below = f"{place}/{name}" if place else name
            where = f"{member}:{below}" if member else below
            if objects > MOST_OBJECTS:
                raise FileError(path, f"more than {MOST_OBJECTS:,} objects", where[:200])
            if type(group.get(name, getlink=True)) is not h5py.HardLink:
                raise FileError(path, "a link to elsewhere; only hard links are read", where)
            child = group[name]
            if isinstance(child, h5py.Group):
                waiting.append((below, child, depth + 1))
            elif isinstance(child, h5py.Dataset):
                declared += _checked_bytes(child, path, where)
                if declared > EXPANSION * stored + ALLOWANCE:
                    raise FileError(
                        path, f"declares {declared:,} bytes, but the file has {stored:,}", where
                    )
                found.append((place, name, child))
            else:
                raise FileError(path, "neither a group nor a dataset", where)
    return found


def _checked_bytes(dataset: Any, path: str, where: str) -> int:
    kind = dataset.dtype
    if kind.kind not in "fiub" and kind != np.dtype("V2"):
        raise FileError(path, f"dtype {kind}; only numbers and booleans are read", where)
    if dataset.is_virtual or dataset.external:
        raise FileError(path, "data kept in another file", where)
    if dataset.shape is None:
        raise FileError(path, "an empty dataset", where)
    settings = dataset.id.get_create_plist()
    for i in range(settings.get_nfilters()):
        if settings.get_filter(i)[0] not in _FILTERS:
            raise FileError(path, f"compressed by filter {settings.get_filter(i)[0]}", where)
    nbytes = int(kind.itemsize)
    for n in dataset.shape:
        nbytes *= int(n)
    kept = int(dataset.id.get_storage_size())
    if nbytes > 1100 * kept + 64:
        raise FileError(path, f"declares {nbytes:,} bytes and stores {kept:,}", where)
    return nbytes


def _read_found(found: list) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for place, name, dataset in found:
        array = dataset[()]
        if array.dtype == np.dtype("V2"):
            array = array.view(numpy_dtype("bfloat16"))
        groups.setdefault(_owner(place), Group())[name] = array
    return groups


def _owner(place: str) -> str:
    """The path of the object whose variables lie in the group `place`."""
    if place == "vars":
        return ""
    return place[: -len("/vars")] if place.endswith("/vars") else place


def read_npz(data: bytes, path: str, member: str) -> dict[str, Group]:
    """The groups of variables in Keras's NPZ form: one dictionary of arrays per object."""
    groups: dict[str, Group] = {}
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            for key in arrays.files:
                place, _, name = key.rpartition("/")
                groups.setdefault(_owner(place), Group())[name] = arrays[key]
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        raise FileError(path, f"not a readable NPZ file: {error}", member) from None
    return groups
