"""The dtype policy of a layer: the dtypes of its weights and computation, and its quantization."""

from __future__ import annotations

from typing import Any

from hornlet.quantizers.quantization_config import Int4QuantizationConfig
from hornlet.tensor import dtype_policy as policies
from hornlet.tensor.dtype_policy_map import DTypePolicyMap
from hornlet.tensor.operation import Operation


class WithDtypes(Operation):
    """What has a dtype policy of its own, or its place in a map of policies."""

    _dtype_policy: policies.DTypePolicy
    _is_quantized = False
    _path: str | None
    built: bool

    @property
    def _policy(self) -> policies.DTypePolicy:
        return self._dtype_policy.at(self._path)

    @property
    def dtype_policy(self) -> Any:
        """The dtype policy; setting a quantized one quantizes a layer that is built."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        policy = policies.get(value)
        if isinstance(self._dtype_policy, DTypePolicyMap) and self._path:
            self._dtype_policy.policy_map[self._path] = policy
        else:
            self._dtype_policy = policy
        mode = policy.quantization_mode
        if mode is None or not self.built or self._is_quantized:
            return
        if mode in ("gptq", "awq"):
            raise ValueError(
                f"A layer cannot be quantized by setting its `dtype_policy` to {policy.name!r}: "
                f"{mode} needs examples. Use `model.quantize({mode!r}, config=...)`."
            )
        config = None  # the mode's default one
        if hasattr(policy, "block_size"):
            config = Int4QuantizationConfig(block_size=policy.block_size)
        self.quantize(mode, config=config)

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> Any:
        """Keep the weights in fewer bits; layers that can define it."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `quantize` method implemented."
        )

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return self._policy.variable_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self._policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype of the computation."""
        return self._policy.compute_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype float inputs are converted to."""
        return self._policy.compute_dtype

    @property
    def quantization_mode(self) -> str | None:
        """How the weights are quantized, such as "int8"; None if they are not."""
        return self._policy.quantization_mode

    @property
    def _computation(self) -> Any:
        """`call`, or what stands for it once the layer is quantized."""
        return self.call if self.quantization_mode is None else self.quantized_call
