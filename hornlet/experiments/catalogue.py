"""All experiments, in the order of the report's table."""

from __future__ import annotations

from hornlet.base.names import did_you_mean
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.findings import (
    activation,
    alphabet,
    best,
    data,
    deep,
    depth,
    dropout,
    dropout_or_ridge,
    noise,
    penalties,
    sanity,
    width,
)

EXPERIMENTS: dict[str, Experiment] = {
    module.EXPERIMENT.name: module.EXPERIMENT
    for module in (
        deep, width, depth, dropout, penalties, dropout_or_ridge, noise, activation, sanity, data,
        best, alphabet,
    )
}  # fmt: skip


def chosen(names: list[str]) -> list[Experiment]:
    """The experiments of these names, all when there are none.

    Raises:
        ValueError: an unknown name.
    """
    for name in names:
        if name not in EXPERIMENTS:
            raise ValueError(
                f"Unknown experiment: {name!r}.{did_you_mean(name, EXPERIMENTS)} "
                "`python -m hornlet experiments --list` shows all."
            )
    return [EXPERIMENTS[name] for name in dict.fromkeys(names or EXPERIMENTS)]
