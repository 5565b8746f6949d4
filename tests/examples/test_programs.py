"""The ten examples in Keras's style run unchanged with hornlet in Keras's place, and learn.

Each row: the program, a small dose, and the figures that only training can reach.
"""

import os
import pathlib
import re
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "examples"
AT_LEAST, AT_MOST = "at least", "at most"
PROGRAMS = {
    # Six letters; always naming the commonest is right in a third of the cases.
    "letters_convnet": (1, {"accuracy": (AT_LEAST, 0.7)}),
    # No single word tells more than a coin.
    "text_classification": (5, {"accuracy": (AT_LEAST, 0.95)}),
    # Of the error of a forecast that nothing will change.
    "timeseries_forecasting": (4, {"ratio": (AT_MOST, 0.4)}),
    # Of the squared error that the noise makes; the mean picture has more than half of it.
    "denoising_autoencoder": (1, {"ratio": (AT_MOST, 0.45)}),
    "gan": (10, {"on the ring": (AT_LEAST, 0.75), "sectors": (AT_LEAST, 10)}),
    # Half of the pairs are of one letter.
    "siamese_network": (2, {"accuracy": (AT_LEAST, 0.8)}),
    # A guess would be right once in more than a thousand.
    "sequence_to_sequence": (4, {"words right": (AT_LEAST, 0.9)}),
    "mini_gpt": (5, {"sentences": (AT_LEAST, 80), "sentences right": (AT_LEAST, 0.75)}),
    # The interests alone give less than half.
    "graph_network": (15, {"accuracy": (AT_LEAST, 0.75)}),
    # At random the paddle stands under the ball once in five or six.
    "reinforcement_learning": (120, {"caught": (AT_LEAST, 0.9)}),
}


def figures(output):
    """The figures that a program names at the beginnings of its lines."""
    found = re.findall(r"^([a-z ]+) (-?[\d.]+)$", output, flags=re.MULTILINE)
    return {name: float(value) for name, value in found}


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_learns(name):
    dose, wanted = PROGRAMS[name]
    settings = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "hornlet", "run", str(FOLDER / f"{name}.py"), str(dose)],
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
    )
    assert done.returncode == 0, done.stderr
    found = figures(done.stdout)
    for what, (side, bound) in wanted.items():
        good = found[what] >= bound if side is AT_LEAST else found[what] <= bound
        assert good, f"{what} is {found[what]}; expected {side} {bound}\n{done.stdout}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_a_program_for_keras_and_short(name):
    lines = (FOLDER / f"{name}.py").read_text().splitlines()
    assert "import keras" in lines and len(lines) < 110
