"""The decorator that makes a function a Keras op: symbolic inputs are recorded, others run."""

from __future__ import annotations

from functools import wraps

import numpy as np

from hornlet.engine.front import register_function
from hornlet.tensor.operation import has_symbol, symbolic_call


def op(function):
    """Make ``function`` a Keras op.

    Called with a KerasTensor, it records a node of the model graph; otherwise it runs. The op is
    entered in the engine's table, where a traced Tensor's operators and NumPy's functions of the
    same name find it.
    """
    name = function.__name__

    @wraps(function)
    def call(*args, **kwargs):
        if has_symbol(args) or (kwargs and has_symbol(kwargs.values())):
            return symbolic_call(call, args, kwargs, name=name)
        return function(*args, **kwargs)

    register_function(name, call, _counterpart(name, function.__module__))
    return call


def _counterpart(name, module):
    """NumPy's function of the same name and meaning, if it has one."""
    home = np.linalg if ".ops.linalg" in module else np if ".numpy." in module else None
    found = getattr(home, name, None)
    return None if isinstance(found, type) else found


def alias(name, function):
    """The op ``function`` under another of Keras's names."""
    register_function(name, function, getattr(np, name, None))
    return function
