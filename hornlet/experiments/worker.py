"""A process that makes runs: takes a line for each from its input, answers with a line.

It writes results to the cache itself, so what it has finished is kept whoever is killed; when the
process that feeds it is gone, its input ends and so does it.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np

from hornlet.experiments.cache import Cache, version
from hornlet.experiments.training import run


def serve(lines, answers) -> None:
    """Work through `lines`, JSON objects with "settings", "seed" and "cache" (a folder)."""
    version()  # of the code that has just been imported, whatever is edited from now on
    for line in lines:
        task = json.loads(line)
        started = time.perf_counter()
        # Some experiments are there to show what overflows and ends in NaN.
        with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
            warnings.filterwarnings("ignore", "The loss became NaN")
            result = run(task["settings"], task["seed"])
        result["seconds"] = time.perf_counter() - started
        Cache(task["cache"]).store(task["settings"], task["seed"], result)
        print(json.dumps({"seconds": result["seconds"]}), file=answers, flush=True)


if __name__ == "__main__":
    # What a library prints must not mix with the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    serve(sys.stdin, answers)
