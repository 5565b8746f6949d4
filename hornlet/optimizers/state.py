"""What an optimizer keeps: settings, learning rate, variables; and how they are saved."""

from __future__ import annotations

import re
import warnings
from typing import Any

import hornlet.initializers as initializers
import hornlet.ops as ops
from hornlet.base.config import floatx
from hornlet.base.configurable import Configurable, signature_of
from hornlet.base.names import auto_name, name_scope
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.optimizers.blocks import Block
from hornlet.optimizers.schedules.schedule import LearningRateSchedule
from hornlet.tensor.variable import Variable


class OptimizerState(Configurable):
    """The part of `Optimizer` that does not step: see there."""

    def __init__(
        self,
        learning_rate: Any,
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
        self._variables: list[Variable] = []
        if kwargs.pop("decay", None) is not None:
            warnings.warn("Argument `decay` is no longer supported; use a schedule.", stacklevel=3)
        if kwargs:
            raise ValueError(f"Argument(s) not recognized: {kwargs}")
        if gradient_accumulation_steps and not gradient_accumulation_steps >= 2:
            raise ValueError(
                "Argument `gradient_accumulation_steps` must be an integer >= 2. Received: "
                f"gradient_accumulation_steps={gradient_accumulation_steps}"
            )
        if use_ema and not 0 <= ema_momentum <= 1:
            raise ValueError(
                "Argument `ema_momentum` must be in the range [0, 1]. "
                f"Received: ema_momentum={ema_momentum}"
            )
        every = ema_overwrite_frequency
        if use_ema and every and (not isinstance(every, int) or every < 1):
            raise ValueError(
                "Argument `ema_overwrite_frequency` must be an integer >= 1 or None. "
                f"Received: ema_overwrite_frequency={every}"
            )
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            )
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._trainable_variables: list[Variable] = []
        self._indices: dict[int, int] = {}
        self._excluded: set[int] = set()
        self._excluded_names: Any = None
        self._given_rate: Any = None
        self._cached_blocks: dict[Any, list[Block]] = {}
        with name_scope(self.name, caller=self):
            self._iterations = Variable(0, name="iteration", dtype="int32", trainable=False)
            if not callable(learning_rate):
                if not isinstance(learning_rate, float):
                    raise ValueError(
                        "Argument `learning_rate` should be float, or an instance of "
                        "LearningRateSchedule, or a callable of no arguments that returns it. "
                        f"Received instead: learning_rate={learning_rate!r}"
                    )
                learning_rate = Variable(
                    learning_rate, name="learning_rate", dtype=floatx(), trainable=False
                )
        self._learning_rate = learning_rate

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Variable):
            self._track(value)
        super().__setattr__(name, value)

    def _track(self, variable: Variable) -> None:
        self._check_super_called()
        if all(variable is not known for known in self._variables):
            self._variables.append(variable)

    def _check_super_called(self) -> None:
        if "_variables" not in self.__dict__:
            raise RuntimeError(
                f"In optimizer '{type(self).__name__}', you forgot to call `super().__init__()` "
                "as the first statement in the `__init__()` method."
            )

    # Variables

    @property
    def variables(self) -> list:
        """All variables of the optimizer, in the order in which they are saved."""
        return self._variables[:]

    @property
    def iterations(self) -> Any:
        """How many updates have been made."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the next step; assign a number, a schedule or a function."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations)
        return rate() if callable(rate) and not isinstance(rate, Variable) else rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        before = self._learning_rate
        if callable(learning_rate):
            self._learning_rate = learning_rate
            if isinstance(before, Variable):
                self._variables = [v for v in self._variables if v is not before]
        elif isinstance(before, LearningRateSchedule):
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule`, so its learning rate is "
                "not settable to a number. Create it with a float `learning_rate` instead."
            )
        else:
            self._learning_rate.assign(learning_rate)

    def add_variable(
        self,
        shape: Any,
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Any:
        """A new variable of the optimizer, saved with it."""
        self._check_super_called()
        with name_scope(self.name, caller=self):
            variable = Variable(
                initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                name=name,
            )
        self._track(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Any, name: str | None = None, initializer: Any = "zeros"
    ) -> Any:
        """A new variable of the shape and dtype of one of the model's."""
        path = getattr(reference_variable, "path", None) or reference_variable.name
        return self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            name=f"{path.replace('/', '_').replace(':', '_')}_{name or 'var'}",
        )

    def add_optimizer_variables(
        self, trainable_variables: list, name: Any, initializer: Any = "zeros"
    ) -> Any:
        """New variables like those of the model: a list, or one list for each of several names."""
        names = [name] if isinstance(name, str) else list(name)
        starts = initializer if isinstance(initializer, (list, tuple)) else [initializer]
        if len(starts) == 1:
            starts = list(starts) * len(names)
        if len(starts) != len(names):
            raise ValueError(
                f"The number of initializers ({len(starts)}) must be that of the names "
                f"({len(names)}), or 1. Received: name={name}, initializer={initializer}"
            )
        made: tuple[list, ...] = tuple([] for _ in names)
        for v in trainable_variables:
            for k, (slot, start) in enumerate(zip(names, starts)):
                skip = overwrites(v)
                new = None if skip else self.add_variable_from_reference(v, slot, start)
                made[k].append(new)
        return made[0] if isinstance(name, str) else made

    # Weight decay

    def _var_key(self, variable: Any) -> int:
        return id(variable)

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Names variables that weight decay leaves alone; call it before training.

        Args:
            var_list: variables.
            var_names: strings; a variable whose name contains one is left alone.
        """
        self._excluded = {self._var_key(v) for v in var_list or ()}
        self._excluded_names = re.compile("|".join(set(var_names))) if var_names else None
        self._cached_blocks = {}

    def _use_weight_decay(self, variable: Any) -> bool:
        if self._var_key(variable) in self._excluded:
            return False
        return self._excluded_names is None or not self._excluded_names.search(variable.name)

    def _decay_of(self, variable: Any) -> float | None:
        """The weight decay of one variable, or None."""
        return (self._use_weight_decay(variable) and self.weight_decay) or None

    # Saving

    def set_weights(self, weights: list) -> None:
        """Assigns values to the optimizer's variables, in the order of `variables`."""
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. "
                "Call `optimizer.build(trainable_variables)` first."
            )
        for variable, weight in zip(self._variables, weights):
            if tuple(variable.shape) != tuple(weight.shape):
                raise ValueError(
                    f"Optimizer variable {variable.path} has shape {tuple(variable.shape)} not "
                    f"compatible with provided weight shape {tuple(weight.shape)}."
                )
            variable.assign(weight)

    def save_own_variables(self, store: Any) -> None:
        """Writes the variables to a dictionary-like store."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Reads the variables from a store; warns and leaves them when the number differs."""
        variables = self.variables
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has "
                f"{len(variables)} variables whereas the saved optimizer has "
                f"{len(store.keys())} variables.",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(variables):
            variable.assign(store[str(i)])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with the learning rate of this moment."""
        rate = self._learning_rate
        if isinstance(rate, Variable):
            rate = float(rate.numpy())
        config = {"name": self.name, "learning_rate": serialize_keras_object(rate)}
        for cls in (OptimizerState, *reversed(type(self).__mro__)):
            own = cls.__module__.startswith("hornlet.") and issubclass(cls, OptimizerState)
            signature = signature_of(cls) if own else None
            for name in signature.names if signature else ():
                if name not in config:
                    config[name] = serialize_keras_object(getattr(self, name))
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """An optimizer with this config and fresh variables."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = deserialize_keras_object(
                config["learning_rate"], custom_objects=custom_objects
            )
        return cls(**config)


def overwrites(variable: Any) -> bool:
    """Whether a variable is replaced by its gradient (statistics of low-precision layers)."""
    return getattr(variable, "overwrite_with_gradient", False)
