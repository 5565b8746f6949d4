"""The rules by which claims are judged. They are stated in the report, beside the figures.

A difference of two means counts when it exceeds its noise: the quantile of Student's distribution
times its standard error over the seeds, and at least `LEAST`. Nothing here knows of networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

HOLDS, FAILS, NOISE = "holds", "does not hold here", "within noise"
# Three of a thousand letters: what nine letters of the test set make.
LEAST = 0.003
# 97.5 % quantiles of Student's distribution by degrees of freedom.
STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 8: 2.31, 10: 2.23, 20: 2.09}
RULE = (
    "A difference between two means counts when it is larger than its 95 % noise, Student's "
    "quantile times the standard error over the seeds (and at least 0.003, nine letters of the "
    "test set). In the claimed direction the claim holds; in the other it does not hold here; "
    "a smaller difference lies within noise. A claim that two things are close holds when they "
    "certainly differ by less than the margin it names."
)


@dataclass(frozen=True)
class Verdict:
    """A claim, how it was judged, and the figures that decided."""

    claim: str
    outcome: str
    reason: str


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def spread(values: Sequence[float]) -> float:
    """The standard deviation of the sample; 0 for a single value."""
    if len(values) < 2:
        return 0.0
    centre = mean(values)
    return sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))


def noise(a: Sequence[float], b: Sequence[float], least: float = LEAST) -> float:
    """How much the means of two samples may differ by chance."""
    freedom = len(a) + len(b) - 2
    known = [n for n in STUDENT if n <= freedom]
    quantile = STUDENT[max(known)] if known else STUDENT[1]
    error = sqrt(spread(a) ** 2 / len(a) + spread(b) ** 2 / len(b))
    return max(quantile * error, least)


def larger(
    claim: str, a: Sequence[float], b: Sequence[float], by: float = 0.0, least: float = LEAST
) -> Verdict:
    """Judge that `a` is larger than `b` by more than `by`."""
    difference, chance = mean(a) - mean(b), noise(a, b, least)
    reason = f"{_shown(a)} against {_shown(b)}: difference {difference:+.4g}, noise {chance:.2g}"
    if by:
        reason += f", claimed at least {by:g}"
    if difference > by + chance:
        return Verdict(claim, HOLDS, reason)
    if difference < by - chance:
        return Verdict(claim, FAILS, reason)
    return Verdict(claim, NOISE, reason)


def close(claim: str, a: Sequence[float], b: Sequence[float], margin: float) -> Verdict:
    """Judge that the means of `a` and `b` differ by less than `margin`."""
    difference, chance = abs(mean(a) - mean(b)), noise(a, b)
    reason = (
        f"{_shown(a)} against {_shown(b)}: apart by {difference:.4g}, noise {chance:.2g}, "
        f"margin {margin:g}"
    )
    if difference + chance < margin:
        return Verdict(claim, HOLDS, reason)
    if difference - chance > margin:
        return Verdict(claim, FAILS, reason)
    return Verdict(claim, NOISE, reason)


def reaches(claim: str, values: Sequence[float], aim: float) -> Verdict:
    """Judge that the mean of `values` is at least `aim`: a plain comparison, with no noise."""
    outcome = HOLDS if mean(values) >= aim else FAILS
    return Verdict(claim, outcome, f"{_shown(values)}, aim {aim:g}")


def _shown(values: Sequence[float]) -> str:
    return f"{mean(values):.4g} ± {spread(values):.2g}"
