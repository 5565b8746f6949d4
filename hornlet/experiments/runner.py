"""Makes all runs that are not in the cache, several side by side, and tells how far it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

from hornlet.experiments.cache import Cache, key
from hornlet.experiments.effort import cost
from hornlet.experiments.settings import Settings

Task = tuple[Settings, int]
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def make_runs(tasks: Iterable[Task], cache: Cache, jobs: int, say: Any = print) -> int:
    """Make the runs of `tasks` that `cache` lacks, in `jobs` processes of one thread each.

    Args:
        tasks: pairs of settings and seed; equal ones are made once.
        cache: where results are kept.
        jobs: how many at the same time.
        say: is given a line after every run.

    Returns:
        how many runs were made.

    Raises:
        ChildProcessError: a run failed; its error has been printed.
    """
    missing = [t for t in {key(*t): t for t in tasks}.values() if cache.load(*t) is None]
    # The longest first, so that no process works on alone at the end.
    missing.sort(key=lambda task: -cost(task[0]))
    waiting: SimpleQueue = SimpleQueue()
    for task in missing:
        waiting.put(task)
    progress = Progress(missing, min(jobs, len(missing)), say)
    failures: list[str] = []
    workers = [_start_worker() for _ in range(min(jobs, len(missing)))]
    feeders = [
        Thread(target=_feed, args=(worker, waiting, cache, progress, failures), daemon=True)
        for worker in workers
    ]
    try:
        for feeder in feeders:
            feeder.start()
        for feeder in feeders:
            feeder.join()
    except KeyboardInterrupt:
        for worker in workers:
            worker.terminate()
        raise
    if failures:
        raise ChildProcessError(failures[0])
    return len(missing)


def _start_worker() -> subprocess.Popen:
    # In a session of its own: an interruption at the keyboard is for the command to handle.
    return subprocess.Popen(
        [sys.executable, "-m", "hornlet.experiments.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **dict.fromkeys(THREADS, "1")},
        start_new_session=True,
    )


def _feed(
    worker: Any, waiting: SimpleQueue, cache: Cache, progress: Progress, failures: list[str]
) -> None:
    """Hand runs to one worker process until there are none left or one has failed."""
    while not failures:
        try:
            settings, seed = waiting.get_nowait()
        except Empty:
            break
        task = {"settings": settings, "seed": seed, "cache": str(cache.path)}
        answer = ""
        with suppress(BrokenPipeError):  # it has ended: told below
            print(json.dumps(task), file=worker.stdin, flush=True)
            answer = worker.stdout.readline()
        if not answer:
            failures.append(
                f"The run {describe(settings)}, seed {seed}, failed: its process ended with "
                f"status {worker.wait()}. What it printed stands above."
            )
            break
        progress.done(settings, seed, json.loads(answer)["seconds"])
    with suppress(BrokenPipeError):
        worker.stdin.close()
    worker.stdout.close()
    worker.wait()


class Progress:
    """Counts the runs that are done, and expects of the others what these have cost."""

    def __init__(self, tasks: list[Task], jobs: int, say: Any):
        self.total, self.count = len(tasks), 0
        self.left = sum(cost(settings) for settings, _ in tasks)
        self.spent, self.worked = 0.0, 0.0
        self.jobs, self.say, self.lock = jobs, say, Lock()
        self.started = time.perf_counter()

    def done(self, settings: Settings, seed: int, seconds: float) -> None:
        with self.lock:
            self.count += 1
            self.left -= cost(settings)
            self.spent += seconds
            self.worked += cost(settings)
            rest = self.left * self.spent / self.worked / self.jobs
            width = len(str(self.total))
            self.say(
                f"[{self.count:{width}}/{self.total}] {describe(settings)}, seed {seed}: "
                f"{seconds:.0f} s; about {in_words(rest)} left"
            )


def describe(settings: Settings) -> str:
    """A run in a few words."""
    if settings["way"] == "recipe":
        return f"recipe {settings['kind']}, {len(settings['letters'])} letters"
    words = [settings["way"], f"{settings['depth']}x{settings['width']} {settings['activation']}"]
    words.append(f"{settings['rows'] or 'all'} letters")
    for name in ("penalty", "noise", "dropout"):
        amount = settings["weight_penalty" if name == "penalty" else name]
        kind = settings["penalty"] if name == "penalty" else name
        words += [f"{kind} {amount:g}"] if amount else []
    if settings["initializer"] not in ("original", "he"):
        words.append(f"weights {settings['initializer']}")
    return ", ".join(words)


def in_words(seconds: float) -> str:
    """A span of time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
