"""What callbacks share that do something after every epoch or after so many batches."""

from __future__ import annotations

from typing import Any

from hornlet.callbacks.callback import Callback


def counts_batches(callback: Any) -> bool:
    """Whether a paced callback must see every batch."""
    return callback.save_freq != "epoch" and callback.save_freq is not False


class Paced(Callback):
    """Base of what has a `save_freq`: "epoch", or a number of batches."""

    save_freq: Any = "epoch"
    _since = 0  # batches since it was due last
    _last: int | None = None  # the batch that was seen last

    def _set_pace(self, save_freq: Any) -> None:
        if save_freq != "epoch" and (not isinstance(save_freq, int) or isinstance(save_freq, bool)):
            raise ValueError(
                f"Unrecognized save_freq: {save_freq!r}. Expected 'epoch' or a number of batches."
            )
        self.save_freq = save_freq

    def _is_due(self, batch: int) -> bool:
        """Whether enough batches have passed; several may at once (`steps_per_execution`)."""
        new_epoch = self._last is None or batch <= self._last
        self._since += batch + 1 if new_epoch else batch - self._last  # type: ignore[operator]
        self._last = batch
        if self._since < self.save_freq:
            return False
        self._since = 0
        return True
