"""How a layer's call reads its arguments: signatures, tensors among them, shapes for `build`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.engine.ref import Ref
from hornlet.engine.tensor import Tensor
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.scope import STATE

_CO_VARARGS, _CO_VARKEYWORDS = 4, 8


class Signature:
    """The parameters of a function, without `self` for a method."""

    def __init__(self, names, positional, defaults, varargs, varkw):
        self.names: tuple[str, ...] = names
        self.known = frozenset(names)
        self.positional: int = positional
        self.defaults: dict[str, Any] = defaults
        # In this order: the first tensor of a call is the one whose shape `build` gets.
        self.slots: dict[str, Any] = {name: defaults.get(name) for name in names}
        self.varargs: str | None = varargs
        self.varkw: str | None = varkw

    def bind(self, args: tuple, kwargs: dict[str, Any], where: str) -> dict[str, Any]:
        """Values by parameter name, as Python would hand them over; TypeError where it would."""
        given = dict(zip(self.names[: self.positional], args))
        if len(args) > self.positional:
            if self.varargs is None:
                raise TypeError(
                    f"{where} takes {self.positional} positional arguments but {len(args)} were "
                    "given"
                )
            given[self.varargs] = args[self.positional :]
        rest = {}
        for name, value in kwargs.items():
            if name in given:
                raise TypeError(f"{where} got multiple values for argument '{name}'")
            if name in self.known:
                given[name] = value
            elif self.varkw is not None:
                rest[name] = value
            else:
                raise TypeError(f"{where} got an unexpected keyword argument '{name}'")
        if rest:
            given[self.varkw] = rest  # type: ignore[index]
        for name in self.names:
            if name not in given and name not in self.defaults:
                raise TypeError(f"{where} missing a required argument: '{name}'")
        return given


def signature(function: Callable) -> Signature:
    """The signature of a function or bound method."""
    bound = hasattr(function, "__self__")
    function = getattr(function, "__func__", function)
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    if code is None:
        return _inspected(function)
    n = code.co_argcount
    skip = int(bound and n > 0)
    total = n + code.co_kwonlyargcount
    names = code.co_varnames[:total]
    values = function.__defaults__ or ()
    defaults = dict(zip(names[n - len(values) : n], values))
    defaults.update(function.__kwdefaults__ or {})
    varargs = varkw = None
    if code.co_flags & _CO_VARARGS:
        varargs, total = code.co_varnames[total], total + 1
    if code.co_flags & _CO_VARKEYWORDS:
        varkw = code.co_varnames[total]
    return Signature(names[skip:], n - skip, defaults, varargs, varkw)


def _inspected(function: Callable) -> Signature:
    import inspect

    names, defaults, positional, varargs, varkw = [], {}, 0, None, None
    for p in inspect.signature(function).parameters.values():
        if p.kind is p.VAR_POSITIONAL:
            varargs = p.name
        elif p.kind is p.VAR_KEYWORD:
            varkw = p.name
        else:
            names.append(p.name)
            positional += p.kind is not p.KEYWORD_ONLY
            if p.default is not p.empty:
                defaults[p.name] = p.default
    return Signature(tuple(names), positional, defaults, varargs, varkw)


_TENSORS = (np.ndarray, Tensor, KerasTensor, Ref, np.generic)


def is_value(x: Any) -> bool:
    """Whether `x` is an array, a traced Tensor, a variable or a symbol."""
    return isinstance(x, _TENSORS)


class CallSpec:
    """The arguments of one call of a layer, by name, and those of them that are tensors."""

    def __init__(self, given: dict[str, Any], sign: Signature):
        self.given = given
        self.arguments = {**sign.slots, **given}
        self.tensors: dict[str, Any] = {}
        for name, value in self.arguments.items():
            if is_value(value):
                self.tensors[name] = value
            elif isinstance(value, (list, tuple, dict)) and len(value):
                flat = nest.flatten(value)
                found = [is_value(x) for x in flat]
                if all(ok or x is None for ok, x in zip(found, flat)):
                    self.tensors[name] = value
                elif any(found) and name not in (sign.varargs, sign.varkw):
                    raise ValueError(
                        "In a nested call() argument, you cannot mix tensors and non-tensors. "
                        f"Received invalid mixed argument: {name}={value}"
                    )
        names = sign.names or ((sign.varargs,) if sign.varargs else ())
        first = names[0] if names else None
        if first is not None and first == sign.varargs:
            self.first = (given.get(first) or (None,))[0]
        else:
            self.first = self.arguments.get(first) if first is not None else None
        self._catch_alls = (sign.varargs, sign.varkw)

    def shapes(self) -> dict[str, Any]:
        """``{"x_shape": shape}`` for every tensor argument ``x``."""
        found = {}
        for name, value in self.tensors.items():
            if name == "mask" or name in self._catch_alls:
                continue
            found[f"{name}_shape"] = (
                shape_for_build(value) if is_value(value) else nest.map_structure(
                    lambda x: None if x is None else shape_for_build(x), value
                )
            )  # fmt: skip
        return found


def shape_for_build(x: Any) -> tuple[int | None, ...]:
    """The shape of a tensor; a batch size that only inference chose is unknown."""
    shape = tuple(x.shape)
    if shape and STATE.batch_size is not None and shape[0] == STATE.batch_size:
        return (None, *shape[1:])
    return shape


def shapes_for(method: Callable, shapes: dict[str, Any], spec: CallSpec, owner: str) -> dict:
    """Which of `shapes` to pass to a layer's `build` or `compute_output_shape`.

    A method of one argument gets the first shape; of several, those that its names ask for:
    ``query_shape`` is the shape of the call argument ``query``.
    """
    sign = signature(method)
    if len(sign.names) == 1:
        return {sign.names[0]: next(iter(shapes.values()), None)}
    chosen = {}
    for name in sign.names:
        call_name = name[: -len("_shape")]
        if not name.endswith("_shape") or call_name not in spec.arguments:
            raise ValueError(
                f"For a `{method.__name__}()` method with more than one argument, all arguments "
                "should have a `_shape` suffix and match an argument from `call()`, as `foo_shape` "
                f"matches `foo`. For layer '{owner}', received `{method.__name__}()` argument "
                f"`{name}`, but `call()` has the arguments {list(spec.arguments)}."
            )
        if name in shapes:
            chosen[name] = shapes[name]
    return chosen


class CallContext:
    """What flows down from a layer's call into those of the layers it calls: `training`."""

    __slots__ = ("entry", "training")

    def __init__(self, entry: Any):
        self.entry = entry
        self.training: Any = None


class _Current(threading.local):
    context: CallContext | None = None


CURRENT = _Current()
