"""Losses between distributions as functions: crossentropies, divergence, Poisson."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import epsilon
from hornlet.base.registry import register
from hornlet.tensor.masks import set_mask

ROOM = "keras.losses"


@register(ROOM, aliases=("kld", "KLD"))
def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Kullback-Leibler divergence `sum(y_true * log(y_true / y_pred))` over the last axis.

    Both are clipped to `[keras.config.epsilon(), 1]`.

    >>> keras.losses.kl_divergence(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])).round(3)
    array([0.693])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.clip(ops.convert_to_tensor(y_true, y_pred.dtype), epsilon(), 1)
    y_pred = ops.clip(y_pred, epsilon(), 1)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


@register(ROOM)
def poisson(y_true: Any, y_pred: Any) -> Any:
    """`mean(y_pred - y_true * log(y_pred))` over the last axis: minus log-likelihood of counts.

    >>> keras.losses.poisson(np.array([[2.0]]), np.array([[1.0]])).round(4)
    array([1.])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true, dtype=y_pred.dtype)
    return ops.mean(y_pred - y_true * ops.log(y_pred + epsilon()), axis=-1)


def _smoothed(y_true: Any, label_smoothing: float, n: int) -> Any:
    """Takes `label_smoothing` from the labels and spreads it over `n` classes."""
    if not label_smoothing:
        return y_true
    return y_true * (1.0 - label_smoothing) + label_smoothing / n


def _check_categories(name: str, y_pred: Any, axis: Any) -> None:
    if isinstance(axis, bool):
        raise ValueError(f"Argument `axis` must be an int. Received: axis={axis}, a bool.")
    if y_pred.shape[-1] == 1:
        warnings.warn(
            f"In loss {name}, expected y_pred.shape to be (batch_size, num_classes) with "
            f"num_classes > 1. Received: y_pred.shape={tuple(y_pred.shape)}. Consider using "
            "'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
            stacklevel=3,
        )


@register(ROOM)
def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """`-sum(y_true * log(y_pred))` over the classes.

    Args:
        y_true: probabilities of the classes, one-hot usually.
        y_pred: predicted probabilities (or logits) of the same shape.
        from_logits: whether `y_pred` is before the softmax.
        label_smoothing: share of each label given to all classes alike, in `[0, 1]`.
        axis: axis of the classes.

    >>> keras.losses.categorical_crossentropy(np.eye(2), np.full((2, 2), 0.5)).round(4)
    array([0.6931, 0.6931])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    _check_categories("categorical_crossentropy", y_pred, axis)
    y_true = _smoothed(y_true, label_smoothing, y_true.shape[-1])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


@register(ROOM)
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """`-sum(alpha * (1 - y_pred)**gamma * y_true * log(y_pred))` over the classes.

    Counts easy samples less (Lin et al., 2017, arXiv:1708.02002).

    Args:
        y_true: one-hot labels.
        y_pred: predicted probabilities (or logits) of the same shape.
        alpha: weight of all classes, or a list of one for each.
        gamma: how much less easy samples count.
        from_logits: whether `y_pred` is before the softmax.
        label_smoothing: see `categorical_crossentropy`.
        axis: axis of the classes.

    >>> y_pred = np.full((2, 2), 0.5)
    >>> keras.losses.categorical_focal_crossentropy(np.eye(2), y_pred).round(4)
    array([0.0433, 0.0433])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    _check_categories("categorical_focal_crossentropy", y_pred, axis)
    y_true = _smoothed(y_true, label_smoothing, y_true.shape[-1])
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    p = ops.clip(y_pred / ops.sum(y_pred, axis=axis, keepdims=True), epsilon(), 1.0 - epsilon())
    weight = ops.multiply(ops.power(1.0 - p, gamma), alpha)
    return ops.sum(weight * (-y_true * ops.log(p)), axis=axis)


