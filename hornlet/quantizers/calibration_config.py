"""How a model is quantized by example, by GPTQ or AWQ: the examples, and the method's numbers."""

from __future__ import annotations

from typing import Any

from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.quantizers.calibration import Quantized, Statistics, awq, gptq
from hornlet.quantizers.quantization_config import QuantizationConfig


class CalibrationConfig(QuantizationConfig):
    """What the two have in common: what is given once, for calibration, is not in the config."""

    weight_bits: int
    group_size: int
    _once = ("dataset", "tokenizer", "quantization_layer_structure")

    def _keep(self, arguments: dict[str, Any], positive: tuple[str, ...]) -> None:
        super().__init__()
        for name in positive:
            if arguments[name] <= 0:
                raise ValueError(
                    f"Argument `{name}` must be a positive integer. Received: "
                    f"{name}={arguments[name]!r}"
                )
        group_size = arguments["group_size"]
        if group_size < -1 or group_size == 0:
            raise ValueError(
                "Argument `group_size` must be -1, for one group, or a positive integer. Received: "
                f"group_size={group_size!r}"
            )
        self._names = [name for name in arguments if name not in ("self", "__class__")]
        for name in self._names:
            setattr(self, name, arguments[name])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments but for the examples and the layers."""
        return {name: None if name in self._once else getattr(self, name) for name in self._names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a config from what `get_config` returned."""
        return cls(**config)

    def dtype_policy_string(self) -> str:
        """The first part of the name of the dtype policies of layers quantized so."""
        return f"{self.mode}/{self.weight_bits}/{self.group_size}"

    def quantized(self, w: Any, seen: Statistics) -> Quantized:
        """The matrix ``w``, of shape ``(outputs, inputs)``, as integers."""
        raise NotImplementedError(f"{type(self).__name__} must define `quantized`.")


@register("keras.quantizers")
class GPTQConfig(CalibrationConfig):
    """Quantize by GPTQ: the error of each weight is made up for by those that come after it.

    Args:
        dataset: iterable of texts or of arrays of token ids, which the model is run on.
        tokenizer: has a method `tokenize(text)`; needed for texts.
        weight_bits: 2, 3, 4 or 8.
        num_samples: number of sequences to run the model on.
        per_channel: whether each output has scales of its own.
        sequence_length: length of the sequences.
        hessian_damping: share of the mean second moment of the inputs that is added to each.
        group_size: number of inputs that share a scale, -1 for all.
        symmetric: whether the range is as wide below zero as above.
        activation_order: whether the inputs of the largest second moment come first.
        quantization_layer_structure: dictionary of "pre_block_layers", a list of the layers before
            the first block, and "sequential_blocks", a list of the blocks; by default the model's
            `get_quantization_layer_structure` gives it.

    Frantar et al., 2022, https://arxiv.org/abs/2210.17323

    >>> keras.quantizers.GPTQConfig(None, None, weight_bits=4).dtype_policy_string()
    'gptq/4/128'
    """

    mode = "gptq"  # type: ignore[assignment]

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: dict[str, Any] | None = None,
    ):
        self._keep(locals(), positive=("num_samples", "sequence_length"))
        one_of("weight_bits", weight_bits, (2, 3, 4, 8))
        if not 0 <= hessian_damping <= 1:
            raise ValueError(
                "Argument `hessian_damping` must be between 0 and 1. Received: "
                f"hessian_damping={hessian_damping!r}"
            )

    def quantized(self, w: Any, seen: Statistics) -> Quantized:
        return gptq(w, seen, self)


@register("keras.quantizers")
class AWQConfig(CalibrationConfig):
    """Quantize by AWQ: inputs of large magnitude are scaled up before their weights are rounded.

    Args:
        dataset: iterable of texts or of arrays of token ids, which the model is run on.
        tokenizer: has a method `tokenize(text)`; needed for texts.
        weight_bits: 4.
        num_samples: number of sequences to run the model on.
        sequence_length: length of the sequences.
        group_size: number of inputs that share a scale, -1 for all.
        num_grid_points: number of powers of the magnitudes that are tried.
        quantization_layer_structure: as for `GPTQConfig`.

    Lin et al., 2023, https://arxiv.org/abs/2306.00978

    >>> keras.quantizers.AWQConfig(None, None, group_size=-1).dtype_policy_string()
    'awq/4/-1'
    """

    mode = "awq"  # type: ignore[assignment]

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: dict[str, Any] | None = None,
    ):
        self._keep(locals(), positive=("num_samples", "sequence_length", "num_grid_points"))
        one_of("weight_bits", weight_bits, (4,))

    def quantized(self, w: Any, seen: Statistics) -> Quantized:
        return awq(w, seen, self)
