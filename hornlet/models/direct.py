"""Direct calls of models on arrays: ``model(x)`` outside a trace runs a program, as `predict`."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.engine.compiled import Compiled, signature
from hornlet.engine.state import STATE as TRACES
from hornlet.layers.base import Layer
from hornlet.layers.call import CURRENT
from hornlet.layers.weights import Changes
from hornlet.tensor.masks import get_mask, set_mask
from hornlet.tensor.scope import STATE

NOT_DIRECT = object()
MOST_SIGNATURES = 64
_FLAGS = (type(None), bool)


class DirectCalls:
    """The programs of one model, dropped when anything about a layer changes.

    The first call of a signature runs layer by layer: many shapes used once each are not worth
    a program. Models with layers of the user's own always do, for such layers may print, count or
    draw from NumPy.
    """

    def __init__(self, model: Any):
        self._model = weakref.ref(model)  # which holds this
        self.reset()

    @property
    def model(self) -> Any:
        """The model."""
        return self._model()

    def reset(self) -> None:
        self.changes = Changes.count
        reference = self._model
        self.compiled = Compiled(lambda x, training: _outputs_and_masks(reference(), x, training))
        self.seen: set[Any] = set()
        layers = self.model._flatten_layers()
        self.suited = not self.model.run_eagerly and all(map(_is_plain, layers))

    def __call__(self, x: Any, training: Any) -> Any:
        if self.changes != Changes.count:
            self.reset()
        if not self.suited:
            return NOT_DIRECT
        key = (signature(x), training)
        if key not in self.seen:
            if len(self.seen) >= MOST_SIGNATURES:
                self.reset()
            self.seen.add(key)
            return NOT_DIRECT
        if type(x) is np.ndarray:
            made = self.compiled.executables.get((key[0], signature(training)))
            if made is not None and len(made.graph.structure[1]) == 2:
                mask = made.graph.structure[1][1]
                if not mask[0] and mask[2] is None:  # one array comes out, without a mask
                    return _run_alone(made, x)
        outputs, masks = self.compiled(x, training)
        for y, mask in zip(nest.flatten(outputs), masks):
            if mask is not None:
                set_mask(y, mask)
        return outputs


def _outputs_and_masks(model: Any, x: Any, training: Any) -> Any:
    outputs = Layer.__call__(model, x, training=training)
    return outputs, [get_mask(y) for y in nest.flatten(outputs)]


def _run_alone(made: Any, x: np.ndarray) -> np.ndarray:
    program = made.check_out()
    try:
        program.load((x,))
        program.run()
        return program.outputs[0].copy()
    finally:
        made.check_in(program)


def _is_plain(layer: Any) -> bool:
    cls = type(layer)
    own = cls.__module__.startswith("hornlet.") and cls.__name__ != "Lambda"
    return own and not layer.reads_values and layer.activity_regularizer is None


def call_directly(model: Any, x: Any, training: Any) -> Any:
    """The outputs for arrays, or NOT_DIRECT where the call must run layer by layer."""
    if TRACES.trace is not None or CURRENT.context is not None or type(training) not in _FLAGS:
        return NOT_DIRECT
    if TRACES.nans or STATE.stateless is not None or STATE.autocast is not None or not model.built:
        return NOT_DIRECT
    if type(x) is not np.ndarray:
        if not isinstance(x, (list, tuple, dict)):
            return NOT_DIRECT
        leaves = nest.flatten(x)
    else:
        leaves = [x]
    for leaf in leaves:
        if (
            type(leaf) is not np.ndarray
            or leaf.dtype.kind not in "fiub"
            or get_mask(leaf) is not None
        ):
            return NOT_DIRECT
    calls = model.__dict__.get("_direct_calls")
    if calls is None:
        calls = DirectCalls(model)
        object.__setattr__(model, "_direct_calls", calls)
    return calls(x, training)
