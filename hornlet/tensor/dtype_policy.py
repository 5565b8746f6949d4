"""Dtype policies: in which dtype a layer computes, and in which it keeps its variables."""

from __future__ import annotations

from typing import Any

from hornlet.base.config import floatx
from hornlet.base.configurable import Configurable
from hornlet.base.dtypes import ALL_TYPES, is_float, standardize_dtype
from hornlet.base.names import near
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


@register("keras", aliases=("keras.dtype_policies.DTypePolicy",))
class DTypePolicy(Configurable):
    """A pair of dtypes: `compute_dtype` for the mathematics, `variable_dtype` for the weights.

    Args:
        name: a dtype for both; `"mixed_float16"` or `"mixed_bfloat16"` compute in 16 bits and keep
            weights in float32; None takes the global policy's.

    Raises:
        ValueError: an unknown name; TypeError: no string.

    >>> policy = keras.DTypePolicy("mixed_float16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float16', 'float32')
    """

    quantization_mode = None
    name: str
    compute_dtype: str
    variable_dtype: str

    def __init__(self, name: str | None = None):
        if name is None:
            name = dtype_policy().name
        if not isinstance(name, str):
            raise TypeError(
                "Argument `name` must be a string, such as 'mixed_float16'. "
                f"Received: name={name!r} (of type {type(name).__name__})"
            )
        self.name = name
        if name in _MIXED:
            self.compute_dtype, self.variable_dtype = _MIXED[name], "float32"
            return
        try:
            self.compute_dtype = self.variable_dtype = standardize_dtype(name)
        except ValueError:
            close = near(name, [*_MIXED, *ALL_TYPES], 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(
                f"Cannot convert {name!r} to a dtype policy.{hint} Expected 'mixed_float16', "
                "'mixed_bfloat16' or the name of a dtype such as 'float32'."
            ) from None

    def at(self, path: str | None) -> DTypePolicy:
        """The policy of the layer of that path, where this one stands for several."""
        return self

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, DTypePolicy) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


@register("keras", aliases=("keras.dtype_policies.FloatDTypePolicy",))
class FloatDTypePolicy(DTypePolicy):
    """An older name of `DTypePolicy`.

    >>> keras.dtype_policies.FloatDTypePolicy("float16").compute_dtype
    'float16'
    """


_global: dict[str, DTypePolicy] = {}


def set_dtype_policy(policy: Any) -> None:
    """Set the policy of layers that are made without a `dtype`.

    >>> keras.config.set_dtype_policy("mixed_bfloat16")
    >>> keras.config.dtype_policy()
    <DTypePolicy "mixed_bfloat16">
    >>> keras.config.set_dtype_policy("float32")
    """
    if not isinstance(policy, DTypePolicy):
        if isinstance(policy, (str, dict)):
            policy = get(policy)
        else:
            raise ValueError(
                "Argument `policy` must be the name of a policy or a `DTypePolicy`. Received: "
                f"policy={policy!r} (of type {type(policy).__name__})"
            )
    _global["policy"] = policy


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are made without a `dtype`: `floatx()` unless it was set.

    >>> keras.config.dtype_policy()
    <DTypePolicy "float32">
    """
    policy = _global.get("policy")
    return DTypePolicy(floatx()) if policy is None else policy


def reset_dtype_policy() -> None:
    """Forget the policy that was set."""
    _global.clear()


_known: dict[str, DTypePolicy] = {}


def get(identifier: Any) -> DTypePolicy:
    """The policy that a name, dtype, config, policy or None (the global one) stands for.

    >>> keras.dtype_policies.get("mixed_float16")
    <DTypePolicy "mixed_float16">
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        found = _known.get(identifier)
        if found is None:
            found = _known[identifier] = DTypePolicy(identifier)
        return found
    try:
        return DTypePolicy(standardize_dtype(identifier))
    except (ValueError, TypeError):
        raise ValueError(
            "Cannot interpret argument `dtype`: expected a name of a dtype or a `DTypePolicy`. "
            f"Received: dtype={identifier!r}"
        ) from None


def serialize(dtype_policy: DTypePolicy) -> Any:
    """The config of a policy, with its class.

    >>> keras.dtype_policies.serialize(keras.DTypePolicy("float32"))["config"]
    {'name': 'float32'}
    """
    return serialize_keras_object(dtype_policy)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The policy described by what `serialize` returned.

    >>> keras.dtype_policies.deserialize({"class_name": "DTypePolicy", "module": "keras",
    ...                                   "config": {"name": "float16"}})
    <DTypePolicy "float16">
    """
    if isinstance(config, str):
        return get(config)
    known = {"DTypePolicy": DTypePolicy, "FloatDTypePolicy": FloatDTypePolicy}
    policy = deserialize_keras_object(config, custom_objects, module_objects=known)
    if not isinstance(policy, DTypePolicy):
        raise ValueError(f"`dtype` must be the config of a dtype policy. Received: {config!r}")
    return policy


def should_cast(dtype: Any, target: str) -> bool:
    """Whether a value of `dtype` is cast to the float dtype `target` where layers meet."""
    name = standardize_dtype(dtype)
    return name != target and is_float(name)
