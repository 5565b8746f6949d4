"""Adam and its relatives: averages of the gradient and of its square."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.config import floatx
from hornlet.base.registry import register
from hornlet.optimizers.optimizer import Optimizer
from hornlet.tensor.variable import Variable


def moments(m: Any, v: Any, dw: Any, beta_1: float, beta_2: float) -> tuple[Any, Any]:
    """Moves the averages `m` of the gradient and `v` of its square by one step."""
    return m + (dw - m) * (1 - beta_1), v + (ops.square(dw) - v) * (1 - beta_2)


@register("keras.optimizers")
class Adam(Optimizer):
    """Adam: steps of the average gradient over the root of the average square.

    `m` and `v` are moving averages of `dw` and `dw**2`; with `t` the number of the step
    `w = w - rate * m / (sqrt(v) + epsilon)`,
    `rate = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)`.
    Kingma and Ba, 2014, arXiv:1412.6980.

    Args:
        learning_rate: float, schedule or function of nothing.
        beta_1: share of the old average of gradients in the new.
        beta_2: share of the old average of squares in the new.
        epsilon: added to the denominator.
        amsgrad: whether to divide by the largest `v` so far (Reddi et al., 2018).

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.Adam(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad
        self.slots = (("momentum", "velocity"), *(("velocity_hat",) if amsgrad else ()))

    def update(self, w: Any, dw: Any, m: Any, v: Any, *largest: Any) -> Any:
        rate, step = self.clock(w)
        # Scalars are folded first, so that few operations run over whole arrays.
        rate = rate * ops.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        m, v = moments(m, v, dw, self.beta_1, self.beta_2)
        largest = tuple(ops.maximum(top, v) for top in largest)
        w = w - m * rate / (ops.sqrt(largest[0] if largest else v) + self.epsilon)
        return w, m, v, *largest


@register("keras.optimizers")
class AdamW(Adam):
    """Adam with weight decay apart from the gradient: each step takes `weight_decay * rate * w`.

    Loshchilov and Hutter, 2019, arXiv:1711.05101.

    Args:
        learning_rate: float, schedule or function of nothing.
        weight_decay: share (times the learning rate) of itself each weight loses per step.
        beta_1: see `Adam`.
        beta_2: see `Adam`.
        epsilon: see `Adam`.
        amsgrad: see `Adam`.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.AdamW(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
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
        if weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")


@register("keras.optimizers")
class Adamax(Optimizer):
    """Adam with the largest gradient instead of the average square.

    `u = max(beta_2 * u, abs(dw))`, `w = w - learning_rate / (1 - beta_1**t) * m / (u + epsilon)`.
    Kingma and Ba, 2014, arXiv:1412.6980, section 7.

    Args:
        learning_rate: float, schedule or function of nothing.
        beta_1: share of the old average of gradients in the new.
        beta_2: share of the old largest gradient in the new.
        epsilon: added to the denominator.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.Adamax(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    slots = (("momentum", "norm"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def update(self, w: Any, dw: Any, m: Any, u: Any) -> Any:
        rate, step = self.clock(w)
        rate = rate / (1 - self.beta_1**step)
        m = m + (dw - m) * (1 - self.beta_1)
        u = ops.maximum(self.beta_2 * u, ops.abs(dw))
        return w - m * rate / (u + self.epsilon), m, u


@register("keras.optimizers")
class Nadam(Optimizer):
    """Adam with Nesterov momentum, whose share `u` warms up: `u(t) = beta_1 * (1 - 0.96**t / 2)`.

    Dozat, 2015, "Incorporating Nesterov Momentum into Adam".

    Args:
        learning_rate: float, schedule or function of nothing.
        beta_1: share of the old average of gradients in the new.
        beta_2: share of the old average of squares in the new.
        epsilon: added to the denominator.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.Nadam(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    slots = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables: list) -> None:
        if not self.built:
            super().build(variables)
            dtype = variables[0].dtype if variables else floatx()
            self._u_product = Variable(1.0, dtype=dtype, trainable=False)

    def warm(self, step: Any) -> Any:
        """The momentum's share `u` at a step."""
        return self.beta_1 * (1.0 - 0.5 * 0.96**step)

    def prepare(self) -> None:
        step = ops.cast(self.iterations + 1, self._u_product.dtype)
        self._u_product.assign(self._u_product * self.warm(step))

    def update(self, w: Any, dw: Any, m: Any, v: Any) -> Any:
        rate, step = self.clock(w)
        now, following = self.warm(step), self.warm(step + 1)
        product = ops.cast(self._u_product, w.dtype)
        m, v = moments(m, v, dw, self.beta_1, self.beta_2)
        ahead = m * (rate * following / (1 - product * following))
        ahead = ahead + dw * (rate * (1 - now) / (1 - product))
        scale = 1 / ops.sqrt(1 - self.beta_2**step)
        return w - ahead / (ops.sqrt(v) * scale + self.epsilon), m, v


@register("keras.optimizers")
class ScheduleFreeAdamW(Optimizer):
    """AdamW that averages its iterates instead of lowering the learning rate.

    Gradients are taken between the iterate `z` and the average `x` of iterates. Defazio et al.,
    2024, arXiv:2405.15682.

    Args:
        learning_rate: float, schedule or function of nothing.
        beta_1: share of the average `x` in the point where gradients are taken.
        beta_2: share of the old average of squares in the new.
        epsilon: added to the denominator.
        warmup_steps: number of steps over which the learning rate rises from 0.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.ScheduleFreeAdamW(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    slots = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def build(self, variables: list) -> None:
        if not self.built:
            super().build(variables)
            for z, w in zip(self._slots["momentum"], variables):
                if z is not None:
                    z.assign(w)

    def update(self, w: Any, dw: Any, z: Any, v: Any) -> Any:
        rate, step = self.clock(w)
        if self.warmup_steps > 0:
            rate = rate * ops.minimum(step / self.warmup_steps, 1.0)
        x = (w - (1 - self.beta_1) * z) / self.beta_1
        v = v + (ops.square(dw) - v) * (1 - self.beta_2)
        z = z - dw * rate / (ops.sqrt(v / (1 - self.beta_2**step)) + self.epsilon)
        x = (1 - 1 / step) * x + (1 / step) * z
        return (1 - self.beta_1) * z + self.beta_1 * x, z, v
