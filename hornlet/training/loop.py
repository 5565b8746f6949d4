"""The loops over the steps of an epoch, and what they watch for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import hornlet.losses as losses
from hornlet.base import nest
from hornlet.engine.nans import NanError
from hornlet.engine.state import STATE
from hornlet.training.compile_loss import at
from hornlet.training.data_utils import unpack_x_y_sample_weight
from hornlet.training.interrupts import Interrupts
from hornlet.training.nan_watch import NanWatch
from hornlet.training.run import Run


def run_steps(
    model: Any,
    kind: str,
    feed: Any,
    loop: Any,
    callbacks: Any,
    read: Callable[[], Any],
    interrupts: Interrupts,
    watch: NanWatch | None = None,
    where: Run | None = None,
) -> int:
    """Runs one epoch of training or testing; gives the number of runs.

    Nobody is called and nothing is read at a step unless a callback listens. Signals wait until
    the step is done, and in a training whose state is kept until its callbacks are done too.

    Args:
        where: the training, which may be in the middle of an epoch.
    """
    begin = callbacks.starts(f"on_{kind}_batch_begin")
    end = callbacks.ends(f"on_{kind}_batch_end", read)
    stop = "stop_training" if kind == "train" else "stop_evaluating"
    n, isnan = feed.group, math.isnan
    total = None if watch is None else watch.total
    before = done = 0 if where is None else where.batch // n
    keeps = interrupts.keep is not None
    runs = feed.epoch(loop, done * n)
    outer = STATE.alarm
    STATE.alarm = None if watch is None else watch.look
    try:
        for run in runs:
            if begin is not None:
                begin(done * n)
            interrupts.held = True
            run()
            interrupts.held = keeps
            if total is not None and isnan(total.array.item()):
                watch.warn(done * n + n - 1)  # type: ignore[union-attr]
                total = None
            if end is not None:
                end(done * n + n - 1)
            done += 1
            if interrupts.waiting is not None:
                if where is not None:
                    where.batch = done * n
                interrupts.deliver()
            if getattr(model, stop):
                break
    except NanError as error:
        epoch = "" if watch is None else f" of epoch {watch.epoch + 1}"
        raise error.at(f"step {done * n + 1}{epoch}").with_traceback(error.__traceback__) from None
    finally:
        STATE.alarm = outer
        runs.close()  # type: ignore[attr-defined]
    if where is not None:
        where.batch = done * n
    return done - before


def collect(model: Any, feed: Any, loop: Any, callbacks: Any) -> Any:
    """Runs all batches of a prediction; gives the nest of the outputs, joined."""
    latest: list[Any] = []  # the results of one execution of several batches

    def logs() -> dict[str, Any]:
        results = latest or [loop.results()]
        return {"outputs": nest.map_structure(_join, *results)}

    begin = callbacks and callbacks.starts("on_predict_batch_begin")
    end = callbacks and callbacks.ends("on_predict_batch_end", logs)
    joined = Joined(getattr(feed.source, "samples", None) if feed.steps is None else None)
    n = feed.group
    runs = feed.epoch(loop, apart=True)
    done = 0
    try:
        for run in runs:
            if begin and done % n == 0:
                begin(done)
            run()
            joined.add(loop.current)
            done += 1
            if end and n > 1:
                latest[:] = [*latest[: (done - 1) % n], loop.results()]
            if end and done % n == 0:
                end(done - 1)
            if model.stop_predicting:
                break
        if end and done % n:
            end(done + n - done % n - 1)
    finally:
        runs.close()  # type: ignore[attr-defined]
    return joined.result()


def _join(*ys: Any) -> np.ndarray:
    arrays = [np.asarray(y) for y in ys]
    return np.concatenate(arrays) if arrays[0].ndim else np.stack(arrays)


class Joined:
    """Results of batches, joined along the first axis: in place when the total is known."""

    def __init__(self, samples: int | None):
        self.samples = samples
        self.whole: list[np.ndarray] | None = None
        self.parts: list[list[np.ndarray]] = []
        self.filled = 0
        self.pack: Any = None

    def add(self, binding: Any) -> None:
        outputs = binding.outputs
        if self.pack is None:
            self.pack = binding.pack
            n = binding.inputs[0].shape[0]
            if self.samples is not None and all(y.ndim and y.shape[0] == n for y in outputs):
                self.whole = [np.empty((self.samples, *y.shape[1:]), y.dtype) for y in outputs]
        if self.whole is None:
            self.parts.append([np.array(y) for y in outputs])
            return
        stop = self.filled + outputs[0].shape[0]
        for y, whole in zip(outputs, self.whole):
            whole[self.filled : stop] = y
        self.filled = stop

    def result(self) -> Any:
        if self.pack is None:
            return None
        if self.whole is not None:
            return self.pack([y[: self.filled] for y in self.whole])
        return self.pack([_join(*ys) for ys in zip(*self.parts)])


class LabelCheck:
    """Labels of sparse losses must be classes of the output: checked where they are at hand."""

    def __init__(self, compile_loss: Any):
        self.wanted: list[tuple] = []
        for entry in getattr(compile_loss, "entries", ()):
            own = entry.loss
            fn = getattr(own, "fn", None)
            if fn is losses.sparse_categorical_crossentropy and entry.classes:
                keywords = getattr(own, "_fn_kwargs", {})
                self.wanted.append((entry.path, entry.classes, keywords.get("ignore_class")))

    def source(self, source: Any) -> None:
        """Checks the labels of arrays at once, those of other sources batch by batch."""
        if not self.wanted:
            return
        whole = getattr(source, "nest", None)
        if whole is None:
            source.check = self.batch
        else:
            self.batch(whole)

    def batch(self, batch: Any) -> None:
        if not self.wanted:
            return
        y = unpack_x_y_sample_weight(batch)[1]
        for path, n, ignored in self.wanted:
            labels = self._labels(y, path)
            if labels is None or not labels.size or labels.dtype.kind not in "iuf":
                continue
            low, high = labels.min(), labels.max()
            if (low < 0 or high >= n) and ignored is not None:
                kept = labels[labels != ignored]
                if not kept.size:
                    continue
                low, high = kept.min(), kept.max()
            if low < 0 or high >= n:
                raise ValueError(
                    "Argument `y` holds labels out of range for sparse_categorical_crossentropy: "
                    f"expected class numbers from 0 to {n - 1}, because the output has {n} "
                    f"classes. Received: labels from {low} to {high}. Widen the output layer or "
                    "renumber the labels (`np.unique(y, return_inverse=True)`)."
                )

    @staticmethod
    def _labels(y: Any, path: tuple) -> Any:
        try:
            found = at(path, y) if nest.is_nested(y) else y
        except (KeyError, IndexError, TypeError):
            leaves = nest.flatten(y)
            found = leaves[path[0]] if path and isinstance(path[0], int) else None
        return found if isinstance(found, np.ndarray) else None
