"""Several optimizers as one: each variable has its own, chosen by its path."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.optimizers.loss_scale import LossScaleOptimizer
from hornlet.optimizers.optimizer import Optimizer


@register("keras.optimizers")
class OptimizerMap(MutableMapping):
    """A dictionary from patterns of variable paths to optimizers, with one for all others.

    Args:
        default_optimizer: the optimizer of variables that no pattern matches.
        optimizer_map: dictionary from regular expression (matched against the whole path) to
            optimizer.

    Raises:
        TypeError: for arguments of other types.

    >>> table = keras.optimizers.OptimizerMap(keras.optimizers.Adam())
    >>> table["dense/.*"] = keras.optimizers.SGD()
    >>> type(table["dense/kernel"]).__name__, type(table["conv/kernel"]).__name__
    ('SGD', 'Adam')
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict | None = None):
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                f"Argument `default_optimizer` must be an optimizer. Received: {default_optimizer}"
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"Argument `optimizer_map` must be a dict. Received: {optimizer_map}")
        self._default_optimizer = default_optimizer
        self._optimizer_map = optimizer_map or {}

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of variables that no pattern matches."""
        return self._default_optimizer

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        matching = [pattern for pattern in self._optimizer_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(
                f"Multiple optimizers assigned to variable {key}: patterns {matching}."
            )
        return self._optimizer_map[matching[0]] if matching else self._default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if not isinstance(key, str):
            raise ValueError(f"key must be a string. Received: {key!r}")
        if key in self._optimizer_map:
            raise ValueError(f"{key!r} is in the OptimizerMap already. Delete it first.")
        _check_inner(optimizer)
        self._optimizer_map[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizer_map[key]

    def __len__(self) -> int:
        return len(self._optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizer_map)

    def __call__(self, variable: Any) -> Optimizer:
        return self[variable.path]

    def get_config(self) -> dict[str, Any]:
        """The configs of all optimizers."""
        return {
            "default_optimizer": serialize_keras_object(self._default_optimizer),
            "optimizer_map": serialize_keras_object(self._optimizer_map),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> OptimizerMap:
        """A map with this config."""
        return cls(
            **{
                key: deserialize_keras_object(value, custom_objects=custom_objects)
                for key, value in config.items()
            }
        )


def _check_inner(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"Expected an optimizer. Received: {optimizer!r}")
    if isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ValueError(f"{type(optimizer).__name__} cannot be used inside a MultiOptimizer.")


@register("keras.optimizers")
class MultiOptimizer(Optimizer):
    """Updates each variable with the optimizer that a map chooses.

    Args:
        optimizer_map: an `OptimizerMap`, or any function from a variable to its optimizer.
        loss_scale_factor: see `Optimizer`; set on all inner optimizers.
        name: name of the optimizer.

    >>> table = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.5))
    >>> optimizer = keras.optimizers.MultiOptimizer(table)
    >>> w = keras.Variable([1.0])
    >>> optimizer.apply([np.array([1.0])], [w])
    >>> w.numpy()
    array([0.5], dtype=float32)
    """

    def __init__(
        self, optimizer_map: Any, loss_scale_factor: float | None = None, name: str | None = None
    ):
        self._inner_optimizers: list[Optimizer] = []
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self.optimizer_map = optimizer_map
        values = optimizer_map.values() if hasattr(optimizer_map, "values") else ()
        for optimizer in (*values, getattr(optimizer_map, "default_optimizer", None)):
            if optimizer is not None:
                self._enter(optimizer)

    def _enter(self, optimizer: Optimizer) -> None:
        _check_inner(optimizer)
        if all(optimizer is not known for known in self._inner_optimizers):
            optimizer.loss_scale_factor = self.loss_scale_factor
            self._inner_optimizers.append(optimizer)

    def _shares(self, pairs: list[tuple]) -> Iterator[tuple[Optimizer, list[tuple]]]:
        """Each inner optimizer with its share of pairs (anything, variable)."""
        for optimizer in self._inner_optimizers:
            share = [p for p in pairs if self._chosen[self._var_key(p[1])] is optimizer]
            if share:
                yield optimizer, share

    def build(self, variables: list) -> None:
        if self.built:
            return
        variables = list(variables)
        self._chosen = {self._var_key(v): self.optimizer_map(v) for v in variables}
        for optimizer in self._chosen.values():
            self._enter(optimizer)
        self._trainable_variables = variables
        self._indices = {self._var_key(v): i for i, v in enumerate(variables)}
        for optimizer, share in self._shares([(None, v) for v in variables]):
            optimizer.build([v for _, v in share])
        self.built = True

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        grads = list(grads)
        if not grads:
            return
        if trainable_variables is None:
            trainable_variables = self._built_variables(len(grads))
        variables = list(trainable_variables)
        self.build(variables)
        if len(grads) != len(self._trainable_variables):
            raise ValueError(
                "Gradients must match trainable variables one-to-one. Received "
                f"{len(grads)} gradients and {len(self._trainable_variables)} variables."
            )
        for optimizer, share in self._shares(list(zip(grads, variables))):
            optimizer.apply([g for g, _ in share], [v for _, v in share])
        self._iterations.assign_add(1)

    @property
    def optimizers(self) -> list[Optimizer]:
        """The inner optimizers."""
        return self._inner_optimizers

    @property
    def loss_scale_factor(self) -> float | None:
        """The number gradients are divided by; one for all inner optimizers."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self._loss_scale_factor = value
        for optimizer in self._inner_optimizers:
            optimizer.loss_scale_factor = value

    @property
    def variables(self) -> list:
        inner = [v for optimizer in self._inner_optimizers for v in optimizer.variables]
        return self._variables + inner

    @property
    def iterations(self) -> Any:
        return self._iterations

    @property
    def learning_rate(self) -> Any:
        raise AttributeError(
            "A MultiOptimizer has no learning rate of its own; see those of its `optimizers`."
        )

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        raise AttributeError(
            "A MultiOptimizer has no learning rate of its own; set those of its `optimizers`."
        )

    def finalize_variable_values(self, var_list: Any) -> None:
        for optimizer, share in self._shares([(None, v) for v in var_list]):
            optimizer.finalize_variable_values([v for _, v in share])

    def set_weights(self, weights: list) -> None:
        n = len(self._variables)
        for variable, weight in zip(self._variables, weights[:n]):
            variable.assign(weight)
        for optimizer in self._inner_optimizers:
            m = len(optimizer.variables)
            optimizer.set_weights(weights[n : n + m])
            n += m

    def get_config(self) -> dict[str, Any]:
        return {
            "optimizer_map": serialize_keras_object(self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        config["optimizer_map"] = deserialize_keras_object(
            config["optimizer_map"], custom_objects=custom_objects
        )
        return cls(**config)
