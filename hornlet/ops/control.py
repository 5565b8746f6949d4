"""Branches and loops over tensors, and functions with a gradient of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

import hornlet.engine.control as control
from hornlet.base import nest
from hornlet.engine.emit import emit
from hornlet.engine.tensor import Tensor
from hornlet.engine.trace import in_trace
from hornlet.ops.arguments import axis_of, cast_to, integer, tensor
from hornlet.ops.core import convert_to_tensor
from hornlet.ops.function import op
from hornlet.ops.numpy.shapes import part


def known(x):
    """Whether the value of ``x`` is there to look at, so that Python can decide."""
    return not isinstance(x, Tensor) or x.value is not None


@op
def cond(pred: Any, true_fn: Callable, false_fn: Callable) -> Any:
    """``true_fn()`` if ``pred`` holds, else ``false_fn()``.

    Args:
        pred: a boolean, or a boolean tensor of no axes (it may be traced).
        true_fn, false_fn: functions of no arguments whose results are of one structure.

    >>> keras.ops.cond(True, lambda: 1, lambda: 2)
    1
    """
    for name, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(function):
            raise TypeError(f"`{name}` must be callable. Received: {name}={function}")
    if isinstance(pred, bool):
        return true_fn() if pred else false_fn()
    pred = tensor(pred, "pred")
    if known(pred):
        return true_fn() if bool(np.asarray(pred)) else false_fn()
    return control.cond(cast_to(pred, "bool"), true_fn, false_fn)


@op
def while_loop(
    cond: Any, body: Callable, loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """``loop_vars = body(*loop_vars)`` as long as ``cond(*loop_vars)`` holds.

    Args:
        cond, body: functions of the loop variables.
        loop_vars: a tuple or list of tensors (or one); shapes and dtypes stay.
        maximum_iterations: stop after so many rounds.

    >>> keras.ops.while_loop(lambda i: i < 3, lambda i: (keras.ops.add(i, 1),), (0,))
    (array(3, dtype=int32),)
    """
    single = not isinstance(loop_vars, (tuple, list))
    values = (loop_vars,) if single else tuple(loop_vars)
    values = nest.map_structure(convert_to_tensor, values)

    def step(*state):
        new = body(*state)
        new = (new,) if single or not isinstance(new, (tuple, list)) else tuple(new)
        nest.assert_same_structure(tuple(state), new)
        return nest.map_structure(convert_to_tensor, new)

    if all(known(x) for x in nest.flatten(values)):
        return eager_loop(cond, step, values, maximum_iterations, single)
    result = control.while_loop(cond, step, values, maximum_iterations)
    return result[0] if single else result


def eager_loop(cond, step, values, limit, single):
    """The loop in Python; handed to the engine if a value turns out to be traced."""
    count = 0
    while limit is None or count < limit:
        go_on = tensor(cond(*values))
        if not known(go_on):
            rest = None if limit is None else limit - count
            values = control.while_loop(cond, step, values, rest)
            break
        if not bool(np.asarray(go_on)):
            break
        values = step(*values)
        count += 1
    return values[0] if single else values


@op
def fori_loop(lower: Any, upper: Any, body_fun: Callable, init_val: Any) -> Any:
    """``value = body_fun(i, value)`` for ``i`` from ``lower`` to below ``upper``.

    >>> keras.ops.fori_loop(0, 3, lambda i, x: x + i, 0)
    array(3, dtype=int32)
    """
    lower, upper = integer(lower, "lower"), integer(upper, "upper")
    init_val = nest.map_structure(convert_to_tensor, init_val)

    def step(value, i):
        new = body_fun(i, value)
        nest.assert_same_structure(value, new)
        return nest.map_structure(convert_to_tensor, new), None

    steps = np.arange(lower, max(lower, upper), dtype="int32")
    if in_trace():  # a loop of known length has a gradient as a scan, and none as a while
        return control.scan(step, init_val, steps)[0]
    value = init_val
    for i in steps:
        value, _ = step(value, np.asarray(i))
    return value


@op
def scan(
    f: Callable,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> Any:
    """``carry, y = f(carry, x)`` along axis 0 of ``xs``; the last carry and all ys, stacked.

    Args:
        f: function of a carry and a slice; gives a carry of the same structure, shapes and
            dtypes, and a slice of the second result (or None).
        init: the first carry.
        xs: a structure of tensors with a common first axis; None runs ``length`` steps.
        length: number of steps.
        reverse: go from the last slice to the first.
        unroll: accepted as a hint.

    >>> keras.ops.scan(lambda c, x: (c + x, c), np.array(0), np.array([1, 2, 3]))
    (array(6), array([0, 1, 3]))
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(
            f"`unroll` must be an positive integer or boolean. Received: unroll={unroll}"
        )
    if xs is None and length is None:
        raise ValueError("Got no `xs` to scan over and `length` not provided.")
    init = nest.map_structure(convert_to_tensor, init)
    if xs is not None:
        xs = nest.map_structure(convert_to_tensor, xs)
    return control.scan(f, init, xs, length, reverse)


