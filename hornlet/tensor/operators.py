"""Python's operators for variables and symbols: each is the op of its meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornlet.engine.front import lookup


def _function(name: str, reflected: bool = False) -> Callable:
    """An operator as a method: the op of that name."""

    def method(self: Any, *others: Any) -> Any:
        if reflected:
            return lookup(name)(others[0], self)
        return lookup(name)(self, *others)

    method.__name__ = name
    return method


OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide",
    "floordiv": "floor_divide", "mod": "mod", "pow": "power", "matmul": "matmul",
    "and": "logical_and", "or": "logical_or", "xor": "logical_xor",
}  # fmt: skip
COMPARISONS = {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal",
}  # fmt: skip
UNARY = {"neg": "negative", "abs": "absolute", "invert": "logical_not", "getitem": "get_item"}


def add_operators(cls: type) -> None:
    """Give a class Python's operators, each the op of the meaning in `engine.front`."""
    for method, name in OPERATORS.items():
        setattr(cls, f"__{method}__", _function(name))
        setattr(cls, f"__r{method}__", _function(name, reflected=True))
    for method, name in {**COMPARISONS, **UNARY}.items():
        setattr(cls, f"__{method}__", _function(name))
    more: dict[str, Callable] = {
        "__pos__": lambda self: self,
        "__round__": lambda self, ndigits=None: lookup("round")(self, ndigits or 0),
    }
    for method, function in more.items():
        setattr(cls, method, function)
