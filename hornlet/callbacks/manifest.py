"""The list of checkpoints in a folder: which step each holds, and the digest it is whole by."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from hornlet.base.files import FileError, digest, put, write_content

NAME = "checkpoints.json"


def newest_checkpoint(filepath: Any) -> str | None:
    """The newest file of a `ModelCheckpoint(filepath, keep=...)` that is whole.

    Each file's SHA-256 is compared with the one that was noted when it was written.

    Args:
        filepath: what `ModelCheckpoint` was given, with its `{epoch}`; or the folder, for the
            newest of all that were written there.

    Returns:
        The file's path; None if there is no whole one.

    Raises:
        FileError: the list of checkpoints is damaged.

    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> path = os.path.join(folder, "{epoch:02d}.weights.h5")
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> saver = keras.callbacks.ModelCheckpoint(path, save_weights_only=True, keep=2)
    >>> x = np.ones((4, 2))
    >>> _ = model.fit(x, x[:, :1], epochs=5, verbose=0, callbacks=[saver])
    >>> os.path.basename(keras.callbacks.newest_checkpoint(path)), sorted(os.listdir(folder))
    ('05.weights.h5', ['04.weights.h5', '05.weights.h5', 'checkpoints.json'])
    """
    path = os.fspath(filepath)
    whole = os.path.isdir(path)
    folder = path if whole else _folder(path)
    entries = [e for e in _read(folder) if whole or e["pattern"] == _pattern(path)]
    for entry in reversed(entries):
        found = os.path.join(folder, *entry["file"].split("/"))
        if os.path.isfile(found) and digest(found) in entry["sha256"]:
            return found
    return None


def kept(
    filepath: str, path: str, keep: int, write: Callable[[str], None], about: dict[str, Any]
) -> None:
    """Writes a checkpoint, notes it in the list, and removes those before the last `keep`.

    At every instant the list tells of a whole file: it holds the digests of what a name stood for
    before and of what it is about to stand for, and nothing is removed before the rest is in place.

    Args:
        filepath: the pattern that the files are named by.
        path: the file.
        keep: how many are kept.
        write: writes the checkpoint to a path.
        about: what the list says of it besides.
    """
    folder = _folder(filepath)
    ending = ".weights.h5" if path.endswith(".weights.h5") else os.path.splitext(path)[1]
    beside = os.path.join(os.path.dirname(path), f".next{ending}")
    write(beside)
    name = os.path.relpath(path, folder).replace(os.sep, "/")
    entries = [e for e in _read(folder) if os.path.exists(os.path.join(folder, e["file"]))]
    same = [e for e in entries if e["file"] == name]
    digests = [digest(beside), *(same[0]["sha256"][:1] if same else [])]
    entries = [e for e in entries if e["file"] != name]
    own = [e for e in entries if e["pattern"] == _pattern(filepath)]
    entries.append({"pattern": _pattern(filepath), "file": name, **about, "sha256": digests})
    text = json.dumps({"checkpoints": entries}, indent=1).encode()
    write_content(os.path.join(folder, NAME), text)
    put(beside, path)
    for entry in own[: max(0, len(own) + 1 - keep)]:
        os.unlink(os.path.join(folder, *entry["file"].split("/")))


def _folder(filepath: str) -> str:
    """The folder that all files of a pattern lie in, or below."""
    return os.path.dirname(filepath.partition("{")[0]) or "."


def _pattern(filepath: str) -> str:
    return os.path.relpath(filepath, _folder(filepath)).replace(os.sep, "/")


def _read(folder: str) -> list[dict[str, Any]]:
    path = os.path.join(folder, NAME)
    if not os.path.exists(path):
        return []
    with open(path, "rb") as file:
        text = file.read()
    try:
        entries = json.loads(text)["checkpoints"]
        for entry in entries:
            _check(entry)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(path, f"no list of checkpoints: {error}", None, "Remove it") from error
    return entries


def _check(entry: dict[str, Any]) -> None:
    """ValueError for a name that leads out of the folder: what the list names may be removed."""
    name, digests = entry["file"], entry["sha256"]
    parts = name.split("/")
    if os.path.isabs(name) or "\\" in name or ":" in name or {"", ".", ".."} & set(parts):
        raise ValueError(f"{name!r:.200} is no name of a file in the folder")
    if not isinstance(digests, list) or not isinstance(entry["pattern"], str):
        raise ValueError("digests and pattern are missing")
