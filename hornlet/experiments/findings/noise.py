"""Noise on the inputs against ridge."""

from hornlet.experiments.drawing import error_curves
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import WAYS
from hornlet.experiments.verdicts import close, larger

KINDS = {
    "ridge": {"penalty": "ridge", "weight_penalty": 0.01, "noise": 0.0},
    "noise 2.5": {"penalty": None, "weight_penalty": 0, "noise": 2.5},
    "noise 50": {"penalty": None, "weight_penalty": 0, "noise": 50.0},
}


def runs(dose):
    width = dose.pick(4, 200, 200)
    return [
        way(dose, width=width, curves=True, **kind)
        for way in WAYS.values()
        for kind in KINDS.values()
    ]


def draw(figure, table):
    for ax, way in zip(figure.subplots(1, 2, sharey=True), WAYS):
        error_curves(ax, {name: table.only(way=way, **kind) for name, kind in KINDS.items()})
        ax.set(xlabel="iterations" if way == "report" else "epochs", title=way)


def judge(table):
    verdicts = []
    for way in WAYS:
        ridge, little, much = (table.only(way=way, **kind).values() for kind in KINDS.values())
        verdicts += [
            close(f"{way}: noise of 2.5 reads like ridge (within .02)", little, ridge, 0.02),
            larger(f"{way}: noise of 50 reads better than noise of 2.5", much, little),
        ]
    return verdicts


EXPERIMENT = Experiment(
    "noise",
    "Does noise on the inputs do what ridge does?",
    "standard deviation 2.5 of 255: curves of training and test error like ridge's",
    runs,
    draw,
    judge,
    columns=("way", "penalty", "noise"),
)
