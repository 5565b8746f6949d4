"""The deep network: its error against epochs, and how well it reads in the end."""

from hornlet.experiments.drawing import error_curves
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import EVERYTHING, WAYS
from hornlet.experiments.verdicts import close, larger


def runs(dose):
    """Five hidden layers of 1200, trained the report's way and today's."""
    shape = {
        "width": dose.pick(8, 1200, 1200),
        "rows": dose.pick(48, 3600, EVERYTHING),
        "curves": True,
    }
    return [way(dose, **shape) for way in WAYS.values()]


def draw(figure, table):
    for ax, way in zip(figure.subplots(1, 2, sharey=True), WAYS):
        group = table.only(way=way)
        error_curves(ax, {way: group})
        passes = "iterations of full batches" if way == "report" else "epochs of mini-batches"
        ax.set(xlabel=passes, title=f"{way}: test accuracy {group.mean():.3f}")


def judge(table):
    report, today = table.only(way="report"), table.only(way="today")
    return [
        close(
            "the report's way reaches the report's 90.01 % (within two points)",
            report.values(),
            [0.9001] * len(report.results),
            margin=0.02,
        ),
        larger("today's way reads better than the report's", today.values(), report.values()),
    ]


EXPERIMENT = Experiment(
    "deep",
    "How well does the deep network read, and how does its error fall as it learns?",
    "five hidden layers: 90.01 % of the test letters",
    runs,
    draw,
    judge,
    columns=("way",),
)
