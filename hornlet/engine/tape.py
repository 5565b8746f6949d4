"""GradientTape: gradients of what was computed in a `with` block, in a trace and outside one."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.engine.emit import Tensor, emit
from hornlet.engine.gradient import gradient
from hornlet.engine.ref import Ref
from hornlet.engine.state import STATE, active
from hornlet.engine.trace import Recording, Trace, constant


class GradientTape:
    """Records operations for automatic differentiation.

    Inside the block, variables are watched when they are read; other arrays when `watch` is called.
    Tapes nest: the gradient computed inside an outer tape's block can be differentiated again.

    Args:
        persistent: whether `gradient` may be called more than once.
        watch_accessed_variables: whether variables are watched when they are read.

    Example:

    >>> w = keras.Variable(3.0)
    >>> with hornlet.GradientTape() as tape:
    ...     y = w * w
    >>> float(tape.gradient(y, w))
    6.0
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self.persistent = persistent
        self.watch_accessed_variables = watch_accessed_variables
        self._recording: Any = None
        self._watched: set[int] = set()
        self._used = False

    def __enter__(self) -> GradientTape:
        trace = STATE.trace
        self._recording = trace if type(trace) is Trace else Recording()
        self._active = active(self._recording)
        self._active.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._active.__exit__(*error)

    def watch(self, tensor: Any) -> None:
        """Makes arrays, Tensors or variables (a nest of them) sources that `gradient` can name."""
        if self._recording is None:
            raise RuntimeError("`watch` was called before the tape's `with` block began.")
        for x in nest.flatten(tensor):
            if isinstance(x, Ref):
                self._watched.add(id(x))
                self._recording.read(x)
            elif isinstance(x, np.ndarray) and type(self._recording) is Recording:
                self._recording.watched.setdefault(id(x), constant(x))
            elif type(x) is not Tensor:
                kind = type(x).__name__
                raise ValueError(f"`watch` takes arrays and variables; received {kind}.")

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: str = "none",
    ) -> Any:
        """The gradient of the sum of `target` with respect to each of `sources`, in their nest.

        Args:
            target: a value computed in the block, or a nest of them.
            sources: variables, or arrays that were watched; a nest of them.
            output_gradients: weights of the targets' elements, in the targets' nest and shapes.
            unconnected_gradients: "none" gives None for a source that the target does not depend
                on, "zero" gives zeros.
        """
        if self._recording is None:
            raise RuntimeError("`gradient` was called before the tape's `with` block began.")
        if self._used and not self.persistent:
            raise RuntimeError(
                "A GradientTape gives one gradient; create it with persistent=True to ask for more."
            )
        self._used = True
        if unconnected_gradients not in ("none", "zero"):
            raise ValueError(
                "`unconnected_gradients` must be 'none' or 'zero'; received "
                f"{unconnected_gradients!r}."
            )
        outputs, seeds = [], []
        weights = None if output_gradients is None else nest.flatten(output_gradients)
        for k, y in enumerate(nest.flatten(target)):
            found = self._find(y)
            outputs += found[-1:]
            seeds += [None if weights is None else weights[k]] * len(found[-1:])
        flat = nest.flatten(sources)
        stood_for = [self._find(x) for x in flat]
        gradients = iter(gradient(outputs, [t for ts in stood_for for t in ts], seeds))
        results = [_summed([next(gradients) for _ in ts]) for ts in stood_for]
        if unconnected_gradients == "zero":
            results = [_zeros(x) if g is None else g for x, g in zip(flat, results)]
        return nest.pack_sequence_as(sources, results)

    def _find(self, x: Any) -> list[Tensor]:
        if isinstance(x, Ref) and not self.watch_accessed_variables and id(x) not in self._watched:
            return []
        return self._recording.find(x)


def _summed(gradients: list) -> Any:
    """One gradient of a source that several Tensors stood for; an array outside a trace."""
    known = [g for g in gradients if g is not None]
    if not known:
        return None
    total = known[0]
    for g in known[1:]:
        total = emit("add", total, g)
    return total.value if type(total) is Tensor and STATE.trace is None else total


def _zeros(x: Any) -> np.ndarray:
    return np.zeros(x.shape, getattr(x, "array", x).dtype)
