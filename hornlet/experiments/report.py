"""The report: a page, a text, a table of all runs, and the pictures, from tables alone."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import platform
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hornlet.base.files import atomic_write
from hornlet.experiments.experiment import Experiment, Table
from hornlet.experiments.settings import Dose
from hornlet.experiments.verdicts import FAILS, HOLDS, NOISE, RULE, Verdict
from hornlet.plot.canvas import new_figure, picture_bytes
from hornlet.plot.page import page, picture, table

# Signs beside the words, so that no colour is needed to tell outcomes apart.
SIGNS = {HOLDS: "✓", FAILS: "✗", NOISE: "≈"}


class Chapter(NamedTuple):
    """One experiment with its results."""

    experiment: Experiment
    table: Table
    verdicts: list[Verdict]
    pictures: dict[str, bytes]  # by kind, "svg" and "png"

    @property
    def picture_text(self) -> str:
        return f"Picture: {self.experiment.question}"


def chapter(experiment: Experiment, table: Table) -> Chapter:
    """Draw and judge an experiment's table."""
    figure = new_figure(*experiment.size)
    experiment.draw(figure, table)
    figure.suptitle(experiment.question)
    pictures = {kind: picture_bytes(figure, kind) for kind in ("svg", "png")}
    return Chapter(experiment, table, experiment.judge(table), pictures)


def write(chapters: list[Chapter], dose: Dose, seeds: int, out: Any) -> list[str]:
    """Write `report.html`, `report.md`, `results.csv` and each picture as SVG and PNG.

    Returns:
        the names of the files.
    """
    files = {
        "report.html": _page(chapters, dose, seeds).encode(),
        "report.md": _text(chapters, dose, seeds).encode(),
        "results.csv": _runs(chapters).encode(),
    }
    for one in chapters:
        for kind, content in one.pictures.items():
            files[f"{one.experiment.name}.{kind}"] = content
    for name, content in files.items():
        atomic_write(Path(out) / name, lambda file, content=content: file.write(content))
    return list(files)


def _introduction(dose: Dose, seeds: int) -> list[str]:
    subset = f"{dose.rows} of the 10,549 letters of folds 0 to 6, drawn anew for each seed"
    return [
        "Six handwritten letters, a d e g h p, of the OCR set of Kassel and Taskar; 28x28 points. "
        "Folds 0 to 6 train, fold 7 chooses, folds 8 and 9 (3,018 letters) only report.",
        f'Dose "{dose.name}": {subset}, unless a table says otherwise; {dose.iterations} steps '
        f"the report's way (full batches by mini-Keras, learning rate 0.001, points from 0 to "
        f"255), {dose.epochs} epochs today's way (Adam, batches of 128, points from 0 to 1). "
        f"{seeds} seeds: figures are means ± standard deviations over them.",
        RULE,
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}; Python "
        f"{platform.python_version()}, NumPy {np.__version__}.",
    ]


def _command(chapter: Chapter, dose: Dose, seeds: int) -> str:
    full = " --full" if dose.name == "full" else ""
    return f"python -m hornlet experiments {chapter.experiment.name}{full} --seeds {seeds}"


def _rows(one: Chapter) -> tuple[list[str], list[list[str]]]:
    """The head and the lines of an experiment's table."""
    columns = [name for name in one.experiment.columns if any(one.table.all_of(name))]
    lines = []
    for group in one.table:
        line = [_word(group.settings.get(name), name) for name in columns]
        figures = ("test", "validation", "train")
        line += [f"{group.mean(figure):.4f} ± {group.spread(figure):.4f}" for figure in figures]
        lines.append([*line, f"{group.mean('seconds'):.0f}"])
    return [*columns, "test", "validation", "train", "seconds"], lines


def _word(value: Any, name: str) -> str:
    if name == "rows" and value == 0:
        return "all"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _text(chapters: list[Chapter], dose: Dose, seeds: int) -> str:
    parts = ["# The report's experiments on real handwriting", *_introduction(dose, seeds)]
    parts += ["| experiment | claim | outcome |\n|---|---|---|\n" + "\n".join(
        f"| {c.experiment.name} | {v.claim} | {SIGNS[v.outcome]} {v.outcome} |"
        for c in chapters for v in c.verdicts
    )]  # fmt: skip
    for one in chapters:
        head, lines = _rows(one)
        rows = [head, ["---"] * len(head), *lines]
        parts += [
            f"## {one.experiment.name}: {one.experiment.question}",
            f"The report found: {one.experiment.found}.",
            "\n".join(
                f"- **{v.claim}**: {SIGNS[v.outcome]} {v.outcome} ({v.reason})"
                for v in one.verdicts
            ),
            f"![{one.picture_text}]({one.experiment.name}.svg)",
            "\n".join("| " + " | ".join(row) + " |" for row in rows),
            f"Again: `{_command(one, dose, seeds)}`",
        ]
    return "\n\n".join(parts) + "\n"


def _page(chapters: list[Chapter], dose: Dose, seeds: int) -> str:
    text = html.escape
    outcome = {v: f"{SIGNS[v]} {v}" for v in SIGNS}
    parts = [f"<p>{text(words)}</p>" for words in _introduction(dose, seeds)]
    parts.append("<table><tr><th>experiment</th><th>claim</th><th>outcome</th></tr>")
    for one in chapters:
        name = one.experiment.name
        for v in one.verdicts:
            parts.append(
                f'<tr><td><a href="#{name}">{name}</a></td><td>{text(v.claim)}</td>'
                f"<td>{outcome[v.outcome]}</td></tr>"
            )
    parts.append("</table>")
    for one in chapters:
        parts += [
            f'<section id="{one.experiment.name}"><h2>{text(one.experiment.question)}</h2>',
            f"<p>The report found: {text(one.experiment.found)}.</p><ul>",
            *(
                f"<li>{text(v.claim)}: <b>{outcome[v.outcome]}</b> ({text(v.reason)})</li>"
                for v in one.verdicts
            ),
            "</ul>",
            picture(one.pictures["svg"], one.picture_text),
            table(*_rows(one)),
            f"<p>Again: <code>{text(_command(one, dose, seeds))}</code></p></section>",
        ]
    return page("The report's experiments on real handwriting", "".join(parts))


def _runs(chapters: list[Chapter]) -> str:
    names = ["experiment", "seed", "test", "validation", "train", "seconds", "settings"]
    file = io.StringIO()
    writer = csv.DictWriter(file, names)
    writer.writeheader()
    for one in chapters:
        for group in one.table:
            settings = json.dumps(group.settings, sort_keys=True)
            for seed, result in enumerate(group.results):
                figures = {name: result[name] for name in names[2:6]}
                row = {"experiment": one.experiment.name, "seed": seed, "settings": settings}
                writer.writerow({**row, **figures})
    return file.getvalue()
