"""Names of Keras that choose among things of which there is one here, and old names."""

import re

import keras
import numpy as np
import pytest

import hornlet


def test_flash_attention_is_switched_as_in_keras():
    seen = []
    for room in (hornlet.config, keras.config):
        states = [room.is_flash_attention_enabled()]
        room.disable_flash_attention()
        states.append(room.is_flash_attention_enabled())
        room.enable_flash_attention()
        seen.append([*states, room.is_flash_attention_enabled()])
    assert seen[0] == seen[1] == [None, False, None]
    assert hornlet.config.is_nnx_enabled() is keras.config.is_nnx_enabled() is False


def test_another_backend_is_refused():
    hornlet.config.set_backend("numpy")
    with pytest.raises(ValueError, match="'jax'"):
        hornlet.config.set_backend("jax")


def test_checks_of_files_cannot_be_switched_off_for_good():
    with pytest.raises(RuntimeError, match=re.escape("safe_mode=False")):
        hornlet.config.enable_unsafe_deserialization()


@pytest.mark.parametrize("name", ["Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop", "SGD"])
def test_old_optimizers_say_what_to_use(name):
    for room in (hornlet, keras):
        with pytest.raises(ImportError, match="legacy"):
            getattr(room.optimizers.legacy, name)(0.1)


@pytest.mark.parametrize("check_types", [True, False])
def test_structures_are_compared_whatever_is_asked(check_types):
    for room in (hornlet.tree, keras.tree):
        with pytest.warns(DeprecationWarning, match="check_types"):
            room.assert_same_structure([1], [2], check_types=check_types)
        with pytest.warns(DeprecationWarning), pytest.raises((ValueError, TypeError)):
            room.assert_same_structure([1], (2,), check_types=check_types)


def test_a_layout_is_accepted_and_tensors_take_a_new_shape():
    v = hornlet.Variable([1.0, 2.0], layout=("batch",))
    np.testing.assert_array_equal(v, [1, 2])
    for room in (hornlet, keras):
        assert room.KerasTensor((2, 6)).reshape((3, 4)).shape == (3, 4)
