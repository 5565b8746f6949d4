"""The zip half of a `.keras` file: a closed list of members, each read within a budget."""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from typing import Any

from hornlet.base.files import FileError, write_content

CONFIG, METADATA = "config.json", "metadata.json"
WEIGHTS_H5, WEIGHTS_NPZ = "model.weights.h5", "model.weights.npz"
ASSETS = "assets/"
_NAMES = (CONFIG, METADATA, WEIGHTS_H5, WEIGHTS_NPZ)
MOST_MEMBERS = 10_000
PIECE = 1 << 20


class Archive:
    """A `.keras` file opened for reading; raises FileError for anything out of the ordinary."""

    def __init__(self, path: Any):
        self.path = str(path)
        try:
            self._zip = zipfile.ZipFile(path)
            self._members = self._checked(self._zip.infolist())
        except FileNotFoundError:
            raise
        except FileError:
            raise
        except (OSError, ValueError, zipfile.BadZipFile, EOFError, NotImplementedError) as error:
            raise FileError(self.path, f"not a readable .keras (zip) file: {error}") from None

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *error: Any) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def _checked(self, infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        members: dict[str, zipfile.ZipInfo] = {}
        if len(infos) > MOST_MEMBERS:
            raise FileError(self.path, f"{len(infos):,} members; at most {MOST_MEMBERS:,} are read")
        spans = []
        for info in infos:
            name = info.filename
            if name in members:
                raise FileError(self.path, "the member stands twice in the archive", name)
            if name not in _NAMES and not _is_asset(name):
                raise FileError(self.path, "a .keras file has no such member", name[:200])
            if info.flag_bits & 1:
                raise FileError(self.path, "the member is encrypted", name)
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise FileError(self.path, "neither stored nor deflated", name)
            if (info.external_attr >> 16) & 0o170000 == 0o120000:
                raise FileError(self.path, "the member is a symbolic link", name)
            members[name] = info
            spans.append((info.header_offset, info.compress_size, name))
        spans.sort()
        for (start, size, name), (other, _, _) in zip(spans, spans[1:]):
            if start + size > other:
                raise FileError(self.path, "the member overlaps another", name)
        return members

    def read(self, name: str, limit: int) -> bytes:
        """A member's bytes, counted while they inflate: at most `limit`."""
        if name not in self._members:
            raise FileError(self.path, "the member is missing", name)
        pieces, total = [], 0
        try:
            with self._zip.open(self._members[name]) as member:
                while piece := member.read(PIECE):
                    total += len(piece)
                    if total > limit:
                        raise FileError(self.path, f"inflates to more than {limit:,} bytes", name)
                    pieces.append(piece)
        except FileError:
            raise
        except (OSError, ValueError, zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise FileError(self.path, f"damaged: {error}", name) from None
        except (NotImplementedError, RuntimeError) as error:
            raise FileError(self.path, f"cannot be read: {error}", name) from None
        return b"".join(pieces)

    def assets(self, limit: int) -> dict[str, bytes]:
        """All assets by their paths below `assets/`, together at most `limit` bytes."""
        return _assets(self, self._members, limit)

    def size(self) -> int:
        """The bytes of the file."""
        return os.path.getsize(self.path)

    def first_damaged(self) -> str | None:
        """The name of the first member whose checksum is wrong, None if all are right."""
        return self._zip.testzip()

    def stored_size(self, name: str) -> int:
        """The bytes that a member takes in the file."""
        return self._members[name].compress_size


class Folder:
    """The members of a `.keras` file that lie in a folder, with the interface of `Archive`."""

    def __init__(self, path: Any):
        self.path = str(path)
        self._members: dict[str, tuple[str, int]] = {}
        for place, folders, names in os.walk(self.path):
            for name in (*folders, *names):
                whole = os.path.join(place, name)
                if os.path.islink(whole):
                    raise FileError(self.path, "the member is a symbolic link", whole)
            for name in names:
                whole = os.path.join(place, name)
                inside = os.path.relpath(whole, self.path).replace(os.sep, "/")
                if inside not in _NAMES and not _is_asset(inside):
                    continue
                if not stat.S_ISREG(os.stat(whole).st_mode):
                    raise FileError(self.path, "the member is no regular file", inside)
                self._members[inside] = (whole, os.path.getsize(whole))
                if len(self._members) > MOST_MEMBERS:
                    raise FileError(self.path, f"more than {MOST_MEMBERS:,} members are not read")

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing is open."""

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str, limit: int) -> bytes:
        """A member's bytes, at most `limit`."""
        if name not in self._members:
            raise FileError(self.path, "the member is missing", name)
        with open(self._members[name][0], "rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise FileError(self.path, f"has more than {limit:,} bytes", name)
        return data

    def assets(self, limit: int) -> dict[str, bytes]:
        """All assets by their paths below `assets/`, together at most `limit` bytes."""
        return _assets(self, self._members, limit)

    def stored_size(self, name: str) -> int:
        """The bytes that a member takes."""
        return self._members[name][1]

    def size(self) -> int:
        """The bytes of all members."""
        return sum(size for _, size in self._members.values())


def _assets(archive: Any, names: Any, limit: int) -> dict[str, bytes]:
    found = {}
    for name in names:
        if name.startswith(ASSETS) and not name.endswith("/"):
            data = found[name[len(ASSETS) :]] = archive.read(name, limit)
            limit -= len(data)
    return found


def opened(path: str) -> Any:
    """The archive or the folder at `path`."""
    return Folder(path) if os.path.isdir(path) else Archive(path)


def write_folder(path: str, members: dict[str, bytes]) -> None:
    """Writes members into a folder, each whole or not at all, the config last."""
    for name in sorted(members, key=lambda name: name == CONFIG):
        target = os.path.join(path, *name.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        write_content(target, members[name])


def _is_asset(name: str) -> bool:
    parts = name.split("/")
    return (
        name.startswith(ASSETS)
        and "\\" not in name and "\0" not in name and ":" not in name
        and not any(part in ("", ".", "..") for part in parts[:-1])
        and parts[-1] not in (".", "..")
    )  # fmt: skip


def write_archive(file: Any, members: dict[str, bytes]) -> None:
    """Writes members, uncompressed as Keras does, into an open file."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as out:
        for name, data in members.items():
            out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)


def verify_archive(path: str) -> None:
    """Raises FileError unless every member of the file reads back with its checksum."""
    with Archive(path) as archive:
        bad = archive.first_damaged()
    if bad is not None:
        raise FileError(path, "was not written as it should be", bad)


def as_file(data: bytes) -> io.BytesIO:
    """Bytes as a file to read."""
    return io.BytesIO(data)
