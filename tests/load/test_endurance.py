"""Memory and file descriptors stay flat for as long as a process lives."""

import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
GROWN = 2_000_000  # bytes: what the allocator leaves between arrays, once, not per round
SECONDS = os.environ.get("HORNLET_TEST_SECONDS", "3600")


def flat(seconds):
    command = [sys.executable, "-m", "tests.load.endurance", str(seconds)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ROOT}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    before, after = (list(map(int, line.split())) for line in done.stdout.splitlines())
    assert after[0] - before[0] < GROWN, f"{after[0] - before[0]:,} bytes in {after[2]} rounds"
    assert after[1] == before[1], f"{before[1]} descriptors became {after[1]}"
    assert after[2] >= 12


@linux
def test_some_seconds_of_fit_predict_save_and_load():
    flat(8)


@linux
@pytest.mark.long
def test_an_hour_of_fit_predict_save_and_load():
    """HORNLET_TEST_SECONDS says how long; an hour if it is not set."""
    flat(SECONDS)
