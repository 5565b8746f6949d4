"""Whole models in ONNX: sizes that stay open, recurrent operators, loops, and what is refused."""

import os

import numpy as np
import pytest

import hornlet
from hornlet import layers, ops
from tests.export.exported import assert_same, exported, onnx, operators


def drawn(*shape, below=None):
    random = np.random.default_rng(0)
    if below is not None:
        return random.integers(0, below, shape).astype("int32")
    return random.normal(size=shape).astype("float32")


def started(model):
    """The model with weights that are neither zeros nor ones."""
    random = np.random.default_rng(1)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(0.2 * random.normal(size=weight.shape) ** 2 + 0.05)
    return model


def cnn():
    return hornlet.Sequential([
        hornlet.Input((12, 10, 3)), layers.Conv2D(4, 3, padding="same", use_bias=False),
        layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(),
        layers.SeparableConv2D(5, 3, activation="swish"), layers.Flatten(), layers.Dropout(0.5),
        layers.Dense(3, "softmax"),
    ])  # fmt: skip


def any_size():
    """Strided and transposed convolutions over images of unknown size."""
    x = hornlet.Input((None, None, 2))
    low = layers.Conv2D(3, 3, 2, "same", activation="relu")(x)
    up = layers.UpSampling2D(2)(layers.AveragePooling2D(3, 1, "same")(low))
    y = layers.Conv2DTranspose(2, 2, 2)(low)
    return hornlet.Model(x, [up, layers.GlobalAveragePooling2D()(y), layers.Flatten()(y)])


def mobile():
    return hornlet.applications.MobileNet((32, 32, 3), alpha=0.25, weights=None, classes=5)


class Positions(layers.Layer):
    def __init__(self):
        super().__init__()
        self.supports_masking = True

    def call(self, x):
        return x + 0.1 * ops.expand_dims(ops.arange(x.shape[1], dtype="float32"), -1)


def transformer(heads=2, width=8):
    """Positions, causal attention over a length that is not known, and a mask of zeros."""
    words = hornlet.Input((None,), dtype="int32")
    x = Positions()(layers.Embedding(11, width, mask_zero=True)(words))
    seen = layers.MultiHeadAttention(heads, width // heads)(x, x, use_causal_mask=True)
    x = layers.LayerNormalization()(x + seen)
    x = x + layers.Dense(width)(layers.Dense(2 * width, "gelu")(x))
    return hornlet.Model(words, layers.Dense(11)(layers.LayerNormalization()(x)))


def text():
    return hornlet.Sequential([
        hornlet.Input((None,), dtype="int32"), layers.Embedding(11, 4),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.GRU(4, return_sequences=True), layers.SimpleRNN(3, "relu"), layers.Dense(2),
    ])  # fmt: skip


def masked_text():
    return hornlet.Sequential([
        hornlet.Input((None,), dtype="int32"), layers.Embedding(11, 4, mask_zero=True),
        layers.LSTM(3), layers.Dense(2),
    ])  # fmt: skip


def two_inputs():
    a, b = hornlet.Input((3,), name="left"), hornlet.Input((None, 3), name="right")
    seen = layers.Attention()([ops.expand_dims(a, 1), b])
    return hornlet.Model({"left": a, "right": b}, {"one": layers.Dense(2)(seen), "two": a + 1})


class Branches(hornlet.Model):
    """`cond`, `while_loop` and `scan`, which become If, Loop and Scan."""

    def call(self, x, training=False):
        total = ops.sum(x)
        y = ops.cond(total > 0, lambda: x * 2 + total, lambda: -x)
        _, y = ops.while_loop(
            lambda i, y: ops.logical_and(i < 10, ops.sum(y) < 100),
            lambda i, y: (i + 1, y * 1.5 + 1), (ops.sum(ops.zeros((), "int32")), y),
        )  # fmt: skip
        last, ys = ops.scan(lambda c, r: (c + r, c * 2), x[0], x)
        return y, last, ys


MODELS = {
    "cnn": (cnn, [drawn(3, 12, 10, 3)]),
    "any_size": (any_size, [drawn(2, 8, 8, 2)]),
    "any_odd_size": (any_size, [drawn(3, 7, 9, 2)]),
    "mobile": (mobile, [drawn(2, 32, 32, 3)]),
    "transformer": (transformer, [drawn(3, 5, below=11)]),
    "text": (text, [drawn(3, 5, below=11)]),
    "text_of_another_length": (text, [drawn(2, 7, below=11)]),
    "masked_text": (masked_text, [drawn(3, 5, below=11)]),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_computes_the_same_in_onnx(name, tmp_path):
    make, arrays = MODELS[name]
    model = started(make())
    made, session = exported(model, tmp_path)
    assert_same(session, model, arrays)
    sizes = made.graph.input[0].type.tensor_type.shape.dim
    assert sizes[0].dim_param == "batch"
    unknown = [bool(dim.dim_param) for dim in sizes]
    assert unknown == [n is None for n in model.inputs[0].shape]
    back = hornlet.saving.from_onnx(tmp_path / "m.onnx")
    for y, own in zip(*([np.asarray(y) for y in hornlet.tree.flatten(m(arrays[0]))]
                        for m in (back, model))):  # fmt: skip
        np.testing.assert_allclose(y, own, rtol=1e-5, atol=1e-5)


def test_inputs_and_outputs_keep_their_names(tmp_path):
    model = started(two_inputs())
    made, session = exported(model, tmp_path)
    left, right = drawn(2, 3), drawn(2, 4, 3)
    found = session.run(None, {"left": left, "right": right})
    wanted = model({"left": left, "right": right})
    for y, key in zip(found, ("one", "two")):
        np.testing.assert_allclose(y, wanted[key], rtol=1e-5, atol=1e-6)
    assert [y.name for y in made.graph.output] == ["one", "two"]
    assert {w.path for w in model.weights} <= {x.name for x in made.graph.initializer}


def test_recurrent_layers_are_onnx_s_own(tmp_path):
    made, _ = exported(started(text()), tmp_path)
    found = operators(made)
    assert [found.count(op) for op in ("LSTM", "GRU", "RNN", "Scan", "Loop")] == [2, 1, 1, 0, 0]
    made, _ = exported(started(masked_text()), tmp_path)
    assert "Scan" in operators(made) and "LSTM" not in operators(made)


@pytest.mark.parametrize("sign", [1, -1])
def test_loops_and_branches(sign, tmp_path):
    model = Branches()
    x = sign * np.abs(drawn(3, 2))
    model(x)
    made, session = exported(model, tmp_path)
    assert {"If", "Loop", "Scan"} <= set(operators(made))
    assert_same(session, model, [x])
    back = hornlet.saving.from_onnx(tmp_path / "m.onnx")
    for y, own in zip(back(x), model(x)):
        np.testing.assert_allclose(y, own, rtol=1e-5, atol=1e-5)


class Computes(hornlet.Model):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x, training=False):
        return self.function(x)


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (lambda x: ops.linalg.svd(x)[1], "`svd"),
        (lambda x: ops.erfinv(x), "`erfinv`"),
        (lambda x: ops.real(ops.view_as_complex(ops.stack([x, x], -1))), "complex"),
        (lambda x: sum(x[i] for i in range(x.shape[0])), "unrolled"),
        (lambda x: x[: int(ops.shape(x)[0] ** 0.5)], "size"),
        (lambda x: x + np.sin(np.arange(x.shape[0]))[:, None].astype("float32"), "constant"),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(function, named, tmp_path):
    model = Computes(function)
    model(drawn(4, 2))
    path = tmp_path / "m.onnx"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match=named):
        model.export(path)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["m.onnx"]


