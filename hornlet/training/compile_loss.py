"""The loss of a compiled model: one loss per output, weighted and summed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import hornlet.losses as losses
import hornlet.metrics as metrics
import hornlet.ops as ops
from hornlet.base import nest
from hornlet.base.config import floatx
from hornlet.base.names import get_object_name


@nest.leaf
class Weighted(NamedTuple):
    """A loss as `compile` was given it, and its weight."""

    loss: Any
    weight: Any


class Entry(NamedTuple):
    """One loss: where its values are in the nest of the outputs, and what it is called."""

    path: tuple
    loss: Callable
    weight: Any
    name: str
    classes: int  # the size of the output's last axis


def label_kind(y_true: Any, y_pred: Any) -> str:
    """Whether labels are "binary", "sparse" or "categorical", from the shapes."""
    if y_pred.shape[-1] == 1:
        return "binary"
    if len(y_true.shape) < len(y_pred.shape) or y_true.shape[-1] == 1:
        return "sparse"
    return "categorical"


def resolve_loss(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """A `Loss` for a name, function or object; "crossentropy" is chosen by the shapes."""
    if str(identifier).lower() in ("crossentropy", "ce"):
        loss: Any = {
            "binary": losses.binary_crossentropy,
            "sparse": losses.sparse_categorical_crossentropy,
            "categorical": losses.categorical_crossentropy,
        }[label_kind(y_true, y_pred)]
    else:
        loss = losses.get(identifier)
    if isinstance(loss, losses.Loss):
        return loss
    name = identifier if isinstance(identifier, str) else get_object_name(loss)
    return losses.LossFunctionWrapper(loss, name=name)


def at(path: tuple, nested: Any) -> Any:
    """The part of a nest that a path leads to."""
    for key in path:
        nested = nested[key]
    return nested


class CompileLoss:
    """Computes the sum of the losses of all outputs.

    Args:
        loss: a loss, a list or dictionary of them, or any nest like the outputs.
        loss_weights: numbers in the same nest, or one number.
        output_names: names of the outputs in order, where the model has them.
    """

    def __init__(self, loss: Any, loss_weights: Any = None, output_names: Any = None):
        if loss_weights and not isinstance(loss_weights, (list, tuple, dict, float)):
            raise ValueError(
                "Expected `loss_weights` argument to be a float (single output case) or a list, "
                "tuple, or dict (multiple output case). "
                f"Received instead: loss_weights={loss_weights} of type {type(loss_weights)}"
            )
        self.loss = loss
        self.loss_weights = loss_weights
        self.output_names = list(output_names) if output_names else None
        self.built = False
        self.entries: list[Entry] = []
        self.metrics: list = []  # the mean of every loss, when there are several

    @property
    def variables(self) -> list:
        return [v for m in self.metrics for v in m.variables]

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The total loss, or None where no output has one."""
        y_true = self.align(y_true, y_pred, "y")
        if not self.built:
            self.build(y_true, y_pred)
        if nest.is_nested(sample_weight):
            sample_weight = self.align(sample_weight, y_pred, "sample_weight")
        values = []
        for i, (path, loss, weight, *_) in enumerate(self.entries):
            part = at(path, y_pred)
            own = at(path, sample_weight) if nest.is_nested(sample_weight) else sample_weight
            value = ops.cast(loss(at(path, y_true), part, own), floatx())
            if self.metrics:
                n = nest.flatten(part)[0].shape[0]
                self.metrics[i].update_state(value, sample_weight=n)
            values.append(value if weight is None else value * weight)
        if not values:
            return None
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total

    def align(self, y: Any, y_pred: Any, name: str) -> Any:
        """`y` in the nest of the outputs, to which the user may have given it in other forms."""
        if not nest.is_nested(y) and not nest.is_nested(y_pred):
            return y
        names = self.output_names
        if not nest.is_nested(y) and nest.is_nested(y_pred) and len(y_pred) == 1:
            y = [y]
        elif isinstance(y_pred, (list, tuple)) and isinstance(y, dict) and names:
            if set(names) == set(y):
                y = [y[n] for n in names]
            elif set(y) < set(names):
                y = [y.get(n) for n in names]
        if not nest.is_nested(y_pred):
            leaves = nest.flatten(y)
            if len(leaves) == 1:
                return leaves[0]
        elif isinstance(y, dict) and isinstance(y_pred, dict) and set(y) <= set(y_pred):
            return y
        else:
            leaves = nest.flatten(y)
            if len(leaves) == len(nest.flatten(y_pred)):
                return nest.pack_sequence_as(y_pred, leaves)
            wanted = nest.flatten(self.loss)
            if sum(x is not None for x in wanted) == len(leaves):
                given = iter(leaves)
                filled = [None if x is None else next(given) for x in wanted]
                return nest.pack_sequence_as(self.loss, filled)
        raise ValueError(
            f"Argument `{name}` and the model's outputs have different structures. "
            f"Received: {name}={nest.map_structure(lambda _: '*', y)}; the outputs are "
            f"{nest.map_structure(lambda _: '*', y_pred)}"
        )

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Finds the loss, the weight and the name of every output."""
        loss, weights, names = self.loss, self.loss_weights, self.output_names
        if isinstance(loss, dict) and not isinstance(y_pred, dict) and names:
            unknown = set(loss) - set(names)
            missing = set(names) - set(loss)
            if unknown or missing:
                raise ValueError(
                    f"Expected keys {names} in loss dict, but found loss.keys()={list(loss)}. Use "
                    "the names of the model's outputs; give None for an output without a loss."
                )
            if isinstance(weights, dict):
                _check_keys(loss, weights)
                weights = [weights[n] for n in names]
            loss = [loss[n] for n in names]
        self.entries = []
        leaves = nest.flatten(y_pred)
        names = names if names and len(names) == len(leaves) else [None] * len(leaves)
        names = nest.pack_sequence_as(y_pred, names)
        loss = _weighted(loss, weights)
        if not nest.is_nested(loss):  # one for every output
            loss = _in_key_order(nest.map_structure(lambda _: loss, y_pred))
        self._build(y_true, y_pred, loss, names, ())
        if len(self.entries) > 1:
            self.metrics = [metrics.Mean(name=f"{e.name}_loss") for e in self.entries]
        self.built = True

    def _build(self, y_true: Any, y_pred: Any, loss: Any, names: Any, path: tuple) -> None:
        if loss is None:
            return
        if isinstance(loss, Weighted):  # of a tensor, or of a whole nest of them
            resolved = resolve_loss(loss.loss, y_true, y_pred)
            name = _name(path, names, resolved.name)
            self.entries.append(Entry(path, resolved, loss.weight, name, _last(y_pred)))
            return
        if isinstance(loss, (list, tuple)):
            flat = not any(nest.is_nested(part) for part in loss)
            if flat and len(loss) == len(nest.flatten(y_pred)):  # one for each output
                loss = _in_key_order(nest.pack_sequence_as(y_pred, list(loss)))
                if not nest.is_nested(loss):
                    self._build(y_true, y_pred, loss, names, path)
                    return
            elif not isinstance(y_pred, type(loss)):  # several for the same output
                for part in loss:
                    self._build(y_true, y_pred, part, names, path)
                return
        for key, part in loss.items() if isinstance(loss, dict) else enumerate(loss):
            if part is None:
                continue
            if not (_has(y_pred, key) and _has(y_true, key)):
                raise KeyError(
                    f"The path {(*path, key)} in the `loss` argument can't be found in either the "
                    "model's output (`y_pred`) or in the labels (`y_true`)."
                )
            self._build(y_true[key], y_pred[key], part, names[key], (*path, key))


def _name(path: tuple, names: Any, own: str) -> str:
    """The name of a loss in logs: its path, with its own name in the place of a last number.

    That of a loss of a nest is the nest's path, or the names of all in it.
    """
    if nest.is_nested(names):
        known = list(names) if isinstance(names, dict) else nest.flatten(names)
        path = path or ("_".join(own if name is None else str(name) for name in known),)
    elif not path or isinstance(path[-1], int):
        path = (*path[:-1], names or own)
    return "/".join(str(key) for key in path)


def _last(y_pred: Any) -> int:
    return y_pred.shape[-1] if getattr(y_pred, "shape", ()) else 0


def _in_key_order(nested: Any) -> Any:
    """The nest with the keys of its dictionaries sorted, the order of the flattened leaves."""

    def ordered(part: Any) -> Any:
        return {key: part[key] for key in sorted(part)} if isinstance(part, dict) else None

    return nest.traverse(ordered, nested, top_down=False)


def _has(nested: Any, key: Any) -> bool:
    if isinstance(nested, dict):
        return key in nested
    return isinstance(nested, (list, tuple)) and isinstance(key, int) and key < len(nested)


def _check_keys(loss: dict, weights: dict) -> None:
    if set(loss) != set(weights):
        raise ValueError(
            "`loss_weights` must have the keys of `loss`: "
            f"{list(loss)}. Received: loss_weights={weights}"
        )


def _weighted(loss: Any, weights: Any) -> Any:
    """The losses with their weights; the weights come in the same nest, or in a flat one."""
    if isinstance(loss, dict) and isinstance(weights, dict):
        _check_keys(loss, weights)
        return {key: _weighted(loss[key], weights[key]) for key in loss}
    flat = nest.flatten(loss)
    given = [None] * len(flat) if weights is None else nest.flatten(weights)
    if len(given) != len(flat):
        raise ValueError(
            f"`loss_weights` must match the number of losses, got {len(flat)} losses and "
            f"{len(given)} weights."
        )
    pairs = [None if part is None else Weighted(part, w) for part, w in zip(flat, given)]
    return nest.pack_sequence_as(loss, pairs)
