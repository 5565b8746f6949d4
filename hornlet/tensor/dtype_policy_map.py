"""DTypePolicyMap: dtype policies by the paths of layers, handed to them as one policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.tensor.dtype_policy import DTypePolicy, dtype_policy, get


@register("keras.dtype_policies")
class DTypePolicyMap(DTypePolicy, MutableMapping):
    """A dictionary from paths of layers to dtype policies, with a policy for all others.

    Layers that are given one map as `dtype` take each its own policy from it: that of its path,
    else that of the one key which matches the whole path as a regular expression.

    Args:
        default_policy: the policy of the other layers; None takes the global one.
        policy_map: dictionary of policies to begin with.

    Raises:
        ValueError: a map as `default_policy`, a key that is there already, a path that several
            keys match.
        TypeError: a `policy_map` that is no dictionary.

    >>> policies = keras.dtype_policies.DTypePolicyMap(default_policy="float32")
    >>> policies["decoder/.*"] = keras.DTypePolicy("mixed_float16")
    >>> policies["decoder/query"].compute_dtype, policies["encoder/query"].compute_dtype
    ('float16', 'float32')
    """

    def __init__(self, default_policy: Any = None, policy_map: dict[str, Any] | None = None):
        if isinstance(default_policy, DTypePolicyMap):
            raise ValueError(
                "Argument `default_policy` must be a single policy, not a `DTypePolicyMap`."
            )
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(
                "Argument `policy_map` must be a dictionary of policies. "
                f"Received: policy_map={policy_map!r} (of type {type(policy_map).__name__})"
            )
        self._given_policy = default_policy
        self._default_policy = get(default_policy)
        self.policy_map = policy_map or {}

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy of layers that no key names."""
        return dtype_policy() if self._given_policy is None else self._default_policy

    @property
    def name(self) -> str:  # type: ignore[override]
        """`map_` and the name of the default policy."""
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:  # type: ignore[override]
        """That of the default policy."""
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:  # type: ignore[override]
        """That of the default policy."""
        return self.default_policy.variable_dtype

    @property
    def quantization_mode(self) -> str | None:  # type: ignore[override]
        """That of the default policy."""
        return self.default_policy.quantization_mode

    def at(self, path: str | None) -> DTypePolicy:
        """The policy of the layer of that path; the default one while it has none."""
        return self[path] if path else self.default_policy

    def __getitem__(self, key: str) -> DTypePolicy:
        if key in self.policy_map:
            return self.policy_map[key]
        matching = [pattern for pattern in self.policy_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(
                f"Path '{key}' matches several keys of the DTypePolicyMap: {matching}. Let each "
                "path match one key at most."
            )
        return self.policy_map[matching[0]] if matching else self.default_policy

    def __setitem__(self, key: str, policy: Any) -> None:
        if key in self.policy_map:
            raise ValueError(
                f"Key {key!r} is already in the DTypePolicyMap, with {self.policy_map[key]}. "
                "Delete it first."
            )
        self.policy_map[key] = get(policy)

    def __delitem__(self, key: str) -> None:
        del self.policy_map[key]

    def __contains__(self, key: Any) -> bool:
        return key in self.policy_map

    def __len__(self) -> int:
        return len(self.policy_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self.policy_map)

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, DTypePolicyMap):
            return False
        return self.name == other.name and self.policy_map == other.policy_map

    __hash__ = DTypePolicy.__hash__

    def get_config(self) -> dict[str, Any]:
        """The default policy as it was given, and the policies by key."""
        given = self._given_policy
        policies = serialize_keras_object(self.policy_map)
        if given is None:
            # What follows the global policy does so where the config is read, keys included.
            for policy in policies.values():
                for name in ("name", "source_name"):
                    if name in policy["config"]:
                        policy["config"][name] = None
        return {"default_policy": serialize_keras_object(given), "policy_map": policies}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Make a map from what `get_config` returned."""
        return cls(**deserialize_keras_object(dict(config), custom_objects=custom_objects))

    def __repr__(self) -> str:
        mapping = [(key, policy.name) for key, policy in self.policy_map.items()]
        return (
            f"<DTypePolicyMap at {hex(id(self))} default_policy={self.default_policy.name}, "
            f"mapping={mapping}>"
        )
