"""Small functions on batches and data sets: packing, class weights, the validation split."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.base.config import floatx


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` of a batch, with None for what it lacks; for `train_step`.

    >>> keras.utils.unpack_x_y_sample_weight(("x", "y"))
    ('x', 'y', None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if 1 <= len(data) <= 3:
        return (*data, None, None)[:3]
    raise ValueError(
        "A batch must be `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`. "
        f"Received: a tuple of {len(data)}: {data}"
    )


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The batch that `unpack_x_y_sample_weight` takes apart.

    >>> keras.utils.pack_x_y_sample_weight("x", "y")
    ('x', 'y')
    """
    if y is None:
        return (x,) if isinstance(x, (list, tuple)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def class_weight_to_sample_weights(y: Any, class_weight: dict) -> np.ndarray:
    """The weight of each sample: that of its class, 1 where `class_weight` names none.

    Args:
        y: class numbers of shape `(n,)` or `(n, 1)`, or one-hot labels.
        class_weight: dictionary from class number to weight.
    """
    if not isinstance(class_weight, dict):
        raise ValueError(
            "Argument `class_weight` must be a dictionary from class number to weight. "
            f"Received: class_weight={class_weight!r}"
        )
    for label, weight in class_weight.items():
        if isinstance(weight, str) or not hasattr(weight, "__float__"):
            raise ValueError(
                "Argument `class_weight` must map class numbers to numbers. "
                f"Received: class_weight[{label!r}]={weight!r}"
            )
    labels = np.asarray(y)
    if labels.ndim > 1:
        labels = labels.squeeze(-1) if labels.shape[-1] == 1 else labels.argmax(-1)
    if labels.ndim > 1:
        raise ValueError(
            "Argument `class_weight` needs one label per sample: `y` of shape (n,), (n, 1) or "
            f"one-hot (n, classes). Received: y of shape {np.shape(y)}"
        )
    labels = np.round(labels).astype("int64")
    weights = np.ones(len(labels), floatx())
    for label in np.unique(labels):
        weights[labels == label] = class_weight.get(int(label), 1.0)
    return weights


def train_validation_split(arrays: Any, validation_split: float) -> tuple[Any, Any]:
    """Takes the last part of all arrays for validation.

    Args:
        arrays: nest of arrays, or None.
        validation_split: share of the samples, between 0 and 1.

    Returns:
        Two nests like `arrays`: for training and for validation.
    """
    flat = [x for x in nest.flatten(arrays) if x is not None]
    wrong = [type(x).__name__ for x in flat if not hasattr(x, "shape")]
    if wrong:
        raise ValueError(
            "Argument `validation_split` is only supported for arrays; pass `validation_data` "
            f"instead. Received: {wrong}"
        )
    if not flat:
        return arrays, arrays
    if not 0 < validation_split < 1:
        raise ValueError(
            "Argument `validation_split` must be between 0 and 1. "
            f"Received: validation_split={validation_split!r}"
        )
    n = int(flat[0].shape[0])
    at = math.floor(n * (1.0 - validation_split))
    if at in (0, n):
        raise ValueError(
            f"Training data contains {n} samples, which is not sufficient to split it into a "
            f"validation and training set as specified by `validation_split={validation_split}`. "
            "Either provide more data, or a different value for the `validation_split` argument."
        )

    def part(start: int, stop: int) -> Any:
        def cut(x: Any) -> Any:
            return None if x is None else getattr(x, "iloc", x)[start:stop]

        return nest.map_structure(cut, arrays)

    return part(0, at), part(at, n)


def in_grain_data_pipeline() -> bool:
    """Whether the caller runs inside a data pipeline of the package grain.

    Packages of preprocessing layers ask, because what they return there is sent to processes.

    >>> from hornlet.training.data_utils import in_grain_data_pipeline
    >>> in_grain_data_pipeline()
    False
    """
    frame = sys._getframe() if "grain" in sys.modules else None
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("grain."):
            return True
        frame = frame.f_back
    return False


def in_tf_graph() -> bool:
    """Whether a function is being traced by TensorFlow; never here.

    >>> from hornlet.training.data_utils import in_tf_graph
    >>> in_tf_graph()
    False
    """
    return False
