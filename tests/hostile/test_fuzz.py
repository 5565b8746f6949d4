"""Good files are changed, byte by byte and by their form: only errors of the family come out."""

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


def structured(examples):
    command = [sys.executable, "-W", "ignore", "-m", "tests.hostile.structure", str(examples)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    bad, tried = map(int, done.stdout.split())
    assert bad == 0 and tried >= 30 * examples


def test_a_few_changes_of_structure():
    structured(3)


@pytest.mark.long
def test_many_changes_of_structure():
    structured(300)


def test_a_few_flips():
    held(30)


@pytest.mark.long
def test_many_flips():
    held(1500)
