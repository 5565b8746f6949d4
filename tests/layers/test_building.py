"""How layers are built and described: paths, the shapes that methods are told, symbols, dtypes.

The rows run in hornlet and in Keras.
"""

import json

import keras
import numpy as np
import pytest

import hornlet

ROOMS = pytest.mark.parametrize("room", [hornlet, keras], ids=["hornlet", "keras"])


def around(room):
    """A class of layers without `build`, around a Dense."""

    class Around(room.layers.Layer):
        def __init__(self, dtype=None, name="around", **kwargs):
            super().__init__(dtype=dtype, name=name, **kwargs)
            self.dense = room.layers.Dense(2, dtype=dtype, name="inner")

        def call(self, x):
            return self.dense(x)

    return Around


def has_the_paths_of_a_layer_inside(layer):
    assert [w.path for w in layer.weights] == ["around/inner/kernel", "around/inner/bias"]
    assert (layer.path, layer.dense.path) == ("around", "around/inner")


@ROOMS
def test_paths_of_what_a_call_builds(room):
    layer = around(room)()
    layer(np.ones((1, 3)))
    has_the_paths_of_a_layer_inside(layer)


def test_paths_of_what_a_shape_builds():
    layer = around(hornlet)()
    layer.build((1, 3))
    has_the_paths_of_a_layer_inside(layer)


def test_a_map_of_policies_finds_what_a_file_builds(tmp_path):
    kind = hornlet.saving.register_keras_serializable("paths")(around(hornlet))
    policies = hornlet.dtype_policies.DTypePolicyMap()
    policies["around/inner"] = "int8_from_float32"
    inputs = hornlet.Input((3,))
    model = hornlet.Model(inputs, kind(dtype=policies)(inputs))
    model.save(tmp_path / "model.keras")
    again = hornlet.saving.load_model(tmp_path / "model.keras")
    assert again.layers[1].dense.quantization_mode == "int8" and len(again.weights) == 3
    np.testing.assert_array_equal(again(np.eye(3)), model(np.eye(3)))


@ROOMS
def test_the_first_argument_of_a_call_tells_the_shape(room):
    seen = []

    class Adding(room.layers.Layer):
        def build(self, input_shape):
            seen.append(tuple(input_shape))

        def call(self, x, y=None):
            return x if y is None else x + y

    x, y = np.ones((2, 3), "float32"), np.ones((1, 3), "float32")
    Adding()(x, y)
    Adding()(x, y=y)
    Adding()(y=y, x=x)
    assert seen == [(2, 3)] * 3


@ROOMS
def test_build_may_ask_for_the_shape_of_a_mask(room):
    seen = {}

    class Masked(room.layers.Layer):
        def build(self, x_shape, attention_mask_shape=None):
            seen.update(x=tuple(x_shape), mask=tuple(attention_mask_shape))

        def call(self, x, attention_mask=None):
            return x

    Masked()(np.ones((2, 3)), attention_mask=np.ones((2, 1)))
    assert seen == {"x": (2, 3), "mask": (2, 1)}


@ROOMS
def test_no_shape_stands_for_no_argument(room):
    several = room.layers.MultiHeadAttention(2, 4)
    grouped = room.layers.GroupQueryAttention(4, 4, 2)
    for layer in (several, grouped):
        assert layer.compute_output_shape((2, 5, 8), (2, 3, 8), None) == (2, 5, 8)
    with pytest.raises(ValueError):
        grouped.compute_output_shape((2, 5, 8), (2, 3, 6), 2)


@ROOMS
def test_what_has_no_call_has_no_shape(room):
    with pytest.raises(NotImplementedError):
        room.layers.Layer().compute_output_shape((2, 3))


@ROOMS
@pytest.mark.parametrize("make", [
    lambda layers: layers.Dense(2), lambda layers: layers.EinsumDense("ab,bc->ac", 2),
    lambda layers: layers.Conv1D(2, 1),
])  # fmt: skip
def test_an_activation_may_be_taken_away(room, make):
    layer = make(room.layers)
    x = -np.ones((1, 4, 3) if "Conv" in type(layer).__name__ else (1, 3), "float32")
    layer.build(x.shape)
    plain = room.ops.convert_to_numpy(layer(x))
    layer.activation = None
    np.testing.assert_allclose(room.ops.convert_to_numpy(layer(x)), plain)


@ROOMS
def test_constructors_get_plain_dtypes_by_name(room):
    given = []

    class Noting(room.layers.Dense):
        def __init__(self, units, dtype=None, **kwargs):
            given.append(dtype)
            super().__init__(units, dtype=dtype, **kwargs)

    Noting.from_config(room.layers.Dense(2, dtype="mixed_bfloat16").get_config())
    Noting.from_config(room.layers.Dense(2, dtype="int8_from_float32").get_config())
    assert given[0] == "mixed_bfloat16"
    assert given[1] == room.dtype_policies.get("int8_from_float32")


@ROOMS
def test_a_config_that_a_constructor_refuses(room):
    with pytest.raises(TypeError, match="input_dim"):
        room.layers.Embedding.from_config({"input_dim": 3.7, "output_dim": 2})


@ROOMS
def test_a_wrapper_of_the_users_own_has_a_config(room):
    class Scaled(room.layers.Wrapper):
        def call(self, x):
            return 2 * self.layer(x)

    layer = Scaled(room.layers.Dense(2, name="inner"), name="scaled")
    again = Scaled.from_config(layer.get_config())
    assert again.layer.units == 2
    config = again.get_config()
    assert config["name"] == "scaled" and config["layer"]["class_name"] == "Dense"
    assert config == layer.get_config()


