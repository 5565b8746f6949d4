"""All 26 letters with the same recipes, and which of them are taken for which."""

import numpy as np

from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import recipe
from hornlet.experiments.verdicts import larger, reaches
from hornlet.plot import confusion

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def runs(dose):
    less = dose.pick(
        {"rows": 60, "epochs": 1, "most_tested": 99},
        {"rows": 8000, "epochs": 3},
        {"rows": 0, "epochs": 6},
    )
    return [recipe(kind, letters=LETTERS, **less) for kind in ("deep", "cnn")]


def draw(figure, table):
    counts = np.sum([result["confusion"] for result in table.only(kind="cnn").results], axis=0)
    pairs = np.argwhere(counts)
    wanted, found = np.repeat(pairs, counts[tuple(pairs.T)], axis=0).T
    ax = figure.subplots()
    confusion(wanted, found, ax, names=LETTERS, title="the convolutional network, all seeds")
    ax.set(xlabel="read as", ylabel="written")


def judge(table):
    deep, cnn = (table.only(kind=kind).values() for kind in ("deep", "cnn"))
    return [
        larger("the convolutional network reads better than the deep one", cnn, deep),
        reaches("it reads .92 or more of the 26 letters", cnn, 0.92),
    ]


EXPERIMENT = Experiment(
    "alphabet",
    "How well are all 26 letters read, and which are mistaken?",
    "six letters only",
    runs,
    draw,
    judge,
    columns=("kind", "rows", "epochs"),
    size=(8, 7),
)