def test_random_numbers_and_states_are_refused(tmp_path):
    seeds = hornlet.random.SeedGenerator(0)
    model = Computes(lambda x: x + hornlet.random.normal(x.shape, seed=seeds))
    model.seeds = seeds
    model(drawn(4, 2))
    with pytest.raises(ValueError, match="assigns variables"):
        model.export(tmp_path / "m.onnx")
    state = hornlet.Sequential([hornlet.Input((5, 2), batch_size=4), layers.LSTM(3, stateful=True)])
    with pytest.raises(ValueError, match="assigns variables"):
        state.export(tmp_path / "m.onnx")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("format", ["tf_saved_model", "litert", "openvino", "torch"])
def test_formats_of_others_are_refused_with_a_reason(format, tmp_path):
    with pytest.raises(NotImplementedError, match=f"{format}.*written by|{format}.*program of"):
        started(cnn()).export(tmp_path / "model", format=format)


def test_bad_arguments(tmp_path):
    model, path = started(text()), tmp_path / "m.onnx"
    with pytest.raises(ValueError, match="Unrecognized format=pdf"):
        model.export(path, format="pdf")
    with pytest.raises(ValueError, match="opset_version=3"):
        model.export(path, opset_version=3)
    with pytest.raises(ValueError, match="Unknown arguments .*depth"):
        model.export(path, depth=3)
    with pytest.raises(ValueError, match="input_signature"):
        hornlet.Sequential([layers.Dense(2)]).export(path)
    with pytest.raises(ValueError, match="made of `keras.InputSpec`"):
        model.export(path, input_signature=["x"])
    words = hornlet.Input((), dtype="string")
    texts = hornlet.Model(words, layers.TextVectorization(vocabulary=["a", "b"])(words))
    with pytest.raises(ValueError, match="texts"):
        texts.export(path)
    assert not path.exists()


def test_a_signature_fixes_what_the_model_leaves_open(tmp_path, capsys):
    model = started(text())
    made, session = exported(
        model, tmp_path, verbose=True, opset_version=19,
        input_signature=[hornlet.InputSpec(shape=(2, 5), dtype="int32", name="words")],
    )  # fmt: skip
    assert capsys.readouterr().out.startswith("Saved artifact at")
    (x,) = made.graph.input
    assert x.name == "words" and [d.dim_value for d in x.type.tensor_type.shape.dim] == [2, 5]
    assert made.opset_import[0].version == 19
    assert_same(session, model, [drawn(2, 5, below=11)])


def test_what_is_not_trainable_is_said(tmp_path):
    model = started(cnn())
    exported(model, tmp_path)
    back = hornlet.saving.from_onnx(tmp_path / "m.onnx")
    assert len(back.trainable_variables) == len(model.trainable_variables)
    assert len(back.non_trainable_variables) == 2  # the seeds of the dropout stay behind
    assert onnx.load(tmp_path / "m.onnx").metadata_props[0].key == "not_trainable"
