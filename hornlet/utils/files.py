"""get_file: files from elsewhere, kept in a folder of this machine and checked."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from typing import Any, BinaryIO

from hornlet.base.config import print_message
from hornlet.base.files import atomic_write
from hornlet.callbacks.progbar import Progbar
from hornlet.utils.archives import extract_archive

_CHUNK = 1 << 16
_TIMEOUT = 60.0  # seconds without a byte


def get_file(
    fname: Any = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: Any = None,
    force_download: bool = False,
) -> str:
    """The path of a file that is downloaded unless the cache folder has it.

    A file takes its place in the cache when it is complete and its hash is right, never before.

    Args:
        fname: name of the file in the cache, by default that of `origin`. Of an archive to be
            extracted, without a dot in it, the name of the folder.
        origin: the file's URL (http, https, ftp, file). A server cannot pass us on to a
            file.
        untar: as `extract`, for tar archives.
        md5_hash: as `file_hash`, of the algorithm "md5".
        file_hash: the hash that the file must have; a file in the cache that has another one is
            downloaded anew.
        cache_subdir: subfolder of the cache folder, or an absolute path instead of both.
        hash_algorithm: "md5", "sha256", or "auto", which goes by the length of `file_hash`.
        extract: whether it is an archive to be unpacked.
        archive_format: "tar", "zip", "auto" for both, None for neither, or a list.
        cache_dir: the cache folder, by default `$KERAS_HOME` or `~/.keras`.
        force_download: whether to download a file that the cache has.

    Returns:
        The path of the file, or of the folder that an archive was unpacked into.

    Raises:
        ValueError: no `origin`; a `fname` that is a path; a file of another hash; an archive
            with members that lead out of the folder (see `FileError`).
        OSError: the download failed.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "words.txt").write_text("some words")
    >>> path = keras.utils.get_file(origin=(folder / "words.txt").as_uri(), cache_dir=folder)
    Downloading data from file://...words.txt...
    >>> open(path).read(), pathlib.Path(path).relative_to(folder).as_posix()
    ('some words', 'datasets/words.txt')
    """
    from urllib.parse import urlsplit

    if origin is None:
        raise ValueError(
            "Argument `origin` must be the URL of the file to download. Received: origin=None"
        )
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    given = os.fspath(fname) if fname else ""
    name = given or os.path.basename(urlsplit(origin).path)
    if not name:
        raise ValueError(
            f"The URL {origin!r} names no file. Pass a name for it as the argument `fname`."
        )
    if os.path.basename(name) != name or name in (".", ".."):
        raise ValueError(
            "Argument `fname` must be the name of a file, not a path; the folder goes into "
            f"`cache_dir` and `cache_subdir`. Received: fname={name!r}"
        )
    folder = os.path.join(_cache_folder(cache_dir), cache_subdir)
    os.makedirs(folder, exist_ok=True)
    extract = extract or untar
    unpacked = os.path.join(folder, name)
    target = unpacked
    if extract and "." in given:
        unpacked = os.path.join(folder, f"{name[: name.find('.')]}_extracted")
    elif extract:
        target = os.path.join(folder, f"{name}_archive")
    if force_download or not _is_good(target, file_hash, hash_algorithm):
        print_message(f"Downloading data from {origin}")
        _download(origin, target, file_hash, hash_algorithm)
    if not extract:
        return target
    if not extract_archive(target, unpacked, "tar" if untar else archive_format):
        warnings.warn(f"Could not extract archive: {target} is none.", stacklevel=2)
    return unpacked


def _cache_folder(cache_dir: Any) -> str:
    if cache_dir is None:
        cache_dir = os.environ.get("KERAS_HOME") or os.path.join("~", ".keras")
    folder = os.path.expanduser(os.fspath(cache_dir))
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        pass  # read-only homes are common on servers; what follows sees to it
    if not os.access(folder, os.W_OK):
        return os.path.join(tempfile.gettempdir(), ".keras")
    return folder


def _is_good(path: str, file_hash: str | None, algorithm: str) -> bool:
    if not os.path.exists(path):
        return False
    if file_hash is None or hash_file(path, algorithm, file_hash) == file_hash:
        return True
    print_message(
        f"A local file was found ({path}), but it seems to be incomplete or outdated: its hash is "
        f"not {file_hash}. It is downloaded again."
    )
    return False


def hash_file(path: str, algorithm: str = "auto", like: str | None = None) -> str:
    """The hash of a file, in hexadecimal.

    Args:
        path: the file.
        algorithm: "md5", "sha256" or "auto", which goes by the length of `like`.
        like: a hash.
    """
    long = algorithm == "sha256" or (algorithm == "auto" and like is not None and len(like) == 64)
    digest = hashlib.sha256() if long else hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _download(origin: str, target: str, file_hash: str | None, algorithm: str) -> None:
    from urllib.error import HTTPError, URLError

    def check(path: str) -> None:
        found = file_hash if file_hash is None else hash_file(path, algorithm, file_hash)
        if found != file_hash:
            raise ValueError(
                f"Incomplete or corrupted file detected: the hash of what {origin} gave is "
                f"{found}, not the expected {file_hash}."
            )

    try:
        atomic_write(target, lambda file: _fetch(origin, file), check)
    except HTTPError as error:
        message = f"URL fetch failure on {origin}: {error.code} -- {error.msg}"
        raise OSError(message) from error
    except URLError as error:
        raise OSError(f"URL fetch failure on {origin}: {error.reason}") from error


def _fetch(origin: str, file: BinaryIO) -> None:
    """Copy what a URL gives into `file`, under a progress bar."""
    from urllib.request import urlopen

    # Which passes a redirection to the web's own kinds of addresses only, never to file:.
    with urlopen(origin, timeout=_TIMEOUT) as response:
        length = response.headers.get("Content-Length")
        total = int(length) if length is not None and length.isdigit() else None
        bar = Progbar(total, unit_name="byte")
        done = 0
        while chunk := response.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            bar.update(done)
    if total is not None and done != total:
        raise OSError(f"URL fetch failure on {origin}: {done} bytes of {total} came")
