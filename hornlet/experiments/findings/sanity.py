"""The sanity check: a very small sample must be learned by heart."""

from hornlet.experiments.drawing import error_curves
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import report
from hornlet.experiments.verdicts import larger, reaches

ACTIVATIONS = ("relu", "sigmoid")


def runs(dose):
    small = {
        "rows": 30,
        "iterations": dose.pick(60, 400, 400),
        "width": dose.pick(40, 200, 200),
        "scale": 255,
        "rate": 0.05,
        "penalty": None,
        "weight_penalty": 0,
        "curves": True,
    }
    return [report(dose, activation=activation, **small) for activation in ACTIVATIONS]


def draw(figure, table):
    ax = figure.subplots()
    error_curves(ax, {name: table.only(activation=name) for name in ACTIVATIONS})
    ax.set(xlabel="iterations", title="30 training letters, five hidden layers")


def judge(table):
    relu, sigmoid = (table.only(activation=name).values("train") for name in ACTIVATIONS)
    return [
        reaches("relu learns the sample by heart: no error in training", relu, 1.0),
        larger("sigmoid saturates: it stays behind by .2 or more", relu, sigmoid, by=0.2),
    ]


EXPERIMENT = Experiment(
    "sanity",
    "Is a very small sample learned by heart?",
    "overfitted to zero error with relu; sigmoid saturates",
    runs,
    draw,
    judge,
    columns=("activation",),
    size=(7, 4),
)
