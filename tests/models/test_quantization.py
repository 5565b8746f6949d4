"""Quantized models against Keras: what is quantized, files both ways, training, examples."""

import pickle

import keras
import numpy as np
import pytest

import hornlet
from hornlet.quantizers import calibration
from hornlet.quantizers.affine import levels_of
from tests.layers.test_quantization import plain, same

ROOMS = (hornlet, keras)
BOTH_WAYS = pytest.mark.parametrize(
    ("one", "other"), [(hornlet, keras), (keras, hornlet)], ids=["to_keras", "from_keras"]
)
TOKENS = np.random.default_rng(0).integers(0, 12, (6, 4)).astype("int32")


def network(room, dtype=None, mode=None):
    """Tokens to scores, by each kind of layer that can be quantized and one that cannot."""
    layers, rng = room.layers, np.random.default_rng(1)
    x = room.Input((4,), dtype="int32", name="tokens")
    y = layers.Embedding(12, 6, name="embedding", dtype=dtype)(x)
    y = layers.EinsumDense("abc,cde->abde", (4, 2, 3), name="heads", dtype=dtype)(y)
    y = layers.EinsumDense("abde,dec->abc", (4, 6), name="joined", dtype=dtype)(y)
    y = layers.LayerNormalization(name="norm", dtype=mode)(y)
    y = layers.Flatten(name="flat", dtype=mode)(y)
    y = layers.Dense(8, "relu", name="wide", dtype=dtype)(y)
    model = room.Model(x, layers.Dense(3, name="top", dtype=dtype)(y), name="model")
    if dtype is None:
        model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model


def quiet(model, *args, **options):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.quantize(*args, **options)
    return model


def scores(model):
    return np.asarray(model.predict(TOKENS, batch_size=len(TOKENS), verbose=0))


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
@BOTH_WAYS
def test_files(mode, one, other, tmp_path):
    model = quiet(network(one), mode)
    expected = scores(model)
    model.save(tmp_path / "m.keras")
    copy = other.saving.load_model(tmp_path / "m.keras")
    same(scores(copy), expected, rtol=1e-4, atol=1e-4)
    assert [x.dtype_policy.name for x in copy.layers] == [x.dtype_policy.name for x in model.layers]
    model.save_weights(tmp_path / "m.weights.h5")
    again = quiet(network(other), mode)
    again.set_weights([np.zeros(w.shape) for w in again.weights])
    again.load_weights(tmp_path / "m.weights.h5")
    same(scores(again), expected, rtol=1e-4, atol=1e-4)
    assert {w.path: w.dtype for w in again.weights} == {w.path: w.dtype for w in model.weights}


def test_compiled_programs_see_the_new_weights():
    model = network(hornlet)
    before = [scores(model), model(TOKENS), model(TOKENS)]
    with pytest.warns(UserWarning, match="LayerNormalization does not have a `quantize`"):
        model.quantize("int4", config=hornlet.quantizers.Int4QuantizationConfig(block_size=None))
    after = [scores(model), np.asarray(model(TOKENS)), np.asarray(model(TOKENS))]
    assert np.abs(after[0] - before[0]).max() > 1e-3
    same(after[1], after[0])
    same(after[2], after[0])


FILTERS = {
    "a name": "wide",
    "names": ["wide", "^em"],
    "a function": lambda layer: layer.name in ("top", "heads"),
    "all": None,
    "none": "nothing",
}


@pytest.mark.parametrize("filters", FILTERS)
def test_filters(filters):
    models = [quiet(network(room), "int8", filters=FILTERS[filters]) for room in ROOMS]
    modes = [{x.name: x.quantization_mode for x in model.layers[1:]} for model in models]
    assert modes[0] == modes[1]


@pytest.mark.parametrize(
    "dtype", ["int8_from_float32", "int4/4_from_mixed_bfloat16", "int4_from_float32"]
)
def test_quantized_from_the_start(dtype):
    models = [network(room, dtype, "float32") for room in ROOMS]
    ours, theirs = ({w.path: (w.dtype, tuple(w.shape)) for w in m.weights} for m in models)
    assert ours == theirs
    assert plain(models[0].get_config()) == plain(models[1].get_config())
    assert scores(models[0]).shape == (6, 3)


def test_a_policy_that_is_set_quantizes():
    for room in ROOMS:
        layer = room.layers.Dense(3)
        layer.build((None, 4))
        layer.dtype_policy = "int8_from_float32"
        assert layer.quantization_mode == "int8" and layer.kernel.dtype == "int8"
    layer = hornlet.layers.Dense(3)
    layer.build((None, 4))
    layer.dtype_policy = "int4/2_from_float32"
    assert layer.kernel_scale.shape == (2, 3)
    with pytest.raises(ValueError, match="examples"):
        other = hornlet.layers.Dense(3)
        other.build((None, 4))
        other.dtype_policy = "gptq/4/2_from_float32"


