"""What `compile` sets up: optimizer, losses and metrics, and what a step computes from them."""

from __future__ import annotations

import warnings
from typing import Any

import hornlet.losses as losses
import hornlet.metrics as metrics
import hornlet.ops as ops
import hornlet.optimizers as optimizers
from hornlet.base import nest
from hornlet.base.config import floatx
from hornlet.base.dtypes import is_float
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.engine.spec import Spec
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.operation import infer
from hornlet.tensor.tracking import no_automatic_dependency_tracking
from hornlet.tensor.turn import common_turn
from hornlet.training.compile_loss import CompileLoss
from hornlet.training.compile_metrics import CompileMetrics
from hornlet.training.data_utils import unpack_x_y_sample_weight


class Compilation:
    """The part of `Trainer` that `compile` concerns."""

    compiled = False
    loss: Any = None
    optimizer: Any = None
    run_eagerly = False
    jit_compile = True
    steps_per_execution = 1
    stop_training = False
    stop_evaluating = False
    stop_predicting = False
    train_function: Any = None
    test_function: Any = None
    predict_function: Any = None
    history: Any = None
    _compile_loss: Any = None
    _compile_metrics: Any = None
    _loss_tracker: Any = None
    _compile_arguments: dict[str, Any] | None = None
    _initial_epoch: int | None = None
    _was_inferred = False
    _training_run: Any = None  # the training that is under way

    @no_automatic_dependency_tracking
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Sets the optimizer, the losses and the metrics of training.

        Args:
            optimizer: name of an optimizer, or one.
            loss: name, function or `Loss`; for several outputs a list, or a dictionary by the
                names of the outputs.
            loss_weights: numbers by which the losses are multiplied before they are summed.
            metrics: list of names, functions and `Metric`s; for several outputs a list with an
                entry for each, or a dictionary. "accuracy" is chosen by the shapes.
            weighted_metrics: the same, given the sample weights.
            run_eagerly: whether steps run as plain Python, for debugging.
            steps_per_execution: steps between two calls of the callbacks.
            jit_compile: accepted; steps are traced and planned unless `run_eagerly`.
            auto_scale_loss: whether the policy "mixed_float16" scales the loss.

        Raises:
            ValueError: for an unknown name, listing near ones.
        """
        if not isinstance(steps_per_execution, int) or steps_per_execution < 1:
            raise ValueError(
                "Argument `steps_per_execution` must be a positive integer. "
                f"Received: {steps_per_execution!r}"
            )
        _check_names(loss, metrics, weighted_metrics)
        self.optimizer = given = optimizers.get(optimizer)
        scaled = optimizers.LossScaleOptimizer
        policy = getattr(getattr(self, "dtype_policy", None), "name", None)
        if auto_scale_loss and policy == "mixed_float16" and self.optimizer is not None:
            if not isinstance(self.optimizer, scaled):
                self.optimizer = scaled(self.optimizer, name="loss_scale_optimizer")
        names = getattr(self, "output_names", None)
        # What is not given stays as an earlier `compile` set it, as in Keras.
        if loss is not None:
            self.loss = loss
            self._compile_loss = CompileLoss(loss, loss_weights, output_names=names)
        if metrics is not None or weighted_metrics is not None:
            self._compile_metrics = CompileMetrics(metrics, weighted_metrics, output_names=names)
        self._loss_tracker = _mean()
        if run_eagerly and jit_compile and jit_compile != "auto":
            warnings.warn(
                "Steps run eagerly: `jit_compile` has no effect when `run_eagerly` is True. Leave "
                "one of the two out.",
                stacklevel=2,
            )
        self.run_eagerly = run_eagerly
        self.jit_compile = (jit_compile is None or bool(jit_compile)) and not run_eagerly
        self.steps_per_execution = steps_per_execution
        self.stop_training = False
        self.train_function = self.test_function = self.predict_function = None
        self._compile_arguments = {
            "optimizer": given,  # `compile` scales it again
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": self.jit_compile,
        }
        self.compiled = True

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile`, as plain values."""
        if not self.compiled or self._compile_arguments is None:
            return {}
        return {k: serialize_keras_object(v) for k, v in self._compile_arguments.items()}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles with what `get_compile_config` returned."""
        if type(self).compile is not Compilation.compile:
            warnings.warn(
                "`compile()` was not called as part of model loading because the model's "
                "`compile()` method is custom. Override `get_compile_config()` and "
                "`compile_from_config(config)` too, or call `compile()` after loading.",
                stacklevel=2,
            )
            return
        self.compile(**deserialize_keras_object(config))
        if self.optimizer is not None and self.built:  # type: ignore[attr-defined]
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]

    # Metrics.

    @property
    def metrics(self) -> list:
        """The metrics: loss, compiled ones, those that are attributes of the model or a layer."""
        found = []
        if self.compiled:
            found.append(self._loss_tracker)
            if self._compile_metrics is not None:
                found.append(self._compile_metrics)
            if self._compile_loss is not None:
                found.extend(self._compile_loss.metrics)
        found.extend(self._metrics)  # type: ignore[attr-defined]
        for layer in self._flatten_layers(include_self=False):  # type: ignore[attr-defined]
            if not isinstance(layer, Compilation):
                found.extend(layer._metrics)
        return found

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`."""
        return [m.name for m in self.metrics]

    def reset_metrics(self) -> None:
        """Resets the state of all metrics; done before every epoch."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """The values of all metrics by name."""
        results: dict[str, Any] = {}
        for metric in self.metrics:
            value = metric.result()
            if isinstance(value, dict):
                results.update(value)
            else:
                results[metric.name] = value
        return results

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Updates the compiled metrics and gives the values of all; may be overridden.

        Args:
            x, y, sample_weight: the batch.
            y_pred: the model's outputs for it.
        """
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The total loss: the compiled one, regularizers and `add_loss`; may be overridden.

        Args:
            x, y, sample_weight: the batch.
            y_pred: the model's outputs for it.
            training: whether the step is one of training.

        Returns:
            A scalar, 0 when there is nothing to minimize.
        """
        found = []
        if self._compile_loss is not None:
            loss = self._compile_loss(y, y_pred, sample_weight)
            if loss is not None:
                found.append(loss)
        for loss in self.losses:  # type: ignore[attr-defined]
            loss = loss if is_float(loss.dtype) else ops.cast(loss, floatx())
            found.append(ops.sum(loss) if len(loss.shape) else loss)
        if not found:
            warnings.warn(
                "There is no loss to minimize. Pass `loss` to `compile()`, or call `add_loss`.",
                stacklevel=2,
            )
            return ops.zeros(())
        total = found[0]
        for loss in found[1:]:
            total = total + loss
        return total

    def _compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        """`compute_loss`, which a user may have defined without `training`."""
        code = getattr(type(self).compute_loss, "__code__", None)
        if code is not None and "training" not in code.co_varnames and not code.co_flags & 8:
            return self.compute_loss(x, y, y_pred, sample_weight)
        return self.compute_loss(x, y, y_pred, sample_weight, training=training)

    # Getting ready.

    def _assert_compiled(self, method: str) -> None:
        if not self.compiled:
            raise ValueError(f"You must call `compile()` before calling `{method}()`.")

    def _get_ready(self, specs: Any, train: bool = False) -> None:
        """Builds what has no weights yet, for a batch of these Specs."""
        known = self.built and self._was_inferred  # type: ignore[attr-defined]
        if not known and not all(x.built for x in self._flatten_layers()):  # type: ignore[attr-defined]
            # A Spec is a tuple itself: alone it is the batch's `x`.
            alone = isinstance(specs, Spec)
            x = specs if alone else unpack_x_y_sample_weight(specs)[0]
            try:
                with common_turn(self._flatten_layers()).held():  # type: ignore[attr-defined]
                    infer(self, (_symbols(x),), {"training": False})  # type: ignore[arg-type]
            except NotImplementedError:
                if not train:
                    raise
                return  # a model of several networks: its own step builds them and the optimizers
            # Once is enough: a layer that the model never calls stays unbuilt for good.
            object.__setattr__(self, "_was_inferred", True)
        if train and self.optimizer is not None and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)  # type: ignore[attr-defined]


def _mean() -> Any:
    return metrics.Mean(name="loss")


def _symbols(specs: Any) -> Any:
    """KerasTensors for the Specs of a batch's inputs."""
    return nest.map_structure(
        lambda x: x if x is None else KerasTensor(x.shape, dtype=x.dtype.name), specs
    )


def _check_names(loss: Any, *given: Any) -> None:
    """Unknown names are errors of `compile`, not of the first step."""
    for name in nest.flatten(loss):
        if isinstance(name, str) and name.lower() not in ("crossentropy", "ce"):
            losses.get(name)
    for entries in given:
        for name in nest.flatten(entries):
            if isinstance(name, str) and name.lower() not in ("accuracy", "acc"):
                metrics.get(name)
