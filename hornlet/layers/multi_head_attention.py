"""Attention with projections and several heads: MultiHeadAttention and GroupQueryAttention."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.layers.arguments import integers_or_none, positive
from hornlet.layers.heads import Alias, Heads, attending, projecting, same_steps


@register("keras.layers")
class MultiHeadAttention(Heads):
    """Attention in several learned projections at once ("heads"), joined by another.

    ``head_i = softmax(q W_i (k U_i).T / sqrt(key_dim)) v V_i``, ``y = concat(heads) O``.

    Args:
        num_heads: number of heads.
        key_dim: width of a head's queries and keys.
        value_dim: width of a head's values, by default `key_dim`.
        dropout: share of the attention weights to drop in training.
        use_bias: whether the projections have a bias.
        output_shape: shape of the output's last axes, by default the width of the query.
        attention_axes: axes over which attention goes, by default all between batch and features.
        sliding_window: positions see each other up to this distance only.
        flash_attention: accepted as in Keras; there is one implementation.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            activity_regularizer, kernel_constraint, bias_constraint: of the projections.
        use_gate: whether the heads' outputs are multiplied by a learned gate of the query.
        seed: of the dropout.

    Call arguments: `query` of shape ``(batch, T, dim)``; `value` of shape ``(batch, S, dim)``;
    `key`, by default `value`; their masks; `attention_mask` of shape ``(batch, T, S)``;
    `return_attention_scores`; `training`; `use_causal_mask`.

    Output shape: that of the query, and weights ``(batch, heads, T, S)`` if asked for.
    Reference: Vaswani et al., 2017, https://arxiv.org/abs/1706.03762

    >>> layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3)
    >>> layer(np.ones((1, 4, 6)), np.ones((1, 5, 6))).shape
    (1, 4, 6)
    """

    _config_exclude = ("output_shape", "flash_attention")
    _num_heads = Alias("num_heads")
    _key_dim = Alias("key_dim")
    _value_dim = Alias("value_dim")
    _output_shape = Alias("projected_shape")
    _inverse_sqrt_key_dim = Alias("scale")

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: Any = None,
        flash_attention: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        positive("num_heads", num_heads)
        positive("key_dim", key_dim)
        if value_dim is not None:
            positive("value_dim", value_dim)
        self.setup(locals(), key_dim)
        self.value_dim = value_dim or key_dim
        integers_or_none("attention_axes", attention_axes)
        if isinstance(attention_axes, int):
            self.attention_axes: Any = (attention_axes,)

    def build(  # type: ignore[override]
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        same_steps(value_shape, key_shape)
        heads = (self.num_heads, self.key_dim)
        values = (self.num_heads, self.value_dim)

        def split(name, shape, last, **kwargs):
            equation, bias, free = projecting(len(shape) - 1, 1, 2)
            output = (*(None,) * (free - 1), *last)
            return self.projection(name, equation, output, bias, shape, **kwargs)

        self._query_dense = split("query", query_shape, heads)
        self._key_dense = split("key", key_shape, heads)
        if self.use_gate:
            self._gate_dense = split("gate", query_shape, values, activation="sigmoid")
        self._value_dense = split("value", value_shape, values)
        self._build_attention(len(value_shape) + 1)
        last = self.projected_shape or (query_shape[-1],)
        equation, bias, free = projecting(len(query_shape) - 1, 2, len(last))
        output = (*(None,) * (free - 1), *last)
        joined = (*query_shape[:-1], self.num_heads, self.value_dim)
        self._output_dense = self.projection("attention_output", equation, output, bias, joined)

    def _build_attention(self, rank: int) -> None:
        axes = self.attention_axes
        if axes is None:
            axes = range(1, rank - 2)
        self.attention_axes = tuple(a if a >= 0 else rank - 1 + a for a in axes)
        self.score, self.combine, n = attending(rank, self.attention_axes)
        self.make_weighting(tuple(range(n - len(self.attention_axes), n)))

    @property
    def query_dense(self) -> Any:
        """The projection of the queries."""
        return self._query_dense

    @property
    def key_dense(self) -> Any:
        """The projection of the keys."""
        return self._key_dense

    @property
    def value_dense(self) -> Any:
        """The projection of the values."""
        return self._value_dense

    @property
    def output_dense(self) -> Any:
        """The projection that joins the heads."""
        return self._output_dense

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_shape": self.projected_shape}


@register("keras.layers", "GroupQueryAttention")
class GroupedQueryAttention(Heads):
    """Attention with fewer heads for keys and values than for queries.

    Each group of query heads shares one head of keys and values; with one group for each this is
    multi-head attention, with one for all multi-query attention.

    Args:
        head_dim: width of a head.
        num_query_heads: number of heads of the queries.
        num_key_value_heads: number of heads of keys and values, which divides the former.
        dropout: share of the attention weights to drop in training.
        use_bias: whether the projections have a bias.
        sliding_window: positions see each other up to this distance only.
        flash_attention: accepted as in Keras; there is one implementation.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            activity_regularizer, kernel_constraint, bias_constraint: of the projections.
        use_gate: whether the heads' outputs are multiplied by a learned gate of the query.
        seed: of the dropout.

    Call arguments and output: as of `MultiHeadAttention`.
    Reference: Ainslie et al., 2023, https://arxiv.org/abs/2305.13245

    >>> layer = keras.layers.GroupQueryAttention(3, num_query_heads=4, num_key_value_heads=2)
    >>> layer(np.ones((1, 4, 6)), np.ones((1, 5, 6))).shape
    (1, 4, 6)
    """

    _config_exclude = ("flash_attention",)
    _inverse_sqrt_head_dim = Alias("scale")
    attention_axes = (1,)

    def __init__(
        self,
        head_dim: Any,
        num_query_heads: Any,
        num_key_value_heads: Any,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: Any = None,
        flash_attention: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        positive("head_dim", head_dim)
        positive("num_key_value_heads", num_key_value_heads)
        if num_query_heads % num_key_value_heads:
            raise ValueError(
                "`num_query_heads` must be divisible by `num_key_value_heads`. Received: "
                f"num_query_heads={num_query_heads}, num_key_value_heads={num_key_value_heads}"
            )
        self.setup(locals(), head_dim)

    def build(  # type: ignore[override]
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        same_steps(value_shape, key_shape)
        n = query_shape[-1]
        queries = (None, self.num_query_heads, self.head_dim)
        keys = (None, self.num_key_value_heads, self.head_dim)
        split, few = ("bqm,muh->bquh", queries, "uh"), ("bkm,mvh->bkvh", keys, "vh")
        self._query_dense = self.projection("query", *split, query_shape)
        self._key_dense = self.projection("key", *few, key_shape)
        if self.use_gate:
            self._gate_dense = self.projection("gate", *split, query_shape, activation="sigmoid")
        self._value_dense = self.projection("value", *few, value_shape)
        self.score, self.combine = "bkuh,bquh->buqk", "buqk,bkuh->bquh"
        self.make_weighting(-1)
        self._output_dense = self.projection(
            "attention_output", "bquh,uhm->bqm", (None, n), "m",
            (None, None, self.num_query_heads, self.head_dim),
        )  # fmt: skip

    def shared(self, heads: Any) -> Any:
        return ops.repeat(heads, self.num_query_heads // self.num_key_value_heads, axis=2)
