"""The words in which an experiment describes its runs: everything that decides a run's figures.

A run's settings are a plain dictionary, so they can be stored, compared and hashed. Two experiments
that describe the same run share it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LETTERS = "adeghp"
# Fold 7 chooses, folds 8 and 9 only report.
TRAIN_FOLDS, VALIDATION_FOLDS, TEST_FOLDS = tuple(range(7)), (7,), (8, 9)
EVERYTHING = 0  # as a number of rows: all there are

Settings = dict[str, Any]


@dataclass(frozen=True)
class Dose:
    """How much of everything an experiment is given.

    Args:
        name: "tiny" for tests, "default" or "full".
        rows: training letters of a usual run.
        iterations: steps of full-batch gradient descent, as the report takes them.
        epochs: passes over the training letters with mini-batches.
    """

    name: str
    rows: int
    iterations: int
    epochs: int

    def pick(self, tiny: Any, default: Any, full: Any) -> Any:
        """What stands at this dose's place."""
        return {"tiny": tiny, "default": default, "full": full}[self.name]


DOSES = {
    dose.name: dose
    for dose in (
        Dose("tiny", rows=48, iterations=2, epochs=1),
        Dose("default", rows=1800, iterations=60, epochs=6),
        Dose("full", rows=4800, iterations=100, epochs=8),
    )
}


def report(dose: Dose, **changes: Any) -> Settings:
    """The report's way: `hornlet.mini`, all rows in every step, learning rate 0.001, ridge 0.01.

    The points go in as numbers from 0 to 255. The report does not say so, but its noise is counted
    in those numbers, and with numbers from 0 to 1 its learning rate hardly moves in 100 steps.
    """
    own = {
        "rows": dose.rows, "iterations": dose.iterations, "scale": 1, "rate": 0.001,
        "penalty": "ridge", "weight_penalty": 0.01, "initializer": "original",
    }  # fmt: skip
    return _network("report", own, changes)


def today(dose: Dose, **changes: Any) -> Settings:
    """Today's way: numbers from 0 to 1, batches of 128, Adam with a rate that falls to 0."""
    own = {
        "rows": dose.rows, "epochs": dose.epochs, "batch": 128, "scale": 255, "rate": 0.001,
        "penalty": None, "weight_penalty": 0, "initializer": "he",
    }  # fmt: skip
    return _network("today", own, changes)


def recipe(kind: str, **changes: Any) -> Settings:
    """What the engine reaches: the tuned network `kind`, "deep" or "cnn", of `recipes.py`."""
    base = {"way": "recipe", "kind": kind, "letters": LETTERS, "rows": EVERYTHING}
    return {**base, **changes}


WAYS = {"report": report, "today": today}


def _network(way: str, own: Settings, changes: Settings) -> Settings:
    """`dropout` is the rate at the places `where`; `noise` is a standard deviation of 255."""
    settings = {
        "way": way, "letters": LETTERS, "depth": 5, "width": 200, "activation": "relu",
        "dropout": 0.0, "where": "every", "noise": 0.0, "curves": False, "norms": False, **own,
    }  # fmt: skip
    unknown = set(changes) - set(settings)
    if unknown:
        raise ValueError(f"The way {way!r} knows no setting {sorted(unknown)}: {sorted(settings)}")
    settings.update(changes)
    if not settings["dropout"]:
        settings["where"] = "nowhere"  # one run, whichever way it is described
    return settings
