"""The metrics of a compiled model: found by name for every output, and named in the logs."""

from __future__ import annotations

from typing import Any

import hornlet.metrics as metrics
from hornlet.base import nest
from hornlet.base.names import get_object_name
from hornlet.training.compile_loss import label_kind

_ACCURACIES = {
    "binary": metrics.BinaryAccuracy,
    "sparse": metrics.SparseCategoricalAccuracy,
    "categorical": metrics.CategoricalAccuracy,
}


def resolve_metric(identifier: Any, y_true: Any, y_pred: Any) -> Any:
    """A `Metric` for a name, function or object; "accuracy" is chosen by the shapes."""
    if identifier is None:
        raise ValueError("Expected metric, received `None`")
    if str(identifier).lower() in ("accuracy", "acc"):
        metric: Any = _ACCURACIES[label_kind(y_true, y_pred)](name=str(identifier))
    else:
        metric = metrics.get(identifier)
    name = identifier if isinstance(identifier, str) else get_object_name(metric)
    if not isinstance(metric, metrics.Metric):
        metric = metrics.MeanMetricWrapper(metric)
    metric.name = name
    return metric


class CompileMetrics(metrics.Metric):
    """All metrics of `compile`, updated and read as one.

    Args:
        metrics: names, functions or objects for every output; lists and dictionaries of them.
        weighted_metrics: the same, given the sample weights.
        output_names: names of the outputs in order, where the model has them.
    """

    user: tuple
    output_names: list[str] | None
    built: bool
    order: list[str] | None
    plain: list[tuple]
    weighted: list[tuple]

    def __init__(self, metrics: Any, weighted_metrics: Any, output_names: Any = None):
        super().__init__(name="compile_metrics")
        for name, value in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if value and not isinstance(value, (list, tuple, dict)):
                raise ValueError(
                    f"Expected `{name}` argument to be a list, tuple, or dict. "
                    f"Received instead: {name}={value} of type {type(value)}"
                )
        # Plain attributes: the metrics the user gave are not to be tracked a second time.
        self.__dict__.update(
            user=(metrics, weighted_metrics),
            output_names=list(output_names) if output_names else None,
            built=False,
            order=None,  # names by which dictionaries of outputs are put in order
            plain=[],  # per output, a pair (output name or None, list of metrics)
            weighted=[],
        )

    @property
    def metrics(self) -> list:
        """The metrics, flat, in the order of the outputs."""
        return [m for _, found in self.plain + self.weighted for m in found]

    @property
    def variables(self) -> list:
        return [v for m in self.metrics for v in m.variables]

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Finds the metrics of every output."""
        leaves = nest.flatten(y_pred)
        flat = nest.is_nested(y_pred) and len(y_pred) == len(leaves)
        names = self.output_names
        if flat and isinstance(y_pred, dict) and not (names and set(y_pred) == set(names)):
            names = sorted(y_pred)
        self.__dict__["order"] = names if len(leaves) > 1 and flat else None
        plain, weighted = self.user
        self.__dict__["plain"] = self._resolve(plain, y_true, y_pred, names, flat, "metrics")
        self.__dict__["weighted"] = self._resolve(
            weighted, y_true, y_pred, names, flat, "weighted_metrics"
        )
        self.__dict__["built"] = True

    def _resolve(
        self, given: Any, y_true: Any, y_pred: Any, names: Any, flat: bool, argument: str
    ) -> list:
        preds = self._flatten(y_pred)
        n = len(preds)
        if not given:
            return [(None, [])] * n
        trues = self._flatten(y_true)
        if n == 1:
            return [(None, [resolve_metric(m, trues[0], preds[0]) for m in nest.flatten(given)])]
        per_output = None
        if flat and isinstance(given, (list, tuple)) and len(given) == n:
            per_output = list(given)
        elif flat and names and isinstance(given, dict) and set(given) <= set(names):
            per_output = [given.get(name) for name in names]
        elif nest.is_nested(y_pred) and not flat:
            per_output = _along(y_pred, given)
        if per_output is None:
            raise ValueError(
                f"Invalid `{argument}`: it must be a list with one entry per output, a dict with "
                f"names of outputs{f' ({names})' if names else ''} as keys, or have the outputs' "
                f"structure {nest.map_structure(lambda _: 'X', y_pred)}. "
                f"Received: {argument}={given}"
            )
        resolved = []
        for k, entry in enumerate(per_output):
            entries = entry if isinstance(entry, (list, tuple)) else [entry]
            entries = [] if entry is None else entries
            try:
                found = [resolve_metric(m, trues[k], preds[k]) for m in entries]
            except ValueError as error:
                raise ValueError(f"{error}\nReceived: {argument}={given}") from error
            resolved.append((names[k] if names else None, found))
        return resolved

    def _flatten(self, y: Any) -> list:
        if self.order and isinstance(y, dict):
            return [y.get(name) for name in self.order]
        return nest.flatten(y)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if not self.built:
            self.build(y_true, y_pred)
        trues, preds = self._flatten(y_true), self._flatten(y_pred)
        for (_, found), y, p in zip(self.plain, trues, preds):
            for metric in found:
                metric.update_state(y, p)
        weights = [None] if sample_weight is None else self._flatten(sample_weight)
        if len(weights) < len(trues):
            weights = weights[:1] * len(trues)
        for (_, found), y, p, w in zip(self.weighted, trues, preds, weights):
            for metric in found:
                metric.update_state(y, p, sample_weight=w)

    def reset_state(self) -> None:
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> dict[str, Any]:
        """The results by name: with the output's name in front where there are several."""
        if not self.built:
            raise ValueError(
                "The compiled metrics have no state before the first batch: call `fit` or "
                "`evaluate` first."
            )
        results: dict[str, Any] = {}
        counts: dict[str, int] = {}
        for weighted, groups in ((False, self.plain), (True, self.weighted)):
            for output, found in groups:
                for metric in found:
                    name = f"{output}_{metric.name}" if output else metric.name
                    if weighted and name in counts:
                        name = f"weighted_{metric.name}"
                        name = f"{output}_{name}" if output else name
                    seen = counts.get(name, 0)
                    counts[name] = seen + 1
                    results[f"{name}_{seen}" if seen else name] = metric.result()
        return results

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("The compiled metrics are part of the model's compile config.")


def _along(y_pred: Any, given: Any) -> list | None:
    """The parts of `given` at the leaves of the outputs' nest, None if the two do not match."""
    if not nest.is_nested(y_pred):
        return [given]
    if isinstance(y_pred, dict):
        if not isinstance(given, dict) or set(given) != set(y_pred):
            return None
        pairs = [(y_pred[key], given[key]) for key in sorted(y_pred)]
    else:
        if not isinstance(given, (list, tuple)) or len(given) != len(y_pred):
            return None
        pairs = list(zip(y_pred, given))
    found = [_along(part, own) for part, own in pairs]
    return None if None in found else [leaf for part in found for leaf in part]  # type: ignore[union-attr]
