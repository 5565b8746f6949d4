"""R1: kill -9 at random instants, again and again: the finished training has the same bits."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def counted(kills, capsys):
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.killing", str(kills), str(kills)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    with capsys.disabled():
        print(f"\nkill -9: {', '.join(f'{k} {v}' for k, v in found.items())}")
    assert found["kills"] == kills
    assert found["equal"] == found["trainings"] >= 1
    return found


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="victims are forks")


@forks
def test_killed_twenty_times(capsys):
    found = counted(20, capsys)
    assert found["states_that_loaded"] + found["states_before_that_loaded"] > 10


@forks
@pytest.mark.long
def test_killed_three_hundred_times(capsys):
    found = counted(300, capsys)
    assert found["in_the_middle_of_a_write"] > 10
    assert found["states_that_loaded"] + found["states_before_that_loaded"] > 200
