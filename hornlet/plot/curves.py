"""Figures that change while a model learns: losses, gradients, learning rates, weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hornlet.plot.canvas import axes_or_new, line_styles, whole_numbers


def history(
    history: Any,
    ax: Any = None,
    *,
    metrics: Iterable[str] | None = None,
    parts: tuple[str, str] = ("training", "validation"),
    title: str = "Training",
) -> Any:
    """Draw metrics against epochs, training in full lines and validation in dashed ones.

    Args:
        history: what `fit` returned, or its dictionary of lists by name.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        metrics: names without "val_", by default all.
        parts: what the data of "name" and of "val_name" are called.
        title: above the picture.

    Returns:
        the Axes.

    Raises:
        ValueError: a metric that is not in the history.

    >>> ax = keras.plot.history({"loss": [1.0, 0.5], "val_loss": [1.1, 0.7]})
    >>> [line.get_label() for line in ax.lines], ax.get_xlabel()
    (['loss, training', 'loss, validation'], 'epoch')
    """
    values: Mapping[str, Sequence[float]] = getattr(history, "history", history)
    known = [name for name in values if not name.startswith("val_")]
    chosen = known if metrics is None else list(metrics)
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen:
        raise ValueError(
            f"Argument `metrics` must name metrics of the history: {known}. Received: {metrics!r}"
        )
    ax = axes_or_new(ax)
    for name, style in zip(chosen, line_styles()):
        for key, part, dashes in zip((name, f"val_{name}"), parts, ("-", "--")):
            if key in values:
                epochs = range(1, len(values[key]) + 1)
                style["linestyle"] = dashes
                ax.plot(epochs, values[key], **style, label=f"{name}, {part}")
    ax.set(xlabel="epoch", ylabel=", ".join(chosen), title=title)
    _finish(ax)
    return ax


def gradient_norms(
    norms: Sequence[Sequence[float]],
    ax: Any = None,
    *,
    names: Sequence[str] | None = None,
    title: str = "Gradient norms",
) -> Any:
    """Draw the norm of every layer's gradient against iterations, on a logarithmic scale.

    Args:
        norms: a series for each layer, from the input on: `keras.mini.Sequential().norms`, or the
            `norms` of the callback `GradientNorms`.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        names: of the layers, by default "layer 1" and so on.
        title: above the picture.

    Returns:
        the Axes.

    >>> ax = keras.plot.gradient_norms([[1.0, 0.5], [2.0, 1.5]])
    >>> ax.get_yscale(), len(ax.lines)
    ('log', 2)
    """
    names = _layer_names(norms, names)
    ax = axes_or_new(ax)
    for name, series, style in zip(names, norms, line_styles(marks=False)):
        ax.plot(range(1, len(series) + 1), series, **style, label=name)
    ax.set(xlabel="iteration", ylabel="norm of the gradient", yscale="log", title=title)
    _finish(ax)
    return ax


def norms_by_layer(
    norms: Sequence[Sequence[float]],
    ax: Any = None,
    *,
    iterations: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    title: str = "Gradient norms by layer",
) -> Any:
    """Draw gradient norms against the layers: a fall towards the input is a vanishing gradient.

    Args:
        norms: as in `gradient_norms`.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        iterations: which ones, from 0; by default the first, the middle and the last.
        names: of the layers, by default their numbers.
        title: above the picture.

    Returns:
        the Axes.

    >>> ax = keras.plot.norms_by_layer([[0.1, 0.2], [1.0, 0.5]], iterations=[1])
    >>> ax.lines[0].get_ydata().tolist()
    [0.2, 0.5]
    """
    count = min((len(series) for series in norms), default=0)
    if iterations is None:
        iterations = sorted({0, count // 2, count - 1})
    if not count or any(not -count <= i < count for i in iterations):
        raise ValueError(
            f"Argument `iterations` must hold numbers below {count}, the length of the series. "
            f"Received: {list(iterations)}"
        )
    ax = axes_or_new(ax)
    places = range(1, len(norms) + 1)
    for iteration, style in zip(iterations, line_styles()):
        chosen = [series[iteration] for series in norms]
        ax.plot(places, chosen, **style, label=f"iteration {iteration % count + 1}")
    ax.set(
        xlabel="layer, from the input on", ylabel="norm of the gradient", yscale="log", title=title
    )
    ax.set_xticks(places, names if names is not None else [str(place) for place in places])
    _finish(ax, whole=False)
    return ax


def learning_rate(
    rate: Any, ax: Any = None, *, steps: int | None = None, title: str = "Learning rate"
) -> Any:
    """Draw the learning rate against steps.

    Args:
        rate: a `LearningRateSchedule`, any function of the step, or a list of rates.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        steps: how many, for a schedule.
        title: above the picture.

    Returns:
        the Axes.

    Raises:
        ValueError: a schedule without `steps`.

    >>> schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    >>> ax = keras.plot.learning_rate(schedule, steps=20)
    >>> round(float(ax.lines[0].get_ydata()[10]), 3)
    0.05
    """
    if callable(rate):
        if steps is None or steps < 1:
            raise ValueError(
                "Argument `steps` must tell how many steps of the schedule to draw. "
                f"Received: steps={steps!r}"
            )
        rate = [float(rate(step)) for step in range(steps)]
    ax = axes_or_new(ax)
    ax.plot(range(len(rate)), rate, **next(line_styles(marks=False)), label="learning rate")
    ax.set(xlabel="step", ylabel="learning rate", title=title, ylim=(0, None))
    _finish(ax)
    return ax


def weights_histogram(model: Any, ax: Any = None, *, bins: int = 60, title: str = "Weights") -> Any:
    """Draw how the values of the weights are spread: a line for every array.

    Args:
        model: a model or layer, or a dictionary of arrays by name.
        ax: the matplotlib Axes to draw on, by default that of a new figure.
        bins: number of steps of the value axis.
        title: above the picture.

    Returns:
        the Axes.

    >>> ax = keras.plot.weights_histogram({"kernel": np.array([0.0, 0.5, 0.5, 1.0])}, bins=2)
    >>> ax.get_legend().get_texts()[0].get_text()
    'kernel'
    """
    arrays = model
    if hasattr(model, "weights"):
        arrays = {weight.path: weight.numpy() for weight in model.weights}
    arrays = {name: np.ravel(array).astype(float) for name, array in arrays.items()}
    arrays = {name: array[np.isfinite(array)] for name, array in arrays.items()}
    if not any(array.size for array in arrays.values()):
        raise ValueError("Argument `model` must hold weights. Received: none; build the model.")
    low = min(array.min() for array in arrays.values() if array.size)
    high = max(array.max() for array in arrays.values() if array.size)
    edges = np.histogram_bin_edges([low, high], bins)
    ax = axes_or_new(ax)
    for (name, array), style in zip(arrays.items(), line_styles(marks=False)):
        share = np.histogram(array, edges)[0] / max(array.size, 1)
        ax.stairs(share, edges, **style, label=name)
    ax.set(xlabel="value", ylabel="share of the array's weights", title=title)
    _finish(ax, whole=False)
    return ax


def _layer_names(norms: Any, names: Sequence[str] | None) -> Sequence[str]:
    if names is None:
        return [f"layer {number + 1}" for number in range(len(norms))]
    if len(names) != len(norms):
        raise ValueError(
            f"Argument `names` must hold {len(norms)} names, one for each series. "
            f"Received: {len(names)}"
        )
    return names


def _finish(ax: Any, whole: bool = True) -> None:
    if whole:
        whole_numbers(ax.xaxis)
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small")
