"""Weights in HDF5 or NPZ: written as Keras does, read by looking before touching."""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from hornlet.base.dtypes import numpy_dtype
from hornlet.base.files import FileError

DEEPEST = 64
MOST_OBJECTS = 1_000_000
MOST_NAMES, LARGEST_ATTRIBUTE = 100_000, 16 << 20
# What is declared may exceed what is stored by this factor (compression) and this constant.
EXPANSION, ALLOWANCE = 3, 1 << 24
_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}


# HDF5 has no checksums of its own that cost little. What stands behind its end is ignored by every
# reader of HDF5, and cut off by every program that changes the file.
_SEAL = b"\ncrc32 of what is before: "


def sealed(content: bytes) -> bytes:
    """An HDF5 file with a checksum behind its end."""
    return content + _SEAL + b"%08x\n" % zlib.crc32(content)


def check_seal(path: str, member: str | None = None) -> None:
    """FileError if a file has a checksum behind its end, and it is wrong."""
    length = len(_SEAL) + 9
    with open(path, "rb") as file:
        left = file.seek(0, io.SEEK_END) - length
        if left < 0:
            return
        file.seek(left)
        seal = file.read()
        if not seal.startswith(_SEAL):
            return
        file.seek(0)
        found = 0
        while piece := file.read(min(left, 1 << 20)):
            found = zlib.crc32(piece, found)
            left -= len(piece)
    if seal[len(_SEAL) :] != b"%08x\n" % found:
        raise FileError(path, "damaged: its checksum is another", member, "Copy it again")


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


def read_h5(file: Any, path: str, stored: int, member: str | None = None) -> dict[str, Group]:
    """All groups of variables in an HDF5 file, by path. Checks every object before reading one.

    Args:
        file: an open file.
        path, member: what errors name.
        stored: the file's bytes, which bound what it may declare.
    """
    groups: dict[str, Group] = {}
    with Reader(file, path, stored, member) as reader:
        for name in reader.datasets:
            place, _, key = name.rpartition("/")
            groups.setdefault(_owner(place), Group())[key] = reader.array(name)
    return groups


class Reader:
    """An HDF5 file of which every object has been looked at before one is read.

    A context; raises FileError for anything else than groups, hard links and arrays of numbers.
    """

    def __init__(self, file: Any, path: str, stored: int, member: str | None = None):
        self._file, self._path, self._stored, self._member = file, path, stored, member
        self.datasets: dict[str, Any] = {}
        self.groups: dict[str, Any] = {}

    def __enter__(self) -> Reader:
        import h5py

        self._h5py = h5py
        with self._told(""):
            self._h5 = h5py.File(self._file, "r")
        try:
            with self._told(""):
                self._inspect()
        except BaseException:
            self._h5.close()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self._h5.close()

    @contextmanager
    def _told(self, place: str) -> Iterator[None]:
        """Errors of the HDF5 library as FileErrors."""
        try:
            yield
        except FileError:
            raise
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, OverflowError,
                MemoryError, AttributeError) as error:  # fmt: skip
            reason = f"not a readable HDF5 file: {error}"
            raise FileError(self._path, reason, self._where(place)) from None

    def _where(self, place: str) -> str | None:
        named = ":".join(part for part in (self._member, place[:200]) if part)
        return named or None

    def _inspect(self) -> None:
        h5py, path = self._h5py, self._path
        declared = objects = 0
        seen = set()
        waiting = [("", self._h5, 0)]
        while waiting:
            place, group, depth = waiting.pop()
            address = h5py.h5o.get_info(group.id).addr
            if address in seen:
                raise FileError(path, "a group is reached twice", self._where(place))
            seen.add(address)
            self.groups[place] = group
            if depth > DEEPEST:
                raise FileError(path, f"groups nested more than {DEEPEST} deep", self._where(place))
            for name in group:
                objects += 1
                below = f"{place}/{name}" if place else name
                where = self._where(below)
                if objects > MOST_OBJECTS:
                    raise FileError(path, f"more than {MOST_OBJECTS:,} objects", where)
                if type(group.get(name, getlink=True)) is not h5py.HardLink:
                    raise FileError(path, "a link to elsewhere; only hard links are read", where)
                child = group[name]
                if isinstance(child, h5py.Group):
                    waiting.append((below, child, depth + 1))
                elif isinstance(child, h5py.Dataset):
                    declared += _checked_bytes(child, path, where)
                    if declared > EXPANSION * self._stored + ALLOWANCE:
                        reason = f"declares {declared:,} bytes, but the file has {self._stored:,}"
                        raise FileError(path, reason, where)
                    self.datasets[below] = child
                else:
                    raise FileError(path, "neither a group nor a dataset", where)

    def has_group(self, name: str) -> bool:
        """Whether there is a group at this path."""
        return name in self.groups

    def array(self, name: str) -> np.ndarray:
        """The array at a path."""
        if name not in self.datasets:
            raise FileError(self._path, "the array is missing", self._where(name))
        with self._told(name):
            array = self.datasets[name][()]
        array = np.asarray(array)
        return array.view(numpy_dtype("bfloat16")) if array.dtype == np.dtype("V2") else array

    def text(self, group: str, name: str, limit: int) -> str | None:
        """A text kept as an attribute, None if there is none."""
        value = self._attribute(group, name, 1, limit)
        if value is None:
            return None
        value = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
        with self._told(group):
            value = value.decode("utf-8") if isinstance(value, bytes) else value
        if not isinstance(value, str):
            raise FileError(self._path, "the attribute is no text", self._where(f"{group}@{name}"))
        return value

    def names(self, group: str, name: str) -> list[str]:
        """A list of names kept as an attribute, or as several that end in a number."""
        if group not in self.groups:
            raise FileError(self._path, "the group is missing", self._where(group))
        with self._told(group):
            return self._names(group, name)

    def _names(self, group: str, name: str) -> list[str]:
        attributes = self.groups[group].attrs
        pieces = [name] if name in attributes else []
        while name not in attributes and f"{name}{len(pieces)}" in attributes:
            pieces.append(f"{name}{len(pieces)}")
        found: list[str] = []
        for piece in pieces:
            value = np.asarray(self._attribute(group, piece, MOST_NAMES, LARGEST_ATTRIBUTE))
            for item in value.ravel().tolist():
                item = item.decode("utf-8") if isinstance(item, bytes) else item
                if not isinstance(item, str) or ".." in item.split("/"):
                    where = self._where(f"{group}@{piece}")
                    raise FileError(self._path, f"{item!r} is no name", where)
                found.append(item)
            if len(found) > MOST_NAMES:
                raise FileError(self._path, f"more than {MOST_NAMES:,} names", self._where(group))
        return found

    def _attribute(self, group: str, name: str, count: int, limit: int) -> Any:
        """An attribute of text or numbers whose declared size is within limits."""
        where = self._where(f"{group}@{name}")
        with self._told(group):
            if group not in self.groups or name not in self.groups[group].attrs:
                return None
            attributes = self.groups[group].attrs
            opened = attributes.get_id(name)
            kind, size = opened.dtype, int(np.prod(opened.shape, dtype=object))
            is_text = self._h5py.check_string_dtype(kind) is not None
            if (kind.kind not in "Sfiu" and not is_text) or size > count:
                raise FileError(self._path, f"an attribute of {size:,} items of {kind}", where)
            if size and int(opened.get_storage_size()) > limit:
                raise FileError(self._path, f"an attribute of more than {limit:,} bytes", where)
            return attributes[name]


