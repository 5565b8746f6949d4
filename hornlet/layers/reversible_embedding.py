"""ReversibleEmbedding: an embedding that also turns vectors into logits of the vocabulary."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.embedding import Embedding
from hornlet.layers.quantized_modes import Layout
from hornlet.quantizers.quantizer import AbsMaxQuantizer
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.masks import set_mask


@register("keras.layers")
class ReversibleEmbedding(Embedding):
    """An `Embedding` that can be called in reverse: ``logits = x @ embeddings.T``.

    Args:
        input_dim: size of the vocabulary.
        output_dim: length of a vector.
        tie_weights: whether the reverse uses the same table, or one of its own.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of the table.
        mask_zero: whether 0 is padding.
        reverse_dtype: dtype of the product in reverse, `"float32"` for stable logits under mixed
            precision; by default the compute dtype.
        logit_soft_cap: bound ``c`` of the logits, ``c * tanh(logits / c)``.

    Call arguments: `inputs`, integers of shape ``(batch, ...)``; or, with `reverse=True`, vectors
    of shape ``(batch, ..., output_dim)``, giving logits of shape ``(batch, ..., input_dim)``.
    Weights: `embeddings` of shape ``(input_dim, output_dim)`` and, without `tie_weights`,
    `reverse_embeddings` of shape ``(output_dim, input_dim)``.

    >>> layer = keras.layers.ReversibleEmbedding(10, 4)
    >>> x = layer(np.array([[1, 2, 9]]))
    >>> layer(x, reverse=True).shape
    (1, 3, 10)
    """

    inputs_quantizers = dict.fromkeys(("int8", "int4"), AbsMaxQuantizer(axis=-1))

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: Any = None,
        **kwargs: Any,
    ):
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )
        self.tie_weights = tie_weights
        self.reverse_dtype = reverse_dtype
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        super().build(input_shape)
        if not self.tie_weights and self.quantization_mode is None:
            self.reverse_embeddings = self.add_weight(
                (self.output_dim, self.input_dim), self.embeddings_initializer,
                name="reverse_embeddings",
            )  # fmt: skip

    def _layouts(self, shape: tuple) -> tuple[Layout, ...]:
        layouts = super()._layouts(shape)
        if self.tie_weights:
            return layouts
        name, options = "reverse_embeddings", {"packed": 0, "zero_dtype": None}
        return (*layouts, Layout(name, shape[::-1], (0,), name, **options))

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """The names of the variables in a file, in order, by mode; None is without one."""
        spec = super().variable_serialization_spec
        if not self.tie_weights:
            for names in spec.values():
                names += [f"reverse_{name}" for name in names if name.startswith("embeddings")]
        return spec

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            return self._with_mask(super().call(inputs), inputs)
        kernel = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
        if self.reverse_dtype is not None:
            inputs = ops.cast(inputs, self.reverse_dtype)
            kernel = ops.cast(kernel, self.reverse_dtype)
        return self._capped(ops.matmul(inputs, kernel))

    def _quantized_call(self, inputs: Any, reverse: bool = False) -> Any:
        if not reverse:
            return self._with_mask(super()._quantized_call(inputs), inputs)

        def multiply(x: Any, w: Any) -> Any:
            return ops.matmul(x, ops.transpose(w) if self.tie_weights else w)

        layout = self._layouts_built[-1]
        return self._capped(self._mode.product(self, layout, inputs, multiply, None, None))

    def _with_mask(self, y: Any, inputs: Any) -> Any:
        mask = super().compute_mask(inputs)
        if mask is not None:
            set_mask(y, mask)
        return y

    def _capped(self, logits: Any) -> Any:
        if self.logit_soft_cap is None:
            return logits
        return ops.tanh(logits / self.logit_soft_cap) * self.logit_soft_cap

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None  # `call` sets the mask, as only one of its two directions has one

    def compute_output_shape(self, input_shape: Any, reverse: Any = False) -> Any:
        if reverse:
            return (*input_shape[:-1], self.input_dim)
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any, reverse: bool = False) -> Any:
        shape = self.compute_output_shape(inputs.shape, reverse)
        return KerasTensor(shape, dtype=self.compute_dtype)
