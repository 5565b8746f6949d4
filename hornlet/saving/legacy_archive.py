"""`.keras` archives of tf.keras 2.13 to 2.15: Keras 3's members, Keras 2's configs and paths."""

from __future__ import annotations

import re
from typing import Any

from hornlet.base.files import FileError
from hornlet.base.trust import check_config
from hornlet.saving import archive as zips
from hornlet.saving.config import LARGEST, parse_json
from hornlet.saving.legacy_config import modern, modern_training
from hornlet.saving.stores import Group

_LAYERS = "_layer_checkpoint_dependencies"  # where Keras 3 says "layers"


def is_of_keras_2(archive: zips.Archive) -> bool:
    """Whether the archive says that Keras 2 wrote it."""
    if zips.METADATA not in archive:
        return False
    metadata = parse_json(archive.read(zips.METADATA, LARGEST), archive.path, zips.METADATA)
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return isinstance(version, str) and version.startswith("2.")


def modern_model(config: Any, path: str) -> dict[str, Any]:
    """The model's config in the form of Keras 3."""
    try:
        check_config(config)
        return modern(_without_shapes(config))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise FileError(path, f"a config of another form: {error}", zips.CONFIG) from error


def modern_compile(config: Any) -> Any:
    """How the model was compiled, in the form of Keras 3."""
    if not isinstance(config, dict):
        return config
    if isinstance(config.get("optimizer"), dict):
        return modern_training({**config, "optimizer_config": config["optimizer"]})
    return {key: value for key, value in config.items() if value is not None}


def _without_shapes(config: Any) -> Any:
    """Without the shapes that layers were built for: calls say them, and Keras 2 kept but one."""
    if isinstance(config, dict):
        return {k: _without_shapes(v) for k, v in config.items() if k != "build_config"}
    return [_without_shapes(v) for v in config] if isinstance(config, list) else config


def modern_groups(groups: dict[str, Group]) -> dict[str, Group]:
    """The groups under Keras 3's paths.

    Attributes lose their underscores. Keras 2 counted a layer that it came by twice two times:
    ``dense``, ``dense_2``, ``dense_4`` are Keras 3's ``dense``, ``dense_1``, ``dense_2``.
    """
    numbers: dict[tuple[str, str], list[int]] = {}
    for path in groups:
        parts = path.split("/")
        for i, part in enumerate(parts[1:], 1):
            if parts[i - 1] == _LAYERS:
                base, number = _numbered(part)
                known = numbers.setdefault(("/".join(parts[:i]), base), [])
                if number not in known:
                    known.append(number)
    for known in numbers.values():
        known.sort()
    return {_renamed(path, numbers): group for path, group in groups.items()}


def _numbered(name: str) -> tuple[str, int]:
    found = re.fullmatch(r"(.+)_(\d{1,9})", name)
    return (found[1], int(found[2])) if found else (name, 0)


def _renamed(path: str, numbers: dict[tuple[str, str], list[int]]) -> str:
    parts = path.split("/")
    made = []
    for i, part in enumerate(parts):
        if i and parts[i - 1] == _LAYERS:
            base, number = _numbered(part)
            place = numbers["/".join(parts[:i]), base].index(number)
            made.append(f"{base}_{place}" if place else base)
        else:
            made.append("layers" if part == _LAYERS else part.lstrip("_"))
    return "/".join(made)


def with_learning_rate(groups: dict[str, Group], optimizer: Any) -> None:
    """Puts the learning rate among the optimizer's variables, where Keras 3 keeps it."""
    stored = groups.get("optimizer")
    if optimizer is None or not stored or len(stored) != len(optimizer.variables) - 1:
        return
    rate = optimizer.variables[1].array
    values = [stored[str(i)] for i in range(len(stored)) if str(i) in stored]
    groups["optimizer"] = Group(
        {str(i): value for i, value in enumerate([*values[:1], rate, *values[1:]])}
    )
