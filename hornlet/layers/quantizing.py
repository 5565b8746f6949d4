"""What all layers have of quantization: the checks before it, and which call is made after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from hornlet.layers.calling import WithCall
from hornlet.layers.weights import Changes
from hornlet.quantizers.quantization_config import resolve_config
from hornlet.tensor.rematerialization import remat


def _checked(quantize: Callable) -> Callable:
    """A class's `quantize`, with the checks of its arguments, and the layer open for variables."""

    @wraps(quantize)
    def quantizing(self, mode=None, config=None, **kwargs):
        if self._is_quantizing:  # a subclass's quantize has called super().quantize
            quantize(self, mode=mode, config=config, **kwargs)
            return
        config = resolve_config(mode, config)
        _check(self, config.mode)
        self._tracker.unlock()
        object.__setattr__(self, "_is_quantizing", True)
        try:
            quantize(self, mode=config.mode, config=config, **kwargs)
        finally:
            object.__setattr__(self, "_is_quantizing", False)
            Changes.variables += 1
            self._lock_state()

    return quantizing


def _check(layer: Any, mode: str) -> None:
    if not layer.built:
        raise ValueError(
            f"Layer '{layer.name}' (of type {type(layer).__name__}) has no weights to quantize "
            "yet: call it, or `build()`, first."
        )
    if layer._is_quantized:
        raise ValueError(
            f"Layer '{layer.name}' is already quantized: its dtype policy is "
            f"'{layer._policy.name}'. Received: mode={mode!r}"
        )
    if mode == "int8" and layer.compute_dtype == "float16":
        raise ValueError(
            f"Layer '{layer.name}' computes in float16, whose range sums of 8-bit products leave. "
            "Use 'mixed_bfloat16' or 'float32', or another mode. Received: mode='int8'"
        )


class WithQuantization(WithCall):
    """What may be quantized, where a subclass says how."""

    _is_quantizing = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "quantize" in vars(cls):
            cls.quantize = _checked(vars(cls)["quantize"])  # type: ignore[method-assign]

    def quantized_build(self, input_shape: Any, mode: Any) -> None:
        """Make the variables of a quantized layer; layers that can be quantized define it."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `quantized_build` method implemented."
        )

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """What stands for `call` once quantized: `_int8_call` in the mode "int8", and so on.

        A layer that has one way for all modes defines `_quantized_call`.
        """
        call = getattr(self, f"_{self.quantization_mode}_call", None)
        call = call or getattr(self, "_quantized_call", None)
        if call is None:
            raise NotImplementedError(
                f"Layer {type(self).__name__} cannot compute in the quantization mode "
                f"{self.quantization_mode!r}: it does not define that call."
            )
        return call(*args, **kwargs)

    def rematerialized_call(  # type: ignore[override]
        self, layer_call: Callable, *args: Any, **kwargs: Any
    ) -> Callable:
        """`layer_call`, whose activations need not be kept: what is kept the engine decides."""
        return remat(layer_call)

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Not available, as in Keras."""
        raise NotImplementedError(
            "Layers have no `add_metric()`. Give metrics to `compile(metrics=[...])`, or keep one "
            "as an attribute and call its `update_state()`."
        )