@ROOMS
def test_an_older_name_of_an_inputs_shape(room):
    with pytest.warns(UserWarning, match="input_shape"):
        layer = room.layers.InputLayer(input_shape=(2, 3), batch_size=4)
    assert layer.batch_shape == (4, 2, 3)


@ROOMS
def test_weights_may_be_added_to_a_layer_that_is_unlocked(room):
    layer = room.layers.Dense(2)
    layer.build((1, 3))
    layer._tracker.unlock()
    layer.extra = layer.add_weight((2,), "zeros", name="extra")
    layer._tracker.lock()
    assert len(layer.weights) == 3
    with pytest.raises(ValueError):
        layer.another = layer.add_weight((2,), "zeros", name="another")


@ROOMS
def test_masks_of_whole_inputs_are_joined_as_they_are(room):
    masks = np.ones((2, 4, 5)) > 0, np.arange(40).reshape(2, 4, 5) % 5 > 4
    found = room.layers.Concatenate(axis=1).compute_mask([room.Input((4, 5))] * 2, masks)
    np.testing.assert_array_equal(np.asarray(found), [[True] * 4 + [False] * 4] * 2)


def test_a_mask_of_values_is_part_of_a_lambdas_config():
    ours, theirs = (
        room.layers.Lambda(room.ops.square, mask=room.ops.ones((2, 3))).get_config()
        for room in (hornlet, keras)
    )
    assert ours["mask"]["config"] == theirs["mask"]["config"]
    square = {"square": hornlet.ops.square}
    again = hornlet.layers.Lambda.from_config(json.loads(json.dumps(ours)), square)
    np.testing.assert_array_equal(again.mask, np.ones((2, 3)))


@ROOMS
@pytest.mark.parametrize("make, shape", [
    (lambda layers, **kwargs: layers.Dense(2, **kwargs), (None, 3)),
    (lambda layers, **kwargs: layers.EinsumDense("ab,bc->ac", 2, **kwargs), (None, 3)),
    (lambda layers, **kwargs: layers.Embedding(3, 2, **kwargs), (None,)),
], ids=["Dense", "EinsumDense", "Embedding"])  # fmt: skip
def test_a_policy_that_names_no_blocks_gets_those_of_the_mode(room, make, shape):
    set_later, by_mode = make(room.layers), make(room.layers)
    for layer in (set_later, by_mode):
        layer.build(shape)
    set_later.dtype_policy = "int4_from_float32"
    by_mode.quantize("int4")
    assert [w.shape for w in set_later.weights] == [w.shape for w in by_mode.weights]
    again = type(set_later).from_config(set_later.get_config())
    again.build(shape)
    assert [w.shape for w in again.weights] == [w.shape for w in set_later.weights]


@ROOMS
def test_a_subclass_of_a_convolution_may_count_its_filters_where_it_is_built(room):
    class Doubling(room.layers.Conv2D):
        def __init__(self, kernel_size):
            super().__init__(None, kernel_size)

        def build(self, input_shape):
            self.filters = 2 * input_shape[-1]
            super().build(input_shape)

    layer = Doubling(3)
    assert layer(np.ones((1, 5, 5, 3), "float32")).shape == (1, 3, 3, 6)
    assert layer.kernel.shape == (3, 3, 3, 6)


@ROOMS
def test_weights_and_layers_may_be_made_after_the_bases_build(room):
    class Scaled(room.layers.Layer):
        def build(self, input_shape):
            super().build(input_shape)
            self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")

    class Summed(Scaled):
        def build(self, input_shape):
            super().build(input_shape)
            self.dense = room.layers.Dense(1, name="dense")
            self.dense.build(input_shape)

        def call(self, x):
            return self.dense(self.scale * x)

    layer = Summed(name="summed")
    assert layer(np.ones((3, 4), "float32")).shape == (3, 1)
    paths = [w.path for w in layer.weights]
    assert paths == ["summed/scale", "summed/dense/kernel", "summed/dense/bias"]
    assert layer.get_build_config() == {"input_shape": (3, 4)}
    with pytest.raises(ValueError, match="already built"):
        layer.add_weight((), "ones")


def test_a_layer_may_set_the_weights_of_another_in_a_step():
    class Scaled(hornlet.layers.Wrapper):
        def build(self, input_shape):
            super().build(input_shape)
            self.scale = self.add_weight((), "ones")

        def call(self, x):
            kernel, bias = self.layer.kernel, self.layer.bias
            self.layer.set_weights([hornlet.ops.ones_like(kernel) * self.scale, bias])
            return self.layer(x)

    model = hornlet.Sequential([hornlet.Input((3,)), Scaled(hornlet.layers.Dense(2))])
    x = np.ones((4, 3), "float32")
    np.testing.assert_array_equal(model.predict(x, verbose=0), np.full((4, 2), 3))
    model.compile(hornlet.optimizers.SGD(0.01), "mse")
    model.layers[0].scale.assign(2.0)
    assert model.fit(x, np.zeros((4, 2)), verbose=0).history["loss"] == [36]


def test_weights_may_change_places():
    model = hornlet.Sequential([hornlet.Input((2,)), *(hornlet.layers.Dense(2) for _ in "ab")])
    before = model.get_weights()
    model.set_weights([*model.weights[2:], *model.weights[:2]])
    for now, other in zip(model.get_weights(), [*before[2:], *before[:2]]):
        np.testing.assert_array_equal(now, other)
