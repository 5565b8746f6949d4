"""Attention with projections and several heads: MultiHeadAttention and GroupQueryAttention."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

import hornlet.ops as ops
import hornlet.regularizers as regularizers
from hornlet.base.registry import register
from hornlet.base.serialization import encode
from hornlet.layers.activation import Softmax
from hornlet.layers.arguments import integers_or_none, keep, positive
from hornlet.layers.attention import causal
from hornlet.layers.base import Layer
from hornlet.layers.einsum_dense import EinsumDense
from hornlet.layers.regularization import Dropout


class Heads(Layer):
    """Base of the attentions with heads: projections, masks, softmax and dropout."""

    def setup(self, arguments):
        """Keep the constructor's arguments."""
        if arguments["flash_attention"] and arguments["dropout"] > 0:
            raise ValueError(
                "Dropout does not go together with `flash_attention=True`. Received: dropout="
                f"{arguments['dropout']}"
            )
        if arguments["sliding_window"] is not None:
            positive("sliding_window", arguments["sliding_window"])
        arguments = dict(arguments)
        shape = arguments.pop("output_shape", None)
        integers_or_none("output_shape", shape)
        self.projected_shape = (shape,) if isinstance(shape, int) else shape and tuple(shape)
        keep(self, arguments)
        # Every projection has this penalty on its output; the layer itself has none.
        self.projections_regularizer = regularizers.get(arguments["activity_regularizer"])
        self.supports_masking = True

    def projection(self, name, equation, output_shape, bias_axes, input_shape, activation=None):
        """A built EinsumDense with initializers of its own."""
        layer = EinsumDense(
            equation,
            output_shape,
            activation=activation,
            bias_axes=bias_axes if self.use_bias else None,
            kernel_initializer=fresh(self.kernel_initializer),
            bias_initializer=fresh(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self.projections_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            dtype=self.dtype_policy,
            name=name,
        )
        layer.supports_masking = True  # the masks are dealt with here
        layer.build(input_shape)
        return layer

    def make_weighting(self, axes):
        """The softmax of the scores over ``axes``, and the dropout after it."""
        self._softmax = Softmax(axis=axes, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)

    def joint_mask(self, query, value, query_mask, value_mask, key_mask, attention_mask, before):
        """All masks in one, True where a query may see a key, or None."""
        masks = [] if attention_mask is None else [ops.cast(attention_mask, "bool")]
        if query_mask is not None:
            masks.append(ops.expand_dims(ops.cast(query_mask, "bool"), -1))
        for mask in (value_mask, key_mask):
            if mask is not None:
                masks.append(ops.expand_dims(ops.cast(mask, "bool"), -2))
        n, m = query.shape[1], value.shape[1]
        if before:
            masks.append(causal(n, m))
        if self.sliding_window is not None:
            distance = ops.reshape(ops.arange(n), (1, n, 1)) - ops.arange(m)
            masks.append(ops.less(ops.abs(distance), self.sliding_window))
        joint = None
        for mask in masks:
            joint = mask if joint is None else ops.logical_and(joint, mask)
        return joint

    def weighted(self, query, key, value, mask, training, scale, score, combine, shown):
        """Attention by two einsum equations: the output, and the weights before dropout."""
        scores = ops.einsum(score, key, ops.multiply(query, scale))
        if mask is not None:
            axis = -len(self.attention_axes) * 2 - 1
            for _ in range(len(scores.shape) - len(mask.shape)):
                mask = ops.expand_dims(mask, axis)
        # As in Keras, a query that may see nothing gets here the mean of all values, else zeros.
        if mask is not None and not shown and self.dropout == 0 and len(query.shape) == 4:
            low = -3e4 if scores.dtype == "float16" else -1e9
            scores, mask = ops.where(mask, scores, ops.full_like(scores, low)), None
        weights = self._softmax(scores, mask=mask)
        used = weights
        if self.dropout > 0:
            used = self._dropout_layer(weights, training=training)
        return ops.einsum(combine, used, value), weights

    def get_config(self):
        config = super().get_config()
        config["activity_regularizer"] = encode(self.projections_regularizer)
        return config


def same_steps(value_shape, key_shape):
    if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ValueError(
            "All axes of `value` and `key` but the last must be equal. Received: "
            f"value_shape={value_shape}, key_shape={key_shape}"
        )


def fresh(initializer):
    """An initializer like this one that draws other numbers."""
    return type(initializer).from_config(initializer.get_config())


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
        self.setup(locals())
        self.value_dim = value_dim or key_dim
        integers_or_none("attention_axes", attention_axes)
        if isinstance(attention_axes, int):
            self.attention_axes = (attention_axes,)

    def build(self, query_shape, value_shape, key_shape=None):
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
        rank = len(value_shape) + 1
        axes = self.attention_axes
        if axes is None:
            axes = range(1, rank - 2)
        self.attention_axes = tuple(a if a >= 0 else rank - 1 + a for a in axes)
        self.score, self.combine, n = attending(rank, self.attention_axes)
        self.make_weighting(tuple(range(n - len(self.attention_axes), n)))
        last = self.projected_shape or (query_shape[-1],)
        equation, bias, free = projecting(len(query_shape) - 1, 2, len(last))
        output = (*(None,) * (free - 1), *last)
        joined = (*query_shape[:-1], self.num_heads, self.value_dim)
        self._output_dense = self.projection("attention_output", equation, output, bias, joined)

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

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        key = value if key is None else key
        mask = self.joint_mask(
            query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask
        )
        gate = self._gate_dense(query) if self.use_gate else None
        y, weights = self.weighted(
            self._query_dense(query), self._key_dense(key), self._value_dense(value),
            mask, training, self.key_dim**-0.5, self.score, self.combine, return_attention_scores,
        )  # fmt: skip
        y = self._output_dense(y if gate is None else ops.multiply(y, gate))
        return (y, weights) if return_attention_scores else y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_shape": self.projected_shape}


def projecting(free, bound, made):
    """Equation that turns the last ``bound`` axes into ``made`` ones, its bias axes, free axes."""
    letters = iter(ascii_lowercase)
    kept, summed, new = ("".join(next(letters) for _ in range(n)) for n in (free, bound, made))
    return f"{kept}{summed},{summed}{new}->{kept}{new}", new, free


def attending(rank, axes):
    """Equations of scores and output for tensors of ``rank`` axes, and the rank of the scores.

    The last two axes are heads and features; attention goes over ``axes``.
    """
    target = ascii_lowercase[:rank]
    fresh_letters = iter(ascii_lowercase[rank:])
    batch = [i for i in range(rank - 1) if i not in axes]
    source = "".join(
        c if i in batch or i == rank - 1 else next(fresh_letters) for i, c in enumerate(target)
    )
    scores = "".join(
        [target[i] for i in batch] + [target[i] for i in axes] + [source[i] for i in axes]
    )
    return f"{source},{target}->{scores}", f"{scores},{source}->{target}", len(scores)


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
        self.setup(locals())

    def build(self, query_shape, value_shape, key_shape=None):
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
        self.make_weighting(-1)
        self._output_dense = self.projection(
            "attention_output", "bquh,uhm->bqm", (None, n), "m",
            (None, None, self.num_query_heads, self.head_dim),
        )  # fmt: skip

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        key = value if key is None else key
        mask = self.joint_mask(
            query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask
        )
        gate = self._gate_dense(query) if self.use_gate else None
        times = self.num_query_heads // self.num_key_value_heads
        y, weights = self.weighted(
            self._query_dense(query),
            ops.repeat(self._key_dense(key), times, axis=2),
            ops.repeat(self._value_dense(value), times, axis=2),
            mask, training, self.head_dim**-0.5, "bkuh,bquh->buqk", "buqk,bkuh->bquh",
            return_attention_scores,
        )  # fmt: skip
        y = self._output_dense(y if gate is None else ops.multiply(y, gate))
        return (y, weights) if return_attention_scores else y
