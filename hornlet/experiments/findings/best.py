"""What the engine reaches on the six letters: the deep network and the convolutional one, tuned."""

from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import recipe
from hornlet.experiments.verdicts import larger, reaches
from hornlet.plot.canvas import line_styles


def runs(dose):
    """The recipes' own numbers of epochs at the full dose, on all letters of folds 0 to 7."""
    less = dose.pick({"rows": 48, "epochs": 1, "most_tested": 99}, {"epochs": 5}, {})
    return [recipe(kind, **less) for kind in ("deep", "cnn")]


def draw(figure, table):
    ax = figure.subplots()
    for place, (group, style) in enumerate(zip(table, line_styles())):
        values = group.values()
        style["linestyle"] = "none"
        ax.plot([place] * len(values), values, **style, label=group.settings["kind"])
    ax.axhline(0.9001, color="black", linewidth=0.8, linestyle=":", label="the report's best")
    ax.set_xticks(range(len(table)), [group.settings["kind"] for group in table])
    ax.set(xlabel="recipe", ylabel="test accuracy", title="one mark for each seed")
    ax.margins(x=0.4)
    ax.legend(fontsize="small")


def judge(table):
    deep, cnn = (table.only(kind=kind).values() for kind in ("deep", "cnn"))
    return [
        reaches("the report's deep network, tuned, reads .955 or more", deep, 0.955),
        reaches("the convolutional network reads .98 or more", cnn, 0.98),
        larger("the convolutional network reads better than the deep one", cnn, deep),
    ]


EXPERIMENT = Experiment(
    "best",
    "How well can these letters be read?",
    "90.01 % with the deep network",
    runs,
    draw,
    judge,
    columns=("kind", "epochs"),
    size=(6, 4),
)
