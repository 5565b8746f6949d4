"""History: the record of every epoch that `fit` returns."""

from __future__ import annotations

import weakref
from typing import Any

from hornlet.callbacks.callback import Callback


class History(Callback):
    """Keeps the logs of every epoch; `fit` adds one and returns it.

    `history` maps a metric's name to the list of its values, `epoch` lists the epochs.

    >>> history = keras.callbacks.History()
    >>> history.history
    {}
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list] = {}
        self.epoch: list[int] = []

    def set_model(self, model: Any) -> None:
        self._model = weakref.ref(model)  # which holds the record of its last training

    @property
    def model(self) -> Any:
        """The model that is trained; None when it is gone."""
        return None if self._model is None else self._model()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
