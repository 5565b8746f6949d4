"""relu against sigmoid, deep: gradient norms by layer, and what the first weights do to them."""

import numpy as np

from hornlet.experiments.drawing import mean_norms
from hornlet.experiments.experiment import Experiment
from hornlet.experiments.settings import report
from hornlet.experiments.verdicts import larger
from hornlet.plot import gradient_norms, norms_by_layer

FIRST_WEIGHTS = ("original", "glorot", "he", "normal")
ACTIVATIONS = ("relu", "sigmoid")


def runs(dose):
    """Inputs from 0 to 1 and a rate that suits them: points of 255 alone would saturate sigmoid."""
    shape = {"width": dose.pick(4, 200, 200), "norms": True, "scale": 255, "rate": 0.1}
    return [
        report(dose, activation=activation, initializer=first, **shape)
        for activation in ACTIVATIONS
        for first in FIRST_WEIGHTS
    ]


def draw(figure, table):
    axes = figure.subplots(3, 2, sharey="row")
    for column, activation in enumerate(ACTIVATIONS):
        norms = mean_norms(table.only(activation=activation, initializer="original"))
        gradient_norms(norms, axes[0, column], title=f"{activation}, the original's weights")
        norms_by_layer(norms, axes[1, column], title=f"{activation}, by layer")
        first = [
            mean_norms(table.only(activation=activation, initializer=name))[:, 0]
            for name in FIRST_WEIGHTS
        ]
        ax = norms_by_layer(np.stack(first, axis=1), axes[2, column], iterations=range(4))
        for text, name in zip(ax.get_legend().get_texts(), FIRST_WEIGHTS):
            text.set_text(name)
        ax.set_title(f"{activation}, first step, by first weights")


def falls(group):
    """How much smaller the gradient is at the first layer than at the last, in powers of 10."""
    first = [np.array(result["norms"])[:, 0] for result in group.results]
    return [float(np.log10(norms[-1] / max(norms[0], 1e-30))) for norms in first]


def judge(table):
    relu, sigmoid = (table.where(activation=name) for name in ACTIVATIONS)
    verdicts = [
        larger(
            f"{first}: sigmoid's gradients vanish (10 times more than relu's, in powers of 10)",
            falls(sigmoid.only(initializer=first)), falls(relu.only(initializer=first)), by=1.0,
        )
        for first in FIRST_WEIGHTS
    ]  # fmt: skip
    pair = [group.only(initializer="original").values() for group in (relu, sigmoid)]
    return [*verdicts, larger("relu reads better than sigmoid, deep", *pair)]


EXPERIMENT = Experiment(
    "activation",
    "Why does a deep network learn with relu and not with sigmoid?",
    "sigmoid's gradients vanish: norms by layer",
    runs,
    draw,
    judge,
    columns=("activation", "initializer"),
    size=(10, 10),
)
