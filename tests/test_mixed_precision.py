"""The older names of dtype policies, and the check that loss scaling rests on."""

import keras
import numpy as np
import pytest

import hornlet
from hornlet import mixed_precision


def test_older_names_are_those_of_today():
    assert mixed_precision.Policy is hornlet.DTypePolicy is mixed_precision.DTypePolicy
    assert mixed_precision.LossScaleOptimizer is hornlet.optimizers.LossScaleOptimizer
    mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        assert hornlet.config.dtype_policy().name == "mixed_bfloat16"
        assert mixed_precision.global_policy() == mixed_precision.dtype_policy()
        assert hornlet.layers.Dense(1).compute_dtype == "bfloat16"
    finally:
        mixed_precision.set_dtype_policy("float32")


@pytest.mark.parametrize(
    "grads",
    [
        [np.ones(3, "float32"), None, np.zeros((2, 2), "float32")],
        [np.ones(3, "float32"), np.array([1.0, np.inf], "float32")],
        [np.array(np.nan, "float32"), None],
    ],
)
def test_gradients_are_finite_where_keras_finds_so(grads):
    found = [
        bool(
            package.mixed_precision.LossScaleOptimizer(package.optimizers.SGD()).check_finite(grads)
        )
        for package in (keras, hornlet)
    ]
    assert found[0] == found[1]
