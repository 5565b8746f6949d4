"""keras.dtype_policies: in which dtypes layers keep their weights and compute."""

from hornlet.tensor.dtype_policy import DTypePolicy, FloatDTypePolicy, deserialize, get, serialize

__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]
