"""Runs all contestants in turn, several rounds, and prints minimum, median and spread.

    python -m benchmarks [--rounds N] [--only CASE ...] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time

from benchmarks import cases

CONTESTANTS = {
    "hornlet": "hornlet",
    "floor": "numpy",
    "numpy_by_hand": "numpy",
    "sklearn_mlp": "sklearn",
    "torch_eager": "torch",
    "jax_jit": "jax",
    "keras_jax": "keras",
}


class Worker:
    """A contestant's process; `ask` gives seconds per unit, or None where it has no such case."""

    def __init__(self, name: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", name], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._answer()

    def ask(self, case: str):
        self.process.stdin.write(case + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the contestant's process ended")
        return json.loads(line)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def measure_warm(names: list[str], wanted: list[str], rounds: int) -> dict:
    """{case: {contestant: [seconds]}} and, under "peak memory", bytes."""
    workers = {name: Worker(name) for name in names}
    results: dict = {}
    for case in wanted:
        times: dict = {}
        for _ in range(rounds):
            for name, worker in workers.items():
                seconds = worker.ask(case)
                if seconds is not None:
                    times.setdefault(name, []).append(seconds)
        for worker in workers.values():
            worker.ask("forget")
        results[case] = times
        print_case(case, times)
    memory = {name: [worker.ask("memory")] for name, worker in workers.items()}
    for worker in workers.values():
        worker.close()
    results["peak memory"] = memory
    return results


def measure_cold(names: list[str], wanted: list[str], rounds: int) -> dict:
    """The time of whole processes: an import, or a first epoch from nothing."""
    programs = {}
    for name in names:
        module = f"benchmarks.contestants.{name}"
        code = f"import json; from {module} import COLD; print(json.dumps(COLD))"
        shown = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        programs[name] = json.loads(shown.stdout.splitlines()[-1])
    results: dict = {}
    for case in wanted:
        times: dict = {}
        for _ in range(rounds):
            for name in names:
                if case in programs[name]:
                    start = time.perf_counter()
                    subprocess.run(
                        [sys.executable, "-c", programs[name][case]], check=True,
                        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    )  # fmt: skip
                    times.setdefault(name, []).append(time.perf_counter() - start)
        results[case] = times
        print_case(case, times)
    return results


def print_case(case: str, times: dict) -> None:
    """A row per contestant, fastest first: minimum, median, spread, ratio to hornlet's minimum."""
    own = min(times["hornlet"]) if "hornlet" in times else None
    print(f"\n{case}\n  {'':<14} {'min':>10} {'median':>10} {'spread':>8} {'to hornlet':>11}")
    for name, values in sorted(times.items(), key=lambda item: min(item[1])):
        low, middle = min(values), statistics.median(values)
        ratio = f"{low / own:10.2f}x" if own else ""
        spread = (max(values) - low) / low
        print(f"  {name:<14} {shown(low):>10} {shown(middle):>10} {spread:>7.0%} {ratio:>11}")
    sys.stdout.flush()


def shown(seconds: float) -> str:
    """Seconds in a unit that reads well."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} us"
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def draw(results: dict, path: str) -> None:
    """A picture: for each case, each contestant's time over hornlet's, on a logarithmic axis."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
    except ImportError:
        print("no picture: matplotlib is not installed (pip install 'hornlet[plot]')")
        return
    rows = [c for c in results if "hornlet" in results[c] and c != "peak memory"]
    names = [n for n in CONTESTANTS if n != "hornlet"]
    figure, axes = plt.subplots(figsize=(9, 0.5 * len(rows) + 1.5))
    for k, name in enumerate(names):
        points = [
            (min(results[c][name]) / min(results[c]["hornlet"]), i)
            for i, c in enumerate(rows) if name in results[c]
        ]  # fmt: skip
        if points:
            axes.plot(*zip(*points), "osD^vP*"[k % 7], label=name)
    axes.axvline(1, color="black", linewidth=1)
    axes.set(xscale="log", yticks=range(len(rows)), yticklabels=rows)
    axes.set_xlabel("time relative to hornlet (right of the line: slower than hornlet)")
    axes.invert_yaxis()
    axes.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    print(f"picture: {path}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", help="names of cases")
    parser.add_argument("--without", nargs="*", default=[], help="contestants to leave out")
    parser.add_argument("--out", default="out/bench")
    options = parser.parse_args()
    names = [n for n, package in CONTESTANTS.items() if importlib.util.find_spec(package)]
    names = [n for n in names if n not in options.without]
    for name in CONTESTANTS:
        if name not in names:
            print(f"left out: {name} (not installed or not wanted)")
    everything = [*cases.STEP_CASES, *cases.PREDICT_CASES, *cases.COLD_CASES]
    wanted = options.only or everything
    warm = [c for c in wanted if c not in cases.COLD_CASES]
    results = measure_warm(names, warm, options.rounds) if warm else {}
    cold = [c for c in wanted if c in cases.COLD_CASES]
    results.update(measure_cold([n for n in names if n != "floor"], cold, options.rounds))
    for name, peak in results.get("peak memory", {}).items():
        print(f"peak memory {name:<14} {peak[0] / 2**20:8.0f} MB")
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, "results.json"), "w") as file:
        json.dump(results, file, indent=1)
    draw(results, os.path.join(options.out, "bench.png"))


if __name__ == "__main__":
    main()
