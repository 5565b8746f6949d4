"""The base class of learning-rate schedules, and how they are read from a config."""

from __future__ import annotations

from typing import Any

import hornlet.base.lookup as lookup
import hornlet.ops as ops
from hornlet.base.config import floatx
from hornlet.base.configurable import Configurable
from hornlet.base.serialization import serialize_keras_object

ROOM = "keras.optimizers.schedules"


class LearningRateSchedule(Configurable):
    """Base of the schedules: a function from the number of steps made to a learning rate.

    A subclass defines `__call__(step)` in tensor operations and keeps its arguments as attributes.

    >>> class Falling(keras.optimizers.schedules.LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.1 / (step + 1)
    >>> float(keras.optimizers.SGD(Falling()).learning_rate)
    0.1
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate after `step` steps."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )


def scalar(value: Any) -> Any:
    """A number as a scalar of the dtype learning rates have."""
    return ops.cast(value, floatx())


def serialize(learning_rate_schedule: Any) -> Any:
    """The config of a schedule, with its class.

    >>> schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    >>> keras.optimizers.schedules.serialize(schedule)["class_name"]
    'ExponentialDecay'
    """
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """The schedule described by what `serialize` returned.

    >>> schedule = keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.1, 0.01])
    >>> config = keras.optimizers.schedules.serialize(schedule)
    >>> keras.optimizers.schedules.deserialize(config).values
    [0.1, 0.01]
    """
    return lookup.deserialize(ROOM, config, "learning_rate", custom_objects)
