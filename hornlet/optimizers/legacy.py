"""keras.optimizers.legacy: the names of Keras 2's optimizers, which Keras 3 has no longer.

Old programs import them; making one says what to use.
"""

from __future__ import annotations

from typing import Any


class LegacyOptimizerWarning:
    """What stands for every optimizer of Keras 2.

    Raises: ImportError when one is made.

    >>> keras.optimizers.legacy.Adam(1e-3)
    Traceback (most recent call last):
    ...
    ImportError: Keras 3 has no `keras.optimizers.legacy`. ...
    """

    def __init__(self, *args: Any, **kwargs: Any):
        raise ImportError(
            "Keras 3 has no `keras.optimizers.legacy`. Take the class of the same name from "
            "`keras.optimizers`, which has the same arguments; `decay` is a schedule there, such "
            "as `keras.optimizers.schedules.InverseTimeDecay`."
        )


Adagrad = Adam = Ftrl = Optimizer = RMSprop = SGD = LegacyOptimizerWarning

__all__ = ["SGD", "Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop"]
