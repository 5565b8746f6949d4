"""Modules that may be missing, imported when something of them is first asked for."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class LazyModule:
    """Stands for a module and imports it at the first use.

    Args:
        name: the module's full name.
        pip_name: the name to install it by, if that differs.
        import_error_msg: what to say where it is missing.

    Raises:
        ImportError: at the first use, when the module is missing.

    >>> from hornlet.base.optional import LazyModule
    >>> LazyModule("json").dumps([1]), LazyModule("no_such_module").available
    ('[1]', False)
    """

    def __init__(self, name: str, pip_name: str | None = None, import_error_msg: str | None = None):
        self.name = name
        self.pip_name = pip_name or name
        self.import_error_msg = import_error_msg or (
            f"The module `{name}` is needed here and is not installed. "
            f"Install it with `pip install {self.pip_name}`."
        )
        self.module: ModuleType | None = None

    @property
    def available(self) -> bool:
        """Whether the module can be imported."""
        try:
            self.initialize()
        except ImportError:
            return False
        return True

    def initialize(self) -> None:
        """Import the module."""
        if self.module is None:
            try:
                self.module = importlib.import_module(self.name)
            except ImportError as error:
                raise ImportError(self.import_error_msg) from error

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":  # asked by whoever looks at the object, not at the module
            raise AttributeError(name)
        self.initialize()
        return getattr(self.module, name)

    def __repr__(self) -> str:
        return f"LazyModule({self.name})"


tensorflow = LazyModule("tensorflow")
