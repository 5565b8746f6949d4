"""Axes to draw on, colours that everybody can tell apart, and pictures in a row or a grid."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import numpy as np

# Okabe and Ito's colours, told apart with every kind of colour vision; dashes and marks tell lines
# apart where there is no colour at all.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":")
MARKS = ("o", "s", "^", "D", "v", "P", "X")
# Its lightness falls evenly, so it reads the same in gray.
SHADES = "Blues"
INK = "gray_r"


def need_matplotlib() -> None:
    """Raise ImportError that says what to install, before any time is spent."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "Pictures are drawn with matplotlib, which is not installed: "
            "pip install 'hornlet[plot]'"
        ) from error


def axes_or_new(ax: Any) -> Any:
    """`ax`, or the axes of a new pyplot figure when it is None."""
    need_matplotlib()
    if ax is None:
        from matplotlib import pyplot

        return pyplot.subplots(layout="constrained")[1]
    if not hasattr(ax, "imshow"):
        raise TypeError(
            "Argument `ax` must be a matplotlib Axes, for example `plt.subplots()[1]`. "
            f"Received: {ax!r}"
        )
    return ax


def new_figure(width: float, height: float) -> Any:
    """A figure that belongs to no window and needs no display; sizes in inches."""
    need_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def picture_bytes(figure: Any, kind: str = "png") -> bytes:
    """A figure as a file of the `kind` "png" or "svg"; equal figures give equal bytes."""
    import matplotlib

    file = io.BytesIO()
    metadata = {"svg": {"Date": None}, "png": {"Software": None}}[kind]
    with matplotlib.rc_context({"svg.hashsalt": "hornlet", "svg.fonttype": "none"}):
        figure.savefig(file, format=kind, dpi=110, metadata=metadata)
    return file.getvalue()


def notebook_display() -> Any:
    """IPython's `display` module in a notebook, which has imported it; else None."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    is_notebook = getattr(shell, "kernel", None) is not None
    return ipython.display if is_notebook else None  # type: ignore[union-attr]


def line_styles(marks: bool = True) -> Iterator[dict[str, str]]:
    """Keywords for one line after another, no two of the first seven alike."""
    for number, colour in enumerate(cycle(COLOURS)):
        style = {"color": colour, "linestyle": DASHES[number % len(DASHES)]}
        yield {**style, "marker": MARKS[number % len(MARKS)]} if marks else style


def whole_numbers(axis: Any) -> None:
    """Put the ticks of an axis at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def as_pictures(x: Any, name: str = "x") -> np.ndarray:
    """`x` as an array of the shape ``(n, height, width)`` or ``(n, height, width, 3)``."""
    x = np.asarray(x)
    if x.ndim == 4 and x.shape[-1] == 1:
        x = x[..., 0]
    if not (x.ndim == 3 or x.ndim == 4 and x.shape[-1] == 3) or len(x) == 0:
        raise ValueError(
            f"Argument `{name}` must hold at least one picture: an array of the shape "
            "(n, height, width), or with 1 or 3 channels at the end. "
            f"Received: shape {x.shape}"
        )
    return x


def mosaic(pictures: np.ndarray, columns: int, gap: tuple[int, int] = (1, 1)) -> np.ndarray:
    """Pictures in rows of `columns`, `gap` points (down, across) apart; what is empty is NaN."""
    n, height, width = pictures.shape[:3]
    rows = -(-n // columns)
    shape = (rows * (height + gap[0]), columns * (width + gap[1]) - gap[1], *pictures.shape[3:])
    whole = np.full(shape, np.nan)
    for number, picture in enumerate(pictures):
        top, left = place(number, columns, height, width, gap)
        whole[top : top + height, left : left + width] = picture
    return whole


def place(number: int, columns: int, height: int, width: int, gap: tuple[int, int]) -> tuple:
    """The upper left corner of a picture of a `mosaic`, whose gaps lie above the rows."""
    row, column = divmod(number, columns)
    return row * (height + gap[0]) + gap[0], column * (width + gap[1])
