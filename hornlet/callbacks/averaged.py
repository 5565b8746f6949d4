"""SwapEMAWeights: evaluation and checkpoints with the moving averages of the weights."""

from __future__ import annotations

from typing import Any

from hornlet.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Puts the moving averages in the place of the weights during evaluation and prediction.

    The optimizer must have `use_ema=True`; of a `MultiOptimizer` one of the inner ones.

    Args:
        swap_on_epoch: whether they are swapped at the end of epochs too, for callbacks after this
            one that save.

    >>> keras.callbacks.SwapEMAWeights(swap_on_epoch=True).swap_on_epoch
    True
    """

    def __init__(self, swap_on_epoch: bool = False):
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False

    def _pairs(self) -> list[tuple]:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        pairs = [
            (variable, average)
            for each in getattr(optimizer, "optimizers", [optimizer])
            for variable, average in zip(each._trainable_variables, each._averages)
            if average is not None
        ]
        if not pairs:
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer, or on "
                f"one of several. Received: optimizer={optimizer}"
            )
        return pairs

    def _swap(self, wanted: bool) -> None:
        if self._swapped == wanted:
            return
        for variable, average in self._pairs():
            weights = variable.numpy()
            variable.assign(average)
            average.assign(weights)
        self._swapped = wanted

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.swap_on_epoch:
            self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self.swap_on_epoch:
            return
        self._swap(True)
        if epoch == (self.params or {}).get("epochs", 0) - 1:
            # The end of `fit` stores the averages in the weights: both are the averages then.
            for variable, average in self._pairs():
                average.assign(variable)

    def on_test_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_test_end(self, logs: Any = None) -> None:
        self._swap(False)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_predict_end(self, logs: Any = None) -> None:
        self._swap(False)