@register(ROOM)
def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """`-log(y_pred[y_true])`: crossentropy with the classes' numbers as labels.

    Args:
        y_true: integers from 0 to the number of classes - 1.
        y_pred: predicted probabilities (or logits), with one axis more than `y_true`.
        from_logits: whether `y_pred` is before the softmax.
        ignore_class: a label whose samples get the loss 0.
        axis: axis of the classes in `y_pred`.

    Raises:
        ValueError: for a label out of range, where labels are known when called.

    >>> keras.losses.sparse_categorical_crossentropy([0, 1], np.full((2, 2), 0.5)).round(4)
    array([0.6931, 0.6931])
    """
    y_true = ops.convert_to_tensor(y_true)
    y_pred = ops.convert_to_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis=axis)
    valid = None
    if ignore_class is not None:
        valid = ops.not_equal(y_true, ops.cast(ignore_class, y_true.dtype))
        y_true = ops.where(valid, y_true, ops.zeros_like(y_true))
        # Any finite prediction will do where the loss is replaced; zeros could not be normalized.
        y_pred = ops.where(ops.expand_dims(valid, axis), y_pred, ops.ones_like(y_pred))
    check_labels(y_true, y_pred.shape[axis])
    losses = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    if valid is None:
        return losses
    valid = ops.reshape(valid, losses.shape)
    losses = ops.where(valid, losses, ops.zeros_like(losses))
    set_mask(losses, valid)
    return losses


def check_labels(y_true: Any, n: int) -> None:
    """Raises `ValueError` when known labels are not all in `[0, n)`."""
    labels = y_true if isinstance(y_true, np.ndarray) else getattr(y_true, "value", None)
    if not isinstance(labels, np.ndarray) or not labels.size or not n:
        return
    low, high = labels.min(), labels.max()
    if low < 0 or high >= n:
        raise ValueError(
            f"Labels in `y_true` must be in [0, {n}), since `y_pred` has {n} classes. "
            f"Received labels from {low:g} to {high:g}. Give the last layer {int(high) + 1} units, "
            "number the classes from 0, or name a label to leave out by `ignore_class`."
        )


@register(ROOM, aliases=("bce", "BCE"))
def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Mean over `axis` of `-y_true * log(y_pred) - (1 - y_true) * log(1 - y_pred)`.

    Args:
        y_true: labels 0 or 1 (or between).
        y_pred: predicted probabilities (or logits) of the same shape.
        from_logits: whether `y_pred` is before the sigmoid.
        label_smoothing: how far labels are moved towards 1/2, in `[0, 1]`.
        axis: axis of the mean.

    >>> keras.losses.binary_crossentropy(np.array([[0.0, 1.0]]), np.full((1, 2), 0.5)).round(4)
    array([0.6931])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = _smoothed(ops.cast(y_true, y_pred.dtype), label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


@register(ROOM)
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Binary crossentropy times `(1 - p)**gamma`, `p` being the probability of the true label.

    Counts easy samples less (Lin et al., 2017, arXiv:1708.02002).

    Args:
        y_true: labels 0 or 1.
        y_pred: predicted probabilities (or logits) of the same shape.
        apply_class_balancing: whether class 1 is weighted by `alpha` and class 0 by `1 - alpha`.
        alpha: that weight.
        gamma: how much less easy samples count.
        from_logits: whether `y_pred` is before the sigmoid.
        label_smoothing: see `binary_crossentropy`.
        axis: axis of the mean.

    >>> y_true, y_pred = np.array([[0.0, 1.0]]), np.full((1, 2), 0.5)
    >>> keras.losses.binary_focal_crossentropy(y_true, y_pred).round(4)
    array([0.1733])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = _smoothed(ops.cast(y_true, y_pred.dtype), label_smoothing, 2)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    losses = ops.binary_crossentropy(y_true, y_pred, from_logits=False)
    p = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    losses = ops.power(1.0 - p, gamma) * losses
    if apply_class_balancing:
        losses = (y_true * alpha + (1 - y_true) * (1 - alpha)) * losses
    return ops.mean(losses, axis=axis)


@register(ROOM)
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """`(1 - y_pred[y_true]**q) / q`: robust to wrong labels.

    Between crossentropy (`q` near 0) and mean absolute error (`q = 1`); Zhang and Sabuncu, 2018,
    arXiv:1805.07836.

    Args:
        y_true: integers from 0 to the number of classes - 1.
        y_pred: predicted probabilities.
        q: number in `(0, 1)`.

    >>> y_pred = np.array([[0.25, 0.75]])
    >>> keras.losses.categorical_generalized_cross_entropy([0], y_pred, q=0.5)
    array([1.])
    """
    y_pred = ops.convert_to_tensor(y_pred)
    n = y_pred.shape[-1]
    check_labels(y_true, n)
    one_hot = ops.one_hot(ops.cast(y_true, "int32"), n, dtype=y_pred.dtype)
    return (1 - ops.power(ops.sum(y_pred * one_hot, axis=-1), q)) / q
