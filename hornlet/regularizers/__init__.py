"""keras.regularizers."""

from __future__ import annotations

from hornlet.regularizers.lookup import deserialize, get, serialize
from hornlet.regularizers.penalties import L1, L1L2, L2, OrthogonalRegularizer, Regularizer

# Keras's older names of the same classes.
l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]