@op
def map(f: Callable, xs: Any) -> Any:
    """``f`` applied to each slice along axis 0, the results stacked.

    >>> keras.ops.map(lambda x: x + 1, np.array([1, 2]))
    array([2, 3])
    """
    return scan(lambda carry, x: (carry, f(x)), np.zeros((), "int32"), xs)[1]


@op
def vectorized_map(function: Callable, elements: Any) -> Any:
    """``function`` applied to each slice along axis 0 of ``elements``, the results stacked.

    >>> keras.ops.vectorized_map(lambda x: x * 2, np.array([1, 2]))
    array([2, 4])
    """
    return map(function, elements)


@op
def switch(index: Any, branches: Any, *operands: Any) -> Any:
    """``branches[index](*operands)``, the index moved into range.

    >>> keras.ops.switch(1, [lambda x: x + 1, lambda x: x * 10], np.array([3]))
    array([30])
    """
    index = integer(index, "index")
    last = len(branches) - 1
    if known(index):
        return branches[min(max(int(np.asarray(index)), 0), last)](*operands)

    def choose(low, high):
        if low == high:
            return branches[low](*operands)
        middle = (low + high) // 2
        return control.cond(
            emit("less_equal", index, middle),
            lambda: choose(low, middle),
            lambda: choose(middle + 1, high),
        )

    return choose(0, last)


@op
def associative_scan(f: Callable, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """All the running results of an associative ``f`` along ``axis``.

    Args:
        f: function of two structures of tensors, elementwise along ``axis``.
        elems: a structure of tensors with ``axis`` of one size.
        reverse: run from the end.
        axis: the axis to run along.

    >>> keras.ops.associative_scan(lambda a, b: a + b, np.array([1, 2, 3]))
    array([1, 3, 6])
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    xs = [tensor(x, "elems") for x in nest.flatten(elems)]
    axis = axis_of(axis, xs[0].ndim)
    n = xs[0].shape[axis]
    if any(x.shape[axis] != n for x in xs):
        raise ValueError(
            "Array inputs to associative_scan must have the same first dimension. "
            f"(saw: {[x.shape for x in xs]})"
        )
    if reverse:
        xs = [emit("flip", x, axis=axis) for x in xs]
    step = 1
    while step < n:
        # Hillis and Steele: after the round with `step`, each place has combined 2 * step values.
        near = nest.pack_sequence_as(elems, [part(x, axis, step, n) for x in xs])
        far = nest.pack_sequence_as(elems, [part(x, axis, 0, n - step) for x in xs])
        new = [tensor(y) for y in nest.flatten(f(far, near))]
        xs = [
            emit("concatenate", part(x, axis, 0, step), cast_to(y, x.dtype), axis=axis)
            for x, y in zip(xs, new)
        ]
        step *= 2
    if reverse:
        xs = [emit("flip", x, axis=axis) for x in xs]
    return nest.pack_sequence_as(elems, xs)




def custom_gradient(f: Any) -> Any:
    """``f`` with the gradient that it brings along.

    Args:
        f: function of tensors that returns ``(result, grad)``, where ``grad(upstream)`` gives the
            gradient in each of them (a tuple for several), ``upstream`` being the result's.

    Clipping a gradient on its way back:

    >>> @keras.ops.custom_gradient
    ... def clipped(x):
    ...     def grad(upstream):
    ...         return keras.ops.clip(upstream, -1.0, 1.0)
    ...     return x * 1.0, grad
    >>> clipped(np.array([2.0]))
    array([2.])
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")

    @wraps(f)
    def call(*args, **kwargs):
        xs = [tensor(x, "args") for x in args]
        # The result stands apart from `xs`, so that only the rule leads back to them.
        result, rule = f(*[emit("stop_gradient", x) for x in xs], **kwargs)
        y = emit("stop_gradient", tensor(result, "result"))
        return control.custom_gradient(y, xs, rule)

    return call
