"""The state of a layer: its variables, in Keras's order, its losses, its dtype policy."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

import hornlet.constraints as constraints
import hornlet.initializers as initializers
import hornlet.regularizers as regularizers
from hornlet.base import nest
from hornlet.base.dtypes import is_float, standardize_dtype
from hornlet.base.names import name_scope
from hornlet.engine.tensor import Tensor
from hornlet.layers.dtypes import WithDtypes
from hornlet.tensor.scope import STATE
from hornlet.tensor.seed_generator import SeedGenerator
from hornlet.tensor.tracking import Tracker
from hornlet.tensor.turn import common_turn
from hornlet.tensor.variable import Variable


def _is_trainable(x: Any) -> bool:
    return isinstance(x, Variable) and x.trainable


def _is_not_trainable(x: Any) -> bool:
    return isinstance(x, Variable) and not x.trainable


def _is_metric(x: Any) -> bool:
    return all(hasattr(type(x), name) for name in ("update_state", "reset_state", "result"))


def _is_layer(x: Any) -> bool:
    return isinstance(x, WithWeights)


def _is_seed_generator(x: Any) -> bool:
    return isinstance(x, SeedGenerator)


class Changes:
    """Counts the changes of layers' attributes; what was compiled from them is out of date then.

    `variables` counts the times that a layer got other variables after it was built.
    """

    count = 0
    variables = 0


def _by_place(args: tuple, *named: Any) -> list:
    """Values of the first parameters of `add_weight`, by place or by name."""
    values, names = list(named), ("shape", "initializer", "dtype")
    if len(args) > len(names):
        raise TypeError(
            f"add_weight() takes {len(names)} positional arguments, {names}. Received: {len(args)}"
        )
    for i, value in enumerate(args):
        if values[i] is not None:
            raise ValueError(f"add_weight() got `{names[i]}` by place and by name.")
        values[i] = value
    if isinstance(values[0], str):
        raise ValueError(
            "The first argument of `add_weight` is `shape`; pass `name` as a keyword. "
            f"Received: add_weight({values[0]!r}, ...)"
        )
    return values


def unique(things: Any) -> list:
    """Things in order, each once, by identity."""
    return list({id(thing): thing for thing in things}.values())


class WithWeights(WithDtypes):
    """What has variables and sublayers: assigned to attributes, they are found again."""

    _tracking = True
    _tracker: Tracker
    _trainable: bool
    _trainable_variables: list[Variable]
    _non_trainable_variables: list[Variable]
    _layers: list[Any]
    _metrics: list[Any]
    _seed_generators: list[SeedGenerator]
    _losses: list[Any]
    _loss_ids: set[int]

    def _start_tracking(self) -> None:
        if "_tracker" in self.__dict__:
            return
        stores: dict[str, tuple[Callable, list]] = {
            "_trainable_variables": (_is_trainable, []),
            "_non_trainable_variables": (_is_not_trainable, []),
            "_metrics": (_is_metric, []),
            "_layers": (_is_layer, []),
            "_seed_generators": (_is_seed_generator, []),
        }
        set_plain = object.__setattr__
        for name, (_, store) in stores.items():
            set_plain(self, name, store)
        set_plain(self, "_tracker", Tracker(stores))

    def __setattr__(self, name: str, value: Any) -> None:
        if self._tracking:
            if "_tracker" not in self.__dict__:
                self._start_tracking()
            value = self._tracker.track(value)
        if self.__dict__.get(name, self) is not value:
            Changes.count += 1
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        value = self.__dict__.get(name)
        if value is not None and "_tracker" in self.__dict__:
            self._tracker.untrack(value)
        object.__delattr__(self, name)

    def _track_variable(self, variable: Variable) -> None:
        name = "_trainable_variables" if variable.trainable else "_non_trainable_variables"
        self._tracker.add(name, variable)
        if not self.trainable:
            variable.trainable = False

    def _untrack_variable(self, variable: Variable) -> None:
        locked, self._tracker.locked = self._tracker.locked, False
        self._tracker.untrack(variable)
        self._tracker.locked = locked

    def _lock_state(self) -> None:
        self._tracker.lock(
            "You cannot add new elements of state (variables or sub-layers) to a layer that is "
            "already built. All state must be created in the `__init__()` method or in the "
            f"`build()` method. Layer: {self.name!r}"
        )

    def add_weight(
        self,
        *args: Any,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str | None = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Make a variable of this layer.

        Args:
            *args: `shape`, `initializer` and `dtype` may be given by place.
            shape: tuple of integers, ``()`` by default.
            initializer: name or object; by default glorot_uniform for floats, else zeros.
            dtype: the layer's `variable_dtype` by default.
            trainable: whether optimizers update it.
            autocast: whether it is read in the layer's compute dtype.
            regularizer: penalty added to the loss.
            constraint: projection after an update.
            aggregation: accepted for compatibility.
            overwrite_with_gradient: whether an optimizer replaces it by its gradient.
            name: last part of its path.

        Raises:
            ValueError: an unknown dimension in `shape`, or a layer that is built already.
        """
        self._check_super_called()
        shape, initializer, dtype = _by_place(args, shape, initializer, dtype)
        dtype = self.variable_dtype if dtype is None else standardize_dtype(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if is_float(dtype) else "zeros"
        if self._tracker.locked:
            raise ValueError(self._tracker.message)
        with name_scope(self.name, caller=self):
            variable = Variable(
                initializer=initializers.get(initializer),
                shape=() if shape is None else shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._track_variable(variable)
        return variable

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Variable:
        """The same as `add_weight`."""
        options: dict[str, Any] = {"regularizer": regularizer, "constraint": constraint}
        options.update(trainable=trainable, autocast=autocast, name=name)
        return self.add_weight(shape, initializer, dtype, **options)

    def _check_super_called(self) -> None:
        if "_trainable" not in self.__dict__:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the "
                "first statement in the `__init__()` method. Go add it!"
            )

    # Its variables.

    @property
    def trainable(self) -> bool:
        """Whether its weights are updated by optimizers; setting it reaches all sublayers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: Any) -> None:
        value = bool(value)
        self._trainable = value
        for variable in self._trainable_variables:
            variable.trainable = value
        for layer in self._layers:
            layer.trainable = value

    @property
    def variables(self) -> list[Variable]:
        """All state: weights and the states of random seeds, of this layer and its sublayers."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        own += [generator.state for generator in self._seed_generators]
        return unique([*own, *(v for layer in self._layers for v in layer.variables)])

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that optimizers update."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that optimizers leave alone."""
        return [v for v in self.variables if not (self.trainable and v.trainable)]

    @property
    def weights(self) -> list[Variable]:
        """The variables without the states of random seeds."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        return unique([*own, *(w for layer in self._layers for w in layer.weights)])

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that optimizers update."""
        return [w for w in self.weights if w.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that optimizers leave alone."""
        return [w for w in self.weights if not (self.trainable and w.trainable)]

    @property
    def metrics(self) -> list:
        """Metrics of this layer and its sublayers."""
        return [*self._metrics, *(m for layer in self._layers for m in layer.metrics)]

    @property
    def metrics_variables(self) -> list[Variable]:
        """The state of all metrics."""
        return [v for metric in self.metrics for v in metric.variables]

    def get_weights(self) -> list[np.ndarray]:
        """The values of `weights`, as arrays of their own."""
        return [w.numpy() for w in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Set the values of `weights` from a list of arrays.

        Raises ValueError if their number or a shape differs.
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of "
                f"length {len(weights)}, but the layer was expecting {len(own)} weights."
            )
        values = [x.value if isinstance(x, Variable) else x for x in weights]
        values = [x if isinstance(x, Tensor) else np.asarray(x) for x in values]
        for variable, value in zip(own, values):
            if tuple(variable.shape) != value.shape:
                raise ValueError(
                    f"Layer {self.name} weight shape {tuple(variable.shape)} is not compatible "
                    f"with provided weight shape {value.shape}."
                )
        with self._changing():
            for variable, value in zip(own, values):
                variable.assign(value)

    def _changing(self) -> AbstractContextManager[None]:
        """A turn to change weights in, which predictions in other threads see whole or not."""
        turn = self.__dict__.get("_turn")
        turn = common_turn(self._flatten_layers()) if turn is None else turn.latest()
        return turn.changing()

    def count_params(self) -> int:
        """The number of elements of all weights; ValueError before the layer is built."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't "
                "built. You can build it manually via: `layer.build(input_shape)`."
            )
        return sum(int(w.array.size) for w in self.weights)

    def save_own_variables(self, store: Any) -> None:
        """Put the layer's own variables into `store`, by number."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        for i, variable in enumerate(own):
            store[str(i)] = variable

    def load_own_variables(self, store: Any) -> None:
        """Take the layer's own variables from `store`, by number; ValueError if they differ."""
        for i, variable in enumerate(self._checked_against(store)):
            variable.assign(store[str(i)])

    def _checked_against(self, store: Any) -> list[Variable]:
        """The layer's own variables, if `store` holds as many."""
        own = [*self._trainable_variables, *self._non_trainable_variables]
        if len(store.keys()) != len(own):
            if not own and not self.built:
                raise ValueError(
                    f"Layer '{self.name}' was never built and thus it doesn't have any variables. "
                    f"However the weights file lists {len(store.keys())} variables for this layer. "
                    "Build the model, for example by calling it on data, before loading weights."
                )
            raise ValueError(
                f"Layer '{self.name}' expected {len(own)} variables, but received "
                f"{len(store.keys())} variables during loading. Expected: {[v.path for v in own]}"
            )
        return own

    # Losses.

    def add_loss(self, loss: Any) -> None:
        """Add scalars to the loss that training minimizes; called in `call`."""
        losses = nest.flatten(loss)
        for x in losses:
            if not hasattr(x, "shape"):
                raise ValueError(
                    "`add_loss()` can only be called from inside `build()` or `call()`, on a "
                    f"tensor. Received invalid value: {x!r}"
                )
        if STATE.inferring:
            return
        if STATE.stateless is not None:
            if STATE.stateless.collect_losses:
                STATE.stateless.losses.extend(losses)
                self._loss_ids.update(id(x) for x in losses)
        else:
            self._losses.extend(losses)

    def _own_losses(self) -> list:
        if STATE.stateless is not None:
            return [x for x in STATE.stateless.losses if id(x) in self._loss_ids]
        return list(self._losses)

    @property
    def losses(self) -> list:
        """Scalars from `add_loss` and from regularizers, of this layer and its sublayers."""
        losses = [x for layer in self._flatten_layers() for x in layer._own_losses()]
        for variable in self.trainable_weights:
            if variable.regularizer is not None:
                losses.append(variable.regularizer(variable))
        return losses

    def _clear_losses(self) -> None:
        self._losses.clear()
        self._loss_ids.clear()
        for layer in self._layers:
            layer._clear_losses()

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list:
        found = [self] if include_self else []
        seen: set[int] = set()
        waiting = list(self._layers)
        while waiting:
            layer = waiting.pop(0)
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            found.append(layer)
            if recursive:
                waiting[:0] = layer._layers[::-1]
        return found
