"""Gradient descent, with or without momentum, and its sign."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.optimizers.optimizer import Optimizer


@register("keras.optimizers")
class SGD(Optimizer):
    """Gradient descent: `w = w - learning_rate * dw`, with momentum if asked for.

    With momentum: `velocity = momentum * velocity - learning_rate * dw` and
    `w = w + velocity`; Nesterov's looks ahead: `w = w + momentum * velocity - learning_rate * dw`.

    Args:
        learning_rate: float, schedule or function of nothing.
        momentum: share of the last step kept, a float in `[0, 1]`.
        nesterov: whether to use Nesterov's momentum.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.SGD(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        if not isinstance(momentum, float) or not 0 <= momentum <= 1:
            raise ValueError(
                "Argument `momentum` must be a float between [0, 1]. "
                f"Received: momentum={momentum!r}"
            )
        self.momentum = momentum
        self.nesterov = nesterov
        self.slots = ("momentum",) if momentum else ()

    def update(self, w: Any, dw: Any, *slots: Any) -> Any:
        rate, _ = self.clock(w)
        step = dw * rate
        if not slots:
            return w - step
        velocity = slots[0] * self.momentum - step
        if self.nesterov:
            return w + (velocity * self.momentum - step), velocity
        return w + velocity, velocity


@register("keras.optimizers")
class Lion(Optimizer):
    """Evolved sign momentum: `w = w - learning_rate * sign(beta_1 * m + (1 - beta_1) * dw)`.

    After that `m = beta_2 * m + (1 - beta_2) * dw`. Chen et al., 2023, arXiv:2302.06675. The
    learning rate is usually 3 to 10 times smaller than Adam's.

    Args:
        learning_rate: float, schedule or function of nothing.
        beta_1: share of the momentum in the step, in `(0, 1]`.
        beta_2: share of the old momentum in the new.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.Lion(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    slots = ("momentum",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        if not 0 < beta_1 <= 1:
            raise ValueError(
                "Argument `beta_1` must be in the (0, 1] range; at 0 the optimizer degenerates to "
                f"SignSGD. Received: beta_1={beta_1}."
            )
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def update(self, w: Any, dw: Any, m: Any) -> Any:
        rate, _ = self.clock(w)
        w = w - rate * ops.sign(m * self.beta_1 + dw * (1.0 - self.beta_1))
        return w, m * self.beta_2 + dw * (1.0 - self.beta_2)
