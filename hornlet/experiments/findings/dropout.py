"""Dropout at every layer, and only at the last."""

from hornlet.experiments.drawing import against
from hornlet.experiments.experiment import Experiment, Table
from hornlet.experiments.settings import WAYS
from hornlet.experiments.verdicts import close, larger


def runs(dose):
    rates = dose.pick((0.5,), (0.3, 0.5), (0.1, 0.3, 0.5, 0.6))
    width = dose.pick(4, 400, 400)
    return [
        way(dose, width=width, dropout=rate, where=where)
        for way in WAYS.values()
        for rate, where in [
            (0.0, "nowhere"),
            *((rate, where) for where in ("every", "last") for rate in rates),
        ]
    ]


def draw(figure, table):
    for ax, way in zip(figure.subplots(1, 2, sharey=True), WAYS):
        none = table.where(way=way, dropout=0.0).groups
        lines = {
            f"at {place}": Table(none + table.where(way=way, where=where).groups)
            for where, place in (("every", "every layer"), ("last", "the last layer only"))
        }
        against(ax, lines, "dropout", ("train", "test"))
        ax.set(xlabel="dropout rate (share of outputs)", ylabel="accuracy", title=way)


def gaps(group):
    """By how much training letters are read better than test letters, for each seed."""
    return [a - b for a, b in zip(group.values("train"), group.values("test"))]


def judge(table):
    verdicts = []
    for way in WAYS:
        none = table.only(way=way, dropout=0.0)
        every, last = (table.only(way=way, dropout=0.5, where=w) for w in ("every", "last"))
        test = [group.values() for group in (none, every, last)]
        verdicts += [
            larger(f"{way}: .5 at every layer costs .1 or more", test[0], test[1], by=0.1),
            close(f"{way}: .5 at the last layer reads like none (within .02)", *test[::2], 0.02),
            larger(f"{way}: .5 at the last layer has the smaller gap", gaps(none), gaps(last)),
        ]
    return verdicts


EXPERIMENT = Experiment(
    "dropout",
    "What does dropout do at every layer, and what only at the last?",
    ".5 at every layer: .55; only at the last: close to no dropout, smaller train-test gap",
    runs,
    draw,
    judge,
    columns=("way", "where", "dropout"),
)
