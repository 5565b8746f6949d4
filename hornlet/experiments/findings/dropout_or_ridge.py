"""Dropout against ridge: training and test error as the network learns."""

from hornlet.experiments.drawing import error_curves
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import WAYS
from hornlet.experiments.verdicts import larger

KINDS = {
    "neither": {"penalty": None, "weight_penalty": 0},
    "ridge": {"penalty": "ridge", "weight_penalty": 0.01},
    "dropout": {"penalty": None, "weight_penalty": 0, "dropout": 0.5, "where": "last"},
}


def runs(dose):
    width = dose.pick(4, 200, 200)
    return [
        way(dose, width=width, curves=True, **kind)
        for way in WAYS.values()
        for kind in KINDS.values()
    ]


def chosen(table, way):
    """The groups by the name of their kind."""
    return {name: table.only(way=way, **kind) for name, kind in named()}


def named():
    return [(name, {"dropout": 0.0, **kind}) for name, kind in KINDS.items()]


def draw(figure, table):
    for ax, way in zip(figure.subplots(1, 2, sharey=True), WAYS):
        error_curves(ax, chosen(table, way))
        ax.set(xlabel="iterations" if way == "report" else "epochs", title=way)


def judge(table):
    verdicts = []
    for way in WAYS:
        groups = chosen(table, way)
        dropout, ridge = groups["dropout"].values(), groups["ridge"].values()
        verdicts.append(larger(f"{way}: dropout reads better than ridge", dropout, ridge))
    return verdicts


EXPERIMENT = Experiment(
    "dropout_or_ridge",
    "Which keeps a network from learning by heart, dropout at the last layer or ridge?",
    "curves of training and test error, dropout's test error the lower one",
    runs,
    draw,
    judge,
    columns=("way", "penalty", "dropout"),
)
