"""Quantizers against Keras: integers, scales, packed halves, and training with rounding."""

import json

import keras
import numpy as np
import pytest

import hornlet
from hornlet import quantizers
from hornlet.engine.compiled import Compiled

X = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")


def same(found, expected):
    for x, y in zip(found, expected, strict=True):
        y = np.asarray(y)
        assert np.asarray(x).dtype == y.dtype
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("axis", [0, -1, (0, 1)])
@pytest.mark.parametrize("value_range", [(-127, 127), (-8, 7)])
def test_abs_max(axis, value_range):
    arguments = {"axis": axis, "value_range": value_range}
    ours, theirs = (room.AbsMaxQuantizer(**arguments) for room in (quantizers, keras.quantizers))
    same(ours(X), theirs(X))
    same(Compiled(lambda x: ours(x))(X), theirs(X))
    config = json.loads(json.dumps(quantizers.serialize(ours)))
    assert config == json.loads(json.dumps(keras.quantizers.serialize(theirs)))
    assert quantizers.deserialize(config).get_config() == {
        **ours.get_config(), "value_range": list(value_range),
    }  # fmt: skip
    y, scale = ours(X)
    assert np.abs(y / scale - X).max() <= 0.51 / scale.min()


@pytest.mark.parametrize("block_size", [2, 3, 7])
def test_blocks_with_zero_points(block_size):
    found, expected = (
        room.abs_max_quantize_grouped_with_zero_point(X, block_size, to_numpy=True)
        for room in (quantizers, keras.quantizers)
    )
    same(found, expected)


@pytest.mark.parametrize("shape, axis", [((5,), 0), ((6, 3), 0), ((3, 5), -1), ((2, 3, 4), 1)])
@pytest.mark.parametrize("dtype, low, high", [("int8", -8, 8), ("uint8", 0, 16)])
def test_two_in_a_byte(shape, axis, dtype, low, high):
    x = np.random.default_rng(1).integers(low, high, shape).astype(dtype)
    packed, packed_shape, length = quantizers.pack_int4(x, axis, dtype)
    expected, their_shape, their_length = keras.quantizers.pack_int4(x, axis, dtype)
    np.testing.assert_array_equal(packed, np.asarray(expected))
    assert (packed_shape, length) == (their_shape, their_length)
    np.testing.assert_array_equal(quantizers.unpack_int4(packed, length, axis, dtype), x)


@pytest.mark.parametrize("axis, low, high", [(None, -0.8, 1.1), (1, [-1, -2, 0, -0.5], [1] * 4)])
@pytest.mark.parametrize("narrow_range", [False, True])
def test_fake_quantization(axis, low, high, narrow_range):
    low, high = (np.array(v, "float32") for v in (low, high))
    options = {"num_bits": 4, "narrow_range": narrow_range, "axis": axis}
    expected = keras.quantizers.fake_quant_with_min_max_vars(X, low, high, **options)
    seed = np.random.default_rng(2).normal(size=X.shape).astype("float32")

    def step(x, low, high):
        with hornlet.GradientTape() as tape:
            for v in (x, low, high):
                tape.watch(v)
            y = quantizers.fake_quant_with_min_max_vars(x, low, high, **options)
            total = hornlet.ops.sum(y * seed)
        return y, tape.gradient(total, [x, low, high])

    import jax

    gradients = jax.grad(
        lambda x, low, high: (
            keras.quantizers.fake_quant_with_min_max_vars(x, low, high, **options) * seed
        ).sum(),
        (0, 1, 2),
    )(X, low, high)
    for run in (step, Compiled(step)):
        y, found = run(X, low, high)
        np.testing.assert_allclose(y, np.asarray(expected), rtol=1e-5, atol=1e-6)
        for g, h in zip(found, gradients, strict=True):
            np.testing.assert_allclose(np.asarray(g), np.asarray(h), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "float8_e5m2"])
