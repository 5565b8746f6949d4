"""keras.dtype_policies: in which dtypes layers keep their weights and compute."""

from hornlet.tensor.dtype_policy import DTypePolicy, FloatDTypePolicy, deserialize, get, serialize
from hornlet.tensor.dtype_policy_map import DTypePolicyMap

__all__ = ["DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "deserialize", "get", "serialize"]
