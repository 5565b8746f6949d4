"""Learning-rate schedules that fall: by powers, pieces, polynomials, fractions and cosines."""

from __future__ import annotations

import math
from typing import Any

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.optimizers.schedules.schedule import ROOM, LearningRateSchedule, scalar


def _positive(name: str, value: Any) -> Any:
    if value <= 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={value}")
    return value


@register(ROOM)
class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate**(step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: number of steps in which the rate is multiplied by `decay_rate`.
        decay_rate: that factor.
        staircase: whether to round `step / decay_steps` down.
        name: name of the schedule.

    >>> float(keras.optimizers.schedules.ExponentialDecay(1.0, 10, 0.5)(20))
    0.25
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Any:
        p = scalar(step) / self.decay_steps
        if self.staircase:
            p = ops.floor(p)
        return scalar(self.initial_learning_rate) * ops.power(scalar(self.decay_rate), p)


@register(ROOM)
class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[0]` up to and including step `boundaries[0]`, then `values[1]`, and so on.

    Args:
        boundaries: rising numbers of steps.
        values: learning rates, one more than `boundaries`.
        name: name of the schedule.

    >>> schedule = keras.optimizers.schedules.PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.25])
    >>> [float(schedule(step)) for step in (0, 2, 3, 5)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(self, boundaries: Any, values: Any, name: str = "PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of `boundaries` should be 1 less than that of `values`. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of "
                f"length {len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Any:
        step = ops.convert_to_tensor(step)
        rate = scalar(self.values[0])
        for boundary, value in zip(self.boundaries, self.values[1:]):
            rate = ops.where(step > ops.cast(boundary, step.dtype), scalar(value), rate)
        return rate


@register(ROOM)
class PolynomialDecay(LearningRateSchedule):
    """From the initial rate to `end_learning_rate` as `(1 - step / decay_steps)**power`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: number of steps of the descent.
        end_learning_rate: the rate at its end.
        power: exponent, 1 for a straight line.
        cycle: whether to start again, with twice, three times ... the steps, instead of staying.
        name: name of the schedule.

    >>> float(keras.optimizers.schedules.PolynomialDecay(1.0, 10, 0.5)(5))
    0.75
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Any:
        start, end = scalar(self.initial_learning_rate), scalar(self.end_learning_rate)
        step, total = scalar(step), scalar(self.decay_steps)
        if self.cycle:
            total = total * ops.maximum(ops.ceil(step / total), 1.0)
        else:
            step = ops.minimum(step, total)
        return (start - end) * ops.power(1 - step / total, scalar(self.power)) + end


@register(ROOM)
class InverseTimeDecay(LearningRateSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: number of steps per unit of decay.
        decay_rate: how fast the rate falls.
        staircase: whether to round `step / decay_steps` down.
        name: name of the schedule.

    >>> float(keras.optimizers.schedules.InverseTimeDecay(1.0, 10, 1.0)(10))
    0.5
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> Any:
        p = scalar(step) / self.decay_steps
        if self.staircase:
            p = ops.floor(p)
        return scalar(self.initial_learning_rate) / (1.0 + self.decay_rate * p)


def _half_cosine(fraction: Any) -> Any:
    return 0.5 * (1.0 + ops.cos(math.pi * fraction))


@register(ROOM)
class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate down, after an optional linear warm-up.

    `rate * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)`; Loshchilov and Hutter,
    2016, arXiv:1608.03983.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: number of steps of the descent.
        alpha: last rate as a share of the rate it falls from.
        name: name of the schedule.
        warmup_target: rate at the end of the warm-up and start of the descent; `None` for none.
        warmup_steps: number of steps of the warm-up.

    >>> float(keras.optimizers.schedules.CosineDecay(1.0, 10)(10))
    0.0
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive("decay_steps", decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Any:
        step, start = scalar(step), scalar(self.initial_learning_rate)
        if self.warmup_target is None:
            return self._descent(step, start)
        target = scalar(self.warmup_target)
        down = self._descent(step - self.warmup_steps, target)
        if not self.warmup_steps:
            return down
        up = start + (target - start) * (step / self.warmup_steps)
        return ops.where(step < self.warmup_steps, up, down)

    def _descent(self, step: Any, start: Any) -> Any:
        fraction = ops.minimum(step, self.decay_steps) / self.decay_steps
        return start * ((1 - self.alpha) * _half_cosine(fraction) + self.alpha)


@register(ROOM)
class CosineDecayRestarts(LearningRateSchedule):
    """Cosine descents one after the other, each longer and lower than the last.

    Loshchilov and Hutter, 2016, arXiv:1608.03983.

    Args:
        initial_learning_rate: the rate at step 0.
        first_decay_steps: number of steps of the first descent.
        t_mul: factor of the number of steps from one descent to the next.
        m_mul: factor of the rate each descent starts from.
        alpha: lowest rate as a share of the initial rate.
        name: name of the schedule.

    >>> schedule = keras.optimizers.schedules.CosineDecayRestarts(1.0, 10, m_mul=0.5)
    >>> float(schedule(0)), float(schedule(10))
    (1.0, 0.5)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = _positive("first_decay_steps", first_decay_steps)
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Any:
        fraction = scalar(step) / self.first_decay_steps
        if self.t_mul == 1.0:
            restarts = ops.floor(fraction)
            fraction = fraction - restarts
        else:
            # Descent i begins at 1 + t + ... + t**(i - 1), in units of the first one's length.
            t = scalar(self.t_mul)
            restarts = ops.floor(ops.log(scalar(1.0 - fraction * (1.0 - t))) / ops.log(t))
            length = ops.power(t, restarts)
            fraction = (fraction - (1.0 - length) / (1.0 - t)) / length
        height = ops.power(scalar(self.m_mul), restarts) * _half_cosine(fraction)
        return scalar(self.initial_learning_rate) * ((1 - self.alpha) * height + self.alpha)