def test_float8(dtype):
    found, expected = (
        np.asarray(room.quantize_and_dequantize(
            X * 300, np.float32(0.7), dtype, "float32"
        )) for room in (quantizers, keras.quantizers)
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    history = np.array([0.5, 1.0, 2.0], "float32")
    for amax in (0.0, 3.0, np.inf):
        found, expected = (
            np.asarray(room.compute_float8_scale(np.float32(amax), np.float32(0.3), 448.0, 1))
            for room in (quantizers, keras.quantizers)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    same(
        [quantizers.compute_float8_amax_history(X, history)],
        [keras.quantizers.compute_float8_amax_history(X, keras.ops.convert_to_tensor(history))],
    )


CONFIGS = [
    lambda room: room.Int8QuantizationConfig(),
    lambda room: room.Int8QuantizationConfig(room.AbsMaxQuantizer(axis=0), None),
    lambda room: room.Int4QuantizationConfig(),
    lambda room: room.Int4QuantizationConfig(
        room.AbsMaxQuantizer(axis=0, value_range=(-8, 7)), block_size=None
    ),
    lambda room: room.Float8QuantizationConfig(),
]


@pytest.mark.parametrize("row", range(len(CONFIGS)))
def test_configs(row):
    ours, theirs = (CONFIGS[row](room) for room in (quantizers, keras.quantizers))
    assert ours.mode == theirs.mode
    config = hornlet.saving.serialize_keras_object(ours)
    assert json.dumps(config, sort_keys=True) == json.dumps(
        keras.saving.serialize_keras_object(theirs), sort_keys=True
    )
    again = hornlet.saving.deserialize_keras_object(config)
    assert again.mode == ours.mode and again.get_config() == ours.get_config()


BAD = [
    (lambda: quantizers.Int4QuantizationConfig(block_size=0), ValueError, "block_size"),
    (lambda: quantizers.Int4QuantizationConfig(quantizers.AbsMaxQuantizer()), ValueError, "Own"),
    (
        lambda: quantizers.Int8QuantizationConfig(quantizers.AbsMaxQuantizer(output_dtype="int16")),
        ValueError,
        "output_dtype",
    ),
    (lambda: quantizers.QuantizationConfig().mode, NotImplementedError, "base"),
    (lambda: quantizers.AbsMaxQuantizer(value_range=(-200, 5)), ValueError, "value_range"),
    (lambda: quantizers.pack_int4(X), TypeError, "int8"),
    (lambda: quantizers.pack_int4(X, dtype="int4"), ValueError, "dtype"),
    (lambda: quantizers.unpack_int4(X, 3), TypeError, "packed"),
    (lambda: quantizers.get("abs_max"), ValueError, "abs_max_quantizer|AbsMaxQuantizer"),
    (lambda: quantizers.Quantizer().get_config(), NotImplementedError, "get_config"),
]


@pytest.mark.parametrize("bad", range(len(BAD)))
def test_errors(bad):
    function, kind, words = BAD[bad]
    with pytest.raises(kind, match=words):
        function()


@pytest.mark.parametrize("axis", [None, -1])
def test_fake_quantization_is_part_of_a_model(axis):
    x = hornlet.Input((3, 4))
    y = quantizers.fake_quant_with_min_max_vars(x, -1.0, 1.0, num_bits=2, axis=axis)
    assert (y.shape, y.dtype) == ((None, 3, 4), "float32")
    values = np.linspace(-2, 2, 12, dtype="float32").reshape(1, 3, 4)
    expected = keras.quantizers.fake_quant_with_min_max_vars(values, [-1.0], [1.0], 2)
    model = hornlet.Model(x, y)
    np.testing.assert_allclose(model(values), np.asarray(expected), rtol=1e-6)
    again = hornlet.Model.from_config(json.loads(json.dumps(model.get_config())))
    np.testing.assert_array_equal(again(values), model(values))
