"""Keras 3 on NumPy: define, train, save and serve neural networks with one small library.

Rooms are imported when they are first used, so that `import hornlet` costs next to nothing.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from hornlet.base import registry

if TYPE_CHECKING:
    from hornlet import (
        activations,
        applications,
        backend,
        callbacks,
        config,
        constraints,
        datasets,
        distillation,
        distribution,
        dtype_policies,
        engine,
        export,
        initializers,
        layers,
        legacy,
        losses,
        metrics,
        mini,
        mixed_precision,
        models,
        ops,
        optimizers,
        plot,
        preprocessing,
        quantizers,
        random,
        regularizers,
        saving,
        tree,
        utils,
        visualization,
        wrappers,
    )
    from hornlet.aliases import as_keras
    from hornlet.base.names import name_scope
    from hornlet.base.version import version
    from hornlet.distribution.devices import device
    from hornlet.engine.grad import grad, value_and_grad
    from hornlet.engine.tape import GradientTape
    from hornlet.initializers.initializer import Initializer
    from hornlet.layers.base import Layer
    from hornlet.layers.input import Input
    from hornlet.layers.spec import InputSpec
    from hornlet.losses.loss import Loss
    from hornlet.metrics.metric import Metric
    from hornlet.models.functional import Functional
    from hornlet.models.graph import Function
    from hornlet.models.model import Model
    from hornlet.models.sequential import Sequential
    from hornlet.optimizers.optimizer import Optimizer
    from hornlet.quantizers.quantizer import Quantizer
    from hornlet.regularizers.penalties import Regularizer
    from hornlet.tensor.dtype_policy import DTypePolicy, FloatDTypePolicy
    from hornlet.tensor.keras_tensor import KerasTensor
    from hornlet.tensor.operation import Operation
    from hornlet.tensor.rematerialization import RematScope, remat
    from hornlet.tensor.scope import AutocastScope, StatelessScope, SymbolicScope
    from hornlet.tensor.variable import Variable

__version__ = "0.1.0"

# The threads of NumPy's matrix products spin for 2**26 cycles after each product, on the core that
# the engine's own second thread, or another program, could use: 2**20 do. NumPy reads this once,
# when it is first imported; a value that is set already stays.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "20")

# Rooms whose classes files may name; the registry has them imported before it gives up on a name.
_ROOMS = (
    "activations",
    "applications",
    "callbacks",
    "constraints",
    "distillation",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "quantizers",
    "random",
    "regularizers",
    "utils",
)
_OTHERS = (
    "backend",
    "config",
    "datasets",
    "distribution",
    "engine",
    "export",
    "legacy",
    "mini",
    "mixed_precision",
    "ops",
    "plot",
    "preprocessing",
    "saving",
    "tree",
    "visualization",
    "wrappers",
)
_NAMES = {
    "AutocastScope": "tensor.scope",
    "DTypePolicy": "tensor.dtype_policy",
    "FloatDTypePolicy": "tensor.dtype_policy",
    "Function": "models.graph",
    "Functional": "models.functional",
    "GradientTape": "engine.tape",
    "Initializer": "initializers.initializer",
    "Input": "layers.input",
    "InputSpec": "layers.spec",
    "KerasTensor": "tensor.keras_tensor",
    "Layer": "layers.base",
    "Loss": "losses.loss",
    "Metric": "metrics.metric",
    "Model": "models.model",
    "Operation": "tensor.operation",
    "Optimizer": "optimizers.optimizer",
    "Quantizer": "quantizers.quantizer",
    "Regularizer": "regularizers.penalties",
    "RematScope": "tensor.rematerialization",
    "Sequential": "models.sequential",
    "StatelessScope": "tensor.scope",
    "SymbolicScope": "tensor.scope",
    "Variable": "tensor.variable",
    "as_keras": "aliases",
    "device": "distribution.devices",
    "grad": "engine.grad",
    "name_scope": "base.names",
    "remat": "tensor.rematerialization",
    "value_and_grad": "engine.grad",
    "version": "base.version",
}

__all__ = sorted(["__version__", *_ROOMS, *_OTHERS, *_NAMES])


def __getattr__(name):
    if name in _NAMES:
        found = getattr(import_module(f"hornlet.{_NAMES[name]}"), name)
    elif name in _ROOMS or name in _OTHERS:
        found = import_module(f"hornlet.{name}")
    else:
        raise AttributeError(f"module 'hornlet' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__():
    return __all__


def _fill_registry():
    for room in _ROOMS:
        import_module(f"hornlet.{room}")


registry.complete_with(_fill_registry)
