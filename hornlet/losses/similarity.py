"""Losses on relations between samples or along sequences: Circle and CTC."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.losses.wrapper import FunctionLoss
from hornlet.tensor.masks import set_mask


@register("keras.losses")
def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """Pulls embeddings of one class together and pushes others apart (arXiv:2002.10857).

    With cosine distances `d` the loss of a sample is
    `softplus(logsumexp(-gamma * (d + margin) * (margin - d)) over its own class
    + logsumexp(gamma * (1 + margin - d) * (1 - margin - d)) over the others)`.

    Args:
        y_true: labels, shape `(n,)`.
        y_pred: embeddings of norm 1, shape `(n, features)`.
        ref_labels: labels of the references, `y_true` by default.
        ref_embeddings: embeddings of the references, `y_pred` by default.
        remove_diagonal: whether a sample is not compared with itself.
        gamma: scale.
        margin: relaxation of the optimum.

    >>> keras.losses.circle([0, 0, 1], np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])).shape
    (3,)
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, "int32")
    references = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings)
    ref_labels = y_true if ref_labels is None else ops.cast(ref_labels, "int32")
    distance = ops.maximum(1 - ops.matmul(y_pred, ops.transpose(references)), 0.0)
    same = ops.equal(ops.reshape(y_true, (-1, 1)), ops.reshape(ref_labels, (1, -1)))
    other = ops.logical_not(same)
    if remove_diagonal:
        same = ops.logical_and(
            same, ops.logical_not(ops.eye(same.shape[0], same.shape[1], dtype="bool"))
        )
    same_weight = ops.maximum(margin + distance, 0.0)
    other_weight = ops.maximum(1 + margin - distance, 0.0)
    never = ops.cast(float("-inf"), distance.dtype)
    same_loss = ops.where(same, -gamma * same_weight * (margin - distance), never)
    other_loss = ops.where(other, gamma * other_weight * (1 - margin - distance), never)
    losses = ops.softplus(ops.logsumexp(same_loss, axis=1) + ops.logsumexp(other_loss, axis=1))
    set_mask(losses, losses > 0)
    return losses


@register("keras.losses")
def ctc(y_true: Any, y_pred: Any) -> Any:
    """Connectionist temporal classification: minus log-likelihood of a label sequence.

    Args:
        y_true: integers, shape `(n, labels)`; 0 is padding and the blank.
        y_pred: logits, shape `(n, steps, classes)`.

    Raises:
        ValueError: for other ranks.

    >>> keras.losses.ctc(np.array([[1]]), np.zeros((1, 2, 2))).round(4)
    array([0.2877])
    """
    for name, y, rank in (("y_true", y_true, 2), ("y_pred", y_pred, 3)):
        if len(y.shape) != rank:
            raise ValueError(
                f"Argument `{name}` must have rank {rank}: labels (batch_size, max_length), "
                "logits (batch_size, max_length, num_classes). "
                f"Received: {name}.shape={tuple(y.shape)}"
            )
    n, steps = y_pred.shape[:2]
    lengths = ops.cast(ops.sum(ops.not_equal(y_true, 0), axis=-1), "int32")
    return ops.ctc_loss(y_true, y_pred, lengths, ops.full((n,), steps, dtype="int32"), mask_index=0)


@register("keras.losses")
class Circle(FunctionLoss):
    """Circle loss of labels and embeddings of norm 1.

    Args: see `keras.losses.circle`; `reduction`, `name` and `dtype` as in `Loss`.

    >>> keras.losses.Circle().get_config()["margin"]
    0.4
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: Any = "sum_over_batch_size",
        name: str = "circle",
        dtype: Any = None,
    ):
        arguments = {"gamma": gamma, "margin": margin, "remove_diagonal": remove_diagonal}
        super().__init__(circle, reduction, name, dtype, **arguments)


@register("keras.losses")
class CTC(FunctionLoss):
    """Connectionist temporal classification of label sequences.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> keras.losses.CTC().name
    'ctc'
    """

    def __init__(
        self, reduction: Any = "sum_over_batch_size", name: str = "ctc", dtype: Any = None
    ):
        super().__init__(ctc, reduction, name, dtype)
