"""What the three wrappers share: making the model, training it, and asking it for outputs."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from hornlet.callbacks.monitor import EarlyStopping
from hornlet.models.cloning import clone_model
from hornlet.models.model import Model
from hornlet.tensor.seed_generator import fixed_seed, get_seed
from hornlet.wrappers import bridge


class SKLBase(bridge.BaseEstimator):
    """Base of the wrappers.

    `fit` starts from the seed that `keras.utils.set_random_seed` was given last (0 if it never
    was) and puts the random generators back afterwards: fitted again to the same data an estimator
    gives the same model, in whatever process.
    """

    model_: Any
    history_: Any

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict | None = None,
        fit_kwargs: dict | None = None,
    ):
        bridge.require(type(self).__name__)
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        tags.input_tags.sparse = True
        return tags

    @property
    def epoch_(self) -> int:
        """How many epochs the last `fit` or `partial_fit` ran."""
        history = getattr(self, "history_", None)
        return 0 if history is None else len(history.epoch)

    def set_fit_request(self, **kwargs: Any) -> Any:
        """Say which metadata `fit` wants from a scikit-learn pipeline.

        Args:
            kwargs: from an argument's name to True, False, None or the name it goes by outside.

        Raises:
            RuntimeError: metadata routing is switched off.
        """
        import sklearn

        if not sklearn.get_config()["enable_metadata_routing"]:
            raise RuntimeError(
                "`set_fit_request` works only where metadata routing is switched on: call "
                "`sklearn.set_config(enable_metadata_routing=True)` first."
            )
        request = bridge.get_routing_for_object(self)
        for name, alias in kwargs.items():
            request.fit.add_request(param=name, alias=alias)
        self._metadata_request = request
        return self

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Make the model anew and train it (with `warm_start`, train the last one on).

        Args:
            X: samples of the shape `(n, features)`: array, frame, or sparse matrix, which is
                made dense.
            y: targets.
            kwargs: arguments of `Model.fit`, in place of those in `fit_kwargs`. In either,
                `early_stopping=True` keeps `validation_fraction` (0.1) of the samples apart and
                stops when `n_iter_no_change` (10) epochs did not lower the loss on them by `tol`
                (1e-4); the best weights are kept.
        """
        go_on = self.warm_start and hasattr(self, "model_")
        return self._train(X, y, {**self._settings(), **kwargs}, reset=not go_on)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train the model on for one epoch over these samples; the first call makes it."""
        return self._train_once(X, y, sample_weight)

    def _train_once(self, X: Any, y: Any, sample_weight: Any) -> Any:
        settings = {**self._settings(), "epochs": 1, "early_stopping": False}
        if sample_weight is not None:
            settings["sample_weight"] = sample_weight
        return self._train(X, y, settings, reset=not hasattr(self, "model_"))

    def _settings(self) -> dict[str, Any]:
        """`fit_kwargs`, with callbacks of this fit's own: they keep state."""
        settings = dict(self.fit_kwargs or {})
        if "callbacks" in settings:
            settings["callbacks"] = copy.deepcopy(settings["callbacks"])
        return settings

    def _train(self, X: Any, y: Any, settings: dict[str, Any], reset: bool) -> Any:
        with fixed_seed(get_seed() or 0):
            X, y = bridge.validate_data(
                self, X, y, reset=reset, accept_sparse=True, **self._how_to_check(y)
            )
            X = _dense(X)
            if settings.get("sample_weight") is not None:
                weight = bridge.check_sample_weight(settings["sample_weight"], X)
                # To scikit-learn a sample without weight is as good as none.
                counts = weight != 0 if reset else slice(None)
                X, y, settings["sample_weight"] = X[counts], y[counts], weight[counts]
            y = self._process_target(y, reset=reset)
            model = self._make_model(X, y) if reset else self.model_
            y = self._fed_target(model, X, y)
            data = self._hold_out(X, y, settings)
            self.history_ = model.fit(*data, **settings)
            self.model_ = model
        return self

    def _make_model(self, X: np.ndarray, y: np.ndarray) -> Any:
        if not isinstance(self.model, Model):
            model = self.model(X=X, y=y, **(self.model_kwargs or {}))
        else:
            model = self.model if self.warm_start else clone_model(self.model)
        if not model.compiled or not model.loss or not model.optimizer:
            raise RuntimeError(
                f"Argument `model` of {type(self).__name__} must be, or return, a model that is "
                "compiled with a loss and an optimizer. Received: loss="
                f"{getattr(model, 'loss', None)}, optimizer={getattr(model, 'optimizer', None)}. "
                "Call `model.compile(optimizer, loss)` first."
            )
        return model

    def _how_to_check(self, y: Any) -> dict[str, Any]:
        """How scikit-learn is to check `y`."""
        shape = np.asarray(y).shape
        many = len(shape) == 2 and shape[1] > 1
        return {"multi_output": many, "y_numeric": True}

    def _process_target(self, y: np.ndarray, reset: bool = False) -> np.ndarray:
        """The targets in two dimensions, as the function that makes the model gets them."""
        self._check_target(y)
        if reset:
            self._one_target = y.ndim == 1
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _check_target(self, y: np.ndarray) -> str:
        kind = bridge.type_of_target(y)
        if kind == "unknown":
            raise ValueError(f"Unknown label type: {kind}. Received: y of dtype {y.dtype}")
        return kind

    def _fed_target(self, model: Any, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The targets as the model's loss takes them."""
        return y

    def _strata(self, y: np.ndarray) -> np.ndarray | None:
        """The classes of which the samples kept apart have their share, if there are any."""
        return None

    def _hold_out(self, X: np.ndarray, y: np.ndarray, settings: dict[str, Any]) -> tuple:
        """The data to train on, after samples to stop by went into `settings`."""
        stop = settings.pop("early_stopping", False)
        fraction = settings.pop("validation_fraction", 0.1)
        patience = settings.pop("n_iter_no_change", 10)
        tol = settings.pop("tol", 1e-4)
        if not stop:
            return X, y
        rows = np.arange(len(X))
        train, held = bridge.train_test_split(rows, test_size=fraction, stratify=self._strata(y))
        weight = settings.get("sample_weight")
        kept_apart: tuple = (X[held], y[held])
        if weight is not None:
            settings["sample_weight"] = weight[train]
            kept_apart += (weight[held],)
        settings["validation_data"] = kept_apart
        by_loss = EarlyStopping(
            "val_loss", min_delta=tol, patience=patience, restore_best_weights=True
        )
        settings["callbacks"] = [*(settings.get("callbacks") or ()), by_loss]
        return X[train], y[train]

    def _outputs(self, X: Any) -> np.ndarray:
        bridge.check_is_fitted(self)
        X = _dense(bridge.validate_data(self, X, reset=False, accept_sparse=True))
        return self.model_.predict(X, verbose=(self.fit_kwargs or {}).get("verbose", "auto"))

    def predict(self, X: Any) -> np.ndarray:
        """The model's outputs for the samples, in the form of the targets it was fitted to."""
        outputs = self._outputs(X)
        one = self._one_target and outputs.ndim == 2 and outputs.shape[1] == 1
        return outputs[:, 0] if one else outputs


def _dense(X: Any) -> np.ndarray:
    return X.toarray() if hasattr(X, "toarray") else X
