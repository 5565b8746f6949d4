"""What the experiments' pictures have in common, on axes of hornlet.plot's look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from hornlet.experiments.experiment import Group, Table
from hornlet.plot.canvas import line_styles


def against(ax: Any, lines: dict[str, Table], setting: str, figures: Iterable[str] = ("test",)):
    """Draw mean accuracies against a setting, the spread over seeds as bars.

    Args:
        ax: the Axes.
        lines: tables by the name of their line.
        setting: on the horizontal axis.
        figures: "train", "validation", "test".
    """
    figures = list(figures)
    styles = line_styles()
    for name, table in lines.items():
        for figure in figures:
            groups = sorted(table, key=lambda group: group.settings[setting])
            label = name if len(figures) == 1 else f"{name}, {figure}"
            ax.errorbar(
                [group.settings[setting] for group in groups],
                [group.mean(figure) for group in groups],
                [group.spread(figure) for group in groups],
                capsize=3,
                label=label,
                **next(styles),
            )
    finish(ax)


def error_curves(ax: Any, groups: dict[str, Group]) -> None:
    """Draw the errors on training and test letters as training goes on: mean and spread."""
    for (name, group), style in zip(groups.items(), line_styles(marks=False)):
        curves = [result["curves"] for result in group.results]
        for part, dashes in (("train", "--"), ("test", "-")):
            errors = np.array([curve[part] for curve in curves])
            centre, width = errors.mean(axis=0), errors.std(axis=0)
            line = {"color": style["color"], "linestyle": dashes}
            ax.plot(curves[0]["at"], centre, **line, label=f"{name}, {part}")
            band = (centre - width, centre + width)
            ax.fill_between(curves[0]["at"], *band, color=style["color"], alpha=0.15, linewidth=0)
    ax.set(ylabel="error", ylim=(0, None))
    finish(ax)


def mean_norms(group: Group) -> np.ndarray:
    """Gradient norms by layer and step, the mean over the seeds."""
    return np.mean([result["norms"] for result in group.results], axis=0)


def finish(ax: Any) -> None:
    """A grid and a legend."""
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small")
