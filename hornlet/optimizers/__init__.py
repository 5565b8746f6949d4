"""keras.optimizers."""

from __future__ import annotations

from hornlet.optimizers import legacy, schedules
from hornlet.optimizers.adam import Adam, Adamax, AdamW, Nadam, ScheduleFreeAdamW
from hornlet.optimizers.adaptive import Adadelta, Adagrad, Ftrl, RMSprop
from hornlet.optimizers.lookup import deserialize, get, serialize
from hornlet.optimizers.loss_scale import LossScaleOptimizer
from hornlet.optimizers.multi import MultiOptimizer, OptimizerMap
from hornlet.optimizers.muon import Muon
from hornlet.optimizers.optimizer import Optimizer
from hornlet.optimizers.sgd import SGD, Lion
from hornlet.optimizers.variablewise import Adafactor, Lamb

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]
