"""plot_model and model_to_dot: a model's layers as a picture, by graphviz or as an SVG of ours."""

from __future__ import annotations

import os
import shutil
from html import escape
from typing import Any

from hornlet.base.config import print_message
from hornlet.base.files import atomic_write
from hornlet.plot.canvas import notebook_display
from hornlet.utils.diagram import Box, Frame, diagram, svg

DIRECTIONS = ("TB", "LR", "BT", "RL")


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """A model's layers and their connections as a graph of pydot.

    Args:
        model: a built model.
        show_shapes, show_dtype: show shapes; the outputs' dtypes.
        show_layer_names: names beside the classes.
        rankdir: "TB" from top to bottom, "LR" from left to right, "BT" or "RL".
        expand_nested: show what is in models inside the model, each in a frame.
        dpi: points per inch of a picture made of it.
        subgraph: return a cluster for use inside another graph.
        show_layer_activations: show activations, of layers that have one.
        show_trainable: show whether a layer's weights are trained.
        splines: how graphviz draws arrows, for example "ortho" or "curved".

    Returns:
        a `pydot.Dot`, or with `subgraph` a `pydot.Cluster`.

    Raises:
        ImportError: pydot is not installed; ValueError: the model is not built.

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> graph = keras.utils.model_to_dot(model)  # doctest: +SKIP
    >>> graph.write_svg("model.svg")  # doctest: +SKIP
    """
    _no_more(kwargs, "model_to_dot")
    whole = _checked(
        model, rankdir, show_shapes, show_dtype, expand_nested, show_layer_activations,
        show_trainable,
    )  # fmt: skip
    pydot = _pydot()
    if pydot is None:
        raise ImportError(
            "`model_to_dot` makes a graph of pydot, which is not installed: pip install pydot"
        )
    if subgraph:
        dot = _cluster(pydot, model.name)
    else:
        dot = pydot.Dot(
            rankdir=rankdir, concentrate="true", dpi=str(dpi), splines=splines, graph_type="digraph"
        )
        dot.set_node_defaults(shape="record")
    _fill(pydot, dot, whole, show_layer_names)
    return dot


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Write a picture of a model's layers and their connections to a file.

    Where pydot and graphviz's program `dot` are installed they draw, in any format they know. Where
    they are not, the picture is an SVG drawing of our own, with the file name's ending changed to
    `.svg` if it is another, and a line that says so.

    Args:
        model: a built model.
        to_file: the file.
        show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi,
            show_layer_activations, show_trainable, splines: as in `model_to_dot`.

    Returns:
        in a notebook the picture, to be shown there; else None.

    Raises:
        ValueError: the model is not built.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.svg")
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> keras.utils.plot_model(model, path, show_shapes=True)
    >>> os.path.exists(path)
    True
    """
    _no_more(kwargs, "plot_model")
    show = {
        "show_shapes": show_shapes, "show_dtype": show_dtype, "expand_nested": expand_nested,
        "show_layer_activations": show_layer_activations, "show_trainable": show_trainable,
    }  # fmt: skip
    whole = _checked(model, rankdir, **show)
    path = os.fspath(to_file)
    stem, ending = os.path.splitext(path)
    if _pydot() is not None and shutil.which("dot"):
        dot = model_to_dot(
            model, show_layer_names=show_layer_names, rankdir=rankdir, dpi=dpi, splines=splines,
            **show,
        )  # fmt: skip
        content = dot.create(format=ending[1:].lower() or "png")
        path = path if ending else path + ".png"
    else:
        content = svg(whole, show_layer_names, rankdir).encode()
        if ending.lower() != ".svg":
            path = stem + ".svg"
            print_message(f"pydot and graphviz are not installed: wrote an SVG drawing to {path}.")
    atomic_write(path, lambda file: file.write(content))
    return _shown(path)


def _no_more(kwargs: dict, name: str) -> None:
    layer_range = kwargs.pop("layer_range", None)
    if layer_range is not None:
        raise ValueError("Argument `layer_range` is no longer supported.")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments of `{name}`: {sorted(kwargs)}")


def _checked(model: Any, rankdir: str, *args: Any, **show: Any) -> Frame:
    if rankdir not in DIRECTIONS:
        raise ValueError(f"Argument `rankdir` must be one of {DIRECTIONS}. Received: {rankdir!r}")
    if not getattr(model, "built", True):
        raise ValueError(
            "The model has not yet been built. Build it with `build()` or by calling it on a batch "
            "of data."
        )
    return diagram(model, *args, **show)


def _pydot() -> Any:
    try:
        import pydot
    except ImportError:
        return None
    return pydot


def _cluster(pydot: Any, label: str) -> Any:
    cluster = pydot.Cluster(style="dashed", graph_name=label)
    cluster.set("label", label)
    cluster.set("labeljust", "l")
    return cluster


def _fill(pydot: Any, dot: Any, frame: Frame, show_layer_names: bool) -> None:
    for inner in frame.frames:
        cluster = _cluster(pydot, inner.label)
        _fill(pydot, cluster, inner, show_layer_names)
        dot.add_subgraph(cluster)
    for box in frame.boxes:
        label = _label(box, show_layer_names)
        dot.add_node(pydot.Node(str(box.key), label=label, shape="plain", fontname="Helvetica"))
    for before, after in frame.arrows:
        dot.add_edge(pydot.Edge(str(before), str(after), penwidth="2"))


def _label(box: Box, show_layer_names: bool) -> str:
    kind = escape(box.kind)
    title = f"<b>{escape(box.name)}</b> ({kind})" if show_layer_names else f"<b>{kind}</b>"
    rows = [f"<tr><td>{title}</td></tr>"]
    for key, value in box.fields:
        words = f"{key}: <b>{escape(value)}</b>" if key else escape(value)
        rows.append(f"<tr><td>{words}</td></tr>")
    table = '<table border="0" cellborder="1" cellspacing="0" cellpadding="8">'
    return f"<{table}{''.join(rows)}</table>>"


def _shown(path: str) -> Any:
    """The picture as IPython shows it, in a notebook; else None."""
    display = notebook_display()
    if display is None:
        return None
    return display.SVG(path) if path.endswith(".svg") else display.Image(filename=path)
