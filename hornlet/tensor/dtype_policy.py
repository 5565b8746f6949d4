"""Dtype policies: in which dtype a layer computes, and in which it keeps its variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from hornlet.base.config import floatx
from hornlet.base.configurable import Configurable
from hornlet.base.dtypes import ALL_TYPES, REFUSED, is_float, numpy_dtype, standardize_dtype
from hornlet.base.names import near, one_of
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.engine.emit import emit
from hornlet.engine.front import lookup
from hornlet.engine.ref import Ref
from hornlet.engine.state import STATE as TRACES
from hornlet.engine.tensor import Tensor
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.masks import get_mask, set_mask

QUANTIZATION_MODES = ("int8", "float8", "int4", "gptq", "awq")
_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
_PLAIN = (Tensor, KerasTensor, np.ndarray)


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

    quantization_mode: str | None = None
    name: str
    compute_dtype: str
    variable_dtype: str

    def __init__(self, name: str | None = None):
        if name is None:
            name = dtype_policy().name
        self.compute_dtype, self.variable_dtype = _dtypes_of(name)
        self.name = name

    def at(self, path: str | None) -> DTypePolicy:
        """The policy of the layer of that path, where this one stands for several."""
        return self

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """An argument of a layer's call as the layer gets it.

        Args:
            x: an array, symbol or variable, which becomes a tensor; anything else stays as it is.
            autocast: whether floats are cast to `dtype`.
            dtype: the layer's compute dtype.
        """
        kind = type(x)
        if kind is str or x is None or kind in (int, float, bool):
            return x
        if kind not in _PLAIN and not isinstance(x, (Ref, np.ndarray)):
            if not hasattr(x, "__array__"):
                return x
            x = np.asarray(x)
        if kind is np.ndarray and x.dtype.kind in REFUSED or kind not in _PLAIN:
            x = lookup("convert_to_tensor")(x)
        if kind is np.ndarray and TRACES.trace is not None and TRACES.trace.watched:
            # What a tape watches is followed through plain NumPy code too.
            x = TRACES.trace.watched.get(id(x), x)
        if not autocast or not should_cast(x.dtype, dtype):
            return x
        mask = get_mask(x)
        if kind is KerasTensor:
            y: Any = lookup("cast")(x, dtype)
        else:
            y = emit("cast", x, dtype=numpy_dtype(dtype))
        if mask is not None:
            set_mask(y, mask)
        return y

    def __eq__(self, other: Any) -> bool:
        # FloatDTypePolicy is the same thing as DTypePolicy.
        kinds = {DTypePolicy if type(x) is FloatDTypePolicy else type(x) for x in (self, other)}
        return len(kinds) == 1 and self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        kind = "DTypePolicy" if type(self) is FloatDTypePolicy else type(self).__name__
        return f'<{kind} "{self.name}">'


def _dtypes_of(name: Any) -> tuple[str, str]:
    """The compute dtype and the variable dtype that a policy's name says."""
    if not isinstance(name, str):
        raise TypeError(
            "Argument `name` must be a string, such as 'mixed_float16'. "
            f"Received: name={name!r} (of type {type(name).__name__})"
        )
    if name in _MIXED:
        return _MIXED[name], "float32"
    try:
        dtype = standardize_dtype(name)
    except ValueError:
        close = near(name, [*_MIXED, *ALL_TYPES], 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(
            f"Cannot convert {name!r} to a dtype policy.{hint} Expected 'mixed_float16', "
            "'mixed_bfloat16' or the name of a dtype such as 'float32'."
        ) from None
    return dtype, dtype


@register("keras", aliases=("keras.dtype_policies.FloatDTypePolicy",))
class FloatDTypePolicy(DTypePolicy):
    """An older name of `DTypePolicy`.

    >>> keras.dtype_policies.FloatDTypePolicy("float16").compute_dtype
    'float16'
    """


@register("keras.dtype_policies")
class QuantizedDTypePolicy(DTypePolicy):
    """The policy of a layer whose weights are quantized: how, and in which dtypes it computes.

    Args:
        mode: one of "int8", "float8", "int4", "gptq" and "awq".
        source_name: name of the policy that the layer had; None takes the global policy's.

    Raises:
        ValueError: another mode, or one that does not go with the source's compute dtype.

    >>> keras.dtype_policies.QuantizedDTypePolicy("int8", "mixed_bfloat16")
    <QuantizedDTypePolicy "int8_from_mixed_bfloat16">
    """

    mode: str | None = None  # where `mode` says more than the way of quantizing

    def __init__(self, mode: str, source_name: str | None = None):
        if source_name is None:
            source_name = dtype_policy().name
        self.compute_dtype, self.variable_dtype = _dtypes_of(source_name)
        self.quantization_mode = one_of("mode", self.mode or mode, QUANTIZATION_MODES)
        if mode == "int8" and self.compute_dtype == "float16":
            raise ValueError(
                "Argument `mode`='int8' does not go with computing in float16, whose range the "
                "sums of products leave. Use 'mixed_bfloat16' or 'float32' instead. Received: "
                f"source_name={source_name!r}"
            )
        self.source_name = source_name
        self.name = f"{mode}_from_{source_name}"

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {"mode": self.name.partition("_from_")[0], "source_name": self.source_name}


@register("keras.dtype_policies")
class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """The policy of a layer that trains in float8.

    Args:
        mode: "float8".
        source_name: name of the policy that the layer had; None takes the global policy's.
        amax_history_length: number of steps whose largest magnitudes decide on the scales.

    >>> keras.dtype_policies.get("float8_from_float32").amax_history_length
    1024
    """

    default_amax_history_length = 1024

    def __init__(
        self, mode: str, source_name: str | None = None, amax_history_length: int = 1024
    ):
        super().__init__(mode, source_name)
        if not isinstance(amax_history_length, int):
            raise TypeError(
                "Argument `amax_history_length` must be an integer. "
                f"Received: amax_history_length={amax_history_length!r}"
            )
        self.amax_history_length = amax_history_length

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amax_history_length": self.amax_history_length}


@register("keras.dtype_policies")
class Int4DTypePolicy(QuantizedDTypePolicy):
    """The policy of a layer with 4-bit weights, whose blocks have scales of their own.

    Args:
        mode: "int4/" and the number of inputs in a block, -1 for all.
        source_name: name of the policy that the layer had; None takes the global policy's.

    >>> keras.dtype_policies.Int4DTypePolicy("int4/128", "float32").block_size
    128
    """

    mode = "int4"

    def __init__(self, mode: str, source_name: str | None = None):
        (self.block_size,) = _numbers(mode, "int4/<block_size>")
        super().__init__(mode, source_name)


@register("keras.dtype_policies")
class GPTQDTypePolicy(QuantizedDTypePolicy):
    """The policy of a layer quantized by GPTQ.

    Args:
        mode: "gptq/", the number of bits (2, 3, 4 or 8), "/", and the number of inputs in a group
            with a scale of its own, -1 for all.
        source_name: name of the policy that the layer had; None takes the global policy's.

    >>> keras.dtype_policies.GPTQDTypePolicy("gptq/8/64", "float32").weight_bits
    8
    """

    mode = "gptq"

    def __init__(self, mode: str, source_name: str | None = None):
        numbers = _numbers(mode, "gptq/<weight_bits>/<group_size>", bits=(2, 3, 4, 8))
        self.weight_bits, self.group_size = numbers
        super().__init__(mode, source_name)


@register("keras.dtype_policies")
class AWQDTypePolicy(QuantizedDTypePolicy):
    """The policy of a layer quantized by AWQ.

    Args:
        mode: "awq/4/" and the number of inputs in a group with a scale of its own, -1 for all.
        source_name: name of the policy that the layer had; None takes the global policy's.

    >>> keras.dtype_policies.AWQDTypePolicy("awq/4/32", "float32").group_size
    32
    """

    mode = "awq"

    def __init__(self, mode: str, source_name: str | None = None):
        numbers = _numbers(mode, "awq/<weight_bits>/<group_size>", bits=(4,))
        self.weight_bits, self.group_size = numbers
        super().__init__(mode, source_name)


def _numbers(mode: str, form: str, bits: tuple = ()) -> list[int]:
    """The numbers in a policy's mode: a number of bits where there is a choice, and a size."""
    (kind, *names), (given, *parts) = form.split("/"), mode.split("/")
    if given != kind or len(parts) != len(names):
        raise ValueError(f"Argument `mode` must read like {form!r}. Received: mode={mode!r}")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        raise ValueError(
            f"The parts of `mode` in {form!r} must be integers. Received: mode={mode!r}"
        ) from None
    if bits and numbers[0] not in bits:
        raise ValueError(f"weight_bits in `mode` must be one of {bits}. Received: mode={mode!r}")
    if numbers[-1] < -1 or numbers[-1] == 0:
        size = names[-1].strip("<>")
        raise ValueError(
            f"{size} in `mode` must be -1, for no division, or positive. Received: mode={mode!r}"
        )
    return numbers


def _named(name: str) -> DTypePolicy:
    """The policy of that name, such as "float32" or "int4/128_from_mixed_bfloat16"."""
    if not name.startswith(QUANTIZATION_MODES):
        return DTypePolicy(name)
    mode, joint, source = name.partition("_from_")
    if not joint or "_from_" in source:
        raise ValueError(
            "The name of a quantized dtype policy must read like 'int8_from_float32': mode and "
            f"name of a policy. Received: {name!r}"
        )
    family = mode.partition("/")[0]
    kind = _POLICIES.get(family, QuantizedDTypePolicy)
    if family == "int4" and family == mode:  # without blocks, as older files have it
        kind = QuantizedDTypePolicy
    return kind(mode, source)


_POLICIES: dict[str, type[QuantizedDTypePolicy]] = {
    "float8": QuantizedFloat8DTypePolicy,
    "int4": Int4DTypePolicy,
    "gptq": GPTQDTypePolicy,
    "awq": AWQDTypePolicy,
}

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
            found = _known[identifier] = _named(identifier)
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
    kinds = (DTypePolicy, FloatDTypePolicy, QuantizedDTypePolicy, *_POLICIES.values())
    known = {kind.__name__: kind for kind in kinds}
    policy = deserialize_keras_object(config, custom_objects, module_objects=known)
    if not isinstance(policy, DTypePolicy):
        raise ValueError(f"`dtype` must be the config of a dtype policy. Received: {config!r}")
    return policy


def should_cast(dtype: Any, target: str) -> bool:
    """Whether a value of `dtype` is cast to the float dtype `target` where layers meet."""
    name = standardize_dtype(dtype)
    return name != target and is_float(name)
