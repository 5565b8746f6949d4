"""A learning rate for each weight, from the squares of its gradients."""

from __future__ import annotations

from typing import Any

import hornlet.initializers as initializers
import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.optimizers.optimizer import Optimizer


@register("keras.optimizers")
class RMSprop(Optimizer):
    """Steps of the gradient over the root of its average square `v`.

    `v = rho * v + (1 - rho) * dw**2`, `w = w - learning_rate * dw / sqrt(v + epsilon)`.
    Tieleman and Hinton, 2012, lecture 6.5 of "Neural Networks for Machine Learning".

    Args:
        learning_rate: float, schedule or function of nothing.
        rho: share of the old average in the new.
        momentum: share of the last step added to the next.
        epsilon: added under the root.
        centered: whether to divide by the variance instead of the square.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.RMSprop(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered
        self.slots = (
            "velocity",
            *(("momentum",) if momentum > 0 else ()),
            *(("average_gradient",) if centered else ()),
        )

    def update(self, w: Any, dw: Any, v: Any, *slots: Any) -> Any:
        rate, _ = self.clock(w)
        rho, rest = self.rho, list(slots)
        v = rho * v + (1 - rho) * ops.square(dw)
        variance = v
        if self.centered:
            rest[-1] = rho * rest[-1] + (1 - rho) * dw
            variance = v - ops.square(rest[-1])
        step = dw * rate / ops.sqrt(variance + self.epsilon)
        if self.momentum > 0:
            step = rest[0] = self.momentum * rest[0] + step
        return w - step, v, *rest


@register("keras.optimizers")
class Adagrad(Optimizer):
    """Steps of the gradient over the root of the sum of its squares.

    `a = a + dw**2`, `w = w - learning_rate * dw / sqrt(a + epsilon)`. Duchi et al., 2011,
    https://jmlr.org/papers/v12/duchi11a.html

    Args:
        learning_rate: float, schedule or function of nothing.
        initial_accumulator_value: first value of `a`.
        epsilon: added under the root.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.Adagrad(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    slots = ("accumulator",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def initial_value(self, slot: str) -> Any:
        return initializers.Constant(self.initial_accumulator_value)

    def update(self, w: Any, dw: Any, a: Any) -> Any:
        rate, _ = self.clock(w)
        a = a + ops.square(dw)
        return w - dw * rate / ops.sqrt(a + self.epsilon), a


@register("keras.optimizers")
class Adadelta(Optimizer):
    """Steps whose size follows that of earlier steps: no learning rate to tune, in principle.

    With averages `a` of `dw**2` and `d` of squared steps,
    `step = sqrt(d + epsilon) / sqrt(a + epsilon) * dw`, `w = w - learning_rate * step`.
    Zeiler, 2012, arXiv:1212.5701.

    Args:
        learning_rate: float, schedule or function of nothing; the paper's is 1.0.
        rho: share of the old averages in the new.
        epsilon: added under the roots.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.Adadelta(1.0).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    slots = (("accumulated_grad", "accumulated_delta_var"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        self.rho = rho
        self.epsilon = epsilon

    def update(self, w: Any, dw: Any, a: Any, d: Any) -> Any:
        rate, _ = self.clock(w)
        rho = self.rho
        a = rho * a + (1 - rho) * ops.square(dw)
        step = ops.sqrt(d + self.epsilon) * dw / ops.sqrt(a + self.epsilon)
        d = rho * d + (1 - rho) * ops.square(step)
        return w - step * rate, a, d


@register("keras.optimizers")
class Ftrl(Optimizer):
    """Follow the regularized leader, for large sparse models with exact zeros.

    McMahan et al., 2013, "Ad Click Prediction: a View from the Trenches".

    Args:
        learning_rate: float, schedule or function of nothing.
        learning_rate_power: how steps shrink with the sum of squares, at most 0.
        initial_accumulator_value: first value of that sum, at least 0.
        l1_regularization_strength: at least 0; makes weights exactly zero.
        l2_regularization_strength: at least 0.
        l2_shrinkage_regularization_strength: at least 0; penalty on the weights in the gradient.
        beta: at least 0, of the paper.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.Ftrl(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    slots = (("accumulator", "linear"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            learning_rate,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            use_ema=use_ema,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
            name=name,
            **kwargs,
        )
        for argument, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise ValueError(
                    f"Argument `{argument}` must be positive or zero. Received: {argument}={value}."
                )
        if learning_rate_power > 0.0:
            raise ValueError(
                "Argument `learning_rate_power` must be negative or zero. "
                f"Received: learning_rate_power={learning_rate_power}."
            )
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    def initial_value(self, slot: str) -> Any:
        if slot == "accumulator":
            return initializers.Constant(self.initial_accumulator_value)
        return "zeros"

    def update(self, w: Any, dw: Any, a: Any, linear: Any) -> Any:
        rate, _ = self.clock(w)
        power, l1 = -self.learning_rate_power, self.l1_regularization_strength
        l2 = self.l2_regularization_strength + self.beta / (2.0 * rate)
        new = a + ops.square(dw)
        if self.l2_shrinkage_regularization_strength:
            dw = dw + 2 * self.l2_shrinkage_regularization_strength * w
        root = new**power
        linear = linear + dw - (root - a**power) / rate * w
        quadratic = root / rate + 2 * l2
        return (ops.clip(linear, -l1, l1) - linear) / quadratic, new, linear
