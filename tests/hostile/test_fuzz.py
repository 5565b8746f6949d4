"""Bytes of good files are changed at random: only the family of errors may come out."""

import subprocess
import sys

import pytest

from tests.hostile import child, fuzz
from tests.hostile.test_hostile import ROOT


def held(rounds):
    command = [sys.executable, "-W", "ignore", "-m", "tests.hostile.fuzz", str(rounds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) >= rounds * len(fuzz.KINDS) > 0
    assert child.SECONDS == 5


def test_a_few_flips():
    held(30)


@pytest.mark.long
def test_many_flips():
    held(1500)
