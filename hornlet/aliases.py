"""hornlet in the place of Keras: `import keras` gives hornlet's modules, for this process."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from typing import Any

from hornlet.base.version import KERAS_VERSION

# Rooms of hornlet that are no part of Keras.
OWN = {"__main__", "aliases", "base", "cli", "engine", "experiments", "mini", "plot", "tensor"}


class Stay:
    """hornlet's stay in Keras's place; ends with `undo()` or, as a context, with the block."""

    def __init__(self) -> None:
        self.finder = _Finder()
        sys.meta_path.insert(0, self.finder)
        importlib.import_module("keras")

    def undo(self) -> None:
        """Give the name `keras` back; what was imported under it goes on working."""
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
            for name in [n for n in sys.modules if n == "keras" or n.startswith("keras.")]:
                del sys.modules[name]

    def __enter__(self) -> types.ModuleType:
        return sys.modules["keras"]

    def __exit__(self, *error: Any) -> None:
        self.undo()


def as_keras() -> Stay:
    """Let `import keras` and `from keras.layers import ...` find hornlet, in this process.

    Packages that build on Keras then run on hornlet unchanged; they see a Keras of the version
    whose interface this is, with the backend "numpy".

    Returns:
        An object with `undo()`; as a context manager it is undone at the end of the block.

    Raises:
        ImportError: the real Keras has been imported already.

    >>> program = "import hornlet; hornlet.as_keras(); import keras; print(keras.Sequential)"
    >>> import subprocess, sys
    >>> subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout
    "<class 'hornlet.models.sequential.Sequential'>\\n"
    """
    there = sys.modules.get("keras")
    if there is not None and not isinstance(there, _Keras):
        raise ImportError(
            "`hornlet.as_keras()` must be called before `keras` is imported, but the real Keras "
            f"is there already (from {getattr(there, '__file__', 'an unknown place')}). Call it "
            "at the top of the program, or start the program by `python -m hornlet run`."
        )
    if there is not None:
        raise ImportError(
            "hornlet stands in Keras's place already; call `undo()` of the object that the first "
            "`hornlet.as_keras()` returned before calling it again."
        )
    return Stay()


class _Keras(types.ModuleType):
    """The module `keras`: hornlet's names, and the version of the interface."""

    def __getattr__(self, name: str) -> Any:
        if name not in dir(self):  # among what it has not: the paths of hornlet's own files
            raise AttributeError(f"module 'keras' has no attribute {name!r}")
        return getattr(importlib.import_module("hornlet"), name)

    def __dir__(self) -> list[str]:
        return [n for n in importlib.import_module("hornlet").__all__ if n not in OWN]


def _place(parts: list[str]) -> str:
    """hornlet's module for one of Keras's, public or the one behind it: packages use both."""
    return ".".join(["hornlet", *(parts[2:] if parts[1:2] == ["src"] else parts[1:])])


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `keras` and its public submodules among hornlet's."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        parts = fullname.split(".")
        if parts[0] != "keras":
            return None
        place = _place(parts)
        own = any(p in OWN or p.startswith("_") for p in parts[1:])
        if own or importlib.util.find_spec(place) is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType:
        place = _place(spec.name.split("."))
        if place == "hornlet":
            module = _Keras(spec.name, "hornlet, in the place of Keras.")
            module.__version__ = KERAS_VERSION  # type: ignore[attr-defined]
            module.__all__ = [n for n in dir(module) if n != "__version__"]  # type: ignore[attr-defined]
            return module
        found = importlib.import_module(place)
        # The import system writes its own spec into what a loader gives it; hornlet's comes back.
        spec.loader_state = found.__spec__
        return found

    def exec_module(self, module: types.ModuleType) -> None:
        state = getattr(module.__spec__, "loader_state", None)
        if state is not None:
            module.__spec__ = state
