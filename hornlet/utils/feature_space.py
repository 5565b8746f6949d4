"""FeatureSpace: a table of columns of several kinds as one array of features."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import hornlet.layers as layers
from hornlet.base.names import auto_name
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.layers.base import Layer
from hornlet.saving.api import save_model
from hornlet.tensor.keras_tensor import is_keras_tensor
from hornlet.utils.dataset import Dataset
from hornlet.utils.features import Cross, Feature


@register("keras.utils")
class FeatureSpace(Layer):
    """Encode the columns of a table: rescale, discretize, look up or hash, cross, one-hot, join.

    Args:
        features: from a column's name to its kind: a `Feature` such as
            `FeatureSpace.float_normalized()`, or the name of such a method, with its defaults.
        output_mode: "concat" for one array, in which columns come in the order of their names and
            then crosses; "dict" for one array each.
        crosses: tuples of names of columns that are hashed together, or `FeatureSpace.cross(...)`.
        crossing_dim: number of bins of crosses.
        hashing_dim: number of bins of "integer_hashed" and "string_hashed".
        num_discretization_bins: number of bins of "float_discretized".
        name: made up if None.

    Input: a dictionary of arrays or lists of the shapes ``(n,)`` or ``(n, 1)``, or of the values
    of a single row. Output: ``(n, features)`` in float32, without the first axis for a single row.

    >>> space = keras.utils.FeatureSpace({"age": "float_normalized", "town": "string_categorical"})
    >>> space.adapt({"age": [20.0, 40.0], "town": ["Bonn", "Rome"]})
    >>> space({"age": [40.0], "town": ["Rome"]})
    array([[1., 0., 1., 0.]], dtype=float32)
    """

    def __init__(
        self,
        features: dict[str, Any],
        output_mode: str = "concat",
        crosses: Any = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ):
        super().__init__(name=name)
        if not features:
            raise ValueError(
                "Argument `features` must name at least one column. Received: "
                f"features={features!r}"
            )
        if output_mode not in ("dict", "concat"):
            raise ValueError(
                "Argument `output_mode` must be 'dict' or 'concat'. "
                f"Received: output_mode={output_mode!r}"
            )
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.output_mode = output_mode
        self.features = {name: self._feature(name, kind) for name, kind in features.items()}
        self.crosses = [self._cross(cross) for cross in crosses or ()]
        self.crosses_by_name = {cross.name: cross for cross in self.crosses}
        self.inputs = {
            name: layers.Input((1,), dtype=feature.dtype, name=name)
            for name, feature in self.features.items()
        }
        self.preprocessors = {name: f.preprocessor for name, f in self.features.items()}
        self.crossers = {
            cross.name: layers.HashedCrossing(cross.crossing_dim, name=cross.name)
            for cross in self.crosses
        }
        self.one_hot_encoders: dict[str, Any] = {}
        self.concat = layers.Concatenate(axis=-1)
        self.encoded_features: Any = None
        self._is_adapted = not self._adaptable()

    def _feature(self, name: str, kind: Any) -> Feature:
        if isinstance(kind, Feature):
            return kind
        if isinstance(kind, dict):
            return deserialize_keras_object(kind)
        numbers = {
            "float_discretized": (self.num_discretization_bins,),
            "integer_hashed": (self.hashing_dim,),
            "string_hashed": (self.hashing_dim,),
        }
        if kind not in _KINDS:
            raise ValueError(
                f"The kind of the column {name!r} must be a `Feature` or one of {_KINDS}. "
                f"Received: {kind!r}"
            )
        return getattr(self, kind)(*numbers.get(kind, ()), name=name)

    def _cross(self, cross: Any) -> Cross:
        if isinstance(cross, dict):
            cross = deserialize_keras_object(cross)
        if not isinstance(cross, Cross):
            if not self.crossing_dim:
                raise ValueError(
                    "Argument `crossing_dim` must be given with `crosses`. "
                    f"Received: crossing_dim={self.crossing_dim}"
                )
            cross = Cross(cross, self.crossing_dim)
        unknown = [name for name in cross.feature_names if name not in self.features]
        if unknown:
            raise ValueError(
                f"Argument `crosses` must hold names of `features`. Received: {unknown}"
            )
        return cross

    # The kinds of columns.

    @classmethod
    def cross(cls, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """Several columns hashed together."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A column that goes through a layer of the user's."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Numbers as they are."""
        name = name or auto_name("float")
        return Feature("float32", layers.Identity(name=f"{name}_preprocessor"), "float")

    @classmethod
    def float_rescaled(
        cls, scale: Any = 1.0, offset: Any = 0.0, name: str | None = None
    ) -> Feature:
        """Numbers times `scale` plus `offset`."""
        name = name or auto_name("float_rescaled")
        layer = layers.Rescaling(scale, offset, name=f"{name}_preprocessor")
        return Feature("float32", layer, "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Numbers less their mean, by their standard deviation."""
        name = name or auto_name("float_normalized")
        layer = layers.Normalization(axis=-1, name=f"{name}_preprocessor")
        return Feature("float32", layer, "float")

    @classmethod
    def float_discretized(
        cls,
        num_bins: Any,
        bin_boundaries: Any = None,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Numbers in bins."""
        name = name or auto_name("float_discretized")
        layer = layers.Discretization(
            num_bins=num_bins, bin_boundaries=bin_boundaries, name=f"{name}_preprocessor"
        )
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Integers looked up among those of the data."""
        name = f"{name or auto_name('integer_categorical')}_preprocessor"
        layer = layers.IntegerLookup(
            max_tokens=max_tokens, num_oov_indices=num_oov_indices, name=name
        )
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(
        cls,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:
        """Texts looked up among those of the data."""
        name = f"{name or auto_name('string_categorical')}_preprocessor"
        layer = layers.StringLookup(
            max_tokens=max_tokens, num_oov_indices=num_oov_indices, name=name
        )
        return Feature("string", layer, output_mode)

    @classmethod
    def string_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Texts hashed into bins."""
        name = name or auto_name("string_hashed")
        layer = layers.Hashing(num_bins=num_bins, name=f"{name}_preprocessor")
        return Feature("string", layer, output_mode)

    @classmethod
    def integer_hashed(
        cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Integers hashed into bins."""
        name = name or auto_name("integer_hashed")
        layer = layers.Hashing(num_bins=num_bins, name=f"{name}_preprocessor")
        return Feature("int32", layer, output_mode)

    # Learning.

    def _adaptable(self) -> list[str]:
        return [name for name, layer in self.preprocessors.items() if _can_learn(layer)]

    def adapt(self, dataset: Any) -> None:
        """Learn what the columns' layers have to: vocabularies, means, boundaries.

        Args:
            dataset: a dictionary of arrays or lists, or a data set that yields such dictionaries,
                batched or not.
        """
        if not isinstance(dataset, dict) and not hasattr(dataset, "__iter__"):
            raise ValueError(
                "Argument `dataset` must be a dictionary of arrays, or a data set of such. "
                f"Received: {type(dataset).__name__}"
            )
        for name in self._adaptable():
            layer = self.preprocessors[name]
            if isinstance(dataset, dict):
                layer.adapt(_column(dataset[name]))
            else:
                layer.adapt(Dataset(partial(_batches, dataset, name)))
        self._is_adapted = True
        self.one_hot_encoders.clear()
        self.encoded_features = None
        self.get_encoded_features()
        self.built = True

    def get_inputs(self) -> dict[str, Any]:
        """The symbols of the columns, for a functional model."""
        self._check_adapted()
        return self.inputs

    def get_encoded_features(self) -> Any:
        """The symbols of the encoded columns, for a functional model."""
        self._check_adapted()
        if self.encoded_features is None:
            self.encoded_features = self._encoded(self.inputs)
        return self.encoded_features

    def _check_adapted(self) -> None:
        if not self._is_adapted:
            raise ValueError(
                "Call `adapt(dataset)` first: the FeatureSpace has yet to learn the columns "
                f"{self._adaptable()}."
            )

    # Encoding.

    def __call__(self, data: Any) -> Any:
        self._check_adapted()
        if not isinstance(data, dict):
            raise ValueError(
                "A FeatureSpace is called with a dictionary of columns. "
                f"Received: {type(data).__name__}"
            )
        if any(is_keras_tensor(x) for x in data.values()):
            return self._encoded(data)
        single = any(np.ndim(x) == 0 for x in data.values())
        encoded = self._encoded({name: _column(x) for name, x in data.items()})
        if not single:
            return encoded
        if isinstance(encoded, dict):
            return {name: x[0] for name, x in encoded.items()}
        return encoded[0]

    def _encoded(self, data: dict[str, Any]) -> Any:
        parts = {name: self.preprocessors[name](data[name]) for name in sorted(data)}
        crossed = {
            name: self.crossers[name]([parts[n] for n in self.crosses_by_name[name].feature_names])
            for name in sorted(self.crosses_by_name)
        }
        whole = {name: self._one_hot(name, x) for name, x in {**parts, **crossed}.items()}
        if self.output_mode == "dict":
            return whole
        for name, x in whole.items():
            if "int" in str(x.dtype) or str(x.dtype) in ("string", "object"):
                raise ValueError(
                    f"The column {name!r} cannot be joined with others while it is not encoded "
                    f"(its dtype is {x.dtype}). Use output_mode='dict', or 'one_hot' for it."
                )
        return self.concat([*whole.values()]) if len(whole) > 1 else next(iter(whole.values()))

    def _one_hot(self, name: str, x: Any) -> Any:
        spec = self.features.get(name) or self.crosses_by_name[name]
        if spec.output_mode != "one_hot":
            return x
        if name not in self.one_hot_encoders:
            layer = self.preprocessors.get(name) or self.crossers[name]
            self.one_hot_encoders[name] = layers.CategoryEncoding(
                num_tokens=_cardinality(name, layer), output_mode="multi_hot"
            )
        return self.one_hot_encoders[name](x)

    # Saving.

    def get_config(self) -> dict[str, Any]:
        return {
            "features": serialize_keras_object(dict(self.features)),
            "output_mode": self.output_mode,
            "crosses": serialize_keras_object(list(self.crosses)),
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FeatureSpace:
        return cls(**config)

    def get_build_config(self) -> dict[str, Any]:
        return {name: layer.get_build_config() for name, layer in self.preprocessors.items()}

    def build_from_config(self, config: dict[str, Any]) -> None:
        for name, shapes in config.items():
            if not self.preprocessors[name].built and shapes is not None:
                self.preprocessors[name].build_from_config(shapes)
        self._is_adapted = True
        self.built = True

    def save(self, filepath: Any) -> None:
        """Save it to a `.keras` file, which `keras.models.load_model` reads."""
        save_model(self, filepath)

    def save_own_variables(self, store: Any) -> None:
        """It has none: they are its layers'."""

    def load_own_variables(self, store: Any) -> None:
        """It has none: they are its layers'."""


_KINDS = (
    "float",
    "float_discretized",
    "float_normalized",
    "float_rescaled",
    "integer_categorical",
    "integer_hashed",
    "string_categorical",
    "string_hashed",
)


def _can_learn(layer: Any) -> bool:
    given = (
        getattr(layer, "input_mean", None) is not None
        or getattr(getattr(layer, "_lookup_layer", layer), "_has_input_vocabulary", False)
        or (isinstance(layer, layers.Discretization) and layer.num_bins is None)
    )
    return hasattr(layer, "adapt") and not given


def _cardinality(name: str, layer: Any) -> int:
    if hasattr(layer, "vocabulary_size"):
        return layer.vocabulary_size()
    if isinstance(layer, layers.Discretization) and layer.num_bins is None:
        return len(layer.bin_boundaries or ()) + 1
    for attribute in ("num_bins", "num_tokens"):
        if hasattr(layer, attribute):
            return getattr(layer, attribute)
    raise ValueError(
        f"The column {name!r} cannot be one-hot: how many values its layer "
        f"{type(layer).__name__} has is not known. Use output_mode='int' for it."
    )


def _column(x: Any) -> np.ndarray:
    """Values as an array of the shape (n, 1)."""
    x = np.asarray(x)
    return x.reshape(-1, 1) if x.ndim < 2 else x


def _batches(dataset: Any, name: str) -> Iterator:
    """A column of a data set, batch by batch."""
    for rows in dataset:
        yield _column(rows[name])
