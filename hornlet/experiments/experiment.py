"""What an experiment is: a question, runs, a picture and a judgement; and the table of its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hornlet.experiments.settings import Dose, Settings
from hornlet.experiments.verdicts import Verdict, mean, spread


@dataclass(frozen=True)
class Experiment:
    """One experiment of the report.

    Args:
        name: as on the command line.
        question: in a sentence.
        found: what the original report found.
        runs: gives the settings of all runs for a dose.
        draw: draws on a figure what a table shows.
        judge: gives verdicts on a table.
        columns: the settings that tell the runs apart, for the table.
        size: of the figure, in inches.
    """

    name: str
    question: str
    found: str
    runs: Callable[[Dose], list[Settings]]
    draw: Callable[[Any, Table], None]
    judge: Callable[[Table], list[Verdict]]
    columns: tuple[str, ...]
    size: tuple[float, float] = (10, 4)


@dataclass(frozen=True)
class Group:
    """One setting's results, one for each seed."""

    settings: Settings
    results: list[dict[str, Any]]

    def values(self, figure: str = "test") -> list[float]:
        return [result[figure] for result in self.results]

    def mean(self, figure: str = "test") -> float:
        return mean(self.values(figure))

    def spread(self, figure: str = "test") -> float:
        return spread(self.values(figure))


class Table:
    """The results of an experiment, grouped by settings."""

    def __init__(self, groups: list[Group]):
        self.groups = groups

    def __iter__(self) -> Iterator[Group]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)

    def where(self, **wanted: Any) -> Table:
        """The groups whose settings have these values; a setting it lacks is None."""
        return Table(
            [g for g in self if all(g.settings.get(k) == value for k, value in wanted.items())]
        )

    def only(self, **wanted: Any) -> Group:
        """The one group whose settings have these values."""
        found = self.where(**wanted).groups
        if len(found) != 1:
            raise LookupError(f"{len(found)} groups have {wanted}, expected one")
        return found[0]

    def all_of(self, setting: str) -> list[Any]:
        """The values that a setting takes, in the order of the runs."""
        return list(dict.fromkeys(group.settings.get(setting) for group in self))

    def best(self, **wanted: Any) -> Group:
        """The group that the validation folds choose."""
        return max(self.where(**wanted), key=lambda group: group.mean("validation"))
