"""KerasFileEditor: looking into a file of weights, changing what is in it, saving it anew."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from hornlet.base.files import write_content
from hornlet.base.names import did_you_mean
from hornlet.saving import archive, state, stores
from hornlet.saving.api import read_groups


class KerasFileEditor:
    """Shows, compares and changes the weights in a file, by the paths of their objects.

    Useful where a model has changed since its weights were saved.

    Args:
        filepath: a `.keras` or `.weights.h5` file.

    Raises:
        ValueError: another ending, or an object or weight that is not in the file.

    >>> import os, tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "m.weights.h5")
    ...     model.save_weights(path)
    ...     editor = keras.saving.KerasFileEditor(path)
    ...     editor.rename_object("layers/dense", "hidden")
    ...     editor.save(path)
    ...     keras.saving.KerasFileEditor(path).summary()
    layers/hidden/0: float32 (2, 1)
    layers/hidden/1: float32 (1,)
    """

    def __init__(self, filepath: Any):
        path = os.fsdecode(filepath)
        if not path.endswith((".keras", ".weights.h5")):
            raise ValueError(
                "Invalid filename: expected a `.keras` or `.weights.h5` extension. "
                f"Received: filepath={path}"
            )
        self.filepath = path
        self.weights_dict: dict[str, dict[str, np.ndarray]] = {
            place: dict(group) for place, group in read_groups(path).items()
        }

    def summary(self) -> None:
        """Print each weight's path, dtype and shape."""
        for place, group in self.weights_dict.items():
            for name, array in group.items():
                print(f"{place}/{name}: {array.dtype} {array.shape}".lstrip("/"))

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Print what differs between the file and a model's weights.

        Args:
            reference_model: a built model.

        Returns:
            A dictionary of `status` ("success" or "error"), `error_count` (an object that is
            missing counts once, with all it holds) and `match_count`.
        """
        wanted = {
            (place, name): np.shape(getattr(value, "array", value))
            for place, _, group in state.groups_of(reference_model)
            for name, value in group.items()
        }
        held = {
            (place, name): array.shape
            for place, group in self.weights_dict.items()
            for name, array in group.items()
        }
        in_file, in_model = _objects(self.weights_dict), _objects(place for place, _ in wanted)
        problems = {}
        for key in sorted({*wanted, *held}):
            if wanted.get(key) == held.get(key):
                continue
            place, name = key
            gap = next((p for p in _above(place) if p not in in_file or p not in in_model), None)
            if gap is not None:
                where = "model" if gap in in_file else "file"
                problems[gap] = f"no such object in the {where}"
                continue
            there = [f"shape {t[key]}" if key in t else "no weight" for t in (held, wanted)]
            problems[f"{place}/{name}"] = f"{there[0]} in the file, {there[1]} in the model"
        for where, what in problems.items():
            print(f"{where}: {what}".lstrip("/"))
        matches = sum(wanted.get(key) == shape for key, shape in held.items())
        status = "error" if problems else "success"
        return {"status": status, "error_count": len(problems), "match_count": matches}

    def _place(self, name: str) -> str:
        """The path of an object that is given by its path or by its last part."""
        if name in self.weights_dict:
            return name
        below = {
            "/".join(place.split("/")[: i + 1])
            for place in self.weights_dict
            for i in range(place.count("/") + 1)
        }
        found = [place for place in sorted(below) if place == name or place.endswith(f"/{name}")]
        if len(found) != 1:
            what = "is in the file several times" if found else "is not in the file"
            raise ValueError(
                f"Object {name!r} {what}: {found or did_you_mean(name, sorted(below))}. Pass its "
                "full path, as `summary()` shows it."
            )
        return found[0]

    def _inside(self, place: str) -> list[str]:
        return [p for p in self.weights_dict if p == place or p.startswith(f"{place}/")]

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Give an object, and so all below it, another last name.

        Args:
            object_name: its path, or its name if that is unique.
            new_name: the new name.
        """
        if "/" in new_name:
            raise ValueError(f"`new_name` is a name, no path. Received: {new_name!r}")
        old = self._place(object_name)
        above, _, _ = old.rpartition("/")
        new = f"{above}/{new_name}" if above else new_name
        if new in self.weights_dict:
            raise ValueError(f"There is an object {new!r} in the file already.")
        inside = set(self._inside(old))
        self.weights_dict = {
            new + place[len(old) :] if place in inside else place: group
            for place, group in self.weights_dict.items()
        }

    def delete_object(self, object_name: str) -> None:
        """Take an object out, with all below it."""
        for place in self._inside(self._place(object_name)):
            del self.weights_dict[place]

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Put an object in.

        Args:
            object_path: its full path, `"layers/dense_2"`.
            weights: arrays by their names, `{"0": kernel, "1": bias}`.
        """
        if object_path in self.weights_dict:
            raise ValueError(f"There is an object {object_path!r} in the file already.")
        self.weights_dict[object_path] = _arrays(weights)

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Take one weight of an object out."""
        group = self.weights_dict.get(self._place(object_name), {})
        if weight_name not in group:
            raise ValueError(
                f"Object {object_name!r} has no weight {weight_name!r}; it has {sorted(group)}."
            )
        del group[weight_name]

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Put weights into an object, or others in their place."""
        self.weights_dict.setdefault(self._place(object_name), {}).update(_arrays(weights))

    def save(self, filepath: Any) -> None:
        """Write what is in the editor to a `.weights.h5` file."""
        path = os.fsdecode(filepath)
        if not path.endswith(".weights.h5"):
            raise ValueError(
                f"Invalid `filepath` argument: expected a `.weights.h5` extension. Received: {path}"
            )
        out = archive.as_file(b"")
        groups: list[tuple[str, str | None, stores.Group]] = [
            (place, None, stores.Group(group)) for place, group in self.weights_dict.items()
        ]
        stores.write_h5(out, groups)
        content = out.getvalue()
        write_content(path, stores.sealed(content))

    def resave_weights(self, filepath: Any) -> None:
        """The same as `save`."""
        self.save(filepath)


def _arrays(weights: dict[str, Any]) -> dict[str, np.ndarray]:
    if not isinstance(weights, dict):
        raise ValueError(
            "Argument `weights` must be a dictionary of arrays by their names. Received: "
            f"{type(weights).__name__}"
        )
    return {str(name): np.asarray(getattr(v, "array", v)) for name, v in weights.items()}


def _above(place: str) -> list[str]:
    """The objects that a place lies in, from the outermost, and itself."""
    parts = place.split("/")
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


def _objects(places: Iterable[str]) -> set[str]:
    return {above for place in places for above in _above(place)}
