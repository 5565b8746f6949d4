"""Rules that look at a whole variable: its norm, its rows and columns, its singular values."""

from __future__ import annotations

from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.optimizers.adam import moments
from hornlet.optimizers.optimizer import Optimizer
from hornlet.tensor.variable import Variable


def root_mean_square(x: Any) -> Any:
    """Root of the mean of the squares of all elements."""
    return ops.sqrt(ops.mean(ops.square(x)))


@register("keras.optimizers")
class Lamb(Optimizer):
    """Adam whose step is scaled to the norm of each variable, for large batches.

    `w = w - learning_rate * norm(w) / norm(step) * step`, `step` being Adam's. You et al., 2019,
    arXiv:1904.00962.

    Args:
        learning_rate: float, schedule or function of nothing.
        beta_1: share of the old average of gradients in the new.
        beta_2: share of the old average of squares in the new.
        epsilon: added to the denominator.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.Lamb(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    slots = (("momentum", "velocity"),)
    elementwise = False

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

    def update(self, w: Any, dw: Any, m: Any, v: Any) -> Any:
        rate, t = self.clock(w)
        m, v = moments(m, v, dw, self.beta_1, self.beta_2)
        step = m / (1 - self.beta_1**t) / (ops.sqrt(v / (1 - self.beta_2**t)) + self.epsilon)
        w_norm = ops.sqrt(ops.sum(ops.square(w)))
        norm = ops.sqrt(ops.sum(ops.square(step)))
        usable = ops.logical_and(w_norm > 0, norm > 0)
        ratio = ops.where(usable, w_norm / ops.where(usable, norm, 1.0), 1.0)
        return w - step * (ratio * rate), m, v


@register("keras.optimizers")
class Adafactor(Optimizer):
    """Adam with little memory: squares of a matrix's gradient are kept by row and by column.

    Shazeer and Stern, 2018, arXiv:1804.04235.

    Args:
        learning_rate: float, schedule or function of nothing.
        beta_2_decay: power with which the averages' share falls with the steps.
        epsilon_1: added to squared gradients.
        epsilon_2: smallest size of a variable, which steps are relative to.
        clip_threshold: largest root mean square of a step before scaling.
        relative_step: whether the rate falls as one over the root of the number of steps.

    The other arguments are those of `Optimizer`.

    >>> w = keras.Variable([1.0])
    >>> keras.optimizers.Adafactor(0.1).apply([np.array([0.5])], [w])
    >>> float(w.numpy()[0]) < 1.0
    True
    """

    elementwise = False

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
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
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, variables: list) -> None:
        if self.built:
            return
        super().build(variables)
        rows: list = []
        columns: list = []
        squares: list = []
        for v in variables:
            if getattr(v, "overwrite_with_gradient", False):
                made: tuple = (None, None, None)
            elif len(v.shape) < 2:  # no rows: the two stay empty places
                empty = [Variable(0, name=v.name, trainable=False) for _ in range(2)]
                for variable in empty:
                    self._track(variable)
                made = (*empty, self.add_variable_from_reference(v, "velocity"))
            else:
                shapes = (v.shape[:-1], (*v.shape[:-2], v.shape[-1]))
                made = (
                    *(self.add_variable(shape, dtype=v.dtype, name=v.name) for shape in shapes),
                    self.add_variable_from_reference(v, "velocity"),
                )
            for slots, variable in zip((rows, columns, squares), made):
                slots.append(variable)
        self._slots = {"row": rows, "column": columns, "velocity": squares}

    def update(self, w: Any, dw: Any, row: Any, column: Any, v: Any) -> Any:
        rate, step = self.clock(w)
        falling = 1 / ops.sqrt(step)
        size = ops.maximum(self.epsilon_2, root_mean_square(w)) * ops.minimum(rate, falling)
        square = ops.square(dw) + self.epsilon_1
        share = 1 - step**self.beta_2_decay
        if len(w.shape) >= 2:
            row = share * row + (1 - share) * ops.mean(square, axis=-1)
            column = share * column + (1 - share) * ops.mean(square, axis=-2)
            relative = row / ops.mean(row, axis=-1, keepdims=True)
            v = ops.expand_dims(relative, -1) * ops.expand_dims(column, -2)
        else:
            v = share * v + (1 - share) * square
        u = dw / ops.sqrt(v)
        u = u / ops.maximum(1.0, root_mean_square(u) / self.clip_threshold)
        return w - size * u, row, column, v
