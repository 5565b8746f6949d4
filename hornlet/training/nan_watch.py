"""What `fit` says when the loss turns NaN: the step, and the layer that made it so."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.engine.nans import NanError, watching
from hornlet.tensor.scope import StatelessScope
from hornlet.training.data_utils import unpack_x_y_sample_weight


class NanWatch:
    """Warns once when the mean loss turns NaN.

    A step that finds its loss NaN calls `look` before it updates the weights; so the batch and the
    weights are still there which made it so.
    """

    def __init__(self, model: Any, loop: Any):
        self.model, self.loop = model, loop
        self.total = getattr(model._loss_tracker, "total", None)
        self.epoch = 0
        self.found: str | None = None

    def look(self) -> None:
        """Finds out where the NaN of the step that runs now comes from."""
        if self.found is None:
            self.found = first_nan(self.model, self.loop.batch())

    def warn(self, step: int) -> None:
        self.total = None
        cause = self.found or (
            "Look for NaN in the data, lower the learning rate, or set `clipnorm` in the "
            "optimizer; HORNLET_DEBUG_NANS=1 stops at the operation that makes the first one."
        )
        warnings.warn(
            f"The loss became NaN at step {step + 1} of epoch {self.epoch + 1}. {cause} The "
            "callback `TerminateOnNaN` stops training at that point.",
            stacklevel=5,
        )


def first_nan(model: Any, batch: Any) -> str:
    """Where the first NaN of a step on `batch` is made; empty if it cannot be found again.

    The step's forward pass is run once more, eagerly and checked; it changes nothing.
    """
    x, y, sample_weight = unpack_x_y_sample_weight(batch)
    for name, part in (("x", x), ("y", y), ("sample_weight", sample_weight)):
        for array in nest.flatten(part):
            rows: Any = [] if array is None else _bad_rows(array)
            if len(rows):
                first = _first_layer(model) if name == "x" else "the loss"
                return (
                    f"Argument `{name}` holds NaN or Inf in {len(rows)} rows of this batch, first "
                    f"in row {rows[0]}; {first} takes it in first. Clean the data or mask it."
                )
    for variable in model.variables:
        if variable.array.dtype.kind == "f" and not np.isfinite(variable.array).all():
            return (
                f"Weight '{variable.path}' holds NaN or Inf since an earlier step: its gradient "
                "was not finite. HORNLET_DEBUG_NANS=1 stops at the operation that makes it so."
            )
    try:
        with watching(), StatelessScope(collect_losses=True), np.errstate(all="ignore"):
            y_pred = model(x, training=True)
            model._compute_loss(x, y, y_pred, sample_weight, training=True)
    except NanError as error:
        return str(error)
    finally:
        model._clear_losses()
    return ""


def _bad_rows(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind != "f":
        return np.zeros(0, int)
    return np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))


def _first_layer(model: Any) -> str:
    names = [x.name for x in model.layers if type(x).__name__ != "InputLayer"]
    return f"layer '{names[0]}'" if names else "the model"
