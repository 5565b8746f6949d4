"""How far a student's outputs, or those of its layers, are from a teacher's."""

from __future__ import annotations

from typing import Any

import hornlet.losses as losses
import hornlet.ops as ops
from hornlet.base import nest
from hornlet.base.configurable import Configurable
from hornlet.base.registry import register
from hornlet.base.serialization import serialize_keras_object


@register("keras.distillation")
class DistillationLoss(Configurable):
    """Base of the distillation losses; a subclass defines `compute_loss`.

    >>> class Distance(keras.distillation.DistillationLoss):
    ...     def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
    ...         return keras.ops.mean(keras.ops.abs(teacher_outputs - student_outputs))
    >>> Distance().compute_loss(np.ones((2, 3)), np.zeros((2, 3)))
    array(1.)
    """

    teacher_layer_name: str | None = None
    student_layer_name: str | None = None

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """A scalar, smaller the more the student's outputs are like the teacher's."""
        raise NotImplementedError(f"{type(self).__name__} must define `compute_loss`.")

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        """ValueError if the outputs of the two cannot be compared."""
        nest.assert_same_structure(teacher_outputs, student_outputs)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """ValueError if the loss cannot be computed from these two models."""


class _ByOutput(DistillationLoss):
    """What has a loss, or None, for every output."""

    loss: Any

    def _keep_losses(self, loss: Any) -> None:
        self.loss = nest.map_structure(losses.get, loss)
        if all(function is None for function in nest.flatten(self.loss)):
            raise ValueError(
                "Argument `loss` must name a loss for at least one output. Received: "
                f"loss={loss!r}"
            )

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        super().validate_outputs(teacher_outputs, student_outputs)
        try:
            nest.assert_same_structure(self.loss, teacher_outputs)
        except ValueError as error:
            raise ValueError(
                f"The `loss` of {type(self).__name__} must have an entry for each output, or be "
                f"one loss for one output: {error}"
            ) from None

    def _total(self, teacher_outputs: Any, student_outputs: Any) -> Any:
        parts = nest.map_structure(self._distance, self.loss, teacher_outputs, student_outputs)
        return ops.sum(ops.stack(nest.flatten(parts)))

    def _distance(self, loss: Any, teacher: Any, student: Any) -> Any:
        return 0.0 if loss is None else ops.mean(loss(teacher, student))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make a loss from what `get_config` returned."""
        return cls(**{**config, "loss": _deserialized(config["loss"])})


def _deserialized(loss: Any) -> Any:
    if isinstance(loss, (list, tuple)):
        return [_deserialized(item) for item in loss]
    if isinstance(loss, dict) and "class_name" not in loss:
        return {key: _deserialized(item) for key, item in loss.items()}
    return None if loss is None else losses.deserialize(loss)


@register("keras.distillation")
class FeatureDistillation(_ByOutput):
    """Make the outputs of a layer of the student like those of a layer of the teacher.

    Args:
        loss: name or object of a loss; for layers of several outputs a nest of them, None for
            those that do not count.
        teacher_layer_name, student_layer_name: names of the layers, None for the models' outputs.

    Raises:
        ValueError: no loss at all.

    Romero et al., 2014, https://arxiv.org/abs/1412.6550

    >>> loss = keras.distillation.FeatureDistillation("mse")
    >>> float(loss.compute_loss(np.ones((2, 3)), np.zeros((2, 3))))
    1.0
    """

    def __init__(
        self,
        loss: Any = "mse",
        teacher_layer_name: str | None = None,
        student_layer_name: str | None = None,
    ):
        self.teacher_layer_name = teacher_layer_name
        self.student_layer_name = student_layer_name
        self._keep_losses(loss)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        names = {"teacher": self.teacher_layer_name, "student": self.student_layer_name}
        if all(name is None for name in names.values()):
            return
        models = {"teacher": teacher, "student": student}
        opaque = [kind for kind, model in models.items() if getattr(model, "inputs", None) is None]
        if opaque:
            raise ValueError(
                "Layers can be named in functional and sequential models only, whose graph is "
                f"known. These are not: {' and '.join(opaque)}. Leave the layers' names out, to "
                "compare the models' outputs."
            )
        for kind, name in names.items():
            if name is not None:
                try:
                    models[kind].get_layer(name)
                except ValueError as error:
                    raise ValueError(f"In the {kind}: {error}") from None

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """The mean loss between the features of the two, summed over a layer's outputs."""
        return self._total(teacher_outputs, student_outputs)

    def get_config(self) -> dict[str, Any]:
        return {
            "loss": serialize_keras_object(self.loss),
            "teacher_layer_name": self.teacher_layer_name,
            "student_layer_name": self.student_layer_name,
        }


@register("keras.distillation")
class LogitsDistillation(_ByOutput):
    """Make the student's logits like the teacher's, both divided by a temperature.

    Args:
        temperature: positive number; the higher, the more the smaller logits count.
        loss: name or object of a loss of logits; for several outputs a nest of them, None for
            those that do not count. A `keras.losses.KLDivergence` is given softmaxes of the
            logits, and multiplied by ``temperature ** 2``, which keeps the size of gradients.
            The default, the function of that name, is given the logits as they are, as in Keras.

    Raises:
        ValueError: no loss at all, or a temperature that is no positive number.

    Hinton et al., 2015, https://arxiv.org/abs/1503.02531

    >>> loss = keras.distillation.LogitsDistillation(2.0, keras.losses.KLDivergence())
    >>> float(loss.compute_loss(np.array([[1.0, 2.0]]), np.array([[1.0, 2.0]])))
    0.0
    """

    def __init__(self, temperature: float = 3.0, loss: Any = "kl_divergence"):
        self.temperature = temperature
        self._keep_losses(loss)
        if not isinstance(temperature, (int, float)) or temperature <= 0:
            raise ValueError(
                "Argument `temperature` must be a positive number. Received: "
                f"temperature={temperature!r}"
            )

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """The mean loss between the logits of the two, summed over the outputs."""
        teacher, student = (
            nest.map_structure(lambda x: ops.divide(x, self.temperature), outputs)
            for outputs in (teacher_outputs, student_outputs)
        )
        return self._total(teacher, student)

    def _distance(self, loss: Any, teacher: Any, student: Any) -> Any:
        if not isinstance(loss, losses.KLDivergence):
            return super()._distance(loss, teacher, student)
        distance = super()._distance(loss, ops.softmax(teacher), ops.softmax(student))
        return distance * self.temperature**2

    def get_config(self) -> dict[str, Any]:
        return {"temperature": self.temperature, "loss": serialize_keras_object(self.loss)}
