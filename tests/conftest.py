"""The oracle's backend, one BLAS thread, and the names that every documented example may use."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if os.environ["KERAS_BACKEND"] == "jax":
    os.environ.setdefault("JAX_ENABLE_X64", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest  # noqa: E402

from hornlet.base import config  # noqa: E402
from hornlet.tensor import dtype_policy  # noqa: E402


@pytest.fixture(autouse=True)
def _settings_restored():
    """Settings that a test changes do not reach the next one."""
    settings = (config._settings, dtype_policy._global)
    before = [dict(setting) for setting in settings]
    yield
    for setting, values in zip(settings, before):
        setting.clear()
        setting.update(values)


@pytest.fixture
def float64():
    """Everything made in the test computes in float64."""
    config.set_floatx("float64")
