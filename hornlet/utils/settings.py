"""Config: named values in one place."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from hornlet.base.names import did_you_mean


class Config:
    """Named values, set and read as attributes or as items; may be frozen.

    Args:
        kwargs: the values.

    >>> config = keras.utils.Config(learning_rate=0.1)
    >>> config.seed = 3
    >>> config["seed"], config.learning_rate
    (3, 0.1)
    >>> config.freeze()
    >>> config.seed = 4
    Traceback (most recent call last):
        ...
    ValueError: The config is frozen; call `unfreeze()` to change it.
    """

    def __init__(self, **kwargs: Any):
        object.__setattr__(self, "_config", kwargs)
        object.__setattr__(self, "_frozen", False)

    @property
    def frozen(self) -> bool:
        """Whether changes are errors."""
        return self._frozen

    def freeze(self) -> None:
        """Make changes errors."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allow changes again."""
        object.__setattr__(self, "_frozen", False)

    def _mine(self) -> dict[str, Any]:
        if self._frozen:
            raise ValueError("The config is frozen; call `unfreeze()` to change it.")
        return self._config

    def as_dict(self) -> dict[str, Any]:
        """The values in a dictionary of their own."""
        return dict(self._config)

    def to_json(self) -> str:
        """The values as JSON."""
        import json

        return json.dumps(self._config)

    def keys(self) -> KeysView:
        """The names."""
        return self._config.keys()

    def values(self) -> ValuesView:
        """The values."""
        return self._config.values()

    def items(self) -> ItemsView:
        """Pairs of name and value."""
        return self._config.items()

    def pop(self, *args: Any) -> Any:
        """Take a value out, as of a dictionary."""
        return self._mine().pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several values, as of a dictionary."""
        self._mine().update(*args, **kwargs)

    def get(self, keyname: str, value: Any = None) -> Any:
        """The value of a name, or `value` if there is none."""
        return self._config.get(keyname, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            raise AttributeError(f"The name {name!r} is a method of `Config`; choose another.")
        self._mine()[name] = value

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_config", {})  # a copy in the making has none yet
        if name in values:
            return values[name]
        raise AttributeError(f"Unknown attribute: {name!r}.{did_you_mean(name, values)}")

    def __getitem__(self, key: str) -> Any:
        return self._config[key]

    def __setitem__(self, key: str, item: Any) -> None:
        self._mine()[key] = item

    def __delitem__(self, key: str) -> None:
        del self._mine()[key]

    def __contains__(self, item: Any) -> bool:
        return item in self._config

    def __iter__(self) -> Iterator:
        return iter(sorted(self._config))

    def __len__(self) -> int:
        return len(self._config)

    def __repr__(self) -> str:
        return f"<Config {self._config}>"

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
