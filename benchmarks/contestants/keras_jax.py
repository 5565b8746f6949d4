"""Keras on jax, through `fit` and `predict`."""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "jax"

import keras  # noqa: E402

from benchmarks.contestants import keras_api  # noqa: E402

_SET = "import os; os.environ['KERAS_BACKEND'] = 'jax'; import keras"
COLD = {"import": _SET, "first epoch": keras_api.FIRST_EPOCH.format(imports=_SET)}


def make(name):
    return keras_api.make(keras, name, lambda y: y.block_until_ready())
