"""Compiled functions: traced once per input signature, run as programs ever after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.base.dtypes import numpy_dtype, result_type
from hornlet.engine.program import Executable, Program, executable
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec
from hornlet.engine.state import STATE
from hornlet.engine.trace import trace

# A generator with ever new shapes must not keep a program for each: the oldest goes.
MOST_SIGNATURES = 128


class Compiled:
    """Compiles a Python function of arrays.

    The function is traced for every new signature: the nests, the shapes and dtypes of the arrays
    in them, and the values of everything that is not an array. Inside another trace, or while a
    tape records, it is called as it is.

    Args:
        function: may read and assign Refs; may not look at traced values.
    """

    def __init__(self, function: Callable[..., Any]):
        self.function = function
        self.executables: dict[Any, Executable] = {}

    def __call__(self, *args: Any) -> Any:
        """Runs the function; returns fresh arrays in the nest that the function returns."""
        if STATE.trace is not None:
            return self.function(*args)
        leaves = [x for a in args for x in _arrays(a)]
        made = self.executable(args)
        program = made.check_out()
        try:
            program.load(leaves)
            program.run()
            return made.graph.pack([y.copy() for y in program.outputs])
        finally:
            made.check_in(program)

    def executable(self, args: tuple) -> Executable:
        """The Executable for the signature of `args`."""
        key = tuple(signature(a) for a in args)
        if STATE.nans:
            key = ("watched", *key)
        made = self.executables.get(key)
        if made is None:
            made = executable(trace(self.function, *(_specs(a) for a in args)))
            if len(self.executables) >= MOST_SIGNATURES:
                del self.executables[next(iter(self.executables))]
            self.executables[key] = made
        return made

    def program(self, args: tuple) -> Program:
        """A program for the signature of `args`, for callers that fill its inputs themselves."""
        return self.executable(args).check_out()


def _is_array(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic, Spec))


def _arrays(arg: Any) -> list:
    if type(arg) is np.ndarray:
        return [arg]
    return [x for x in nest.flatten(arg) if _is_array(x)]


def _spec(x: Any) -> Spec:
    return Spec(tuple(x.shape), numpy_dtype(result_type(x.dtype)))


def _specs(arg: Any) -> Any:
    return nest.map_structure(lambda x: _spec(x) if _is_array(x) else x, arg)


def signature(arg: Any) -> Any:
    """What must be equal for two arguments to run the same program; hashable."""
    if isinstance(arg, (np.ndarray, np.generic, Spec)):
        return (arg.shape, arg.dtype)
    if type(arg) in (list, tuple):
        return (type(arg), tuple(signature(a) for a in arg))
    if nest.is_nested(arg):
        keys, values = nest.parts_of(arg)
        return (type(arg), tuple(keys), tuple(signature(x) for x in values))
    if isinstance(arg, Ref):
        return arg.ref_serial
    try:
        hash(arg)
    except TypeError:
        return id(arg)
    return (type(arg), arg)
