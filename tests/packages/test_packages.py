"""Packages from PyPI that build on Keras, unmodified: whole programs train on hornlet.

Every program runs in a process of its own, `import keras` giving hornlet, whether or not the real
Keras is installed beside it.
"""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

PROGRAMS = pathlib.Path(__file__).parent / "programs"


def figures(program, package, *arguments):
    """What a program printed: names and figures; skipped where its package is missing."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"the package {package} is not installed")
    settings = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "hornlet", "run", str(PROGRAMS / program), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
    )
    assert done.returncode == 0, done.stderr
    pairs = re.findall(r"^([a-z0-9]+) (-?[\d. ]+)$", done.stdout, flags=re.MULTILINE)
    return {name: [float(value) for value in values.split()] for name, values in pairs}


def test_a_tuner_finds_a_network(tmp_path):
    found = figures("tune.py", "keras_tuner", tmp_path / "trials")
    # No line divides the classes, so the trials differ; the best is read back from its file.
    assert found["worst"] < [0.75] < [0.9] <= found["best"]
    assert found["reloaded"] >= [0.85]
    assert found["accuracy"] >= [0.95]


def test_a_bridge_to_scikit_learn():
    found = figures("bridge.py", "scikeras")
    assert found["hidden"] == [16]
    assert found["accuracy"] >= [0.9]
    assert found["pickled"] == [1]
    assert found["r2"] >= [0.95]


def test_a_layer_of_mixtures(tmp_path):
    found = figures("mixture.py", "keras_mdn_layer", tmp_path / "model.keras")
    assert found["last"][0] < found["first"][0] - 1
    assert found["near"] >= [0.9]
    assert [0.3] <= found["positive"] <= [0.7]
    assert found["saved"] == [1]


def test_a_library_of_image_models():
    found = figures("pictures.py", "k3im")
    # The commonest of the six letters makes up less than a third.
    assert found["fnet"] >= [0.65]
    assert found["vit"] >= [0.65]


def test_a_zoo_and_its_augmentation():
    found = figures("zoo.py", "kimm")
    assert found["mean"] == pytest.approx([found["mean"][1]] * 2, abs=0.01)
    assert found["accuracy"][0] < 0.5 <= found["accuracy"][1]


def test_a_library_of_recommenders():
    found = figures("recommender.py", "keras_rs")
    # A guess recalls a tenth; the product of two features has a variance of one.
    assert found["recall"] >= [0.8]
    assert found["error"] <= [0.1]


def test_a_library_of_language_models():
    found = figures("backbones.py", "keras_hub")
    assert found["accuracy"][0] >= found["common"][0] + 0.2
    assert found["written"] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 0]
