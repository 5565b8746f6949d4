"""Keras's own tests pass on hornlet, but for those that a table gives a reason for.

They are not copied here: `source.py` fetches the distribution they come in. What fails and stands
in no row of `reasons.py` fails here, and so does a row that takes in a test that passes.
"""

import collections
import fnmatch
import os
import re
import subprocess
import sys

import pytest

from .reasons import BY_CHANCE, FILES, REASONS, SLOW
from .source import ROOT
from .source import test_files as files_of_tests

TOGETHER = 16
# A line of pytest's summary: the outcome, the wrapper's file, the test, the error behind " - ".
ROW = re.compile(r"(PASSED|FAILED|ERROR) (?:\S*/)?(test_\S+?\.py)(?:::(.+?))?(?: - .*)?$")
WRAPPER = """\
from tests.conformance.own.stand_in import cases_of
globals().update(cases_of({module!r}))
"""


def _matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, p) for p in patterns)


def _groups():
    """The test files, TOGETHER in a process: starting one takes as long as a file's tests."""
    try:
        files = sorted(f for f in files_of_tests() if f not in SLOW and not _matches(f, FILES))
    except OSError:
        return {"nothing to fetch": []}
    cut = [files[i : i + TOGETHER] for i in range(0, len(files), TOGETHER)]
    return {f"{group[0]} to {group[-1]}": group for group in cut}


GROUPS = _groups()


def _run(files, folder):
    """The outcomes of the tests in `files`: a set of names for each."""
    names = {}
    for file in files:
        module = f"keras.src.{file.removesuffix('.py').replace('/', '.')}"
        path = folder / f"test_{module.replace('.', '__')}.py"
        path.write_text(WRAPPER.format(module=module))
        names[path.name] = file
    options = "-p tests.conformance.own.stand_in -p no:cacheprovider -p no:xdist -W ignore -rA -q"
    options += " --tb=line --import-mode=importlib --continue-on-collection-errors --rootdir"
    command = [sys.executable, "-m", "pytest", *options.split(), str(folder), str(folder)]
    own = {name: value for name, value in os.environ.items() if name != "JAX_ENABLE_X64"}
    environment = {**own, "PYTHONPATH": str(ROOT), "KERAS_HOME": str(folder / "home")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    found = collections.defaultdict(set)
    for line in done.stdout.splitlines():
        row = ROW.match(line)
        if row:
            outcome, name, test = row.groups()
            found[outcome].add(f"{names[name]}::{test or ''}")
    assert done.returncode in (0, 1, 5), done.stdout[-2000:] + done.stderr[-2000:]
    return found


def _check(files, folder):
    found = _run(files, folder)
    failed = found["FAILED"] | found["ERROR"]
    unexplained = sorted(t for t in failed if not _matches(t, {**REASONS, **BY_CHANCE}))
    assert not unexplained, f"{len(unexplained)} of Keras's tests fail: {unexplained}"
    passing = sorted(t for t in found["PASSED"] if _matches(t, REASONS))
    assert not passing, f"rows of reasons.py take in tests that pass: {passing}"


@pytest.mark.parametrize("group", GROUPS)
def test_keras_own_tests(group, tmp_path):
    if not GROUPS[group]:
        pytest.skip("Keras's source distribution cannot be had here")
    _check(GROUPS[group], tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("file", SLOW)
def test_keras_own_slow_tests(file, tmp_path):
    if "nothing to fetch" in GROUPS:
        pytest.skip("Keras's source distribution cannot be had here")
    _check([file], tmp_path)