def test_layers_that_share_a_map_of_policies(tmp_path):
    """Sublayers of a layer then keep their policies in files; Keras 3.15 cannot quantize these."""
    policies = hornlet.dtype_policies.DTypePolicyMap("float32")
    x = hornlet.Input((4, 8))
    attention = hornlet.layers.MultiHeadAttention(2, 4, name="mha", dtype=policies)
    model = hornlet.Model(x, attention(x, x))
    quiet(model, "int8", filters="query|key")
    assert {path: policy.name for path, policy in policies.items()} == {
        "mha/query": "int8_from_float32", "mha/key": "int8_from_float32",
    }  # fmt: skip
    model.save(tmp_path / "m.keras")
    copy = hornlet.saving.load_model(tmp_path / "m.keras")
    x = np.random.default_rng(1).normal(size=(2, 4, 8)).astype("float32")
    np.testing.assert_array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))
    modes = {x.name: x.quantization_mode for x in copy.layers[1]._flatten_layers()}
    assert (modes["query"], modes["key"], modes["value"]) == ("int8", "int8", None)


def test_what_is_refused():
    built = {room: network(room) for room in ROOMS}
    quantized = {room: quiet(network(room), "int8") for room in ROOMS}
    for room in ROOMS:
        config = room.quantizers.Int8QuantizationConfig()
        wrong = [
            lambda: built[room].quantize("int5"),
            lambda: built[room].quantize(),
            lambda: built[room].quantize("gptq"),
            lambda: built[room].quantize("int4", config=config),
            lambda: built[room].quantize(config={"mode": "int8"}),
            lambda: built[room].quantize("int8", filters=3),
            lambda: built[room].quantize("int8", other=1),
            lambda: quantized[room].quantize("int8", filters="top"),
            lambda: room.layers.Dense(2).quantize("int8"),
            lambda: room.layers.Dense(2, dtype="int8_from_float16"),
        ]
        for call in wrong:
            with pytest.raises(ValueError):
                call()
        half = room.layers.Dense(2, dtype="float16")
        half.build((None, 3))
        with pytest.raises(ValueError):
            half.quantize("int8")

        class Own(room.layers.Dense):
            pass

        own, norm, table = Own(2), room.layers.ReLU(), room.layers.Embedding(3, 2)
        for layer in (own, norm, table):
            layer.build((None, 3))
        for layer, mode in ((own, "int8"), (norm, "int8"), (table, "float8")):
            with pytest.raises(NotImplementedError):
                layer.quantize(mode)
        own.quantize("int8", type_check=False)
        assert own.quantization_mode == "int8"


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_training_in_float8(policy):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(8, 4)).astype("float32"), rng.normal(size=(8, 2)).astype("float32")
    models = []
    for room in ROOMS:
        layers = room.layers
        dtype = room.dtype_policies.QuantizedFloat8DTypePolicy("float8", policy, 4)
        model = room.Sequential(
            [
                room.Input((4,)),
                layers.Dense(6, "relu", name="a", dtype=dtype),
                layers.EinsumDense("ab,bc->ac", 2, bias_axes="c", name="b", dtype=dtype),
            ]
        )
        start = np.random.default_rng(3)
        for w in model.weights:
            if w.path.endswith(("kernel", "bias")):
                w.assign(start.normal(size=w.shape))
        model.compile(room.optimizers.SGD(0.05), "mse")
        model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
        models.append(model)
    rtol = 1e-4 if policy == "float32" else 3e-2
    for a, b in zip(models[0].weights, models[1].weights, strict=True):
        assert a.path.split("/")[1:] == b.path.split("/")[1:]
        same(a, b, rtol=rtol, atol=rtol)
    same(models[0].predict(x, verbose=0), models[1].predict(x, verbose=0), rtol=rtol, atol=rtol)
    assert np.asarray(models[0].layers[0].inputs_amax_history).any()


def test_gradients_pass_quantized_layers():
    x, results = np.random.default_rng(4).normal(size=(3, 5)).astype("float32"), []
    kernel = np.random.default_rng(5).normal(size=(5, 2))
    layers = []
    for room in ROOMS:
        layer = room.layers.Dense(2, name="a")
        layer.build((None, 5))
        layer.set_weights([kernel, np.zeros(2)])
        layer.quantize("int8")
        layers.append(layer)
    import jax

    with hornlet.GradientTape() as tape:
        tape.watch(x)
        total = hornlet.ops.sum(layers[0](x) ** 2)
    results.append(tape.gradient(total, x))
    results.append(jax.grad(lambda x: keras.ops.sum(layers[1](x) ** 2))(x))
    same(*results)


