"""The summary of a model: its layers, their output shapes and parameters, as Keras prints it."""

from __future__ import annotations

import math
import re
import shutil
import sys
from typing import Any

from hornlet.base import nest
from hornlet.base.config import is_interactive_logging_enabled, print_message
from hornlet.models.table import Cell, paint, render

NUMBER, NONE, SYMBOL = "34", "45", "33"


def count_params(weights: Any) -> int:
    """The number of elements of all weights."""
    return sum(math.prod(w.shape) for w in weights)


def memory_size(weights: Any) -> int:
    """The bytes of all weights, each counted once."""
    return sum(w.array.nbytes for w in {id(w): w for w in weights}.values())


def readable_size(size: float) -> str:
    """Bytes in the unit that suits their number: ``1.00 KB``."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"


def _shape_cell(layer: Any) -> Cell:
    if not layer._inbound_nodes and not getattr(layer, "_build_shapes_dict", None):
        return [("?", "")]
    shapes: Any
    if layer._inbound_nodes:
        shapes = [x.shape for x in layer._inbound_nodes[-1].output_tensors]
    else:
        shapes = getattr(layer, "output_shape", None)
        if shapes is None:
            try:
                shapes = _listed(layer.compute_output_shape(**layer._build_shapes_dict))
            except (NotImplementedError, TypeError, ValueError):
                return [("?", "")]  # a `call` that cannot be traced from these shapes alone
        elif isinstance(shapes, tuple):
            shapes = [shapes]
    if len(shapes) == 1:
        return _one_shape(shapes[0])
    cell: Cell = [("[", "")]
    for k, shape in enumerate(shapes):
        cell += [(", ", "")] if k else []
        cell += _one_shape(shape)
    return [*cell, ("]", "")]


def _listed(shapes: Any) -> list:
    if isinstance(shapes, tuple) and all(d is None or isinstance(d, int) for d in shapes):
        return [shapes]
    values = shapes.values() if isinstance(shapes, dict) else shapes
    return [shape for part in values for shape in _listed(tuple(part))]


def _one_shape(shape: Any) -> Cell:
    cell: Cell = [("(", "")]
    for k, dim in enumerate(shape):
        cell += [(", ", "")] if k else []
        cell.append((str(dim), NONE if dim is None else NUMBER))
    return [*cell, (")", "")]


def _is_sequential(model: Any) -> bool:
    """Whether the layers are one chain, so that no column of connections is needed."""
    graph = getattr(model, "_graph", None)
    if graph is None:
        return True
    inside: list = []
    for nodes in graph.nodes_by_depth.values():
        if len(nodes) > 1 or len(nest.flatten(nodes[0].input_tensors)) > 1:
            return False
        inside += nodes
    return all(sum(node in inside for node in x._inbound_nodes) < 2 for x in model.layers)


def _connections(layer: Any, graph: Any) -> Cell:
    cell: Cell = []
    for node in layer._inbound_nodes:
        if node not in graph:
            continue
        for x in node.input_tensors:
            operation, node_index, tensor_index = x._keras_history
            cell += [(", ", "")] if cell else []
            cell += [(f"{operation.name}[", ""), (str(node_index), NUMBER), ("][", "")]
            cell += [(str(tensor_index), NUMBER), ("]", "")]
    return cell or [("-", "")]


def _fields(layer: Any, prefix: str, graph: Any, show_trainable: bool) -> list[Cell]:
    kind = getattr(layer, "class_name", None) or type(layer).__name__
    name: Cell = [(f"{prefix}{layer.name} (", ""), (kind, SYMBOL), (")", "")]
    if not hasattr(layer, "built"):
        params: Cell = [("0", NUMBER)]
    elif not layer.built:
        params = [("0", NUMBER), (" (unbuilt)", "")]
    else:
        params = [(f"{layer.count_params():,}", NUMBER)]
    fields = [name, _shape_cell(layer), params]
    if graph is not None:
        fields.append(_connections(layer, graph))
    if show_trainable:
        if getattr(layer, "weights", None):
            fields.append([("Y", "bold 34") if layer.trainable else ("N", "bold 9")])
        else:
            fields.append([("-", "bold")])
    return fields


def _rows(layer: Any, graph: Any, show_trainable: bool, nested: bool, level: int = 0) -> list:
    prefix = "   " * level + "└ " if level else ""
    rows = [_fields(layer, prefix, graph, show_trainable)]
    for inner in getattr(layer, "layers", None) or () if nested else ():
        rows += _rows(inner, graph, show_trainable, nested, level + 1)
    return rows


def _chosen(layers: list, layer_range: Any) -> list:
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(
            "Argument `layer_range` must be two names, of the first and the last layer to show. "
            f"Received: layer_range={layer_range!r}"
        )
    first, last = (
        [k for k, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range
    )
    if not first or not last:
        raise ValueError(
            f"No layers of the model match layer_range={layer_range!r}. Layers: "
            f"{[layer.name for layer in layers]}"
        )
    if min(first) > max(last):
        first, last = last, first
    return layers[min(first) : max(last) + 1]


def summary_text(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
    colours: bool = False,
) -> str:
    """The summary as text; `colours` adds a terminal's codes."""
    graph = None if _is_sequential(model) else model._graph
    layers = list(model._graph.operations) if hasattr(model, "_graph") else model.layers
    header, alignment = ["Layer (type)", "Output Shape", "Param #"], ["left", "left", "right"]
    default = 88
    ends = list(positions or [0.45, 0.80, 1.0])
    if graph is not None:
        header, alignment, default = [*header, "Connected to"], [*alignment, "left"], 108
        ends = list(positions or [0.3, 0.56, 0.74, 1.0])
    if show_trainable:
        header, alignment, default = [*header, "Trainable"], [*alignment, "center"], default + 12
        ends = [*(end * 0.9 for end in ends), 1.0]
    line_length = line_length or min(default, shutil.get_terminal_size().columns - 4)
    stops = [int(end * line_length) for end in ends]
    widths = [stop - start for start, stop in zip([0, *stops], stops)]
    if any(width < 4 for width in widths):
        raise ValueError("Insufficient console width to print summary.")
    rows = [
        row
        for layer in _chosen(layers, layer_range)
        for row in _rows(layer, graph, show_trainable, expand_nested)
    ]
    lines = [paint([(f'Model: "{model.name}"', "bold")], colours)]
    lines += render(header, rows, widths, alignment, line_length, colours)
    lines += [paint(line, colours) for line in _totals(model)]
    return "\n".join(lines) + "\n"


def _totals(model: Any) -> list[Cell]:
    groups = [
        ("Trainable", getattr(model, "_collected_trainable_weights", model.trainable_weights)),
        ("Non-trainable", model.non_trainable_weights),
    ]
    optimizer = getattr(model, "optimizer", None)
    if getattr(model, "compiled", False) and optimizer is not None and optimizer.built:
        groups.append(("Optimizer", optimizer.variables))
    figures = [(name, count_params(ws), memory_size(ws)) for name, ws in groups]
    total = ("Total", sum(n for _, n, _ in figures), sum(size for _, _, size in figures))
    return [
        [(f" {name} params: ", "bold"), (f"{n:,}", NUMBER), (f" ({readable_size(size)})", "")]
        for name, n, size in [total, *figures]
    ]


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    print_fn: Any = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Print a summary of `model`; see `Model.summary`."""
    colours = print_fn is None and is_interactive_logging_enabled() and sys.stdout.isatty()
    text = summary_text(
        model, line_length, positions, expand_nested, show_trainable, layer_range, colours
    )
    if print_fn is not None:
        print_fn(text)
    else:
        print_message(text, line_break=False)
