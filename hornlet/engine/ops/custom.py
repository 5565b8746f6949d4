"""A primitive whose gradient is a function its caller brings along."""

from __future__ import annotations

import numpy as np

from hornlet.engine.primitive import primitive

# emit("custom_gradient", *xs, y, rule=rule) is y; its gradient in xs is what rule(dy) returns.


def _copy(*arrays, out, rule):
    np.copyto(out, arrays[-1])


def _vjp(dy, y, *inputs, rule):
    grads = rule(dy)
    grads = tuple(grads) if isinstance(grads, (tuple, list)) else (grads,)
    n = len(inputs) - 1
    if len(grads) != n:
        raise ValueError(
            f"A custom gradient must return one gradient for each of the function's {n} tensors. "
            f"Received: {len(grads)}."
        )
    return (*grads, None)


primitive(
    "custom_gradient",
    shape=lambda *specs, rule: specs[-1],
    kernel=_copy,
    view=lambda *arrays, rule: arrays[-1],
    vjp=_vjp,
)
