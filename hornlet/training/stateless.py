"""The state of a model as values: its loss as a pure function, and all variables as one tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hornlet.tensor.scope import StatelessScope
from hornlet.training.steps import Steps


class Stateless(Steps):
    """The part of `Trainer` for loops that keep the state themselves."""

    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tuple:
        """`compute_loss` with other values of the variables.

        Args:
            trainable_variables: values in the order of `self.trainable_variables`.
            non_trainable_variables: values in the order of `self.non_trainable_variables`.
            metrics_variables: values in the order of `self.metrics_variables`.
            x, y, y_pred, sample_weight, training: see `compute_loss`.

        Returns:
            The loss, and the three lists of values after it.
        """
        state = (trainable_variables, non_trainable_variables, metrics_variables)
        with self._holding(*state) as scope:
            loss = self._compute_loss(x, y, y_pred, sample_weight, training)
        return loss, self._held(scope)

    def compute_loss_and_updates(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any,
        y: Any,
        sample_weight: Any,
        training: bool = False,
        optimizer_variables: Any = None,
    ) -> tuple:
        """The call and the loss as one function of the variables, for `hornlet.value_and_grad`.

        Args:
            trainable_variables, non_trainable_variables, metrics_variables: values, as in
                `stateless_compute_loss`.
            x, y, sample_weight: the batch.
            training: whether the step is one of training.
            optimizer_variables: values in the order of `self.optimizer.variables`, which may hold
                the scale of the loss.

        Returns:
            The loss, as the optimizer scales it in training, and a tuple of the unscaled loss, the
            predictions, and the new values of the non-trainable and of the metrics' variables.
        """
        state = (trainable_variables, non_trainable_variables, metrics_variables)
        with self._holding(*state) as scope:
            y_pred = self(x, training=training)  # type: ignore[operator]
            unscaled = loss = self._compute_loss(x, y, y_pred, sample_weight, training)
        _, non_trainable, metrics = self._held(scope)
        if training and self.optimizer is not None:
            pairs = zip(self.optimizer.variables, optimizer_variables or ())
            with StatelessScope(list(pairs)):
                loss = self.optimizer.scale_loss(loss)
        return loss, (unscaled, y_pred, non_trainable, metrics)

    def _state(self) -> tuple:
        return (
            self.trainable_variables,  # type: ignore[attr-defined]
            self.non_trainable_variables,  # type: ignore[attr-defined]
            self.metrics_variables,  # type: ignore[attr-defined]
        )

    def _holding(self, *state: Any) -> StatelessScope:
        """A scope in which the variables have these values."""
        mapping: list[tuple] = []
        for own, values in zip(self._state(), state):
            mapping += zip(own, values, strict=True)
        return StatelessScope(mapping, collect_losses=True)

    def _held(self, scope: StatelessScope) -> tuple:
        return tuple([scope.get_current_value(v) for v in own] for own in self._state())

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, dict]:
        """The values of all variables as nested dictionaries by the parts of their paths.

        Args:
            value_format: "backend_tensor" or "numpy_array" (a copy).

        Returns:
            A dictionary of `trainable_variables`, `non_trainable_variables`,
            `optimizer_variables` and `metrics_variables`.

        Raises:
            ValueError: if two variables have one path, or for another `value_format`.
        """
        if value_format not in ("backend_tensor", "numpy_array"):
            raise ValueError(
                "Invalid `value_format` argument. Expected one of {'numpy_array', "
                f"'backend_tensor'}}. Received: value_format={value_format!r}"
            )
        return {
            name: _nested(variables, value_format == "numpy_array")
            for name, variables in self._variables_by_kind().items()
        }

    def set_state_tree(self, state_tree: dict[str, dict]) -> None:
        """Assigns the values of a tree that `get_state_tree` returned; paths may be left out.

        Raises:
            ValueError: for another key than those of `get_state_tree`.
        """
        kinds = self._variables_by_kind()
        for name, tree in state_tree.items():
            if name not in kinds:
                raise ValueError(f"Unknown variable name: {name}. Expected one of {list(kinds)}")
            by_path = {v.path: v for v in kinds[name]}
            for path, value in _leaves(tree):
                if path in by_path:
                    by_path[path].assign(value)

    def _variables_by_kind(self) -> dict[str, list]:
        kinds = zip(("trainable_variables", "non_trainable_variables"), self._state())
        return {
            **dict(kinds),
            "optimizer_variables": [] if self.optimizer is None else self.optimizer.variables,
            "metrics_variables": self.metrics_variables,  # type: ignore[attr-defined]
        }


def _nested(variables: list, copied: bool) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for variable in variables:
        *folders, name = variable.path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        if name in place:
            raise ValueError(
                f"The following variable path is found twice in the model: '{variable.path}'. "
                "`get_state_tree()` can only be called when all variable paths are unique. Make "
                "sure to give unique names to your layers (and other objects)."
            )
        place[name] = variable.numpy() if copied else variable.value
    return tree


def _leaves(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}/")
        else:
            yield prefix + name, value
