"""Keras's source distribution, fetched once: its tests are in it."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tarfile
import tempfile

from hornlet.base.version import KERAS_VERSION

ROOT = pathlib.Path(__file__).parents[3]
HOME = ROOT / "build" / f"keras-{KERAS_VERSION}"


def fetch() -> pathlib.Path:
    """The folder of Keras's sources.

    Raises:
        OSError: they cannot be had here.
    """
    if not HOME.exists():
        HOME.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=HOME.parent) as folder:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "1"]
            command += ["--timeout", "30", "--dest", folder]
            command += ["--no-deps", "--no-binary", "keras", f"keras=={KERAS_VERSION}"]
            done = subprocess.run(command, capture_output=True, text=True)
            archives = sorted(pathlib.Path(folder).glob("keras-*.tar.gz"))
            if done.returncode or not archives:
                raise OSError(f"Keras's source distribution cannot be had: {done.stderr[-300:]}")
            with tarfile.open(archives[0]) as archive:
                archive.extractall(folder, filter="data")
            try:
                (pathlib.Path(folder) / f"keras-{KERAS_VERSION}").rename(HOME)
            except OSError:  # another worker was faster
                if not HOME.exists():
                    raise
    return HOME


def test_files() -> list[str]:
    """The files with tests, as paths below keras/src: `layers/core/dense_test.py`."""
    source = fetch() / "keras" / "src"
    return sorted(path.relative_to(source).as_posix() for path in source.rglob("*_test.py"))
