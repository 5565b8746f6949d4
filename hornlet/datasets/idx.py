"""Gzipped idx files, the format of MNIST, checked before anything is allocated."""

from __future__ import annotations

import os

import numpy as np

from hornlet.base.files import FileError

_RATIO = 1100  # deflate cannot do better


def load(path, files: dict[str, str], data_set: str, source: str):
    """Read pictures and labels for training and testing from the folder `path`.

    Args:
        path: the folder; its subfolders `gzip` and `raw` are looked into as well.
        files: names of the files without `.gz`, by "x_train", "y_train", "x_test", "y_test".
        data_set: the set's name, for errors.
        source: how to obtain it, for errors.

    Raises:
        FileNotFoundError: files are missing; ValueError: files are damaged or do not fit together.
    """
    folder = os.path.expanduser(os.fsdecode(path))
    found = {key: _find(folder, name) for key, name in files.items()}
    missing = [name + ".gz" for key, name in files.items() if found[key] is None]
    if missing:
        raise FileNotFoundError(
            f"{data_set}: the folder {folder!r} lacks {', '.join(missing)}. {source} Then pass the "
            "folder that holds the files as `path`."
        )
    parts = {key: read(place, 3 if key[0] == "x" else 1) for key, place in found.items()}
    for part in ("train", "test"):
        x, y = parts["x_" + part], parts["y_" + part]
        if len(x) != len(y):
            raise FileError(
                found["y_" + part], f"{len(y)} labels for {len(x)} pictures of {data_set}"
            )
    return (parts["x_train"], parts["y_train"]), (parts["x_test"], parts["y_test"])


def _find(folder: str, name: str) -> str | None:
    # Fashion-MNIST's and MNIST's files also circulate with a dot in place of the second dash.
    dotted = name.replace("-idx", ".idx")
    for inner in ("", "gzip", "raw"):
        for ending in (name + ".gz", name, dotted + ".gz", dotted):
            place = os.path.join(folder, inner, ending)
            if os.path.isfile(place):
                return place
    return None


def read(path, rank: int) -> np.ndarray:
    """Return the uint8 array in the idx file `path`, which must have `rank` dimensions.

    Never inflates more than the header declares, nor more than the file can hold.
    """
    import gzip
    import zlib

    packed = str(path).endswith(".gz")
    try:
        with (gzip.open if packed else open)(path, "rb") as file:
            head = file.read(4 + 4 * rank)
            if len(head) < 4 + 4 * rank or head[:3] != b"\x00\x00\x08":
                raise FileError(path, "no idx file of unsigned bytes")
            if head[3] != rank:
                raise FileError(path, f"expected {rank} dimensions, the header says {head[3]}")
            shape = tuple(np.frombuffer(head, ">u4", offset=4).tolist())
            size = 1
            for length in shape:
                size *= length
            if size > os.path.getsize(path) * (_RATIO if packed else 1):
                raise FileError(path, f"the header declares {shape}, more than the file can hold")
            data = np.empty(size, "uint8")
            if _fill(file, data.data) != size:
                raise FileError(path, f"the file ends before the {size} bytes of {shape}")
            if file.read(1):
                raise FileError(path, f"bytes follow the {size} that the header declares")
            return data.reshape(shape)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileError(path, f"damaged gzip data: {error}") from error


def _fill(file, target: memoryview) -> int:
    done = 0
    while done < len(target):
        count = file.readinto(target[done:])
        if not count:
            break
        done += count
    return done
