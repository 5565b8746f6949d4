"""Embedding: a table of vectors looked up by integers."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.base.serialization import encode
from hornlet.layers.arguments import deprecated, keep, positive
from hornlet.layers.quantizable import Quantizable
from hornlet.layers.quantized_modes import Layout


@register("keras.layers")
class Embedding(Quantizable):
    """Turn integers into vectors: ``y = embeddings[x]``.

    Args:
        input_dim: size of the vocabulary; inputs are in ``0 .. input_dim - 1``.
        output_dim: length of a vector.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of the table.
        mask_zero: whether 0 is padding; the layers that follow then skip it.
        weights: a table to start from.
        lora_rank: train a product of two matrices of this rank in the table's place.
        lora_alpha: weight of that product times `lora_rank`.
        quantization_config: how a layer of a quantized `dtype` keeps its table, a
            `keras.quantizers.QuantizationConfig`.

    Input shape: ``(batch, ...)`` of integers. Output shape: ``(batch, ..., output_dim)``.
    Weights: `embeddings` of shape ``(input_dim, output_dim)``.

    >>> keras.layers.Embedding(10, 4)(np.array([[1, 2, 9]])).shape
    (1, 3, 4)
    """

    _config_exclude = ("weights", "lora_rank", "lora_alpha")
    weight_name = "embeddings"
    has_bias = False
    modes = (None, "int8", "int4")
    inputs_quantizers: dict[str, Any] = {}

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        input_length = kwargs.pop("input_length", None)
        if input_length is not None:
            deprecated("input_length", input_length, "Leave it out.", stacklevel=2)
        super().__init__(**kwargs)
        positive("input_dim", input_dim)
        positive("output_dim", output_dim)
        arguments = locals()
        del arguments["weights"]
        keep(self, arguments)
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha
        self.supports_masking = mask_zero
        self.autocast = False
        if weights is not None:
            self.build()
            weights = [weights] if not isinstance(weights, (list, tuple)) else weights
            self.set_weights(weights)

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        shape, mode = (self.input_dim, self.output_dim), self.quantization_mode
        if mode is not None:
            self.quantized_build(shape, mode, self.quantization_config)
        else:
            self._kernel = self.add_weight(
                shape, self.embeddings_initializer, name="embeddings",
                regularizer=self.embeddings_regularizer, constraint=self.embeddings_constraint,
            )  # fmt: skip
        self.built = True
        self._start_lora()

    def quantized_build(self, embeddings_shape: Any, mode: Any, config: Any = None) -> None:
        """Make the variables of a mode of quantization.

        Args:
            embeddings_shape: shape of the table.
            mode: "int8" or "int4".
            config: a `keras.quantizers.QuantizationConfig`, or None.
        """
        self._build_quantized(embeddings_shape, mode, config)

    def _layouts(self, shape: tuple) -> tuple[Layout, ...]:
        return (Layout("embeddings", shape, axes=(1,), axis=1),)

    @property
    def embeddings(self) -> Any:
        """The table, the LoRA product included; of a quantized layer its integers."""
        return self._weight()

    def lora_parts(self) -> Any:
        return self.lora_embeddings_a, self.lora_embeddings_b

    def _add_lora(self, rank, a_initializer, b_initializer):
        regularizer = self.embeddings_regularizer
        self.lora_embeddings_a = self.add_weight(
            (self.input_dim, rank), a_initializer, "float32", name="lora_embeddings_a",
            regularizer=regularizer,
        )  # fmt: skip
        self.lora_embeddings_b = self.add_weight(
            (rank, self.output_dim), b_initializer, "float32", name="lora_embeddings_b",
            regularizer=regularizer,
        )  # fmt: skip

    def call(self, inputs: Any) -> Any:
        return self._looked_up(inputs, lambda rows: ops.take(self._kernel, rows, axis=0))

    def _quantized_call(self, inputs: Any) -> Any:
        layout = self._layouts_built[0]
        return self._looked_up(inputs, lambda rows: self._mode.floats(self, layout, rows))

    def _looked_up(self, inputs: Any, take: Any) -> Any:
        if inputs.dtype.kind not in "iu":
            inputs = ops.cast(inputs, "int32")
        y = take(inputs)
        if self.lora_enabled:
            low = ops.take(self.lora_embeddings_a, inputs, axis=0)
            high = ops.matmul(low, self.lora_embeddings_b)
            y = ops.add(y, high * (self.lora_alpha / self.lora_rank))
        return ops.cast(y, self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), **self._lora_config()}
        config["activity_regularizer"] = encode(self.activity_regularizer)
        return config
