"""Attention of one head without projections: Attention (dot product) and AdditiveAttention."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
import hornlet.random as random
from hornlet.base.names import one_of
from hornlet.base.registry import register
from hornlet.layers.base import Layer


def causal(queries, keys):
    """The mask ``(1, queries, keys)`` that lets position i see keys up to i only."""
    return ops.reshape(ops.tri(queries, keys, dtype="bool"), (1, queries, keys))


@register("keras.layers")
class Attention(Layer):
    """Dot-product attention: ``y = softmax(q @ k.T) @ v``.

    Args:
        use_scale: whether the scores are multiplied by a learned number.
        score_mode: `"dot"`, or `"concat"` for scores ``w * sum(tanh(q + k))`` with a learned `w`.
        dropout: share of the weights to drop in training.
        seed: integer or `SeedGenerator`.

    Call arguments: `inputs`, a list ``[query, value]`` or ``[query, value, key]`` of shapes
    ``(batch, Tq, dim)`` and ``(batch, Tv, dim)``; `mask`, a list with one mask or None for each;
    `training`; `return_attention_scores`; `use_causal_mask`.

    Output shape: ``(batch, Tq, dim)``, and the weights ``(batch, Tq, Tv)`` if asked for.
    Reference: Luong et al., 2015, https://arxiv.org/abs/1508.04025

    >>> keras.layers.Attention()([np.ones((1, 2, 4)), np.ones((1, 3, 4))]).shape
    (1, 2, 4)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: Any = "dot",
        dropout: float = 0.0,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = one_of("score_mode", score_mode, ("dot", "concat"))
        self.dropout = dropout
        self.seed = seed
        if dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.check("inputs", input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def check(self, name: str | None, value: Any) -> None:
        if not isinstance(value, list) or len(value) not in (2, 3):
            raise ValueError(
                f"Layer '{self.name}' must be called on a list of inputs, [query, value] or "
                f"[query, value, key], and a list of masks. Received: {name}={value}"
            )

    def scores(self, query: Any, key: Any) -> Any:
        """How much each query attends to each key, before the softmax."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -2, -1))
            return scores if self.scale is None else ops.multiply(scores, self.scale)
        x = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        if self.scale is not None:
            x = ops.multiply(x, self.scale)
        return ops.multiply(ops.sum(ops.tanh(x), axis=-1), self.concat_score_weight)

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        self.check("inputs", inputs)
        if mask is not None:
            self.check("mask", mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        query_mask, value_mask = mask[:2] if mask else (None, None)
        scores = self.scores(query, key)
        seen = None if value_mask is None else ops.expand_dims(value_mask, -2)
        if use_causal_mask:
            before = causal(*scores.shape[-2:])
            seen = before if seen is None else ops.logical_and(seen, before)
        if seen is not None:
            low = 65504.0 if scores.dtype == "float16" else 1e9
            scores = ops.where(seen, scores, ops.subtract(scores, low))
        weights = ops.softmax(scores, axis=(-1,))  # of one key too
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        y = ops.matmul(weights, value)
        if query_mask is not None:
            y = ops.where(ops.expand_dims(query_mask, -1), y, ops.zeros_like(y))
        return (y, weights) if return_attention_scores else y

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return None
        self.check("mask", mask)
        return None if mask[0] is None else ops.convert_to_tensor(mask[0])


@register("keras.layers")
class AdditiveAttention(Attention):
    """Additive attention: scores ``sum(scale * tanh(q + k))``, then as `Attention`.

    Args:
        use_scale: whether there is a learned `scale`, one number per feature.
        dropout: share of the weights to drop in training.

    Call arguments and output: as of `Attention`.
    Reference: Bahdanau et al., 2015, https://arxiv.org/abs/1409.0473

    >>> keras.layers.AdditiveAttention()([np.ones((1, 2, 4)), np.ones((1, 3, 4))]).shape
    (1, 2, 4)
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any):
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        self.check("inputs", input_shape)
        self.scale = None
        if self.use_scale:
            self.scale = self.add_weight((input_shape[0][-1],), "glorot_uniform", name="scale")

    def scores(self, query: Any, key: Any) -> Any:
        x = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        return ops.sum(x if self.scale is None else ops.multiply(x, self.scale), axis=-1)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["score_mode"]
        return config
