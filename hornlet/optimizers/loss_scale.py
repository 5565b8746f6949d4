"""LossScaleOptimizer: keeps small float16 gradients from becoming zero."""

from __future__ import annotations

from typing import Any

import hornlet.initializers as initializers
import hornlet.ops as ops
from hornlet.base.names import name_scope
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.optimizers.optimizer import Optimizer

INNER_ONLY = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


@register("keras.optimizers", aliases=("keras.mixed_precision.LossScaleOptimizer",))
class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a scale and divides gradients by it, and finds the scale itself.

    A step with gradients that are not finite is skipped and halves the scale; after
    `dynamic_growth_steps` good ones it is doubled.

    Args:
        inner_optimizer: the optimizer that updates the variables.
        initial_scale: first scale.
        dynamic_growth_steps: number of good steps after which the scale is doubled.
        name: name of the optimizer.

    >>> inner = keras.optimizers.SGD(0.5)
    >>> optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=4.0)
    >>> w = keras.Variable([1.0])
    >>> optimizer.apply([np.array([4.0])], [w])
    >>> w.numpy()
    array([0.5], dtype=float32)
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ):
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer does not support `dynamic=False`. Set `loss_scale_factor` on "
                "the `inner_optimizer` instead."
            )
        for argument, value in kwargs.items():
            if argument not in INNER_ONLY or value != INNER_ONLY[argument]:
                raise ValueError(
                    f"LossScaleOptimizer does not support `{argument}`. Set it on the "
                    f"`inner_optimizer` instead. Received: {argument}={value}"
                )
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        self.inner_optimizer.loss_scale_factor = None

    def build(self, variables: list) -> None:
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        self.dynamic_scale = self.add_variable(
            (), initializers.Constant(self.initial_scale), "float32", name="dynamic_scale"
        )
        self.inner_optimizer.build(variables)
        self._trainable_variables = list(variables)
        self._indices = {self._var_key(v): i for i, v in enumerate(variables)}
        self.built = True

    @property
    def variables(self) -> list:
        return self._variables + self.inner_optimizer.variables

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        grads = list(grads)
        if not self.built:
            with name_scope(self.name, caller=self):
                self.build(list(trainable_variables or ()))
        good = self.check_finite(grads)
        variables = trainable_variables or self._trainable_variables

        def accept() -> None:
            scale = self.dynamic_scale
            unscaled = [
                g if g is None or getattr(v, "overwrite_with_gradient", False) else g / scale
                for g, v in zip(grads, variables)
            ]
            self.inner_optimizer.apply(unscaled, trainable_variables)
            grow = ops.equal(self.step_counter, self.dynamic_growth_steps - 1)
            self.dynamic_scale.assign(ops.where(grow, scale * 2.0, scale))
            self.step_counter.assign(ops.where(grow, 0, self.step_counter + 1))

        def skip() -> None:
            self.step_counter.assign(ops.zeros((), "int32"))
            self.dynamic_scale.assign(self.dynamic_scale * 0.5)

        ops.cond(good, accept, skip)

    def check_finite(self, grads: Any) -> Any:
        """Whether no gradient has an infinite value or one that is not a number."""
        good = ops.convert_to_tensor(True)
        for g in grads:
            if g is not None:
                good = ops.logical_and(good, ops.all(ops.isfinite(g)))
        return good

    @property
    def learning_rate(self) -> Any:
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def iterations(self) -> Any:
        return self.inner_optimizer.iterations

    def scale_loss(self, loss: Any) -> Any:
        return loss * (self.dynamic_scale if self.built else self.initial_scale)

    def finalize_variable_values(self, var_list: Any) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        inner = deserialize_keras_object(
            config.pop("inner_optimizer"), custom_objects=custom_objects
        )
        return cls(inner, **config)
