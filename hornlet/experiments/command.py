"""The command `experiments`: chooses, runs what is not known yet, writes the report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from hornlet.experiments.cache import Cache
from hornlet.experiments.catalogue import EXPERIMENTS, chosen
from hornlet.experiments.effort import cost
from hornlet.experiments.experiment import Experiment, Group, Table
from hornlet.experiments.report import chapter, write
from hornlet.experiments.runner import in_words, make_runs
from hornlet.experiments.settings import DOSES, Dose
from hornlet.experiments.verdicts import Verdict
from hornlet.plot.canvas import need_matplotlib

LEAST_SEEDS = 3


def run_experiments(
    names: Sequence[str] = (),
    dose: str = "default",
    seeds: int = LEAST_SEEDS,
    out: Any = "out/experiments",
    jobs: int | None = None,
    say: Any = print,
) -> dict[str, list[Verdict]]:
    """Run experiments, as far as their results are not in `out/cache`, and write their report.

    Args:
        names: of the experiments, all by default.
        dose: "default", "full", or "tiny" for tests.
        seeds: how many seeds each run is made with, at least 3.
        out: the folder for the report and the cache.
        jobs: how many processes work side by side, by default one for each core.
        say: is given the lines of progress.

    Returns:
        the verdicts by experiment.

    Raises:
        ValueError: an unknown name, too few seeds, no process; OSError: `out` cannot be written;
        ImportError: matplotlib is missing; ChildProcessError: a run failed.
    """
    experiments = chosen(list(names))
    if seeds < LEAST_SEEDS:
        raise ValueError(
            f"--seeds must be at least {LEAST_SEEDS}, so that a spread can be stated. "
            f"Received: {seeds}"
        )
    jobs = (os.cpu_count() or 1) if jobs is None else jobs
    if jobs < 1:
        raise ValueError(f"--jobs must be at least 1. Received: {jobs}")
    need_matplotlib()
    os.makedirs(out, exist_ok=True)
    cache = Cache(os.path.join(out, "cache"))
    os.makedirs(cache.path, exist_ok=True)
    amount = DOSES[dose]
    tasks = [(s, seed) for e in experiments for s in e.runs(amount) for seed in range(seeds)]
    made = make_runs(tasks, cache, jobs, say)
    say(f"{made} runs made; the others were known.")
    chapters = [chapter(e, table_of(e, amount, seeds, cache)) for e in experiments]
    files = write(chapters, amount, seeds, out)
    for one in chapters:
        for verdict in one.verdicts:
            say(f"{one.experiment.name}: {verdict.claim}: {verdict.outcome}")
    say(f"Wrote {files[0]}, {files[1]}, {files[2]} and the pictures to {out}/.")
    return {one.experiment.name: one.verdicts for one in chapters}


def table_of(experiment: Experiment, dose: Dose, seeds: int, cache: Cache) -> Table:
    """The results of an experiment, which must be in the cache."""
    groups = []
    for settings in experiment.runs(dose):
        results = [cache.load(settings, seed) for seed in range(seeds)]
        if None in results:
            raise ChildProcessError("The code changed while the runs were made: start again.")
        groups.append(Group(settings, results))  # type: ignore[arg-type]
    return Table(groups)


def list_experiments(dose: str = "default", seeds: int = LEAST_SEEDS) -> str:
    """A line for each experiment: its name, question, number of runs and expected time."""
    lines = []
    for name, experiment in EXPERIMENTS.items():
        runs = experiment.runs(DOSES[dose])
        seconds = seeds * sum(cost(settings) for settings in runs)
        effort = f"{seeds * len(runs)} runs, about {in_words(seconds)} on one core"
        lines.append(f"{name:<17} {experiment.question} ({effort})")
    return "\n".join(lines)
