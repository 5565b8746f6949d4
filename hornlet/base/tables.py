"""Tables whose rows are functions, which enter themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def rows_of(table: dict[str, Callable]) -> Callable[..., Callable]:
    """The decorator that enters a function in `table` under the names it is given.

    >>> from hornlet.base.tables import rows_of
    >>> table = {}
    >>> @rows_of(table)("double", "twice")
    ... def double(x):
    ...     return 2 * x
    >>> sorted(table), table["twice"](4)
    (['double', 'twice'], 8)
    """

    def row(*names: str) -> Callable:
        def enter(function: Any) -> Any:
            table.update(dict.fromkeys(names, function))
            return function

        return enter

    return row
