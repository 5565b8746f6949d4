"""keras.constraints."""

from __future__ import annotations

from hornlet.constraints.lookup import deserialize, get, serialize
from hornlet.constraints.projections import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm

# Keras's older names of the same classes.
max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]
