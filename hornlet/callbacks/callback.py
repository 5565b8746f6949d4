"""The base class of callbacks: what may be done between the steps of training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornlet.base.states import is_plain


class Callback:
    """Base of the callbacks: each method is called at the moment its name says.

    `logs` holds the metrics so far, by name: at the end of batches, epochs, `evaluate` and `fit`.
    Training pays nothing for the methods that a subclass does not override.

    `self.model` is the model, `self.params` a dictionary with `verbose`, `epochs` and `steps`.
    Set `self.model.stop_training = True` to end `fit` after the step.

    A backup of training (`BackupAndRestore`, `fit(resume=...)`) keeps the attributes that hold
    plain values; see `get_state`.

    >>> class Count(keras.callbacks.Callback):
    ...     steps = 0
    ...     def on_train_batch_end(self, batch, logs=None):
    ...         self.steps += 1
    >>> count = Count()
    >>> count.on_train_batch_end(0, {"loss": 1.0})
    >>> count.steps
    1
    """

    # Whether it is called when all others have been: it looks at what they have done.
    comes_last = False

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None

    def get_state(self) -> dict[str, Any]:
        """What a backup of training keeps of this callback.

        By default all attributes that hold plain values: numbers, texts, arrays, random generators,
        and lists, dictionaries and the like of them. A backup leaves out those that are as they
        were when training began, so that settings may be changed before it is resumed. Override
        this and `set_state` to keep something else; the values must be plain.

        >>> class Count(keras.callbacks.Callback):
        ...     steps = 0
        ...     def on_train_batch_end(self, batch, logs=None):
        ...         self.steps += 1
        >>> count, other = Count(), Count()
        >>> count.on_train_batch_end(0)
        >>> other.set_state(count.get_state())
        >>> other.steps
        1
        """
        own = {k: v for k, v in vars(self).items() if k not in ("params", "_model")}
        return {name: value for name, value in own.items() if is_plain(value)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` returned; called after `on_train_begin` of all callbacks."""
        vars(self).update(state)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def set_model(self, model: Any) -> None:
        self._model = model

    @property
    def model(self) -> Any:
        """The model that is trained."""
        return self._model

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Older name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch of training, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch and its validation, whose metrics have the prefix `val_`."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of training."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of training."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of `evaluate`, or of validation in `fit`."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of `evaluate`, or of validation in `fit`."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of `predict`; `logs["outputs"]` are the predictions."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Before training."""

    def on_train_end(self, logs: Any = None) -> None:
        """After training, with the last epoch's logs."""

    def on_test_begin(self, logs: Any = None) -> None:
        """Before `evaluate` or validation."""

    def on_test_end(self, logs: Any = None) -> None:
        """After `evaluate` or validation."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Before `predict`."""

    def on_predict_end(self, logs: Any = None) -> None:
        """After `predict`."""


# The older names through which the per-step methods may be overridden.
_OLDER = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


def only_if(condition: Callable[[Any], bool]) -> Callable:
    """Marks a method with nothing to do in callbacks of which `condition` is false."""

    def mark(method: Any) -> Any:
        method.condition = condition
        return method

    return mark


def listens(callback: Any, method: str) -> bool:
    """Whether a callback does anything at `method`: overrides it, or has it set on the instance."""
    bound = getattr(callback, method)
    function = getattr(bound, "__func__", bound)
    if function is not getattr(Callback, method):
        condition = getattr(function, "condition", None)
        return condition is None or condition(callback)
    return method in _OLDER and listens(callback, _OLDER[method])
