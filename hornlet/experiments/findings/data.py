"""How much data: the same network on few and on many letters."""

from hornlet.experiments.drawing import against
from hornlet.experiments.experiment import Experiment, Group, Table
from hornlet.experiments.settings import EVERYTHING, WAYS
from hornlet.experiments.verdicts import larger

ALL = 10_549  # letters in the training folds


def runs(dose):
    rows = dose.pick((20, 48), (100, 300, 1000, 3000), (100, 300, 1000, 3000, EVERYTHING))
    width = dose.pick(4, 200, 200)
    return [way(dose, width=width, rows=count) for way in WAYS.values() for count in rows]


def counted(table):
    """The table with the number of letters where the settings say "all"."""
    groups = [Group({**g.settings, "rows": g.settings["rows"] or ALL}, g.results) for g in table]
    return Table(sorted(groups, key=lambda group: group.settings["rows"]))


def draw(figure, table):
    ax = figure.subplots()
    against(ax, {way: counted(table.where(way=way)) for way in WAYS}, "rows")
    ax.set(xlabel="training letters", xscale="log", ylabel="test accuracy", title="how much data")


def judge(table):
    verdicts = []
    for way in WAYS:
        groups = counted(table.where(way=way)).groups
        claim = (
            f"{way}: {groups[-1].settings['rows']} letters teach more than "
            f"{groups[-2].settings['rows']}"
        )
        verdicts.append(larger(claim, groups[-1].values(), groups[-2].values()))
    return verdicts


EXPERIMENT = Experiment(
    "data",
    "How many letters does the network need?",
    "28,800 training letters; nothing about fewer",
    runs,
    draw,
    judge,
    columns=("way", "rows"),
    size=(7, 4),
)
