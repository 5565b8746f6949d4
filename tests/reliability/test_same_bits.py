"""R11: the same seed gives the same bits in every process, whatever order its sets have."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
CHILD = """
import sys
from tests.reliability import runs
for kind in ("arrays", "generator", "streaming data set", "data set by index", "eager"):
    print(kind, runs.fingerprint(*runs.train(kind)))
print(hash("a word") % 1000, file=sys.stderr)
"""


def printed(hash_seed):
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_two_processes_give_the_same_bits():
    (first, one), (second, other) = printed(1), printed(2)
    assert one != other, "the order of sets is another"
    assert first == second and first.count("\n") == 5
