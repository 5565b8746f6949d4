"""Losses between distributions as classes."""

from __future__ import annotations

from typing import Any

from hornlet.base.registry import register
from hornlet.losses.probabilistic import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
)
from hornlet.losses.wrapper import FunctionLoss

MEAN = "sum_over_batch_size"


@register("keras.losses")
class KLDivergence(FunctionLoss):
    """Kullback-Leibler divergence `sum(y_true * log(y_true / y_pred))`.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> float(keras.losses.KLDivergence()(np.eye(2), np.eye(2)))
    0.0
    """

    def __init__(self, reduction: Any = MEAN, name: str = "kl_divergence", dtype: Any = None):
        super().__init__(kl_divergence, reduction, name, dtype)


@register("keras.losses")
class Poisson(FunctionLoss):
    """Mean of `y_pred - y_true * log(y_pred)`.

    Args: `reduction`, `name` and `dtype` of `Loss`.

    >>> round(float(keras.losses.Poisson()(np.ones((2, 1)), np.ones((2, 1)))), 4)
    1.0
    """

    def __init__(self, reduction: Any = MEAN, name: str = "poisson", dtype: Any = None):
        super().__init__(poisson, reduction, name, dtype)


@register("keras.losses")
class BinaryCrossentropy(FunctionLoss):
    """Crossentropy of labels 0 and 1.

    Args:
        from_logits: whether predictions are before the sigmoid, which is more exact.
        label_smoothing: how far labels are moved towards 1/2, in `[0, 1]`.
        axis: axis of the mean; `reduction`, `name` and `dtype` as in `Loss`.

    >>> round(float(keras.losses.BinaryCrossentropy()(np.eye(2), np.full((2, 2), 0.5))), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: Any = MEAN,
        name: str = "binary_crossentropy",
        dtype: Any = None,
    ):
        arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(binary_crossentropy, reduction, name, dtype, **arguments)


@register("keras.losses")
class BinaryFocalCrossentropy(FunctionLoss):
    """Crossentropy of labels 0 and 1 that counts easy samples less.

    Args: see `keras.losses.binary_focal_crossentropy`; `reduction`, `name`, `dtype` as in `Loss`.

    >>> loss = keras.losses.BinaryFocalCrossentropy()
    >>> round(float(loss(np.eye(2), np.full((2, 2), 0.5))), 4)
    0.1733
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: Any = MEAN,
        name: str = "binary_focal_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            binary_focal_crossentropy,
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@register("keras.losses")
class CategoricalCrossentropy(FunctionLoss):
    """Crossentropy of one-hot labels.

    Args:
        from_logits: whether predictions are before the softmax, which is more exact.
        label_smoothing: share of each label given to all classes alike, in `[0, 1]`.
        axis: axis of the classes; `reduction`, `name` and `dtype` as in `Loss`.

    >>> round(float(keras.losses.CategoricalCrossentropy()(np.eye(2), np.full((2, 2), 0.5))), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: Any = MEAN,
        name: str = "categorical_crossentropy",
        dtype: Any = None,
    ):
        arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, reduction, name, dtype, **arguments)


@register("keras.losses")
class CategoricalFocalCrossentropy(FunctionLoss):
    """Crossentropy of one-hot labels that counts easy samples less.

    Args: see `keras.losses.categorical_focal_crossentropy`; `reduction`, `name` and `dtype` as in
        `Loss`.

    >>> loss = keras.losses.CategoricalFocalCrossentropy()
    >>> round(float(loss(np.eye(2), np.full((2, 2), 0.5))), 4)
    0.0433
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: Any = MEAN,
        name: str = "categorical_focal_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(
            categorical_focal_crossentropy,
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


@register("keras.losses")
class SparseCategoricalCrossentropy(FunctionLoss):
    """Crossentropy with the classes' numbers as labels.

    Args:
        from_logits: whether predictions are before the softmax, which is more exact.
        ignore_class: a label whose samples do not count.
        axis: axis of the classes in `y_pred`; `reduction`, `name` and `dtype` as in `Loss`.

    Raises:
        ValueError: for a label out of range, where labels are known when called.

    >>> loss = keras.losses.SparseCategoricalCrossentropy()
    >>> round(float(loss([0, 1], np.full((2, 2), 0.5))), 4)
    0.6931
    """

    unwritten = {"axis": -1}

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: Any = MEAN,
        axis: int = -1,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ):
        arguments = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, reduction, name, dtype, **arguments)


@register("keras.losses")
class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """`(1 - y_pred[y_true]**q) / q`, robust to wrong labels.

    Args:
        q: number in `(0, 1)`: near 0 crossentropy, near 1 mean absolute error; `reduction`, `name`
            and `dtype` as in `Loss`.

    >>> loss = keras.losses.CategoricalGeneralizedCrossEntropy()
    >>> float(loss([0], np.array([[0.25, 0.75]])))
    1.0
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: Any = MEAN,
        name: str = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ):
        if not 0 < q < 1:
            raise ValueError(f"Argument `q` must be in the interval (0, 1). Received: q={q}")
        super().__init__(categorical_generalized_cross_entropy, reduction, name, dtype, q=q)
