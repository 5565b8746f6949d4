"""How a layer is to be quantized: the mode, and the quantizers of its weights and inputs."""

from __future__ import annotations

from typing import Any

from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.quantizers.quantizer import AbsMaxQuantizer
from hornlet.tensor.dtype_policy import QUANTIZATION_MODES


@register("keras.quantizers")
class QuantizationConfig:
    """Base of the configs of quantization; a subclass has a `mode`.

    Args:
        weight_quantizer: quantizer of the weights, None for the layer's own choice.
        activation_quantizer: quantizer of the inputs, None to leave them in floats.

    >>> class Mine(keras.quantizers.QuantizationConfig):
    ...     mode = "int8"
    >>> Mine(keras.quantizers.AbsMaxQuantizer(axis=0)).weight_quantizer.axis
    (0,)
    """

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = None):
        self.weight_quantizer = weight_quantizer
        self.activation_quantizer = activation_quantizer

    @property
    def mode(self) -> str:
        """The mode that `quantize` is asked for."""
        raise NotImplementedError(
            "`QuantizationConfig` is a base: use `Int8QuantizationConfig`, or a subclass with a "
            "`mode`."
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        return {
            "weight_quantizer": serialize_keras_object(self.weight_quantizer),
            "activation_quantizer": serialize_keras_object(self.activation_quantizer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a config from what `get_config` returned."""
        config = dict(config)
        for name in ("weight_quantizer", "activation_quantizer"):
            if name in config:
                config[name] = deserialize_keras_object(config[name])
        return cls(**config)

    @staticmethod
    def weight_quantizer_or_default(config: Any, default: Any) -> Any:
        """The quantizer of weights that a config has, or `default`."""
        chosen = None if config is None else config.weight_quantizer
        return default if chosen is None else chosen

    @staticmethod
    def activation_quantizer_or_default(config: Any, default: Any) -> Any:
        """The quantizer of inputs that a config has, even if None; `default` without a config."""
        return default if config is None else config.activation_quantizer


@register("keras.quantizers")
class Int8QuantizationConfig(QuantizationConfig):
    """Weights, and by default inputs, as 8-bit integers.

    Args:
        weight_quantizer: quantizer of the weights, of dtype int8.
        activation_quantizer: quantizer of the inputs, `AbsMaxQuantizer()` by default; None
            leaves them in floats.

    >>> keras.quantizers.Int8QuantizationConfig().mode
    'int8'
    """

    mode = "int8"  # type: ignore[assignment]

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = "default"):
        if activation_quantizer == "default":
            activation_quantizer = AbsMaxQuantizer()
        super().__init__(weight_quantizer, activation_quantizer)
        if weight_quantizer is not None and weight_quantizer.output_dtype != "int8":
            raise ValueError(
                "Argument `weight_quantizer` must have output_dtype='int8'. Received: "
                f"output_dtype={weight_quantizer.output_dtype!r}"
            )


@register("keras.quantizers")
class Int4QuantizationConfig(QuantizationConfig):
    """Weights as 4-bit integers, two in a byte.

    Args:
        weight_quantizer: quantizer of the weights, of dtype int8 and the range -8 ... 7.
        activation_quantizer: quantizer of the inputs; by default they stay floats.
        block_size: number of inputs that share a scale; None or -1 for all, which own quantizers
            need.

    >>> keras.quantizers.Int4QuantizationConfig(block_size=64).block_size
    64
    """

    mode = "int4"  # type: ignore[assignment]

    def __init__(
        self,
        weight_quantizer: Any = None,
        activation_quantizer: Any = "default",
        block_size: int | None = 128,
    ):
        if activation_quantizer == "default":
            activation_quantizer = None
        super().__init__(weight_quantizer, activation_quantizer)
        blocks = block_size is not None and block_size != -1
        if block_size is not None and blocks and block_size <= 0:
            raise ValueError(
                "Argument `block_size` must be None, -1, or a positive integer. Received: "
                f"block_size={block_size}"
            )
        if blocks and (weight_quantizer is not None or activation_quantizer is not None):
            raise ValueError(
                "Own quantizers go with block_size=None or -1 only. Received: "
                f"block_size={block_size}"
            )
        self.block_size = block_size
        if weight_quantizer is not None:
            fits = tuple(weight_quantizer.value_range) == (-8, 7)
            if not fits or weight_quantizer.output_dtype != "int8":
                raise ValueError(
                    "Argument `weight_quantizer` must have value_range=(-8, 7) and "
                    "output_dtype='int8'. Received: "
                    f"value_range={weight_quantizer.value_range}, "
                    f"output_dtype={weight_quantizer.output_dtype!r}"
                )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "block_size": self.block_size}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        # Files that are older than blocks have a scale for all inputs.
        return super().from_config({"block_size": None, **config})


@register("keras.quantizers")
class Float8QuantizationConfig(QuantizationConfig):
    """Training in float8, with scales that follow the largest magnitudes.

    >>> keras.quantizers.Float8QuantizationConfig().mode
    'float8'
    """

    mode = "float8"  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(None, None)

    def get_config(self) -> dict[str, Any]:
        return {}


_DEFAULTS = {
    "int8": Int8QuantizationConfig,
    "int4": Int4QuantizationConfig,
    "float8": Float8QuantizationConfig,
}


def resolve_config(mode: Any, config: Any) -> QuantizationConfig:
    """The config that the arguments of `quantize` stand for; ValueError where they disagree."""
    if isinstance(config, str):
        mode, config = config, None
    if mode is not None:
        one_of("mode", mode, QUANTIZATION_MODES)
    if config is None:
        if mode is None:
            raise ValueError(
                "`quantize` needs a mode or a config: pass e.g. 'int8'. Received: mode=None, "
                "config=None"
            )
        if mode not in _DEFAULTS:
            needed = {"gptq": "GPTQConfig", "awq": "AWQConfig"}[mode]
            raise ValueError(
                f"Mode {mode!r} needs examples: pass a `keras.quantizers.{needed}` as `config`."
            )
        return _DEFAULTS[mode]()
    if not isinstance(config, QuantizationConfig):
        raise ValueError(
            "Argument `config` must be a `keras.quantizers.QuantizationConfig`. Received: "
            f"config={config!r} (of type {type(config).__name__})"
        )
    if mode is not None and config.mode != mode:
        raise ValueError(
            f"The mode and the config disagree: mode={mode!r}, config.mode={config.mode!r}. Leave "
            "one of them out."
        )
    one_of("config.mode", config.mode, QUANTIZATION_MODES)
    return config
