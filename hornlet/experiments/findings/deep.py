"""The deep network: its error against epochs, and how well it reads in the end."""

from hornlet.experiments.drawing import error_curves
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import EVERYTHING, report, today
from hornlet.experiments.verdicts import close, larger, mean

# With points from 0 to 1: fold 7 preferred this rate to 0.05.
CHOSEN = {"scale": 255, "rate": 0.1}


def runs(dose):
    """Five hidden layers of 1200: the report's way, the same with CHOSEN, and today's way."""
    shape = {
        "width": dose.pick(8, 1200, 1200),
        "rows": dose.pick(48, 3600, EVERYTHING),
        "curves": True,
    }
    return [report(dose, **shape), report(dose, **shape, **CHOSEN), today(dose, **shape)]


def named(table):
    return dict(zip(("report", "report, points from 0 to 1", "today"), table))


def draw(figure, table):
    for ax, (name, group) in zip(figure.subplots(1, 3, sharey=True), named(table).items()):
        error_curves(ax, {name: group})
        passes = "epochs of mini-batches" if name == "today" else "iterations of full batches"
        ax.set(xlabel=passes, title=f"{name}\ntest accuracy {group.mean():.3f}")


def judge(table):
    given, chosen, modern = (group.values() for group in table)
    figure = [0.9001] * len(given)
    return [
        close("the report's way reads 90.01 % (within two points)", given, figure, margin=0.02),
        larger("points from 0 to 1 and a chosen rate read better than 90.01 %", chosen, figure),
        larger("today's way reads better than both", modern, max(given, chosen, key=mean)),
    ]


EXPERIMENT = Experiment(
    "deep",
    "How well does the deep network read, and how does its error fall as it learns?",
    "five hidden layers: 90.01 % of the test letters",
    runs,
    draw,
    judge,
    columns=("way", "scale", "rate"),
    size=(13, 4),
)
