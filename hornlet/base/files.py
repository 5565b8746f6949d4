"""Files written so that a crash at any instant leaves the old file or the new one, whole.

No other module opens a file for writing: what grows line by line is opened by `open_log`,
everything else is written by `atomic_write`. `tests/reliability/test_one_door.py` holds this.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable
from itertools import count
from typing import Any

_SUFFIX = ".hornlet-part"
_LONGEST = 180  # bytes of a name beside which there is room for the rest of a temporary one
_BUFFER = 1 << 20
_BINARY = getattr(os, "O_BINARY", 0)
_numbers = count()


class FileError(ValueError):
    """A file that cannot be read: names the file, the member inside it, the reason, what to do.

    >>> print(keras.saving.FileError("m.keras", "truncated", "config.json", "Copy it again."))
    m.keras: config.json: truncated. Copy it again.
    """

    def __init__(self, path: Any, reason: str, member: str | None = None, hint: str | None = None):
        self.path = str(path)
        self.member = member
        self.reason = reason
        self.hint = hint
        where = f"{self.path}: {member}" if member else self.path
        super().__init__(f"{where}: {reason}. {hint}" if hint else f"{where}: {reason}")

    def __reduce__(self):
        return type(self), (self.path, self.reason, self.member, self.hint)


class _Descriptor(io.RawIOBase):
    """An open file by the functions of `os` alone: tests fail or record each of them."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def readinto(self, buffer: Any) -> int:
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        return os.write(self._descriptor, data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def truncate(self, size: int | None = None) -> int:
        size = self.tell() if size is None else size
        os.ftruncate(self._descriptor, size)
        return size

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)


def atomic_write(path: Any, writer: Callable, verify: Callable | None = None) -> None:
    """Write a file under a temporary name beside `path`, then put it in place in one step.

    Args:
        path: the file to write; a symbolic link is followed.
        writer: called with the open binary file, which can be read and sought.
        verify: called with the temporary file's path before it takes its place; raises to refuse.

    Raises:
        OSError: whatever opening, writing, syncing or replacing raised; `path` is then untouched.
    """
    target = os.path.realpath(os.fspath(path))
    folder, name = os.path.split(target)
    name = _shortened(name)
    _sweep(folder, name)
    part = os.path.join(folder, f".{name}.{os.getpid()}-{next(_numbers)}{_SUFFIX}")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    except OSError as error:  # the temporary name would say nothing to the caller
        raise type(error)(error.errno, error.strerror, target) from None
    try:
        with io.BufferedRandom(_Descriptor(descriptor), _BUFFER) as file:
            writer(file)
            file.flush()
            os.fsync(descriptor)
        if verify is not None:
            verify(part)
        _keep_mode(target, part)
        os.replace(part, target)
    except BaseException:
        try:
            os.unlink(part)
        except OSError:
            pass
        raise
    _sync_folder(folder)


def write_content(path: Any, content: bytes) -> None:
    """Write bytes as the whole of a file by `atomic_write`, once they have been read back.

    Raises:
        OSError: as `atomic_write`.
        FileError: the bytes that came back are others.
    """

    def verify(part: str) -> None:
        with open(part, "rb") as file:
            at = 0
            while piece := file.read(_BUFFER):
                if piece != content[at : at + len(piece)]:
                    break
                at += len(piece)
        if at != len(content) or piece:
            raise FileError(path, f"was not written as it should be, from byte {at:,} on")

    atomic_write(path, lambda file: file.write(content), verify)


def put(source: Any, target: Any) -> None:
    """Give a file that is whole another name in its folder, in the place of what has that name."""
    os.replace(source, target)
    _sync_folder(os.path.dirname(os.path.abspath(target)))


def open_log(path: Any, binary: bool = False) -> Any:
    """Open a file that grows piece by piece, at its end; what is in it stays.

    The owner says by `sync` what must outlive a crash, and by `cut` takes away what an interrupted
    run has left behind.
    """
    descriptor = os.open(os.fspath(path), os.O_RDWR | os.O_CREAT | _BINARY, 0o666)
    file: Any = os.fdopen(descriptor, "r+b" if binary else "r+", newline=None if binary else "")
    file.seek(0, os.SEEK_END)
    return file


def cut(file: Any, size: int) -> None:
    """Cut an open log down to its first `size` bytes; what is written next follows them."""
    file.truncate(size)
    file.seek(0, os.SEEK_END)


def sync(file: Any) -> int:
    """Bring everything written to an open file to the disk; gives the file's size."""
    file.flush()
    os.fsync(file.fileno())
    return os.fstat(file.fileno()).st_size


def make_folder(path: Any) -> None:
    """Make a folder and those it is in, so that they too outlive a power cut."""
    folder = os.path.abspath(path)
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    make_folder(parent)
    os.makedirs(folder, exist_ok=True)
    _sync_folder(parent)


def digest(path: Any) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_BUFFER):
            found.update(piece)
    return found.hexdigest()


def _shortened(name: str) -> str:
    code = os.fsencode(name)
    if len(code) <= _LONGEST:
        return name
    return f"{name[: _LONGEST // 8]}-{hashlib.sha256(code).hexdigest()[:32]}"


def _keep_mode(target: str, part: str) -> None:
    try:
        mode = os.stat(target).st_mode & 0o7777
    except FileNotFoundError:
        return
    os.chmod(part, mode)


def _sync_folder(folder: str) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: str, name: str) -> None:
    """Remove what killed writers of the same file have left."""
    try:
        entries = os.listdir(folder)
    except OSError:
        return
    start = f".{name}."
    for entry in entries:
        if entry.startswith(start) and entry.endswith(_SUFFIX):
            process = entry[len(start) : -len(_SUFFIX)].partition("-")[0]
            path = os.path.join(folder, entry)
            try:
                if not _is_running(process, path):
                    os.unlink(path)
            except OSError:
                continue


def _is_running(process: str, path: str) -> bool:
    if not process.isdigit():
        return True
    if int(process) == os.getpid():
        return True
    if os.name == "posix":
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return False
        except (PermissionError, OverflowError):
            pass
    return time.time() - os.stat(path).st_mtime < 86400
