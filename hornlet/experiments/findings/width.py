"""Width: one hidden layer of 200 to 1400, five of 400 to 1200."""

from hornlet.experiments.drawing import against
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import WAYS
from hornlet.experiments.verdicts import larger


def runs(dose):
    widths = {
        1: dose.pick((4, 8), (200, 600, 1400), tuple(range(200, 1401, 200))),
        5: dose.pick((4, 8), (400, 1200), (400, 800, 1200)),
    }
    return [
        way(dose, depth=depth, width=width)
        for way in WAYS.values()
        for depth in widths
        for width in widths[depth]
    ]


def draw(figure, table):
    for ax, depth in zip(figure.subplots(1, 2, sharey=True), (1, 5)):
        against(ax, {way: table.where(way=way, depth=depth) for way in WAYS}, "width")
        layers = "one hidden layer" if depth == 1 else "five hidden layers"
        ax.set(xlabel="width (units in a layer)", ylabel="test accuracy", title=layers)


def judge(table):
    verdicts = []
    for way in WAYS:
        for depth, layers in ((1, "one hidden layer"), (5, "five hidden layers")):
            groups = sorted(table.where(way=way, depth=depth), key=lambda g: g.settings["width"])
            narrow, wide = groups[0], groups[-1]
            claim = (
                f"{way}, {layers}: {wide.settings['width']} units read better than "
                f"{narrow.settings['width']}"
            )
            verdicts.append(larger(claim, wide.values(), narrow.values()))
    return verdicts


EXPERIMENT = Experiment(
    "width",
    "Do wider layers read better?",
    "one hidden layer of 200 / 600 / 1000 / 1400: .782 / .798 / .812 / .819; "
    "five of 400 / 1200: .901 / .911",
    runs,
    draw,
    judge,
    columns=("way", "depth", "width"),
)
