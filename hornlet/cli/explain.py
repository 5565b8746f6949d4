"""`explain`: what the engine makes of a model, as one HTML page."""

from __future__ import annotations

import os
import time
from collections import Counter
from html import escape
from typing import Any

import numpy as np

from hornlet.base import nest
from hornlet.base.files import atomic_write
from hornlet.cli import networks
from hornlet.engine.explain import explained
from hornlet.engine.plan import Plan
from hornlet.engine.program import Program
from hornlet.losses import SparseCategoricalCrossentropy
from hornlet.optimizers import Adam
from hornlet.plot.canvas import COLOURS
from hornlet.plot.page import page, table
from hornlet.saving import load_model
from hornlet.utils import set_random_seed
from hornlet.utils.diagram import diagram, svg

BATCH, REPEATS = 32, 5
UNKNOWN = 8  # the length of axes that the model leaves open
WIDTH, HEIGHT, LEFT, BOTTOM = 960, 420, 90, 40


def run_explain(what: str, out: str = "out/explain.html") -> str:
    """Write the page about `what`, "demo" or a `.keras` file, and return its path."""
    set_random_seed(0)
    if what == "demo":
        model: Any = networks.dense("adeghp")
        model.compile(Adam(), SparseCategoricalCrossentropy())
    else:
        model = load_model(what)
    own = model.compiled
    if not own:
        model.compile(Adam(), "mse")
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    content = explain_page(model, own).encode()
    atomic_write(out, lambda file: file.write(content))
    print(f"Wrote {out}.")
    return out


def explain_page(model: Any, own: bool = True) -> str:
    """The page about a compiled model; `own` tells whether it came with its loss and optimizer."""
    x, y = example_batch(model)
    model.train_on_batch(x, y)
    made = next(iter(model.train_function.compiled.executables.values()))
    program = made.check_out()
    program.load(nest.flatten((x, y)))
    plan = made.plan
    apart = sum(s.spec.nbytes for step in plan.steps for s in (*step.outputs, *step.scratch))
    saved = 1 - plan.arena_bytes / apart if apart else 0.0
    forward, step = explained(model, x), explained(model.train_step, (x, y))
    loss = "its own loss and optimizer" if own else "Adam and the mean squared error"
    return page(
        f"{model.name}, explained",
        f"<p>A step of training on {BATCH} made-up samples, with {loss}.</p>"
        "<h2>The model</h2><p>Layers and the shapes between them.</p>"
        + svg(diagram(model, show_shapes=True, expand_nested=True))
        + "<h2>The forward pass and its gradient</h2><p>What the engine recorded when the model "
        "ran once on values without numbers: x are inputs, w variables, % results. The second "
        "part is the gradient of the outputs' sum, made by the primitives' own rules.</p>"
        f"<pre>{escape(forward)}</pre>"
        "<h2>The whole step of training</h2><p>Forward pass, loss, gradients, the optimizer's "
        "update and the metrics are one graph.</p>"
        f"<pre>{escape(step)}</pre>"
        "<h2>The plan</h2><p>Every value lives in one arena from the step that makes it to the "
        "last one that reads it; then its place is given away. Values that are views of others, "
        "or are made in a variable's own memory, take none.</p>"
        + arena_picture(plan)
        + f"<p>{len(plan.steps)} calls. The arena has {plan.arena_bytes:,} bytes; a place of its "
        f"own for every value would take {apart:,}: {saved:.0%} are saved.</p>"
        "<h2>Where the time goes</h2>" + time_table(program),
    )


def example_batch(model: Any) -> tuple[Any, Any]:
    """Made-up inputs and targets of the shapes that the model takes."""
    random = np.random.default_rng(0)

    def sample(symbol: Any) -> np.ndarray:
        rest = (UNKNOWN if length is None else length for length in symbol.shape[1:])
        shape = (symbol.shape[0] or BATCH, *rest)
        floating = "float" in str(symbol.dtype)
        return random.random(shape, "float32") if floating else np.zeros(shape, symbol.dtype)

    x = nest.map_structure(sample, model.input)
    shapes = [symbol.shape for symbol in nest.flatten(model.output)]
    y_pred = nest.flatten(model.predict_on_batch(x))
    losses = nest.flatten(model.loss) if model.loss is not None else []
    losses = losses if len(losses) == len(shapes) else losses[:1] * len(shapes)
    targets = [
        np.zeros(y.shape[:-1], "int32") if "sparse" in _name(loss) else np.zeros(y.shape, "float32")
        for y, loss in zip(y_pred, losses)
    ]
    return x, nest.pack_sequence_as(model.output, targets)


