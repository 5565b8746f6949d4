"""Weights spread over several files: `x.weights.json` names the shards that lie beside it."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from hornlet.base.files import FileError, atomic_write
from hornlet.saving import stores
from hornlet.saving.archive import as_file
from hornlet.saving.config import LARGEST, parse_json

ENDING = ".weights.json"
MOST_SHARDS = 10_000
_GIGABYTE = 1 << 30


def write_shards(path: str, groups: list[tuple[str, str | None, stores.Group]], size: Any) -> None:
    """Writes groups of variables into shards of at most `size` GB, and then the file of names.

    An array larger than that has a shard of its own.
    """
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not size > 0:
        raise ValueError(
            f"`max_shard_size` must be a positive number of gigabytes. Received: {size!r}"
        )
    limit = size * _GIGABYTE
    base = path.removesuffix(ENDING)
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
    names = [f"{os.path.basename(base)}_{i:05}.weights.h5" for i in range(len(shards))]
    folder = os.path.dirname(path)
    for name, shard in zip(names, shards):
        out = as_file(b"")
        stores.write_h5(out, shard)
        content = out.getvalue()
        atomic_write(
            os.path.join(folder, name),
            lambda file, content=content: file.write(content),
            lambda part, content=content: stores.verify_h5(part, content),
        )
    index = {
        "metadata": {"total_size": total},
        "weight_map": {place: [names[i] for i in used] for place, used in places.items()},
    }
    text = json.dumps(index, indent=4).encode()
    atomic_write(path, lambda file: file.write(text))


def read_shards(path: str) -> dict[str, stores.Group]:
    """The groups of variables in all shards that the file of names lists."""
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
    groups: dict[str, stores.Group] = {}
    for name in names:
        shard = os.path.join(os.path.dirname(path), name)
        if os.path.islink(shard):
            raise FileError(path, "the shard is a symbolic link", name)
        if not os.path.isfile(shard):
            raise FileError(path, "the shard is missing", name, "Put it beside the file")
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
