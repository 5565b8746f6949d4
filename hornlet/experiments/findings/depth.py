"""Depth: one to ten hidden layers of 200."""

from hornlet.experiments.drawing import against
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import WAYS
from hornlet.experiments.verdicts import larger


def runs(dose):
    depths = dose.pick((2, 6, 10), (1, 2, 4, 6, 10), tuple(range(1, 11)))
    width = dose.pick(4, 200, 200)
    return [way(dose, depth=depth, width=width) for way in WAYS.values() for depth in depths]


def draw(figure, table):
    ax = figure.subplots()
    against(ax, {way: table.where(way=way) for way in WAYS}, "depth")
    ax.set(xlabel="hidden layers", ylabel="test accuracy", title="depth at width 200")


def judge(table):
    verdicts = []
    for way in WAYS:
        two, six, ten = (table.only(way=way, depth=depth).values() for depth in (2, 6, 10))
        verdicts += [
            larger(f"{way}: six hidden layers read better than two", six, two),
            larger(f"{way}: ten hidden layers read worse than six", six, ten),
        ]
    return verdicts


EXPERIMENT = Experiment(
    "depth",
    "Do more layers read better?",
    "width 200, 2 / 6 / 10 hidden layers: .878 / .894 / .890",
    runs,
    draw,
    judge,
    columns=("way", "depth"),
    size=(7, 4),
)
