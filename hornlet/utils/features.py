"""Feature and Cross: what a FeatureSpace does with one column, or with several together."""

from __future__ import annotations

from typing import Any

from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object

_PLACE = "keras.src.layers.preprocessing.feature_space"  # as Keras's files call it


def _check_mode(output_mode: Any, modes: tuple[str, ...]) -> None:
    if output_mode not in modes:
        raise ValueError(
            f"Argument `output_mode` must be one of {modes}. Received: output_mode={output_mode!r}"
        )


@register(_PLACE)
class Cross:
    """Several features hashed together.

    Args:
        feature_names: names of the features.
        crossing_dim: number of bins.
        output_mode: "one_hot" or "int".
    """

    def __init__(self, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot"):
        _check_mode(output_mode, ("int", "one_hot"))
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = output_mode

    @property
    def name(self) -> str:
        """The features' names, joined."""
        return "_X_".join(self.feature_names)

    def get_config(self) -> dict[str, Any]:
        return {
            "feature_names": self.feature_names,
            "crossing_dim": self.crossing_dim,
            "output_mode": self.output_mode,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Cross:
        return cls(**config)


@register(_PLACE)
class Feature:
    """One column: the layer that it goes through, and how the result is encoded.

    Args:
        dtype: "float32", "int32" or "string".
        preprocessor: a layer.
        output_mode: "float", "int" or "one_hot".
    """

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str):
        _check_mode(output_mode, ("int", "one_hot", "float"))
        if isinstance(preprocessor, dict):
            preprocessor = deserialize_keras_object(preprocessor)
        self.dtype = dtype
        self.preprocessor = preprocessor
        self.output_mode = output_mode

    def get_config(self) -> dict[str, Any]:
        return {
            "dtype": self.dtype,
            "preprocessor": serialize_keras_object(self.preprocessor),
            "output_mode": self.output_mode,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Feature:
        return cls(**config)
