"""Results kept by content: one file for each run, under a hash of all that decides its figures."""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import hornlet.datasets.ocr as ocr
from hornlet.base.files import atomic_write
from hornlet.experiments.settings import Settings

PACKAGE = Path(__file__).parents[1]
# What pictures, reports, files and commands are made by has no part in a run's figures.
WITHOUT_PART = {
    "aliases", "cli", "datasets", "experiments", "export", "plot", "saving", "utils", "wrappers",
}  # fmt: skip
WITH_PART = ("experiments/training.py", "experiments/recipes.py", "datasets/letters.py",
             "datasets/ocr.py", "utils/numerical.py")  # fmt: skip


@lru_cache(maxsize=1)
def version() -> str:
    """A hash of the data and of the code that a run's figures come from, NumPy's version included.

    The code is read anew by every process, so that an edit shows at the next command.
    """
    found = hashlib.sha256(np.__version__.encode())
    files = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".c", ".h")]
    chosen = {p for p in files if p.relative_to(PACKAGE).parts[0] not in WITHOUT_PART}
    chosen |= {PACKAGE / name for name in WITH_PART}
    for path in [*sorted(chosen), Path(ocr.__file__).with_name("ocr_words.npz")]:
        found.update(str(path.relative_to(PACKAGE)).encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def key(settings: Settings, seed: int) -> str:
    """The name under which a run is kept."""
    words = json.dumps([settings, seed, version()], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:32]


class Cache:
    """Results in the folder `path`. A file appears whole or not at all, whatever is killed."""

    def __init__(self, path: Any):
        self.path = Path(path)

    def load(self, settings: Settings, seed: int) -> dict[str, Any] | None:
        """The result of a run, None when it has not been made."""
        path = self._file(settings, seed)
        try:
            text = path.read_text()
        except FileNotFoundError:
            return None
        try:
            return json.loads(text)["result"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is damaged: {error}. Remove it to run it again.") from error

    def store(self, settings: Settings, seed: int, result: dict[str, Any]) -> None:
        """Keep the result of a run."""
        os.makedirs(self.path, exist_ok=True)
        entry = {"settings": settings, "seed": seed, "version": version(), "result": result}
        text = json.dumps(entry, sort_keys=True).encode()
        atomic_write(self._file(settings, seed), lambda file: file.write(text))

    def _file(self, settings: Settings, seed: int) -> Path:
        return self.path / f"{key(settings, seed)}.json"