def _checked_bytes(dataset: Any, path: str, where: str | None) -> int:
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


def _owner(place: str) -> str:
    """The path of the object whose variables lie in the group `place`."""
    if place == "vars":
        return ""
    return place[: -len("/vars")] if place.endswith("/vars") else place


def read_npz(data: bytes, path: str, member: str) -> dict[str, Group]:
    """The groups of variables in Keras's NPZ form: one array for each name `place/name`.

    The arrays' headers are matched, not evaluated as NumPy does; only numbers are read.
    """
    groups: dict[str, Group] = {}
    budget = EXPANSION * len(data) + ALLOWANCE
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                where = f"{member}:{info.filename[:200]}"
                if (
                    not info.filename.endswith(".npy")
                    or info.flag_bits & 1
                    or (info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
                ):
                    raise FileError(path, "no plain .npy member", where)
                with archive.open(info) as file:
                    content = file.read(budget + 1)
                budget -= len(content)
                if budget < 0:
                    raise FileError(path, "inflates beyond all measure", where)
                place, _, name = info.filename[: -len(".npy")].rpartition("/")
                group = groups.setdefault(_owner(place), Group())
                if name in group:
                    raise FileError(path, "the member stands twice in the archive", where)
                group[name] = _array(content, path, where)
    except FileError:
        raise
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError, KeyError,
            NotImplementedError, RuntimeError) as error:  # fmt: skip
        raise FileError(path, f"not a readable NPZ file: {error}", member) from None
    return groups


_HEADER = re.compile(
    rb"\{'descr': '([<>|=][fiub]\d{1,2})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,19}, ?)*(?:\d{1,19},?)?)\),? ?\} *\n?$"
)


def _array(content: bytes, path: str, where: str) -> np.ndarray:
    """The array of an .npy file."""
    version, width = content[6:7], 2 if content[6:7] == b"\1" else 4
    if content[:6] != b"\x93NUMPY" or version not in (b"\1", b"\2", b"\3"):
        raise FileError(path, "no .npy content", where)
    start = 8 + width + int.from_bytes(content[8 : 8 + width], "little")
    match = _HEADER.match(content[8 + width : start])
    if match is None:
        raise FileError(path, "a .npy header other than of an array of plain numbers", where)
    dtype = np.dtype(match[1].decode())
    shape = tuple(int(n) for n in match[3].replace(b" ", b"").split(b",") if n)
    size = dtype.itemsize * math.prod(shape)
    if len(shape) > 32 or size != len(content) - start:
        raise FileError(path, f"declares {size:,} bytes, holds {len(content) - start:,}", where)
    order: Any = "F" if match[2] == b"True" else "C"
    return np.frombuffer(content, dtype, offset=start).reshape(shape, order=order)
