"""Pictures of models, training and results, drawn with matplotlib: Axes in, Axes out."""

from hornlet.plot.classification import confusion, decision_regions, roc
from hornlet.plot.curves import (
    gradient_norms,
    history,
    learning_rate,
    norms_by_layer,
    weights_histogram,
)
from hornlet.plot.images import activations, filters, pictures, saliency

__all__ = [
    "activations",
    "confusion",
    "decision_regions",
    "filters",
    "gradient_norms",
    "history",
    "learning_rate",
    "norms_by_layer",
    "pictures",
    "roc",
    "saliency",
    "weights_histogram",
]
