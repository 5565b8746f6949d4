"""The base class of metrics: named state that batches update and `result` sums up."""

from __future__ import annotations

from typing import Any

import hornlet.initializers as initializers
import hornlet.ops as ops
import hornlet.tensor.dtype_policy as dtype_policy
from hornlet.base.config import floatx
from hornlet.base.configurable import Configurable
from hornlet.base.names import auto_name, name_scope
from hornlet.base.registry import register
from hornlet.tensor.scope import StatelessScope
from hornlet.tensor.tracking import Tracker
from hornlet.tensor.variable import Variable


@register("keras.metrics")
class Metric(Configurable):
    """Base of the metrics: `update_state` takes a batch, `result` gives the value so far.

    A subclass makes its state in `__init__` by `add_variable`, changes it in
    `update_state(y_true, y_pred, sample_weight=None)` by `assign`, and reads it in `result`. Both
    run inside the traced training step, so they are written with `keras.ops`.

    Args:
        dtype: dtype or dtype policy of the computation, `keras.config.floatx()` by default.
        name: name of the metric in logs.

    >>> class Longest(keras.metrics.Metric):
    ...     def __init__(self, name="longest", **kwargs):
    ...         super().__init__(name=name, **kwargs)
    ...         self.length = self.add_variable((), "zeros", name="length")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.length.assign(keras.ops.maximum(self.length, keras.ops.max(y_pred)))
    ...     def result(self):
    ...         return self.length
    >>> longest = Longest()
    >>> longest.update_state(None, np.array([1.0, 4.0, 2.0]))
    >>> float(longest.result())
    4.0
    """

    _direction: str | None

    def __init__(self, dtype: Any = None, name: str | None = None):
        self.name = name or auto_name(type(self).__name__)
        self._dtype_policy = dtype_policy.get(dtype or floatx())
        self._dtype = self._dtype_policy.compute_dtype
        self._metrics: list = []
        self._variables: list = []
        self._tracker = Tracker(
            {
                "variables": (_is_variable, self._variables),
                "metrics": (_is_metric, self._metrics),
            }
        )

    @property
    def dtype(self) -> str:
        """Name of the dtype the metric is computed in."""
        return self._dtype

    @property
    def variables(self) -> list:
        """The state: the metric's own variables, then those of the metrics it holds."""
        return [*self._variables, *(v for m in self._metrics for v in m.variables)]

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """A new variable of the metric's state."""
        self._check_super_called()
        with name_scope(self.name.replace("/", ">"), caller=self):
            variable = Variable(
                initializers.get(initializer),
                shape=tuple(shape),
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                synchronization="on_read",
                name=name,
            )
        self._tracker.add("variables", variable)
        return variable

    def add_weight(
        self, shape: Any = (), initializer: Any = None, dtype: Any = None, name: Any = None
    ) -> Variable:
        """The older name of `add_variable`; zeros for an initializer of None."""
        return self.add_variable(shape, initializer or "zeros", dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Takes one batch into account; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} must define `update_state`.")

    def result(self) -> Any:
        """The value so far, a scalar or a dictionary of scalars; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} must define `result`.")

    def reset_state(self) -> None:
        """Sets all variables to zero."""
        for v in self.variables:
            v.assign(ops.zeros(v.shape, dtype=v.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`update_state`, then `result`."""
        self._check_super_called()
        self.update_state(*args, **kwargs)
        return self.result()

    # The same without side effects.

    def stateless_update_state(self, metric_variables: list, *args: Any, **kwargs: Any) -> list:
        """The values the variables would have after `update_state`, starting at the given ones."""
        with StatelessScope(state_mapping=self._mapping(metric_variables)) as scope:
            self.update_state(*args, **kwargs)
        return self._values(scope)

    def stateless_result(self, metric_variables: list) -> Any:
        """The result for the given values of the variables."""
        with StatelessScope(state_mapping=self._mapping(metric_variables)):
            return self.result()

    def stateless_reset_state(self) -> list:
        """The values the variables would have after `reset_state`."""
        with StatelessScope() as scope:
            self.reset_state()
        return self._values(scope)

    def _mapping(self, values: list) -> list:
        if len(values) != len(self.variables):
            raise ValueError(
                "Argument `metric_variables` must be a list of tensors corresponding 1:1 to "
                f"{type(self).__name__}().variables, of which there are {len(self.variables)}. "
                f"Received: {len(values)} values."
            )
        return list(zip(self.variables, values))

    def _values(self, scope: Any) -> list:
        found = ((v, scope.get_current_value(v)) for v in self.variables)
        return [v if value is None else value for v, value in found]

    def __setattr__(self, name: str, value: Any) -> None:
        tracker = self.__dict__.get("_tracker")
        object.__setattr__(self, name, value if tracker is None else tracker.track(value))

    def _check_super_called(self) -> None:
        if "_tracker" not in self.__dict__:
            raise RuntimeError(
                f"{type(self).__name__}.__init__() must call `super().__init__()` first."
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


# Functions with names, so that a metric can be pickled.
def _is_variable(x: Any) -> bool:
    return isinstance(x, Variable)


def _is_metric(x: Any) -> bool:
    return isinstance(x, Metric)