def _name(loss: Any) -> str:
    return str(loss if isinstance(loss, str) else getattr(loss, "name", loss)).lower()


def arena_picture(plan: Plan) -> str:
    """The arena over time as SVG: a box for each piece of memory, from first to last use."""
    pieces = [b for b in plan.buffers if b.slot.kind == "arena"]
    inner = [b for b in pieces if b.parent is not None]
    end = max([b.start for b in pieces] + [b.end for b in pieces if b.end < 1 << 59], default=0) + 1
    total = max(plan.arena_bytes, 1)
    across, up = (WIDTH - LEFT) / end, (HEIGHT - BOTTOM) / total
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="sans-serif" font-size="12">'
        "<title>What lives where in the arena, and when</title>"
        f'<rect x="{LEFT}" y="0" width="{WIDTH - LEFT}" height="{HEIGHT - BOTTOM}" fill="none" '
        'stroke="black"/>'
    ]
    for piece in [b for b in pieces if b.parent is None] + inner:
        offset = piece.slot.offset
        first, last = piece.start, min(piece.end + 1, end)
        height = max(piece.nbytes * up, 0.5)
        top = HEIGHT - BOTTOM - offset * up - height
        colour = COLOURS[1] if piece.parent is not None else COLOURS[0]
        words = (
            f"{piece.slot.spec.dtype}{list(piece.slot.spec.shape)}: {piece.nbytes:,} bytes at "
            f"{offset:,}, nodes {first} to {last - 1}"
        )
        parts.append(
            f'<rect x="{LEFT + first * across:.2f}" y="{top:.2f}" '
            f'width="{max((last - first) * across, 1):.2f}" height="{height:.2f}" fill="{colour}" '
            f'fill-opacity="0.45" stroke="black" stroke-width="0.4"><title>{escape(words)}</title>'
            "</rect>"
        )
    for share in (0.0, 0.5, 1.0):
        y = (HEIGHT - BOTTOM) * (1 - share)
        parts.append(
            f'<text x="{LEFT - 6}" y="{max(y, 12):.0f}" text-anchor="end">'
            f"{share * total / 1e6:.2f} MB</text>"
        )
        x = LEFT + (WIDTH - LEFT) * share
        anchor = "end" if share == 1 else "middle"
        parts.append(
            f'<text x="{x:.0f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="{anchor}">'
            f"{share * end:.0f}</text>"
        )
    parts.append(
        f'<text x="{(WIDTH + LEFT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">nodes in order of '
        "execution; height: place in the arena; orange: parts made in their place in a whole</text>"
        "</svg>"
    )
    return "".join(parts)


def time_table(program: Program) -> str:
    """The time of each kind of primitive, the mean of some runs of the step."""
    seconds, calls = times_by_primitive(program)
    total = sum(seconds.values()) or 1.0
    lines = [
        [name, str(calls[name]), f"{1e3 * spent:.3f}", f"{spent / total:.1%}"]
        for name, spent in sorted(seconds.items(), key=lambda item: -item[1])
    ]
    lines.append(["all", str(sum(calls.values())), f"{1e3 * total:.3f}", "100.0%"])
    return table(["primitive", "calls", "milliseconds", "share"], lines)


def times_by_primitive(
    program: Program, repeats: int = REPEATS
) -> tuple[dict[str, float], Counter]:
    """Seconds in one run and number of steps, by the name of the primitive."""
    steps = []
    for step in program.plan.steps:
        inputs, outputs, scratch = (
            [program.arrays[id(slot)] for slot in slots]
            for slots in (step.inputs, step.outputs, step.scratch)
        )
        row = step.node.primitive
        calls = row.calls(inputs, tuple(outputs), step.node.attributes, tuple(scratch))
        steps.append((row.name, calls))
    seconds: dict[str, float] = dict.fromkeys((name for name, _ in steps), 0.0)
    for _ in range(repeats):
        for name, calls in steps:
            started = time.perf_counter()
            for call in calls:
                call()
            seconds[name] += (time.perf_counter() - started) / repeats
    return seconds, Counter(name for name, _ in steps)
