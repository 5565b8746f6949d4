"""A list of callbacks called as one, and as seldom as they need."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from hornlet.base import nest
from hornlet.base.states import fingerprint, is_plain
from hornlet.callbacks.callback import Callback, listens
from hornlet.callbacks.history import History
from hornlet.callbacks.progbar import ProgbarLogger


def plain_logs(logs: Any) -> dict[str, Any]:
    """`logs` flattened, in the order of the names, with Python floats."""
    plain: dict[str, Any] = {}
    for name, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            plain.update(plain_logs(value))
            continue
        if getattr(value, "shape", None) == (1,):
            value = value[0]
        if getattr(value, "shape", ()) == ():
            try:
                value = float(value)
            except (TypeError, ValueError):
                pass
        plain[name] = value
    return plain


class CallbackList(Callback):
    """Calls a list of callbacks in order.

    Args:
        callbacks: callbacks, in a list or any nest.
        add_history: whether a `History` is added if there is none.
        add_progbar: whether a `ProgbarLogger` is added if there is none.
        model: the model they work on.
        **params: given to each by `set_params`: `verbose`, `epochs`, `steps`.

    >>> several = keras.callbacks.CallbackList([], add_history=True)
    >>> len(several.callbacks)
    1
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ):
        super().__init__()
        self.callbacks = [c for c in nest.flatten(callbacks) if c is not None] if callbacks else []
        for callback in self.callbacks:
            if not hasattr(callback, "on_epoch_end"):
                raise ValueError(
                    "Argument `callbacks` must be a list of `keras.callbacks.Callback` objects. "
                    f"Received: {callback!r} of type {type(callback).__name__}"
                )
        self._history = self._last_of(History)
        self._progbar = self._last_of(ProgbarLogger)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if self._progbar is None and add_progbar:
            self._progbar = ProgbarLogger()
            self.callbacks.append(self._progbar)
        self.callbacks.sort(key=_comes_last)
        self._at_start: dict[int, dict[str, Any]] = {}
        if model:
            self.set_model(model)
        self.set_params(params)

    def _last_of(self, cls: type) -> Any:
        found = [c for c in self.callbacks if isinstance(c, cls)]
        return found[-1] if found else None

    def append(self, callback: Callback) -> None:
        """Adds a callback at the end, before those that come last."""
        self.callbacks.append(callback)
        self.callbacks.sort(key=_comes_last)

    def get_state(self) -> dict[str, Any]:
        """The states of all callbacks; of plain attributes those that training has changed."""
        return {"callbacks": [[type(c).__name__, self._changed(c)] for c in self.callbacks]}

    def _changed(self, callback: Any) -> dict[str, Any]:
        before = self._at_start.get(id(callback), {})
        if not before:
            return _state_of(callback)
        return {
            name: value
            for name, value in _state_of(callback).items()
            if name not in before or fingerprint(value) != before[name]
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Gives each callback its state: the n-th of a class that of the n-th of the class."""
        waiting = [callback for callback in self.callbacks if hasattr(callback, "set_state")]
        for name, own in state["callbacks"]:
            found = next((c for c in waiting if type(c).__name__ == name), None)
            if found is not None:
                waiting.remove(found)
                found.set_state(own)
                _tell_of_the_rest(found)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def starts(self, method: str) -> Callable[[int], None] | None:
        """What to call before every step, or None when no callback listens to `method`."""
        if not any(listens(c, method) for c in self.callbacks):
            return None
        return getattr(self, method)

    def ends(self, method: str, read_logs: Callable[[], Any]) -> Callable[[int], None] | None:
        """What to call after every step, or None when no callback listens to `method`.

        The logs are read only when a callback wants them; the progress bar wants them only when
        its next update is due.
        """
        others = [c for c in self.callbacks if c is not self._progbar and listens(c, method)]
        bar = self._progbar
        if bar is not None and type(bar) is not ProgbarLogger:
            others, bar = [*others, bar], None
        if not others and bar is None:
            return None

        def after(step: int) -> None:
            show = bar is not None and bar.due()
            if bar is not None:
                bar.seen = step + 1
            if others or show:
                logs = plain_logs(read_logs())
                for callback in others:
                    getattr(callback, method)(step, logs=logs)
                if show:
                    getattr(bar, method)(step, logs=logs)

        return after

    def _step(self, method: str, batch: int, logs: Any) -> None:
        logs = plain_logs(logs)
        for callback in self.callbacks:
            getattr(callback, method)(batch, logs=logs)

    def _phase(self, method: str, logs: Any) -> None:
        logs = plain_logs(logs)
        for callback in self.callbacks:
            getattr(callback, method)(logs)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._step("on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step("on_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._step("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._step("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._step("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step("on_predict_batch_end", batch, logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        logs = plain_logs(logs)
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = plain_logs(logs)
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_begin(self, logs: Any = None) -> None:
        logs = plain_logs(logs)
        self._at_start = {}
        for callback in self.callbacks:
            callback.on_train_begin(logs)
            if _comes_last(self.callbacks[-1]) and _has_plain_state(callback):
                state = callback.get_state()
                self._at_start[id(callback)] = {k: fingerprint(v) for k, v in state.items()}

    def on_train_end(self, logs: Any = None) -> None:
        self._phase("on_train_end", logs)

    def on_test_begin(self, logs: Any = None) -> None:
        self._phase("on_test_begin", logs)

    def on_test_end(self, logs: Any = None) -> None:
        self._phase("on_test_end", logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._phase("on_predict_begin", logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._phase("on_predict_end", logs)


def _comes_last(callback: Any) -> bool:
    return getattr(callback, "comes_last", False)


def _state_of(callback: Any) -> dict[str, Any]:
    """The state of a callback; nothing for objects that only look like one."""
    return callback.get_state() if hasattr(callback, "get_state") else {}


def _has_plain_state(callback: Any) -> bool:
    """Whether a callback leaves it to its base what is kept of it."""
    return getattr(type(callback), "get_state", None) is Callback.get_state


def _tell_of_the_rest(callback: Any) -> None:
    """Warns of attributes that may matter and that no backup keeps."""
    own = type(callback)
    if own.__module__.startswith("hornlet.") or not _has_plain_state(callback):
        return
    known = ("params", "_model")
    lost = [k for k, v in vars(callback).items() if not (k in known or callable(v) or is_plain(v))]
    if lost:
        warnings.warn(
            f"Training is resumed without {', '.join(f'`{name}`' for name in lost)} of "
            f"{own.__name__}, which a backup cannot keep. If the callback needs it, give the class "
            "`get_state()` and `set_state(state)` with plain values.",
            stacklevel=2,
        )
