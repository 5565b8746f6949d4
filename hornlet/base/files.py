"""Files written so that a crash at any instant leaves the old file or the new one, whole."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count
from typing import Any

_SUFFIX = ".hornlet-part"
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


def atomic_write(path, writer: Callable, verify: Callable | None = None) -> None:
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
    _sweep(folder, name)
    part = os.path.join(folder, f".{name}.{os.getpid()}-{next(_numbers)}{_SUFFIX}")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(part, flags, 0o666)
    except OSError as error:  # the temporary name would say nothing to the caller
        raise type(error)(error.errno, error.strerror, target) from None
    try:
        with os.fdopen(descriptor, "w+b") as file:
            writer(file)
            file.flush()
            os.fsync(file.fileno())
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
