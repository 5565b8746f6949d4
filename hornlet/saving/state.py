"""Takes the state of a model apart for a file and puts it back."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from hornlet.base.files import FileError
from hornlet.base.trust import handing_out_assets
from hornlet.saving.stores import Group
from hornlet.saving.walk import saveables


def groups_of(model: Any, objects_to_skip: Any = None) -> list[tuple[str, str | None, Group]]:
    """(path, name, variables) of the model's parts but some, in the order of Keras's files."""
    found = []
    skipped = {id(thing) for thing in objects_to_skip or ()}
    for path, part in saveables(model):
        if id(part) in skipped:
            continue
        store = Group()
        part.save_own_variables(store)
        name = getattr(part, "name", None)
        found.append((path, name if isinstance(name, str) else None, store))
    return found


def assets_of(model: Any) -> dict[str, bytes]:
    """The files that parts of the model keep beside their variables, by path."""
    found: dict[str, bytes] = {}
    for path, part in saveables(model):
        if not hasattr(part, "save_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            part.save_assets(folder)
            for place, _, names in sorted(os.walk(folder)):
                for name in sorted(names):
                    inside = os.path.relpath(os.path.join(place, name), folder)
                    with open(os.path.join(place, name), "rb") as file:
                        found["/".join((path, *inside.split(os.sep)))] = file.read()
    return found


def load_assets(model: Any, assets: dict[str, bytes], path: str) -> None:
    """Gives every part of the model that keeps files its own from `assets`."""
    for place, part in saveables(model):
        own = {k[len(place) + 1 :]: v for k, v in assets.items() if k.startswith(f"{place}/")}
        if not own or not hasattr(part, "load_assets"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for name, data in own.items():
                target = os.path.join(folder, *name.split("/"))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(data)
            try:
                with handing_out_assets():
                    part.load_assets(folder)
            except (ValueError, KeyError, TypeError, OSError, RuntimeError) as error:
                raise FileError(path, f"assets of {part!r}: {error}", place or None) from error


def declared_bytes(model: Any) -> int:
    """The bytes of all variables that layers of the model declare."""
    return sum(v.array.nbytes for v in {id(v): v for v in model.variables}.values())


def allocate(model: Any) -> None:
    """Gives memory to variables that were built as shapes only.

    What the file is known to hold is not initialized first: a file may not choose how long
    loading takes by its initializers.
    """
    for variable in _stored_variables(model):
        variable.allocate(0)
    for variable in model.variables:
        variable.allocate()


def _stored_variables(model: Any) -> list:
    return [v for _, part in saveables(model) if _loads_plainly(part) for v in _variables(part)]


def check_stored(model: Any, groups: dict[str, Group], path: str) -> None:
    """Raises FileError unless the file holds just the variables of the layers, one by one.

    Called before memory is taken, so that the sizes in the config are those of stored arrays.
    """
    for place, part in saveables(model, groups):
        if not _loads_plainly(part):
            continue
        stored = groups.get(place, Group())
        variables = _variables(part)
        for i, variable in enumerate(variables):
            array = stored.get(str(i))
            reason = None
            if array is None:
                reason = f"the file lacks the array of variable {variable.path}"
            elif array.shape != variable.array.shape:
                reason = (
                    f"the file holds an array of shape {array.shape} for a variable of shape "
                    f"{variable.array.shape} ({variable.path})"
                )
            elif not _fits(array.dtype, variable.array.dtype):
                reason = (
                    f"the file holds {array.dtype} for variable {variable.path} of dtype "
                    f"{variable.array.dtype}"
                )
            if reason:
                raise FileError(path, reason, f"{place}/vars/{i}", _REBUILD)
        if len(stored) > len(variables):
            reason = f"{len(stored)} arrays for a part of {len(variables)} variables"
            raise FileError(path, reason, place or None, _REBUILD)


_REBUILD = (
    "Config and weights belong to different models: save the model again, or load the weights "
    "into a model that you build yourself"
)


def _fits(stored: np.dtype, wanted: np.dtype) -> bool:
    """Whether values may be cast: between kinds of numbers only where nothing is cut off."""
    return stored == wanted or wanted.kind not in "iub" or stored.kind in "iub"


# Where the ways to load live that give the n-th variable the n-th array.
_PLAIN = ("hornlet.layers.weights", "hornlet.layers.lora")


def _loads_plainly(part: Any) -> bool:
    load = getattr(type(part), "load_own_variables", None)
    return (
        hasattr(part, "_trainable_variables")
        and getattr(load, "__module__", None) in _PLAIN
        and not getattr(part, "lora_enabled", False)
    )


@contextmanager
def all_or_nothing(model: Any) -> Iterator[None]:
    """A block that loads weights: an error leaves the old ones, a prediction sees old or new."""
    variables = [*model.variables, *getattr(getattr(model, "optimizer", None), "variables", ())]
    before = [v.array.copy() for v in variables]
    with model._changing():
        try:
            yield
        except BaseException:
            for variable, array in zip(variables, before):
                np.copyto(variable.array, array)
            raise


def load_groups(
    model: Any,
    groups: dict[str, Group],
    path: str,
    skip_mismatch: bool = False,
    objects_to_skip: Any = None,
) -> None:
    """Gives every part of the model its variables from the file's groups.

    Args:
        skip_mismatch: warn of parts that do not fit and leave them, instead of raising.
        objects_to_skip: parts that stay as they are.
    """
    failures = []
    skipped = {id(thing) for thing in objects_to_skip or ()}
    for place, part in saveables(model, groups):
        if id(part) in skipped:
            continue
        stored = groups.get(place, Group())
        before = [v.array.copy() for v in _variables(part)] if skip_mismatch else []
        try:
            _check_values(stored)
            part.load_own_variables(stored)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            failures.append((part, place, error))
            for variable, array in zip(_variables(part), before):
                variable.assign(array)
    if not failures:
        return
    part, place, cause = failures[0]
    message = (
        f"{len(failures)} parts of the model could not be loaded, first {part!r}: {cause}. All: "
        f"{[getattr(p, 'name', p) for p, _, _ in failures]}"
    )
    if skip_mismatch:
        warnings.warn(message, stacklevel=3)
    else:
        raise FileError(path, message, place or None) from cause


def _variables(part: Any) -> list:
    if not hasattr(part, "_non_trainable_variables"):
        return list(part.variables)  # an optimizer's, which all belong to itself
    return [*part._trainable_variables, *part._non_trainable_variables]


def _check_values(stored: Group) -> None:
    for key, value in stored.items():
        if not isinstance(value, np.ndarray) and not np.isscalar(value):
            raise ValueError(f"variable {key!r} is not an array of numbers")
