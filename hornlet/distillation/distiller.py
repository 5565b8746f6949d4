"""Distiller: a model that trains a student on labels and on what a teacher says of the inputs."""

from __future__ import annotations

from typing import Any

import hornlet.losses as losses
import hornlet.metrics as metrics_room
import hornlet.ops as ops
from hornlet.base import nest
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.models.model import Model

_OUTPUT = "final_output"


@register("keras.distillation")
class Distiller(Model):
    """A student in training: ``w * loss(y, student) + (1 - w) * distillation(teacher, student)``.

    It is compiled and fitted like any model; called, it is the student. The teacher is frozen.

    Args:
        teacher: a trained model.
        student: the model to train.
        distillation_losses: a `DistillationLoss`, or a list of them.
        distillation_loss_weights: a number for each of a list, 1 by default.
        student_loss_weight: the weight ``w``, between 0 and 1.
        name: name of the model.
        **kwargs: those of `keras.Model`.

    Raises:
        ValueError: models whose inputs or outputs differ in shape or dtype, a loss that does not
            fit the models, or weights out of range.

    >>> teacher = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> student = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> loss = keras.distillation.LogitsDistillation(loss=keras.losses.KLDivergence())
    >>> distiller = keras.distillation.Distiller(teacher, student, loss)
    >>> distiller.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    >>> history = distiller.fit(np.ones((8, 4)), np.zeros(8, "int32"), verbose=0)
    >>> sorted(history.history)
    ['distillation_loss', 'loss', 'student_loss', 'total_loss']
    """

    def __init__(
        self,
        teacher: Any,
        student: Any,
        distillation_losses: Any,
        distillation_loss_weights: Any = None,
        student_loss_weight: float = 0.5,
        name: str | None = "distiller",
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        _check_models(teacher, student)
        self.teacher = teacher
        self.student = student
        weight = student_loss_weight
        if not isinstance(weight, (int, float)) or not 0 <= weight <= 1:
            raise ValueError(
                "Argument `student_loss_weight` must be a number between 0 and 1. Received: "
                f"student_loss_weight={student_loss_weight!r}"
            )
        self.student_loss_weight = student_loss_weight
        if distillation_losses is None:
            raise ValueError(
                "Argument `distillation_losses` must be a `DistillationLoss`, such as "
                "`LogitsDistillation()`, or a list of them. Received: None"
            )
        if not isinstance(distillation_losses, (list, tuple)):
            distillation_losses, distillation_loss_weights = [distillation_losses], None
        self.distillation_losses = list(distillation_losses)
        weights = distillation_loss_weights
        self.distillation_loss_weights = [1.0] * len(distillation_losses) if weights is None else (
            list(weights)
        )
        if len(self.distillation_loss_weights) != len(self.distillation_losses):
            raise ValueError(
                "Argument `distillation_loss_weights` must have a number for each of the "
                f"{len(distillation_losses)} `distillation_losses`. Received: "
                f"distillation_loss_weights={weights!r}"
            )
        for loss in self.distillation_losses:
            loss.validate_model_compatibility(teacher, student)
        self._teacher_feature_extractor = _extractor(
            teacher, [loss.teacher_layer_name for loss in map(_named, self.distillation_losses)]
        )
        self._student_feature_extractor = _extractor(
            student, [loss.student_layer_name for loss in map(_named, self.distillation_losses)]
        )
        self.teacher.trainable = False
        self.student_loss_tracker = metrics_room.Mean(name="student_loss")
        self.distillation_loss_tracker = metrics_room.Mean(name="distillation_loss")
        self.total_loss_tracker = metrics_room.Mean(name="total_loss")

    def compile(  # type: ignore[override]
        self, optimizer: Any = "adam", loss: Any = None, metrics: Any = None, **kwargs: Any
    ) -> None:
        """Sets the optimizer, the loss of the student on labels, and more metrics.

        Args:
            optimizer: name of an optimizer, or one.
            loss: name or object of a loss; for several outputs a nest of them.
            metrics: list of metrics.
            **kwargs: those of `keras.Model.compile`.

        Raises:
            ValueError: no loss, or metrics that are no list.
        """
        if loss is None:
            raise ValueError(
                "Argument `loss` must say how the student's outputs are compared with the labels. "
                "Received: loss=None"
            )
        if metrics is not None and not isinstance(metrics, (list, tuple)):
            raise ValueError(f"Argument `metrics` must be a list. Received: metrics={metrics!r}")
        self._student_loss = nest.map_structure(losses.get, loss)
        super().compile(optimizer=optimizer, loss=None, metrics=metrics, **kwargs)

    def call(self, inputs: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """The student's predictions."""
        return self.student(inputs, training=training, **kwargs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The two losses together; they are counted by metrics. Sample weights are not used."""
        if y_pred is None:
            y_pred = self(x, training=training)
        share = self.student_loss_weight
        student_loss = self._loss_on_labels(y, y_pred) if share > 0 and y is not None else 0.0
        distillation_loss = self._distillation_loss(x, y_pred, training) if share < 1 else 0.0
        total = ops.add(
            ops.multiply(share, student_loss), ops.multiply(1.0 - share, distillation_loss)
        )
        self.student_loss_tracker.update_state(student_loss)
        self.distillation_loss_tracker.update_state(distillation_loss)
        self.total_loss_tracker.update_state(total)
        return total

    def _loss_on_labels(self, y: Any, y_pred: Any) -> Any:
        parts = nest.map_structure(
            lambda loss, true, predicted: loss(true, predicted), self._student_loss, y, y_pred
        )
        flat = nest.flatten(parts)
        return ops.mean(ops.sum(ops.stack(flat), axis=0) if len(flat) > 1 else flat[0])

    def _distillation_loss(self, x: Any, y_pred: Any, training: bool) -> Any:
        teacher = _features(self.teacher, self._teacher_feature_extractor, x, False)
        student = {_OUTPUT: y_pred}
        if self._student_feature_extractor is not None:
            student = {**self._student_feature_extractor(x, training=training), **student}
        total = 0.0
        for loss, weight in zip(self.distillation_losses, self.distillation_loss_weights):
            names = _named(loss)
            outputs = (
                teacher[names.teacher_layer_name or _OUTPUT],
                student[names.student_layer_name or _OUTPUT],
            )
            loss.validate_outputs(*outputs)
            value = loss.compute_loss(*outputs)
            if len(getattr(value, "shape", ())):
                raise ValueError(
                    f"`compute_loss` of {type(loss).__name__} must return a scalar. Received: a "
                    f"tensor of shape {tuple(value.shape)}"
                )
            total = ops.add(total, ops.multiply(weight, value))
        return total

    def get_compile_config(self) -> dict[str, Any]:
        """The arguments of `compile`, as plain values."""
        config = super().get_compile_config()
        return {**config, "loss": serialize_keras_object(self._student_loss)} if config else config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles with what `get_compile_config` returned."""
        if config.get("loss") is None:  # Keras's files do not hold the student's loss
            super().compile_from_config(config)
            return
        loss = nest.map_structure(losses.get, deserialize_keras_object(config["loss"]))
        self.compile(**{**deserialize_keras_object({**config, "loss": None}), "loss": loss})
        self.optimizer.build(self.trainable_variables)

    def get_config(self) -> dict[str, Any]:
        """The models, the losses and their weights, as plain values."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize_keras_object(self.dtype_policy),
            "teacher": serialize_keras_object(self.teacher),
            "student": serialize_keras_object(self.student),
            "distillation_losses": [serialize_keras_object(x) for x in self.distillation_losses],
            "distillation_loss_weights": list(self.distillation_loss_weights),
            "student_loss_weight": self.student_loss_weight,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:  # type: ignore[override]
        """Make a distiller from what `get_config` returned."""
        return cls(**deserialize_keras_object(dict(config)))


class _Names:
    """A distillation loss that names no layers compares the models' outputs."""

    teacher_layer_name = student_layer_name = None


def _named(loss: Any) -> Any:
    return loss if hasattr(loss, "teacher_layer_name") else _Names


def _check_models(teacher: Any, student: Any) -> None:
    for kind, model in (("teacher", teacher), ("student", student)):
        if not isinstance(model, Model):
            raise ValueError(
                f"Argument `{kind}` must be a `keras.Model`. Received: {kind}={model!r}"
            )
    for kind in ("inputs", "outputs"):
        ours, theirs = getattr(teacher, kind, None), getattr(student, kind, None)
        if ours is None or theirs is None:  # a model of the user's own: its symbols are not known
            continue
        if len(ours) != len(theirs):
            raise ValueError(
                f"Teacher and student must have as many {kind}. Received: {len(ours)} and "
                f"{len(theirs)}"
            )
        for a, b in zip(ours, theirs):
            fits = len(a.shape) == len(b.shape) and all(
                m is None or n is None or m == n for m, n in zip(a.shape, b.shape)
            )
            if not fits or a.dtype != b.dtype:
                raise ValueError(
                    f"The {kind} of teacher and student must have the same shapes and dtypes. "
                    f"Received: {a.shape} of {a.dtype} and {b.shape} of {b.dtype}"
                )


def _extractor(model: Any, names: list) -> Any:
    """A model of the same inputs that gives the outputs of layers by name; None for no names."""
    names = list(dict.fromkeys(name for name in names if name is not None))
    if not names:
        return None
    outputs = {name: model.get_layer(name).output for name in names}
    final = model.outputs[0] if len(model.outputs) == 1 else model.output
    return Model(
        inputs=model.inputs,
        outputs={_OUTPUT: final, **outputs},
        name=f"{model.name}_multi_feature_extractor",
    )


def _features(model: Any, extractor: Any, x: Any, training: bool) -> dict[str, Any]:
    if extractor is not None:
        return extractor(x, training=training)
    return {_OUTPUT: model(x, training=training)}
