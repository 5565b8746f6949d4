"""hornlet, through `fit` and `predict`."""

from __future__ import annotations

import hornlet
from benchmarks.contestants import keras_api

COLD = {
    "import": "import hornlet",
    "first epoch": keras_api.FIRST_EPOCH.format(imports="import hornlet as keras"),
}


def make(name):
    return keras_api.make(hornlet, name)
