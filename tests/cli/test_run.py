"""`python -m hornlet run`: a program written for Keras runs unchanged."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
import keras
import numpy as np
import beside

x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(0.5), "mse")
loss = model.fit(x, 3 * x + 1, epochs=20, verbose=0).history["loss"][-1]
print(__name__, keras.config.backend(), sys.argv[1:], beside.HERE, loss < 1e-3)
sys.exit(3)
"""


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "hornlet", "run", *map(str, arguments)],
        capture_output=True,
        text=True,
    )


def test_a_program_runs_as_the_main_program(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "beside.py").write_text("HERE = 7")
    done = run(tmp_path / "program.py", "--epochs", "2", "x")
    assert done.stdout == "__main__ numpy ['--epochs', '2', 'x'] 7 True\n", done.stderr
    assert done.returncode == 3


@pytest.mark.parametrize("script", ["nowhere.py", "."])
def test_no_program(tmp_path, script):
    done = run(tmp_path / script)
    assert done.returncode == 2 and "there is no program" in done.stderr.splitlines()[-1]


def test_the_programs_own_errors_are_shown_whole(tmp_path):
    (tmp_path / "program.py").write_text("import keras\nkeras.layers.Dense(-1)\n")
    done = run(tmp_path / "program.py")
    assert done.returncode == 1 and "program.py" in done.stderr and "ValueError" in done.stderr