class Letters:
    def tokenize(self, text):
        return np.array([ord(letter) % 12 for letter in text])


TEXTS = ["a model is calibrated on texts", "of which it sees some windows"]


def blocks(room, kind):
    """A model of two blocks, and the config by which it is quantized.

    All kernels are 8 x 8, for which Keras's functions are compiled once.
    """
    layers, rng = room.layers, np.random.default_rng(6)
    embedding = layers.Embedding(12, 8, name="embedding")
    first = room.Sequential(
        [layers.Dense(8, "relu", name="up"), layers.Dense(8, name="down")], name="first"
    )
    second = room.Sequential(
        [
            layers.EinsumDense("abc,cde->abde", (None, 2, 4), name="heads"),
            layers.EinsumDense("abde,dec->abc", (None, 8), name="joined"),
        ],
        name="second",
    )
    x = room.Input((4,), dtype="int32")
    model = room.Model(x, second(first(embedding(x))), name="model")
    for w in model.weights:
        w.assign(rng.normal(size=w.shape) * np.exp(rng.normal(size=(w.shape[0],) + (1,) * (
            len(w.shape) - 1))))  # fmt: skip
    model.get_quantization_layer_structure = lambda mode: {
        "pre_block_layers": [embedding], "sequential_blocks": [first, second],
    }  # fmt: skip
    config = getattr(room.quantizers, kind)(
        TEXTS, Letters(), num_samples=6, sequence_length=4, group_size=8
    )
    return model, config


@pytest.mark.parametrize("kind", ["GPTQConfig", "AWQConfig"])
def test_quantized_by_examples(kind, tmp_path):
    """Nearer to the floats than Keras 3.15, whose layers are not shown the examples."""
    models, errors = [], []
    for room in ROOMS:
        model, config = blocks(room, kind)
        before = scores(model)
        quiet(model, config.mode, config=config)
        models.append(model)
        errors.append(np.abs(scores(model) - before).mean() / np.abs(before).mean())
    ours, theirs = models
    assert errors[0] < min(errors[1], 0.15)
    for a, b in zip(ours.weights, theirs.weights, strict=True):
        assert (a.path, a.dtype, tuple(a.shape)) == (b.path, b.dtype, tuple(b.shape))
    for name in ("up", "down"):
        a, b = (m.get_layer("first").get_layer(name) for m in models)
        assert a.dtype_policy.name == b.dtype_policy.name
        assert plain(a.get_config()["quantization_config"]) == plain(
            b.get_config()["quantization_config"]
        )
        np.testing.assert_array_equal(a.g_idx, np.floor(np.asarray(b.g_idx)))
    heads = [m.get_layer("second").get_layer("heads").get_config() for m in models]
    assert plain(heads[0]) == plain(heads[1])
    ours.save(tmp_path / "m.keras")
    for room in ROOMS:
        copy = room.saving.load_model(tmp_path / "m.keras")
        same(scores(copy), scores(ours), rtol=1e-4, atol=1e-4)


def test_examples_that_do_not_do():
    kinds = hornlet.quantizers
    for dataset, tokenizer, structure, error in (
        (None, Letters(), None, ValueError),
        (TEXTS, None, None, ValueError),
        (TEXTS, Letters(), {}, ValueError),
        ("one text", Letters(), None, TypeError),
        ([], Letters(), None, ValueError),
    ):
        model, _ = blocks(hornlet, "AWQConfig")
        if structure is not None:
            model.get_quantization_layer_structure = lambda mode: {}
        with pytest.raises(error):
            quiet(model, "awq", config=kinds.AWQConfig(dataset, tokenizer))


