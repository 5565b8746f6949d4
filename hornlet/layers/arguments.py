"""What layers' constructors do with their arguments: keep them, and check the common kinds."""

from __future__ import annotations

import warnings
from functools import update_wrapper
from types import FunctionType

import hornlet.activations as activations
import hornlet.constraints as constraints
import hornlet.initializers as initializers
import hornlet.regularizers as regularizers
from hornlet.base.config import standardize_data_format
from hornlet.base.names import one_of as one_of

RESOLVE = {
    "activation": activations.get,
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


def keep(layer, arguments):
    """Set a constructor's ``locals()`` as attributes of ``layer``, each under its own name.

    Names of activations, initializers, regularizers and constraints become the objects they
    name; an activity regularizer is the base's and left out.
    """
    for name, value in arguments.items():
        if name in ("self", "kwargs", "__class__", "activity_regularizer", "name", "dtype"):
            continue
        resolve = RESOLVE.get(name.rpartition("_")[2])
        if name == "data_format":
            value = standardize_data_format(value)
        setattr(layer, name, resolve(value) if resolve else value)


def deprecated(name, value, advice, stacklevel=3):
    """Warn of an argument that older programs pass, where that is so many calls above."""
    warnings.warn(
        f"Argument `{name}` is deprecated. {advice} Received: {name}={value!r}",
        stacklevel=stacklevel + 1,
    )


def positive(name, value):
    """``value``, if it is a positive integer."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value <= 0:
        raise ValueError(
            f"Argument `{name}` must be a positive integer. Received: {name}={value!r}"
        )
    return value


def positive_integer(name, value):
    """``value``, if it is an integer, TypeError if not, and positive."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(
            f"Argument `{name}` must be an integer. Received: {name}={value!r} of type "
            f"{type(value).__name__}"
        )
    return positive(name, value)


def integers_or_none(name, value):
    """ValueError if ``value`` is anything else than what the name says."""
    if not isinstance(value, (int, list, tuple, type(None))):
        raise ValueError(
            f"Argument `{name}` must be an integer, a list of integers or None. "
            f"Received: {name}={value!r}"
        )


def tuple_of(name, value, n, allow_zero=False):
    """``value`` as a tuple of ``n`` positive integers; one integer stands for all."""
    values = (value,) * n if hasattr(value, "__index__") else value
    try:
        values = tuple(int(x.__index__()) for x in values)
    except (TypeError, AttributeError):
        values = ()
    if len(values) != n or any(x < 0 or (x == 0 and not allow_zero) for x in values):
        kind = "non-negative" if allow_zero else "positive"
        raise ValueError(
            f"Argument `{name}` must be a {kind} integer or a tuple of {n} of them. "
            f"Received: {name}={value!r}"
        )
    return values


WINDOWS = ("pool_size", "strides", "dilation_rate")


def standardize_tuple(value, n, name, allow_zero=False):
    """`tuple_of` with its arguments in the order that layers of other packages give them in."""
    return tuple_of(name, value, n, allow_zero)


def spread_defaults(cls):
    """Let the defaults in the inherited constructor of ``cls`` be tuples of its `rank`."""
    init = cls.__init__
    code, values = init.__code__, init.__defaults__
    names = code.co_varnames[code.co_argcount - len(values) : code.co_argcount]
    spread = tuple(
        (value,) * cls.rank if name in WINDOWS and isinstance(value, int) else value
        for name, value in zip(names, values)
    )
    made = FunctionType(code, init.__globals__, "__init__", spread, init.__closure__)
    cls.__init__ = update_wrapper(made, init)
    del made.__wrapped__  # the signature is its own


def rate_of(value):
    """A dropout rate, if it is a number between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError(
            "Argument `rate` must be a number between 0 and 1, the share of the input units to "
            f"drop. Received: rate={value!r}"
        )
    return value
