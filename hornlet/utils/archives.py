"""Unpacking archives from elsewhere: no file outside the folder is written, and no link made."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from hornlet.base.files import FileError

_CHUNK = 1 << 20
_HEADER = 512  # what a member counts for beside its content, so that empty ones count too
_FREE, _RATIO = 100 << 20, 200


def extract_archive(path: str, folder: str, archive_format: Any = "auto") -> bool:
    """Unpack a tar (also gzip, bzip2, xz) or zip archive into `folder`.

    Everything is unpacked beside `folder` and moved there when it is complete. Files of the same
    names are replaced, others stay. A link to another file of the archive becomes a copy of it.

    Args:
        path: the archive.
        folder: made if it is not there.
        archive_format: "tar", "zip", a list of them, "auto" for both, None for none.

    Returns:
        Whether the file is an archive of one of these formats.

    Raises:
        FileError: a damaged archive; a member whose name leads out of the folder, a link out of
            it, a device, pipe or sparse file; or contents out of all proportion to the archive.
        NotImplementedError: an unknown format.
    """
    if archive_format is None:
        return False
    formats = ("tar", "zip") if archive_format == "auto" else archive_format
    for name in (formats,) if isinstance(formats, str) else formats:
        if name not in ("tar", "zip"):
            raise NotImplementedError(
                "Argument `archive_format` must be 'auto', 'tar', 'zip' or None. "
                f"Received: {name!r}"
            )
        if _is_tar(path) if name == "tar" else zipfile.is_zipfile(path):
            _extract(path, folder, _tar_members if name == "tar" else _zip_members)
            return True
    return False


def _is_tar(path: str) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except (EOFError, zlib.error) as error:  # compressed, and cut off in its first member
        raise FileError(path, f"damaged archive: {error}") from error


def _extract(path: str, folder: str, members: Any) -> None:
    parent = os.path.dirname(os.path.abspath(folder))
    os.makedirs(parent, exist_ok=True)
    part = tempfile.mkdtemp(prefix=".unpacking-", dir=parent)
    try:
        members(path, _Unpacking(path, part))
        _move(part, folder, path)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise FileError(path, f"damaged archive: {error}") from error
    finally:
        shutil.rmtree(part)


class _Unpacking:
    """Writes members under a folder that is ours alone, and keeps count."""

    def __init__(self, path: str, root: str):
        self.path = path
        self.root = root
        self.left = _FREE + _RATIO * os.path.getsize(path)

    def place(self, name: str) -> str:
        """Where a member of this name belongs; its folders are made."""
        parts = [p for p in name.replace("\\", "/").split("/") if p not in ("", ".")]
        if name.startswith(("/", "\\")) or re.match("[A-Za-z]:", name) or ".." in parts:
            raise FileError(self.path, "the name leads out of the folder to unpack into", name)
        if "\0" in name or not parts:
            raise FileError(self.path, "no name of a file", name)
        return os.path.join(self.root, *parts)

    def folder(self, name: str) -> None:
        self._count(0, name)
        if any(p not in ("", ".") for p in name.replace("\\", "/").split("/")):
            os.makedirs(self.place(name), exist_ok=True)

    def file(self, name: str, source: BinaryIO, executable: bool = False) -> None:
        """Write a file; of its mode only that it may be executed is kept."""
        place = self.place(name)
        self._count(0, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as target:
            while chunk := source.read(_CHUNK):
                self._count(len(chunk) - _HEADER, name)
                target.write(chunk)
        if executable:
            os.chmod(place, os.stat(place).st_mode | 0o111 & ~_umask())

    def copy(self, name: str, of: str) -> None:
        """Stand in for a link to a file that was unpacked before."""
        source, place = self.place(of), self.place(name)
        if not os.path.isfile(source):
            raise FileError(self.path, f"a link to {of!r}, which is no file before it", name)
        self._count(os.path.getsize(source), name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy(source, place)

    def _count(self, size: int, name: str) -> None:
        self.left -= size + _HEADER
        if self.left < 0:
            raise FileError(
                self.path, f"inflates to more than {_RATIO} times the archive's size", name
            )


def _tar_members(path: str, unpacking: _Unpacking) -> None:
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name
            if member.isdir():
                unpacking.folder(name)
            elif member.isreg() and not member.issparse():
                source: Any = archive.extractfile(member)
                unpacking.file(name, source, bool(member.mode & stat.S_IXUSR))
            elif member.islnk():
                unpacking.copy(name, member.linkname)
            elif member.issym():
                beside = os.path.dirname(name)
                target = member.linkname
                if not target.startswith(("/", "\\")):
                    target = os.path.normpath(os.path.join(beside, target))
                unpacking.copy(name, target)
            else:
                raise FileError(path, "a device, pipe or sparse file is not unpacked", name)


def _zip_members(path: str, unpacking: _Unpacking) -> None:
    with zipfile.ZipFile(path) as archive:
        seen = set()
        for member in archive.infolist():
            name, mode = member.filename, member.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise FileError(path, "a link, device or pipe is not unpacked", name)
            if member.flag_bits & 1:
                raise FileError(path, "encrypted", name)
            if member.is_dir():
                unpacking.folder(name)
                continue
            if unpacking.place(name) in seen:
                raise FileError(path, "named twice", name)
            seen.add(unpacking.place(name))
            with archive.open(member) as source:
                unpacking.file(name, source, bool(mode & stat.S_IXUSR))  # type: ignore[arg-type]


def _move(part: str, folder: str, path: str) -> None:
    """Move what was unpacked into `folder`, through no link that stands there already."""
    os.makedirs(folder, exist_ok=True)
    for inner, files in _walk(part):
        target = os.path.join(folder, inner)
        if os.path.islink(target) and inner:
            raise FileError(path, f"{target} is a link; remove it to unpack there", inner)
        os.makedirs(target, exist_ok=True)
        for name in files:
            os.replace(os.path.join(part, inner, name), os.path.join(target, name))


def _walk(root: str) -> Iterator[tuple[str, list[str]]]:
    for place, _, files in os.walk(root):
        inner = os.path.relpath(place, root)
        yield ("" if inner == "." else inner), files


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
