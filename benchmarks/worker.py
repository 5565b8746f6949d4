"""One contestant in a process of its own: case names in, seconds out."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time


def main(contestant: str) -> None:
    """Answers one line of JSON per case name on standard input."""
    module = importlib.import_module(f"benchmarks.contestants.{contestant}")
    prepared: dict = {}
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name = line.strip()
        if name == "memory":
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            print(json.dumps(peak), flush=True)
            continue
        if name == "forget":
            prepared.clear()
            print(json.dumps("ready"), flush=True)
            continue
        if name not in prepared:
            prepared[name] = module.make(name)
            if prepared[name] is not None:
                prepared[name][0]()  # the first call compiles
        made = prepared[name]
        if made is None:
            print(json.dumps(None), flush=True)
            continue
        run, units = made
        start = time.perf_counter()
        run()
        print(json.dumps((time.perf_counter() - start) / units), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
