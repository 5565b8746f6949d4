"""R5: files that are cut off or have a bit flipped give a FileError or the same weights."""

import json
import pathlib
import subprocess
import sys

import h5py
import numpy as np
import pytest

from .savers import SAVERS, model

ROOT = pathlib.Path(__file__).parents[2]


def counted(name, flips):
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.damage", name, str(flips)],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", SAVERS)
def test_damaged_files_are_told(name):
    found = counted(name, 130)
    assert not found["else"], found["else"][:5]
    assert found["FileError"] > 100


@pytest.mark.long
@pytest.mark.parametrize("name", SAVERS)
def test_damaged_files_are_told_at_every_few_bytes(name):
    found = counted(name, 5000)
    assert not found["else"], found["else"][:5]


@pytest.mark.parametrize("name", ["m.weights.h5", "m.h5"])
def test_who_changes_an_hdf5_file_takes_its_checksum_away(name, tmp_path):
    save, load = SAVERS[name]
    path = str(tmp_path / name)
    save(model(1.0), path)
    with h5py.File(path, "r+") as file:
        arrays = []
        file.visititems(lambda _, x: arrays.append(x) if isinstance(x, h5py.Dataset) else None)
        for array in arrays:
            array[...] = np.full(array.shape, 2, array.dtype)
    assert {float(x) for w in load(path) for x in np.unique(w)} == {2.0}
