"""The rules on made-up results, both ways."""

import pytest

from hornlet.experiments import verdicts
from hornlet.experiments.verdicts import FAILS, HOLDS, NOISE

HIGH, LOW, WIDE = [0.90, 0.91, 0.92], [0.80, 0.81, 0.79], [0.7, 0.9, 1.0]


@pytest.mark.parametrize(
    ("a", "b", "by", "outcome"),
    [
        (HIGH, LOW, 0, HOLDS),
        (LOW, HIGH, 0, FAILS),
        (HIGH, WIDE, 0, NOISE),
        (HIGH, HIGH, 0, NOISE),
        (HIGH, LOW, 0.05, HOLDS),
        (HIGH, LOW, 0.11, NOISE),
        (HIGH, LOW, 0.2, FAILS),
        ([0.9] * 3, [0.8985] * 3, 0, NOISE),  # less than nine letters of the test set
    ],
)
def test_larger(a, b, by, outcome):
    verdict = verdicts.larger("a is larger", a, b, by)
    assert (
        verdict.outcome == outcome and verdict.claim == "a is larger" and "noise" in verdict.reason
    )


@pytest.mark.parametrize(
    ("a", "b", "margin", "outcome"),
    [
        (HIGH, [0.905, 0.915, 0.91], 0.03, HOLDS),
        (HIGH, LOW, 0.03, FAILS),
        (HIGH, WIDE, 0.05, NOISE),
    ],
)
def test_close(a, b, margin, outcome):
    assert verdicts.close("alike", a, b, margin).outcome == outcome
    assert verdicts.close("alike", b, a, margin).outcome == outcome


def test_reaches():
    assert verdicts.reaches("enough", HIGH, 0.91).outcome == HOLDS
    assert verdicts.reaches("enough", HIGH, 0.92).outcome == FAILS


def test_noise_is_students():
    scipy = pytest.importorskip("scipy.stats")
    interval = scipy.ttest_ind(HIGH, LOW).confidence_interval(0.95)
    assert verdicts.noise(HIGH, LOW) == pytest.approx((interval.high - interval.low) / 2, rel=0.01)
    assert verdicts.noise([1.0], [0.0]) == verdicts.LEAST
