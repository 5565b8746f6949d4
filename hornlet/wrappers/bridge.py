"""What the wrappers take from scikit-learn; without it the wrappers exist and say what to install.

This room alone imports scikit-learn at its top, as base classes; nothing in hornlet imports the
room before a user asks for it.
"""

from __future__ import annotations

try:
    from sklearn.base import (
        BaseEstimator,
        ClassifierMixin,
        ClassNamePrefixFeaturesOutMixin,
        RegressorMixin,
        TransformerMixin,
    )
    from sklearn.model_selection import train_test_split
    from sklearn.utils.metadata_routing import get_routing_for_object
    from sklearn.utils.multiclass import type_of_target
    from sklearn.utils.validation import _check_sample_weight as check_sample_weight
    from sklearn.utils.validation import check_is_fitted, validate_data

    AVAILABLE = True
except ImportError:
    AVAILABLE = False

    class BaseEstimator:  # type: ignore[no-redef]
        """Stands for scikit-learn's class of this name."""

    class ClassifierMixin:  # type: ignore[no-redef]
        """Stands for scikit-learn's class of this name."""

    class ClassNamePrefixFeaturesOutMixin:  # type: ignore[no-redef]
        """Stands for scikit-learn's class of this name."""

    class RegressorMixin:  # type: ignore[no-redef]
        """Stands for scikit-learn's class of this name."""

    class TransformerMixin:  # type: ignore[no-redef]
        """Stands for scikit-learn's class of this name."""


__all__ = [
    "BaseEstimator",
    "ClassNamePrefixFeaturesOutMixin",
    "ClassifierMixin",
    "RegressorMixin",
    "TransformerMixin",
    "check_is_fitted",
    "check_sample_weight",
    "get_routing_for_object",
    "require",
    "train_test_split",
    "type_of_target",
    "validate_data",
]


def require(name: str) -> None:
    """ImportError unless scikit-learn 1.6 or newer is there."""
    if not AVAILABLE:
        raise ImportError(
            f"{name} requires `scikit-learn` 1.6 or newer: `pip install 'scikit-learn>=1.6'`."
        )
