"""Callbacks that show what happens in training: GradientNorms and LivePlot."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.files import atomic_write
from hornlet.callbacks.callback import Callback
from hornlet.engine.compiled import Compiled
from hornlet.engine.tape import GradientTape
from hornlet.plot import history as draw_history
from hornlet.plot.canvas import (
    need_matplotlib,
    new_figure,
    notebook_display,
    picture_bytes,
)


class GradientNorms(Callback):
    """Notes how large the loss's gradient is for every weight matrix, on a batch of yours.

    Norms that fall towards the input tell of vanishing gradients; norms that grow without end of a
    learning rate that is too high. The batch is the same each time, so that only the weights
    change what is seen; dropout and noise are off.

    Args:
        x, y: the batch, inputs and targets as `fit` takes them.
        every: after how many steps of training the norms are taken.

    Attributes:
        norms: lists of norms by the path of the weight, in the order of the layers: of the
            trainable weights with two or more dimensions. Their values go to
            `keras.plot.gradient_norms` and `keras.plot.norms_by_layer`.

    Raises:
        ValueError: `every` is no positive integer.

    >>> x, y = np.ones((8, 3)), np.ones((8, 1))
    >>> norms = keras.callbacks.GradientNorms(x, y)
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[norms])
    >>> [len(series) for series in norms.norms.values()]
    [4]
    """

    def __init__(self, x: Any, y: Any, every: int = 1):
        super().__init__()
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise ValueError(f"Argument `every` must be a positive integer. Received: {every!r}")
        self.x, self.y = np.asarray(x), np.asarray(y)
        self.every = every
        self.norms: dict[str, list[float]] = {}
        self._measure: Callable[..., Any] | None = None
        self._seen = 0

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._measure = None

    def on_train_begin(self, logs: Any = None) -> None:
        self.norms = {}
        self._seen = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._seen += 1
        if self._seen % self.every:
            return
        if self._measure is None:
            self._measure = Compiled(self._norms)
        for weight, norm in zip(self._watched(), self._measure(self.x, self.y)):
            self.norms.setdefault(weight.path, []).append(float(norm))

    def _watched(self) -> list:
        return [w for w in self.model.trainable_variables if len(w.shape) > 1]

    def _norms(self, x: Any, y: Any) -> list:
        weights = self._watched()
        with GradientTape() as tape:
            loss = self.model.compute_loss(x, y, self.model(x, training=False))
        gradients = tape.gradient(loss, weights)
        return [ops.sqrt(ops.sum(ops.square(g))) for g in gradients]


class LivePlot(Callback):
    """Draws the history while a model learns: in a notebook in its place, elsewhere as a PNG file.

    Args:
        path: the file that is written anew after every epoch where there is no notebook.
        metrics: which metrics, by default all; each has its own picture.

    Raises:
        ImportError: matplotlib is missing; names the extra that brings it.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "training.png")
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> live = keras.callbacks.LivePlot(path)
    >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), verbose=0, callbacks=[live])
    >>> os.path.exists(path)
    True
    """

    def __init__(self, path: Any = "training.png", metrics: Any = None):
        super().__init__()
        need_matplotlib()
        self.path = os.fspath(path)
        self.metrics = metrics
        self.history: dict[str, list[float]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        self.history = {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        known = [name for name in self.history if not name.startswith("val_")]
        chosen = known if self.metrics is None else list(self.metrics)
        figure = new_figure(5 * len(chosen), 3.6)
        for axes, name in zip(figure.subplots(1, len(chosen), squeeze=False)[0], chosen):
            draw_history(self.history, axes, metrics=[name], title=f"After epoch {epoch + 1}")
        display = notebook_display()
        if display is None:
            content = picture_bytes(figure)
            atomic_write(self.path, lambda file: file.write(content))
        else:
            display.clear_output(wait=True)
            display.display(figure)
