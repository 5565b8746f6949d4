"""The oracle's backend, one BLAS thread, and settings that no test leaves behind."""

import atexit
import os
import shutil
import signal
import sys
import tempfile

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if os.environ["KERAS_BACKEND"] == "jax":
    os.environ.setdefault("JAX_ENABLE_X64", "1")
# What the oracle compiles runs once or twice: compiling it well takes longer than running it.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
)
# ... and what one worker has compiled the others, and later files, need not compile again.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    _compiled = tempfile.mkdtemp(prefix="compiled-")
    atexit.register(shutil.rmtree, _compiled, ignore_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest  # noqa: E402

from hornlet.base import config  # noqa: E402
from hornlet.tensor import dtype_policy  # noqa: E402

# A shell that starts a run in the background has it ignore Ctrl-C, and all its children.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="module")
def _oracle_forgets():
    """What JAX compiled for a file of tests goes with it: gigabytes for the collector to walk."""
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()


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
