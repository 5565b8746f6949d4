"""A model as a diagram: boxes, arrows and frames as plain data, and an SVG drawing of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

CHARACTER, LINE, MARGIN, GAP, STEP = 8, 18, 10, 24, 40
DUMMY = 12  # width kept free where an arrow passes a row


@dataclass
class Box:
    """A layer: its title (name and class) and lines of words, each (key, value)."""

    key: int
    name: str
    kind: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Frame:
    """A model: boxes, the frames of models inside it, and what its input and output boxes are."""

    label: str
    boxes: list[Box] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    arrows: list[tuple[int, int]] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    exits: list[int] = field(default_factory=list)

    def all_boxes(self) -> list[Box]:
        return self.boxes + [box for frame in self.frames for box in frame.all_boxes()]

    def all_arrows(self) -> list[tuple[int, int]]:
        inner = [arrow for frame in self.frames for arrow in frame.all_arrows()]
        return list(dict.fromkeys(self.arrows + inner))


def diagram(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    expand_nested: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> Frame:
    """The boxes and arrows of a built model; a model without a graph is a single box."""
    show = (show_shapes, show_dtype, show_layer_activations, show_trainable)
    whole = Frame(model.name)
    if not _has_graph(model):
        whole.boxes.append(_box(model, show))
        whole.entries = whole.exits = [id(model)]
        return whole
    ends: dict[int, Frame] = {}
    for layer in model.layers:
        if expand_nested and _has_graph(layer):
            inner = diagram(layer, show_shapes, show_dtype, True, *show[2:])
            whole.frames.append(inner)
            ends[id(layer)] = inner
        else:
            whole.boxes.append(_box(layer, show))
            ends[id(layer)] = Frame("", entries=[id(layer)], exits=[id(layer)])
    for before, after in _calls(model):
        if id(before) in ends and id(after) in ends:
            sources, targets = ends[id(before)].exits, ends[id(after)].entries
            whole.arrows += [(a, b) for a in sources for b in targets]
    first, last = _first_and_last(model)
    whole.entries = [key for layer in first for key in ends[id(layer)].entries]
    whole.exits = [key for layer in last for key in ends[id(layer)].exits]
    return whole


def _has_graph(layer: Any) -> bool:
    return getattr(layer, "is_model_graph", False) or hasattr(layer, "_graph")


def _is_row(model: Any) -> bool:
    return not hasattr(model, "_graph")


def _calls(model: Any) -> list[tuple[Any, Any]]:
    """Pairs of layers of which one is called on what the other returns."""
    if _is_row(model):
        return list(zip(model.layers, model.layers[1:]))
    nodes = [n for layer in model.layers for n in layer._inbound_nodes if n in model._graph]
    return [(parent.operation, node.operation) for node in nodes for parent in node.parent_nodes]


def _first_and_last(model: Any) -> tuple[list, list]:
    if _is_row(model):
        return model.layers[:1], model.layers[-1:]
    known = {id(layer) for layer in model.layers}
    ends = [[x._keras_history.operation for x in xs] for xs in (model.inputs, model.outputs)]
    return ends[0], [layer for layer in dict.fromkeys(ends[1]) if id(layer) in known]


def _box(layer: Any, show: tuple) -> Box:
    shapes, dtype, activation, trainable = show
    box = Box(id(layer), layer.name, getattr(layer, "class_name", None) or type(layer).__name__)
    function = getattr(layer, "activation", None)
    if activation and function is not None:
        name = getattr(function, "name", None) or getattr(function, "__name__", str(function))
        box.fields.append(("Activation", str(name)))
    node = layer._inbound_nodes[0] if layer._inbound_nodes else None
    inputs = node.input_tensors if node else []
    outputs = node.output_tensors if node else []
    if shapes and (inputs or node is None):
        box.fields.append(("Input shape", _shown([x.shape for x in inputs])))
    if shapes:
        box.fields.append(("Output shape", _shown([x.shape for x in outputs])))
    if dtype:
        box.fields.append(("Output dtype", _shown([str(x.dtype) for x in outputs])))
    if trainable and getattr(layer, "weights", None):
        box.fields.append(("", "Trainable" if layer.trainable else "Non-trainable"))
    return box


def _shown(values: list) -> str:
    if not values:
        return "?"
    return str(values[0]) if len(values) == 1 else str(values).replace("'", "")


def svg(frame: Frame, show_layer_names: bool = True, rankdir: str = "TB") -> str:
    """The diagram as an SVG picture: rows of boxes from the inputs on, arrows between them."""
    lines = {box.key: _words(box, show_layer_names) for box in frame.all_boxes()}
    arrows = frame.all_arrows()
    places, paths, rows = _layout(list(lines), arrows)
    sizes = {
        key: (max(len(line) for line in words) * CHARACTER + 2 * MARGIN, LINE * len(words) + 10)
        for key, words in lines.items()
    }
    sideways = rankdir in ("LR", "RL")
    across = {key: (size[1] if sideways else size[0]) for key, size in sizes.items()}
    along = {key: (size[0] if sideways else size[1]) for key, size in sizes.items()}
    centres, total = _coordinates(rows, across, along)
    if rankdir in ("BT", "RL"):
        centres = {key: (x, total[1] - y) for key, (x, y) in centres.items()}
    if sideways:
        centres = {key: (y, x) for key, (x, y) in centres.items()}
        total = (total[1], total[0])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total[0]:.0f} {total[1]:.0f}" '
        f'width="{total[0]:.0f}" height="{total[1]:.0f}" font-family="sans-serif" font-size="13">',
        f"<title>{escape(frame.label)}</title><defs><marker id='tip' viewBox='0 0 8 8' refX='8' "
        "refY='4' markerWidth='8' markerHeight='8' orient='auto'><path d='M0 0L8 4L0 8z'/>"
        "</marker></defs>",
    ]
    parts += [_framed(inner, centres, sizes) for inner in frame.frames]
    for path in paths:
        parts.append(_arrow(path, centres, sizes, rankdir))
    parts += [_drawn(lines[key], centres[key], sizes[key]) for key in places]
    return "".join([*parts, "</svg>"])


def _words(box: Box, show_layer_names: bool) -> list[str]:
    title = f"{box.name} ({box.kind})" if show_layer_names else box.kind
    return [title, *(f"{key}: {value}" if key else value for key, value in box.fields)]


def _layout(keys: list, arrows: list) -> tuple[list, list, list]:
    """Rows by the longest way from an input, in each row near to what points at them.

    Arrows over several rows get a stand-in in each row they pass, so that they go round the boxes.
    """
    row = dict.fromkeys(keys, 0)
    for _ in keys:
        changed = False
        for a, b in arrows:
            if row[b] < row[a] + 1:
                row[b], changed = row[a] + 1, True
        if not changed:
            break
    rows: list[list] = [[] for _ in range(max(row.values(), default=0) + 1)]
    for key in keys:
        rows[row[key]].append(key)
    paths: list[list] = []
    before: dict[Any, list] = {}
    for a, b in arrows:
        passed = [("pass", a, b, depth) for depth in range(row[a] + 1, row[b])]
        for depth, stand_in in enumerate(passed, row[a] + 1):
            rows[depth].append(stand_in)
        path = [a, *passed, b]
        for previous, key in zip(path, path[1:]):
            before.setdefault(key, []).append(previous)
        paths.append(path)
    for above, own in zip(rows, rows[1:]):
        at = {key: place for place, key in enumerate(above)}
        own.sort(key=lambda key: _mean([at[k] for k in before.get(key, []) if k in at]))
    return keys, paths, rows


def _mean(places: list) -> float:
    return sum(places) / len(places) if places else 0.0


def _coordinates(rows: list, across: dict, along: dict) -> tuple[dict, tuple[float, float]]:
    widths = [sum(across.get(k, DUMMY) for k in row) + GAP * (len(row) - 1) for row in rows]
    whole = max(widths, default=0) + 2 * GAP
    centres, y = {}, float(GAP)
    for row, width in zip(rows, widths):
        height = max(along.get(key, 0) for key in row)
        x = (whole - width) / 2
        for key in row:
            size = across.get(key, DUMMY)
            centres[key] = (x + size / 2, y + height / 2)
            x += size + GAP
        y += height + STEP
    return centres, (whole, y - STEP + GAP)


def _arrow(path: list, centres: dict, sizes: dict, rankdir: str) -> str:
    points = [list(centres[key]) for key in path]
    axis = 0 if rankdir in ("LR", "RL") else 1
    sign = -1 if rankdir in ("BT", "RL") else 1
    points[0][axis] += sign * sizes[path[0]][axis] / 2
    points[-1][axis] -= sign * sizes[path[-1]][axis] / 2
    shown = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{shown}" fill="none" stroke="black" marker-end="url(#tip)"/>'


def _drawn(words: list[str], centre: tuple, size: tuple) -> str:
    left, top = centre[0] - size[0] / 2, centre[1] - size[1] / 2
    parts = [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}" '
        'rx="3" fill="white" stroke="black"/>'
    ]
    for number, line in enumerate(words):
        weight = ' font-weight="bold"' if number == 0 else ""
        parts.append(
            f'<text x="{centre[0]:.1f}" y="{top + LINE * (number + 1):.1f}" '
            f'text-anchor="middle"{weight}>{escape(line)}</text>'
        )
    return "".join(parts)


def _framed(frame: Frame, centres: dict, sizes: dict) -> str:
    """A dashed frame round the boxes of a model inside the model."""
    keys = [box.key for box in frame.all_boxes()]
    left = min(centres[key][0] - sizes[key][0] / 2 for key in keys) - MARGIN
    right = max(centres[key][0] + sizes[key][0] / 2 for key in keys) + MARGIN
    top = min(centres[key][1] - sizes[key][1] / 2 for key in keys) - MARGIN - 6
    bottom = max(centres[key][1] + sizes[key][1] / 2 for key in keys) + MARGIN
    own = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}" fill="none" stroke="black" stroke-dasharray="5 4"/>'
        f'<text x="{left + 4:.1f}" y="{top + 12:.1f}" font-size="11">{escape(frame.label)}</text>'
    )
    return own + "".join(_framed(inner, centres, sizes) for inner in frame.frames)
