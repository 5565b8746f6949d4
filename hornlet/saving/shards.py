"""Weights spread over several files: `x.weights.json` names the shards that lie beside it."""

from __future__ import annotations

import json
import os
import re
from itertools import chain, count
from typing import Any

import numpy as np

from hornlet.base.files import FileError, write_content
from hornlet.saving import stores
from hornlet.saving.archive import as_file
from hornlet.saving.config import LARGEST, parse_json

ENDING = ".weights.json"
MOST_SHARDS = 10_000
_GIGABYTE = 1 << 30


def write_shards(path: str, groups: list[tuple[str, str | None, stores.Group]], size: Any) -> None:
    """Writes groups of variables into shards of at most `size` GB, and then the file of names.

    An array larger than that has a shard of its own. Shards never take the places of others: those
    that an older file of names lists stay until the new one, which is written last, is in place.
    """
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not size > 0:
        raise ValueError(
            f"`max_shard_size` must be a positive number of gigabytes. Received: {size!r}"
        )
    limit = size * _GIGABYTE
    shards: list[list[tuple[str, str | None, stores.Group]]] = [[]]
    filled, total = 0, 0
    places: dict[str, list[int]] = {}
    for place, name, variables in groups:
        part = stores.Group()
        shards[-1].append((place, name, part))
        for key, value in variables.items():
            nbytes = np.asarray(getattr(value, "array", value)).nbytes
            if filled and filled + nbytes > limit:
                part = stores.Group()
                shards.append([(place, None, part)])
                filled = 0
            part[key] = value
            filled += nbytes
            total += nbytes
            used = places.setdefault(f"/{place}/vars" if place else "/vars", [])
            if len(shards) - 1 not in used:
                used.append(len(shards) - 1)
    folder = os.path.dirname(path)
    before = _names_before(path)
    names = _free_names(path, len(shards))
    index = {
        "metadata": {"total_size": total},
        "weight_map": {place: [names[i] for i in used] for place, used in places.items()},
    }
    text = json.dumps(index, indent=4).encode()
    try:
        for name, shard in zip(names, shards):
            _write_shard(os.path.join(folder, name), shard)
        write_content(path, text)
    except BaseException:
        kept = _names_before(path)  # the new ones, if only the last sync has failed
        _remove(folder, [name for name in names if name not in kept])
        raise
    _remove(folder, before)


def _write_shard(path: str, shard: list[tuple[str, str | None, stores.Group]]) -> None:
    out = as_file(b"")
    stores.write_h5(out, shard)
    content = out.getvalue()
    write_content(path, stores.sealed(content))


def _free_names(path: str, n: int) -> list[str]:
    """Names for `n` shards that no file beside `path` has."""
    base = os.path.basename(path.removesuffix(ENDING))
    taken = set(os.listdir(os.path.dirname(path) or "."))
    marks = chain([""], (f"~{turn}" for turn in count(1)))
    groups = ([f"{base}{mark}_{i:05}.weights.h5" for i in range(n)] for mark in marks)
    return next(names for names in groups if not taken.intersection(names))


def _names_before(path: str) -> list[str]:
    """The shards that were written with the file of names at `path`; none if it is unreadable."""
    own = re.escape(os.path.basename(path.removesuffix(ENDING)))
    try:
        return [name for name in _listed(path) if re.fullmatch(own + r"(~\d+)?_\d{5}\..*", name)]
    except (FileError, OSError):
        return []


def _remove(folder: str, names: list[str]) -> None:
    for name in names:
        shard = os.path.join(folder, name)
        if os.path.isfile(shard):
            os.unlink(shard)


def _listed(path: str) -> list[str]:
    """The names of the shards, each once, that a file of names lists."""
    with open(path, "rb") as file:
        text = file.read(LARGEST + 1)
    index = parse_json(text, path)
    places = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(places, dict):
        raise FileError(path, "no object `weight_map` in it")
    names: dict[str, None] = {}
    for listed in places.values():
        for name in listed if isinstance(listed, list) else [listed]:
            names[_checked(name, path)] = None
    if len(names) > MOST_SHARDS:
        raise FileError(path, f"{len(names):,} shards; at most {MOST_SHARDS:,} are read")
    return list(names)


def read_shards(path: str) -> dict[str, stores.Group]:
    """The groups of variables in all shards that the file of names lists."""
    groups: dict[str, stores.Group] = {}
    for name in _listed(path):
        shard = os.path.join(os.path.dirname(path), name)
        if os.path.islink(shard):
            raise FileError(path, "the shard is a symbolic link", name)
        if not os.path.isfile(shard):
            raise FileError(path, "the shard is missing", name, "Put it beside the file")
        stores.check_seal(shard, name)
        with open(shard, "rb") as file:
            found = stores.read_h5(file, path, os.path.getsize(shard), name)
        for place, group in found.items():
            mine = groups.setdefault(place, stores.Group())
            if set(mine) & set(group):
                raise FileError(path, f"two shards hold the same array of {place!r}", name)
            mine.update(group)
    return groups


def _checked(name: Any, path: str) -> str:
    """A shard's name, if it is the name of a file in the same folder."""
    plain = (
        isinstance(name, str) and name.endswith(".weights.h5") and name.isprintable()
        and not set(name) & set('/\\:*?"<>|') and not name.startswith(".")
    )  # fmt: skip
    if not plain:
        raise FileError(path, f"{name!r:.200} is no name of a shard in the same folder")
    return name
