"""Ridge against lasso over five penalties."""

from hornlet.experiments.drawing import against
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import WAYS
from hornlet.experiments.verdicts import close

NAMES = ("ridge", "lasso")


def runs(dose):
    amounts = dose.pick((1e-3,), (1e-5, 1e-4, 1e-3, 1e-2, 1e-1), (1e-5, 1e-4, 1e-3, 1e-2, 1e-1))
    width = dose.pick(4, 200, 200)
    return [
        way(dose, width=width, penalty=name, weight_penalty=amount)
        for way in WAYS.values()
        for name in NAMES
        for amount in amounts
    ]


def draw(figure, table):
    for ax, way in zip(figure.subplots(1, 2, sharey=True), WAYS):
        lines = {name: table.where(way=way, penalty=name) for name in NAMES}
        against(ax, lines, "weight_penalty", ("train", "test"))
        ax.set(xlabel="weight penalty", xscale="log", ylabel="accuracy", title=way)


def judge(table):
    """The validation fold chooses each penalty's amount; the test folds compare what it chose."""
    verdicts = []
    for way in WAYS:
        ridge, lasso = (table.best(way=way, penalty=name) for name in NAMES)
        claim = (
            f"{way}: ridge {ridge.settings['weight_penalty']:g} and lasso "
            f"{lasso.settings['weight_penalty']:g}, each the best, read alike (within .02)"
        )
        verdicts.append(close(claim, ridge.values(), lasso.values(), 0.02))
    return verdicts


EXPERIMENT = Experiment(
    "penalties",
    "Which penalty on the weights helps more, ridge or lasso?",
    "curves of training and test error that lie close to each other",
    runs,
    draw,
    judge,
    columns=("way", "penalty", "weight_penalty"),
)
