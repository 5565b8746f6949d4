"""Dtype policies of quantized layers against Keras: names, dtypes, configs, what is refused."""

import keras
import numpy as np
import pytest

import hornlet

NAMES = [
    "float32",
    "mixed_bfloat16",
    "int8_from_float32",
    "int8_from_mixed_bfloat16",
    "int4_from_float16",
    "int4/-1_from_float32",
    "int4/64_from_mixed_float16",
    "float8_from_mixed_bfloat16",
    "gptq/3/-1_from_float32",
    "awq/4/32_from_bfloat16",
]
ROOMS = (hornlet, keras)


@pytest.mark.parametrize("name", NAMES)
def test_policies_by_name(name):
    ours, theirs = (room.dtype_policies.get(name) for room in ROOMS)
    assert repr(ours) == repr(theirs)
    for attribute in ("name", "compute_dtype", "variable_dtype", "quantization_mode"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    for attribute in ("block_size", "weight_bits", "group_size", "mode", "amax_history_length"):
        if hasattr(theirs, attribute):
            assert getattr(ours, attribute) == getattr(theirs, attribute)
    config = hornlet.dtype_policies.serialize(ours)
    assert config == keras.dtype_policies.serialize(theirs)
    assert hornlet.dtype_policies.deserialize(config) == ours
    others = [hornlet.dtype_policies.get(other) for other in NAMES if other != name]
    assert all(ours != other for other in others)


def test_the_source_is_the_global_policy_by_default():
    for room in ROOMS:
        room.config.set_dtype_policy("mixed_bfloat16")
        try:
            policy = room.dtype_policies.QuantizedDTypePolicy("int8")
            assert policy.name == "int8_from_mixed_bfloat16"
        finally:
            room.config.set_dtype_policy("float32")


WRONG = {
    "int8": ValueError,
    "int8_from_float16": ValueError,
    "int8_from_float32_from_float32": ValueError,
    "int2_from_float32": ValueError,
    "int4/0_from_float32": ValueError,
    "int4/a_from_float32": ValueError,
    "gptq_from_float32": ValueError,
    "gptq/5/32_from_float32": ValueError,
    "gptq/4/-2_from_float32": ValueError,
    "awq/8/32_from_float32": ValueError,
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("room", ROOMS, ids=["hornlet", "keras"])
def test_what_is_refused(name, room):
    with pytest.raises(WRONG[name]):
        room.dtype_policies.get(name)


def test_history_length():
    for room in ROOMS:
        kind = room.dtype_policies.QuantizedFloat8DTypePolicy
        policy = kind("float8", "float32", amax_history_length=8)
        assert policy.amax_history_length == 8
        assert policy != kind("float8", "float32")
        with pytest.raises(TypeError):
            kind("float8", "float32", amax_history_length="8")


def test_inputs_are_converted_by_the_policy():
    x = np.ones((2, 2), "float64")
    for room in ROOMS:
        policy = room.DTypePolicy("mixed_float16")
        assert str(policy.convert_input(x, True, "float16").dtype) == "float16"
        assert policy.convert_input(np.ones(2, "int32"), True, "float16").dtype == "int32"
        assert str(policy.convert_input(room.KerasTensor((2,)), True, "float16").dtype) == "float16"
        assert policy.convert_input("text", True, "float16") == "text"
    assert hornlet.DTypePolicy().convert_input(x, False, "float32").dtype == "float64"


def test_a_policy_of_the_users_own_converts():
    class Halved(hornlet.DTypePolicy):
        def convert_input(self, x, autocast, dtype):
            return super().convert_input(x, autocast, dtype) / 2

    y = hornlet.layers.Identity(dtype=Halved("float32"))(np.ones(2, "float32"))
    np.testing.assert_array_equal(y, [0.5, 0.5])


@pytest.mark.parametrize("room", ROOMS, ids=["hornlet", "keras"])
def test_a_map_that_follows_the_global_policy_does_so_where_it_is_read(room):
    follows = room.dtype_policies.DTypePolicyMap()
    given = room.dtype_policies.DTypePolicyMap("float32")
    for policies in (follows, given):
        policies["a"] = room.DTypePolicy("float32")
        policies["b"] = room.dtype_policies.QuantizedDTypePolicy("int8", "float32")
    configs = [policies.get_config() for policies in (follows, given)]
    room.config.set_dtype_policy("bfloat16")
    try:
        again = [room.dtype_policies.DTypePolicyMap.from_config(config) for config in configs]
    finally:
        room.config.set_dtype_policy("float32")
    names = [[policies[key].name for key in "ab"] for policies in again]
    assert names == [["bfloat16", "int8_from_bfloat16"], ["float32", "int8_from_float32"]]