@pytest.mark.parametrize("kind", ["GPTQConfig", "AWQConfig"])
@pytest.mark.parametrize("group_size", [-1, 8])
def test_matrices(kind, group_size):
    """Without examples the integers are Keras's; with them the outputs are nearer than rounded."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(200, 8)) @ rng.normal(size=(8, 8)) * np.exp(rng.normal(size=8))
    w = rng.normal(size=(8, 8)).astype("float32")
    blind, seen = calibration.Statistics(8), calibration.Statistics(8)
    seen.add(x)
    config, theirs = (
        getattr(room.quantizers, kind)(None, None, group_size=group_size) for room in ROOMS
    )

    def error(found):
        back = found.levels.spread(found.groups).dequantize(found.integers)
        back = back if found.factors is None else back / found.factors
        return np.linalg.norm((back - w) @ x.T)

    rounded = config.quantized(w, blind)
    assert error(config.quantized(w, seen)) < 0.95 * error(rounded)
    layer = keras.layers.Dense(8)
    layer.build((None, 8))
    layer.set_weights([w.T, np.zeros(8)])
    layer.quantize(config.mode, config=theirs)
    same(layer.kernel_zero.shape, rounded.levels.zero.shape)
    module = __import__(f"keras.src.quantizers.{config.mode}", fromlist=["x"])
    if kind == "GPTQConfig":
        module.GPTQ(layer, theirs).quantize_and_correct_layer()
    else:
        module.AWQ(layer, theirs).quantize_layer()
    np.testing.assert_array_equal(rounded.integers, np.asarray(layer.kernel))
    same(rounded.levels.scale, layer.kernel_scale)
    same(rounded.levels.zero, layer.kernel_zero)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_rows_on_one_side_of_zero_keep_their_range(bits, symmetric):
    rows = [[1.0, 1.5, 2.0], [-2.0, -1.5, -1.0], [-1, -0.9999, -0.9998], [0, 0, 0]]
    x = np.array(rows, "float32")
    levels = levels_of(x, bits, symmetric=symmetric)
    back = levels.dequantize(levels.quantize(x))
    step = levels.scale if not symmetric else levels.scale * (1 + (x > 0) * 0.5)
    assert (np.abs(back - x) <= step).all()


def test_lora_trains_on_top_of_integers():
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(16, 4)).astype("float32"), rng.normal(size=(16, 2)).astype("float32")
    model = hornlet.Sequential([hornlet.Input((4,)), hornlet.layers.Dense(2, name="a")])
    quiet(model, "int8")
    layer = model.layers[0]
    layer.enable_lora(2)
    kernel = np.array(layer.kernel)
    assert [w.path.split("/")[-1] for w in model.trainable_weights] == [
        "bias", "lora_kernel_a", "lora_kernel_b",
    ]  # fmt: skip
    model.compile(hornlet.optimizers.Adam(0.05), "mse")
    losses = model.fit(x, y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]
    np.testing.assert_array_equal(layer.kernel, kernel)


@pytest.mark.parametrize("mode", ["int8", "int4"])
@pytest.mark.parametrize(
    ("equation", "shape"), [("...ab,bc->...ac", (2, 3, 4, 5)), ("ab...,bc->ac...", (2, 5, 3, 2))]
)
def test_ellipses(equation, shape, mode):
    """Keras 3.15 cannot quantize these."""
    layer = hornlet.layers.EinsumDense(equation, (4, 6) if equation.startswith(".") else 6)
    x = np.random.default_rng(9).normal(size=shape).astype("float32")
    y = layer(x)
    layer.quantize(mode)
    assert np.abs(layer(x) - y).max() < (0.05 if mode == "int8" else 0.5) * np.abs(y).max()


def test_quantized_models_pickle_and_clone():
    model = quiet(network(hornlet), "int4")
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(scores(copy), scores(model))
    clone = hornlet.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(scores(clone), scores(model))


def test_a_model_of_the_users_own():
    class Own(hornlet.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = hornlet.layers.Dense(4), hornlet.layers.Dense(2)

        def call(self, x):
            return self.two(self.one(x))

    model, x = Own(), np.random.default_rng(10).normal(size=(5, 3)).astype("float32")
    with pytest.raises(ValueError, match="build"):
        model.quantize("int8")
    y = model(x)
    model.quantize("int8")
    assert 0 < np.abs(model(x) - y).max() < 0.05
    assert {layer.kernel.dtype for layer in model.layers} == {"int8"}


def test_a_model_sees_that_a_layer_of_it_has_changed():
    x = np.ones((2, 3), "float32")
    for change in (lambda layer: layer.quantize("int8"),
                   lambda layer: layer.enable_lora(2, b_initializer="ones")):
        model = hornlet.Sequential([hornlet.Input((3,)), hornlet.layers.Dense(4)])
        model.compile("sgd", "mse")
        before = [model.predict(x, verbose=0), model.predict_on_batch(x)]
        loss = model.evaluate(x, np.zeros((2, 4)), verbose=0)
        change(model.layers[0])
        assert not np.array_equal(model.predict(x, verbose=0), before[0])
        assert not np.array_equal(model.predict_on_batch(x), before[1])
        assert model.evaluate(x, np.zeros((2, 4)), verbose=0) != loss
