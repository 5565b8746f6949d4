"""What attention with heads is made of: projections, masks, softmax and dropout, equations."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

import hornlet.ops as ops
import hornlet.regularizers as regularizers
from hornlet.base.serialization import encode
from hornlet.layers.activation import Softmax
from hornlet.layers.arguments import integers_or_none, keep, positive
from hornlet.layers.attention import causal
from hornlet.layers.base import Layer
from hornlet.layers.building import is_shape
from hornlet.layers.call import signature
from hornlet.layers.einsum_dense import EinsumDense
from hornlet.layers.regularization import Dropout


class Alias:
    """An attribute by another name: Keras's private one, for subclasses that read or set it."""

    def __init__(self, name: str):
        self.name = name

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self if owner is None else getattr(owner, self.name)

    def __set__(self, owner: Any, value: Any) -> None:
        setattr(owner, self.name, value)


class Heads(Layer):
    """Base of the attentions with heads: projections, masks, softmax and dropout.

    Subclasses in packages build projections of their own around `_compute_attention`, so what
    they use of Keras's inside has Keras's names here.
    """

    _dropout = Alias("dropout")
    _use_bias = Alias("use_bias")
    _use_gate = Alias("use_gate")
    _sliding_window = Alias("sliding_window")
    _flash_attention = Alias("flash_attention")
    _kernel_initializer = Alias("kernel_initializer")
    _bias_initializer = Alias("bias_initializer")
    _kernel_regularizer = Alias("kernel_regularizer")
    _bias_regularizer = Alias("bias_regularizer")
    _activity_regularizer = Alias("projections_regularizer")
    _kernel_constraint = Alias("kernel_constraint")
    _bias_constraint = Alias("bias_constraint")
    _attention_axes = Alias("attention_axes")
    _dot_product_equation = Alias("score")
    _combine_equation = Alias("combine")

    def setup(self, arguments: Any, width: int) -> None:
        """Keep the constructor's arguments; a head of queries is ``width`` wide."""
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
        self.scale = width**-0.5
        self.supports_masking = True

    def projection(
        self, name: str | None, equation: str, output_shape: Any, bias_axes: str | None,
        input_shape: Any, activation: Any = None,
    ) -> Any:  # fmt: skip
        """A built EinsumDense with initializers of its own."""
        layer = EinsumDense(
            equation,
            output_shape,
            activation=activation,
            bias_axes=bias_axes if self.use_bias else None,
            name=name,
            **self._get_common_kwargs_for_sublayer(),
        )
        layer.supports_masking = True  # the masks are dealt with here
        layer.build(input_shape)
        return layer

    def _get_common_kwargs_for_sublayer(self) -> dict[str, Any]:
        return {
            "kernel_initializer": fresh(self.kernel_initializer),
            "bias_initializer": fresh(self.bias_initializer),
            "kernel_regularizer": self.kernel_regularizer,
            "bias_regularizer": self.bias_regularizer,
            "activity_regularizer": self.projections_regularizer,
            "kernel_constraint": self.kernel_constraint,
            "bias_constraint": self.bias_constraint,
            "dtype": self.dtype_policy,
        }

    def make_weighting(self, axes: Any) -> None:
        """The softmax of the scores over ``axes``, and the dropout after it."""
        self._softmax = Softmax(axis=axes, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)

    def joint_mask(
        self, query: Any, value: Any, query_mask: Any, value_mask: Any, key_mask: Any,
        attention_mask: Any, before: Any,
    ) -> Any:  # fmt: skip
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

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        if self.flash_attention and return_attention_scores:
            raise ValueError(
                "`return_attention_scores=True` does not go together with `flash_attention=True`. "
                "Make the layer without `flash_attention`."
            )
        key = value if key is None else key
        mask = self.joint_mask(
            query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask
        )
        gate = self._gate_dense(query) if self.use_gate else None
        heads = (
            self._query_dense(query),
            self.shared(self._key_dense(key)),
            self.shared(self._value_dense(value)),
        )
        # As in Keras, a subclass's `_compute_attention` need not know of this.
        known = signature(self._compute_attention).known
        shown = {"return_attention_scores": return_attention_scores}
        shown = {name: value for name, value in shown.items() if name in known}
        y, weights = self._compute_attention(
            *heads, attention_mask=mask, training=training, **shown
        )
        y = self._output_dense(y if gate is None else ops.multiply(y, gate))
        return (y, weights) if return_attention_scores else y

    def shared(self, heads: Any) -> Any:
        """Heads of keys or values, one for each head of queries."""
        return heads

    def _compute_attention(
        self, query: Any, key: Any, value: Any, attention_mask: Any = None,
        training: bool | None = None, return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:  # fmt: skip
        """Attention by two einsum equations: the output, and the weights before dropout."""
        mask = attention_mask
        if use_causal_mask:
            before = causal(query.shape[1], key.shape[1])
            mask = before if mask is None else ops.logical_and(before, ops.cast(mask, "bool"))
        scores = ops.einsum(self.score, key, ops.multiply(query, self.scale))
        if mask is not None:
            mask = self.for_heads(mask, scores)
        # As in Keras, a query that may see nothing gets here the mean of all values, else zeros.
        shown = return_attention_scores or self.dropout > 0
        if mask is not None and not shown and len(query.shape) == 4:
            low = -3e4 if scores.dtype == "float16" else -1e9
            scores, mask = ops.where(mask, scores, ops.full_like(scores, low)), None
        weights = self._masked_softmax(scores, mask)
        used = weights
        if self.dropout > 0:
            used = self._dropout_layer(weights, training=training)
        return ops.einsum(self.combine, used, value), weights

    def for_heads(self, mask: Any, scores: Any) -> Any:
        """A mask with an axis for the heads, and for what else the scores have."""
        mask = ops.cast(mask, "bool")
        axis = -len(self.attention_axes) * 2 - 1
        for _ in range(len(scores.shape) - len(mask.shape)):
            mask = ops.expand_dims(mask, axis)
        return mask

    def _masked_softmax(self, attention_scores: Any, attention_mask: Any = None) -> Any:
        if attention_mask is not None:
            attention_mask = self.for_heads(attention_mask, attention_scores)
        return self._softmax(attention_scores, mask=attention_mask)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["activity_regularizer"] = encode(self.projections_regularizer)
        return config


def same_steps(value_shape: Any, key_shape: Any) -> None:
    if not is_shape(key_shape) or tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ValueError(
            "All axes of `value` and `key` but the last must be equal. Received: "
            f"value_shape={value_shape}, key_shape={key_shape}"
        )


def fresh(initializer: Any) -> Any:
    """An initializer like this one that draws other numbers."""
    return type(initializer).from_config(initializer.get_config())


def projecting(free: Any, bound: Any, made: Any) -> Any:
    """Equation that turns the last ``bound`` axes into ``made`` ones, its bias axes, free axes."""
    letters = iter(ascii_lowercase)
    kept, summed, new = ("".join(next(letters) for _ in range(n)) for n in (free, bound, made))
    return f"{kept}{summed},{summed}{new}->{kept}{new}", new, free


def attending(rank: Any, axes: Any) -> Any:
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
