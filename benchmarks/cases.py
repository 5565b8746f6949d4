"""What is measured: networks, batch sizes, numbers of steps. Known to every contestant by name."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Training(NamedTuple):
    """A dense network trained by Adam: layer sizes, batch size, steps in one measured run."""

    sizes: tuple[int, ...]
    batch: int
    steps: int
    loss: str = "sparse_categorical_crossentropy"


SEED = (784, 1200, 1200, 1200, 1200, 1200, 6)
TRAINING = {
    "tiny": Training((20, 64, 64, 1), 32, 300, "mse"),
    "mnist": Training((784, 128, 10), 32, 200),
    "seed-128": Training(SEED, 128, 8),
    "seed-512": Training(SEED, 512, 4),
    "seed-4800": Training(SEED, 4800, 1),
}
CNN = Training((28 * 28, 10), 128, 4)  # 28x28x1, Conv32 3x3, pool, Conv64 3x3, pool, Dense 10
PREDICT_SIZES = (784, 128, 10)
CALLS = 300

STEP_CASES = [*TRAINING, "cnn"]
PREDICT_CASES = ["one row, call", "one row, predict", "10,000 rows", "10,000 rows in 32s"]
COLD_CASES = ["import", "first epoch"]


def data(case: Training) -> tuple[np.ndarray, np.ndarray]:
    """Rows for all steps of one run."""
    rng = np.random.default_rng(0)
    rows = case.batch * case.steps
    x = rng.normal(size=(rows, case.sizes[0])).astype("float32")
    if case.loss == "mse":
        return x, rng.normal(size=(rows, 1)).astype("float32")
    return x, rng.integers(0, case.sizes[-1], rows).astype("int32")


def weights(sizes: tuple[int, ...]) -> list[np.ndarray]:
    """Glorot-uniform kernels and zero biases, alternating."""
    rng = np.random.default_rng(1)
    found = []
    for a, b in zip(sizes, sizes[1:]):
        limit = np.sqrt(6 / (a + b))
        found += [rng.uniform(-limit, limit, (a, b)).astype("float32"), np.zeros(b, "float32")]
    return found
