"""Models as a scikit-learn classifier, regressor and transformer."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.losses as losses
from hornlet.utils.numerical import to_categorical
from hornlet.wrappers import bridge
from hornlet.wrappers.base import SKLBase


class SKLearnClassifier(bridge.ClassifierMixin, SKLBase):
    """A model as a scikit-learn classifier.

    The classes may be any labels; the model is trained on them one-hot (for a sparse loss as
    numbers, for a single output of two classes as 0 and 1).

    Args:
        model: a compiled model, which is cloned before it is fitted unless `warm_start`, or a
            function that returns one; the function gets the samples `X` and the one-hot `y`.
        warm_start: whether `fit` trains on from the weights of the `fit` before.
        model_kwargs: further arguments of the function `model`.
        fit_kwargs: arguments of `Model.fit`, and of early stopping (see `fit`).

    Attributes: `model_`, `history_`, `classes_`, `n_features_in_`, `feature_names_in_`.

    >>> def network(X, y, width=8):
    ...     layers = keras.layers
    ...     model = keras.Sequential([layers.Dense(width, "tanh"),
    ...                               layers.Dense(y.shape[1], "softmax")])
    ...     model.compile(keras.optimizers.Adam(0.1), "categorical_crossentropy")
    ...     return model
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> y = np.where(X[:, 0] > 0, "right", "left")
    >>> classifier = keras.wrappers.SKLearnClassifier(
    ...     network, fit_kwargs={"epochs": 20, "verbose": 0})
    >>> classifier.fit(X, y).predict([[-0.9], [0.9]])
    array(['left', 'right'], dtype='<U5')
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def partial_fit(  # type: ignore[override]
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> SKLearnClassifier:
        """Train the model on for one epoch over these samples; the first call makes it.

        Args:
            X, y: samples and their classes.
            classes: all classes there will be; needed in the first call, if `y` lacks some.
            sample_weight: weights of the samples.
        """
        if classes is not None and not hasattr(self, "model_"):
            self._announced = np.unique(classes)
        return self._train_once(X, y, sample_weight)

    def decision_function(self, X: Any) -> np.ndarray:
        """The model's outputs; for two classes by how much the second one's is the larger."""
        outputs = self._outputs(X)
        if len(self.classes_) > 2:
            return outputs
        if outputs.shape[1] == 1:
            return outputs[:, 0] - (0.0 if self._from_logits() else 0.5)
        return outputs[:, 1] - outputs[:, 0]

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of every class, in the order of `classes_`.

        Outputs that are no probabilities (logits, or any with negative numbers) become some by
        a softmax, a single one by a sigmoid.
        """
        outputs = self._outputs(X).astype("float64")
        logits = self._from_logits() or outputs.min() < 0
        if outputs.shape[1] == 1:
            p = np.exp(-np.logaddexp(0, -outputs)) if logits else outputs
            return np.hstack([1 - p, p])
        if logits:
            outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return outputs / outputs.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each sample."""
        margins = self.decision_function(X)
        chosen = margins > 0 if margins.ndim == 1 else margins.argmax(axis=1)
        return self.classes_[chosen.astype("int64")]

    def _from_logits(self) -> bool:
        return bool(getattr(losses.get(self.model_.loss), "from_logits", False))

    def _how_to_check(self, y: Any) -> dict[str, Any]:
        return {}

    def _process_target(self, y: np.ndarray, reset: bool = False) -> np.ndarray:
        kind = self._check_target(y)
        if kind not in ("binary", "multiclass"):
            raise ValueError(
                f"Unknown label type: {kind}. Argument `y` must hold the class of every sample. "
                f"Only binary and multiclass target types are supported. Target type: {kind}"
            )
        if reset:
            self.classes_ = self.__dict__.pop("_announced", np.unique(y))
            if len(self.classes_) == 1:
                raise ValueError(
                    "Classifier can't train when only one class is present. Received: "
                    f"y with the class {self.classes_[0]!r} only (samples whose `sample_weight` "
                    "is zero do not count)"
                )
        numbers = np.searchsorted(self.classes_, y)
        known = self.classes_[np.minimum(numbers, len(self.classes_) - 1)] == y
        if not known.all():
            raise ValueError(
                f"Argument `y` has the class {y[~known][0]!r}, which is none of the classes that "
                f"the estimator knows: {self.classes_}. Pass all of them as `classes` in the "
                "first call of `partial_fit`."
            )
        return to_categorical(numbers, len(self.classes_))

    def _fed_target(self, model: Any, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        loss = model.loss if isinstance(model.loss, str) else getattr(model.loss, "name", "")
        if loss.replace("_", "").lower().startswith("sparsecategorical"):
            return y.argmax(axis=1)
        if model(X[:1]).shape[-1] == 1 and y.shape[1] == 2:
            return y[:, 1:]
        return y

    def _strata(self, y: np.ndarray) -> np.ndarray:
        return y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)


class SKLearnRegressor(bridge.RegressorMixin, SKLBase):
    """A model as a scikit-learn regressor; of several targets as well.

    Args:
        model: a compiled model, which is cloned before it is fitted unless `warm_start`, or a
            function that returns one; the function gets the samples `X` and `y` of two dimensions.
        warm_start: whether `fit` trains on from the weights of the `fit` before.
        model_kwargs: further arguments of the function `model`.
        fit_kwargs: arguments of `Model.fit`, and of early stopping (see `fit`).

    Attributes: `model_`, `history_`, `n_features_in_`, `feature_names_in_`.

    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse")
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> regressor = keras.wrappers.SKLearnRegressor(model, fit_kwargs={"epochs": 50, "verbose": 0})
    >>> regressor.fit(X, 3 * X[:, 0]).predict([[0.5]]).round(2)
    array([1.5], dtype=float32)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(
    bridge.TransformerMixin, bridge.ClassNamePrefixFeaturesOutMixin, SKLBase
):
    """A model as a scikit-learn transformer: its outputs are the new features.

    Args:
        model: a compiled model, which is cloned before it is fitted unless `warm_start`, or a
            function that returns one; the function gets the samples `X` and `y` of two dimensions.
        warm_start: whether `fit` trains on from the weights of the `fit` before.
        model_kwargs: further arguments of the function `model`.
        fit_kwargs: arguments of `Model.fit`, and of early stopping (see `fit`).

    Attributes: `model_`, `history_`, `n_features_in_`, `feature_names_in_`.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    >>> model.compile("sgd", "mse")
    >>> X = np.ones((4, 2))
    >>> transformer = keras.wrappers.SKLearnTransformer(model, fit_kwargs={"verbose": 0})
    >>> transformer.fit(X, X).transform(X).shape
    (4, 2)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.model_.output_shape[-1]

    def transform(self, X: Any) -> np.ndarray:
        """The model's outputs for the samples."""
        return self._outputs(X)
