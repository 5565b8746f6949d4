"""What one step of training, evaluation or prediction does, and its compiled form."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any, cast

from hornlet.base import nest
from hornlet.engine.emit import emit
from hornlet.engine.tape import GradientTape
from hornlet.layers.weights import Changes
from hornlet.tensor.turn import Turn, common_turn
from hornlet.training.compilation import Compilation
from hornlet.training.data_utils import unpack_x_y_sample_weight
from hornlet.training.step import Loop, Step


class Steps(Compilation):
    """The part of `Trainer` that one step concerns."""

    # What one step does. A user's class may override these; they are traced like everything else.

    def train_step(self, data: Any) -> Any:
        """One step of training on a batch; gives the logs.

        Override it for training of another kind. What it computes with `GradientTape`, the
        optimizer and metrics is traced once and compiled.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        weights = self.trainable_weights  # type: ignore[attr-defined]
        with GradientTape() as tape:
            y_pred = self(x, training=True)  # type: ignore[operator]
            loss = self._compute_loss(x, y, y_pred, sample_weight, training=True)
            loss = emit("alarm", loss)
            scaled = loss if self.optimizer is None else self.optimizer.scale_loss(loss)
        self._loss_tracker.update_state(loss, sample_weight=_length(x))
        if weights and self.optimizer is not None:
            # What the loss does not depend on still decays, as in Keras on JAX.
            gradients = tape.gradient(scaled, weights, unconnected_gradients="zero")
            self.optimizer.apply_gradients(zip(gradients, weights))
        else:
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def test_step(self, data: Any) -> Any:
        """One step of evaluation on a batch; gives the logs. May be overridden."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)  # type: ignore[operator]
        own = type(self).compute_loss is not Compilation.compute_loss
        if own or self._compile_loss is not None or self.losses:  # type: ignore[attr-defined]
            loss = self._compute_loss(x, y, y_pred, sample_weight, training=False)
            self._loss_tracker.update_state(loss, sample_weight=_length(x))
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch. May be overridden."""
        return self(unpack_x_y_sample_weight(data)[0], training=False)  # type: ignore[operator]

    def make_train_function(self, force: bool = False) -> Step:
        """The compiled step of training; made anew when `force`."""
        if force or _is_stale(self.train_function):
            step = Step(self._step_function("train_step"), self._is_eager(), self._common_turn())
            step.flags = {id(x): x.trainable for x in self._flatten_layers()}  # type: ignore[attr-defined]
            self.train_function = step
        elif isinstance(self.train_function, Step):
            self._compare_trainable(self.train_function)
        return self.train_function

    def _compare_trainable(self, step: Step) -> None:
        """Says so when layers were frozen, or set free, since the step of training was made."""
        if step.looked == Changes.count or type(self).train_step is not Steps.train_step:
            return
        step.looked = Changes.count
        layers = self._flatten_layers()  # type: ignore[attr-defined]
        changed = [x for x in layers if step.flags.get(id(x), x.trainable) != x.trainable]
        if changed:
            step.flags.update({id(x): x.trainable for x in changed})
            warnings.warn(
                f"`trainable` of {[x.name for x in changed]} has changed since training began, "
                "which takes effect at `compile()` only. Call `compile()` again.",
                stacklevel=4,
            )

    def make_test_function(self, force: bool = False) -> Step:
        """The compiled step of evaluation; made anew when `force`."""
        if force or _is_stale(self.test_function):
            self.test_function = Step(self._step_function("test_step"), self._is_eager())
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Step:
        """The compiled step of prediction; made anew when `force`."""
        if force or _is_stale(self.predict_function):
            reference = weakref.ref(self)

            def model() -> Any:
                return reference()

            self.predict_function = Step(
                lambda data: model().predict_step(data), self._is_eager(), self._common_turn(),
                lambda: model().variables,
            )  # fmt: skip
        return self.predict_function

    def _is_eager(self) -> bool:
        """Whether steps run as plain Python: where that is asked for, or a layer needs it."""
        layers = self._flatten_layers()  # type: ignore[attr-defined]
        return self.run_eagerly or any(layer.reads_values for layer in layers)

    def _standard(self, name: str) -> bool:
        """Whether a step's logs are the metrics' results, to be read when they are wanted."""
        cls = type(self)
        return (
            all(
                getattr(cls, method) is getattr(Steps, method)
                for method in (name, "compute_metrics", "get_metrics_result")
            )
            and name not in self.__dict__
        )

    def _step_function(self, name: str) -> Callable[[Any], Any]:
        standard = self._standard(name)
        reference = weakref.ref(self)  # the model holds its step

        def step(data: Any) -> Any:
            model = cast(Any, reference())
            logs = getattr(model, name)(data)
            # They belong to this step: after `fit` a model holds no values of a traced one.
            model._clear_losses()
            return None if standard else logs

        return step

    def _common_turn(self) -> Turn:
        return common_turn(self._flatten_layers())  # type: ignore[attr-defined]

    def _reader(self, name: str, loop: Loop) -> Callable[[], Any]:
        """What gives the logs of the last step."""
        return self.get_metrics_result if self._standard(name) else loop.results


def _length(x: Any) -> int:
    """The number of samples of a batch."""
    return next(a for a in nest.flatten(x) if a is not None).shape[0]


def _is_stale(step: Any) -> bool:
    """Whether a step must be made: there is none, or layers have got other variables since."""
    return step is None or not getattr(step, "is_current", True)
