"""Layers that read strings and learn vocabularies.

Real Keras needs TensorFlow for these, so the expected values were printed by it once (Keras 3.15.1
with TensorFlow 2.21) and stand here.
"""

import json
import zipfile

import numpy as np
import pytest

import hornlet
from hornlet import layers
from hornlet.engine.compiled import Compiled
from hornlet.layers.fingerprint import fingerprint64, siphash64

DOCUMENTS = [["a", "c", "d", "d"], ["d", "z", "b", "z"]]
TEXTS = ["The cat, sat on the MAT!", "A dog's\tlife -- É é", "", "  spaced   out  the"]

# Layers that have a row here instead of in cases.py.
ROWS = {
    "StringLookup": lambda: layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=2, salt=5),
    "IntegerLookup": lambda: layers.IntegerLookup(vocabulary=[3, 7], mask_token=0),
    "TextVectorization": lambda: layers.TextVectorization(vocabulary=["a", "b"], ngrams=(1, 2)),
    "Hashing": lambda: layers.Hashing(7, mask_value="", salt=[1, 2]),
    "HashedCrossing": lambda: layers.HashedCrossing(5, output_mode="one_hot"),
}


@pytest.mark.parametrize("name", ROWS)
def test_config(name):
    layer = ROWS[name]()
    config = json.loads(json.dumps(layers.serialize(layer)))
    again = layers.deserialize(config)
    assert type(again) is type(layer) is getattr(layers, name)
    assert json.dumps(again.get_config()) == json.dumps(layer.get_config())


HASHES = [
    (0, 1936946117179621455, 4062381310253793247),
    (3, 1486536572171691162, 2650167446886603247),
    (7, 2513219638405408417, 2837791169721906535),
    (16, 1080060857502750420, 203941189489509292),
    (17, 4302810082142134044, 2319029507382742130),
    (32, 1917831512995979081, 790420202187970693),
    (33, 2915358112413471310, 3230302323140594848),
    (64, 3856493858525203531, 2400212072086807486),
    (65, 478270155923209662, 703711611865957599),
    (200, 525935771297148851, 4401474582495915678),
]


@pytest.mark.parametrize("length, farm, sip", HASHES)
def test_hashes_are_tensorflows(length, farm, sip):
    data = bytes(range(length))
    assert fingerprint64(data) % 2**62 == farm
    assert siphash64(data, (5, 7)) % 2**62 == sip


def test_hashing():
    letters = [["A"], ["B"], [""], ["C"], ["D"]]
    found = layers.Hashing(3, mask_value="")(letters)
    assert found.dtype == "int64" and found.ravel().tolist() == [1, 1, 0, 2, 2]
    assert layers.Hashing(3, salt=133)(["A", "B", "C", "D", "E"]).tolist() == [0, 0, 2, 1, 0]
    counts = layers.Hashing(4, output_mode="count")(np.arange(6).reshape(2, 3))
    assert counts.dtype == "float32" and counts.sum(1).tolist() == [3, 3]
    crossed = layers.HashedCrossing(5, output_mode="one_hot")((np.array(["A"]), np.array([101])))
    assert crossed.tolist() == [[0, 1, 0, 0, 0]]


def test_string_lookup():
    def lookup(**kwargs):
        return layers.StringLookup(vocabulary=["a", "b", "c", "d"], **kwargs)

    assert lookup()(DOCUMENTS).tolist() == [[1, 3, 4, 4], [4, 0, 2, 0]]
    assert lookup()(np.array(DOCUMENTS, dtype="S")).tolist() == [[1, 3, 4, 4], [4, 0, 2, 0]]
    assert lookup(num_oov_indices=2)([["m", "z", "b"]]).tolist() == [[0, 1, 3]]
    assert lookup(mask_token="z")(DOCUMENTS).tolist() == [[2, 4, 5, 5], [5, 0, 3, 0]]
    assert lookup(output_mode="count")(DOCUMENTS).tolist() == [[0, 1, 0, 1, 2], [2, 0, 1, 0, 1]]
    assert lookup(output_mode="multi_hot", mask_token="z")(DOCUMENTS)[1].tolist() == [0, 0, 1, 0, 1]
    assert lookup(output_mode="one_hot")([["d"], ["z"]]).tolist() == [[0, 0, 0, 0, 1],
                                                                     [1, 0, 0, 0, 0]]  # fmt: skip
    back = lookup(invert=True)(np.array([[1, 3], [4, 0]]))
    assert back.tolist() == [[b"a", b"c"], [b"d", b"[UNK]"]]
    with pytest.raises(ValueError, match="num_oov_indices"):
        lookup(num_oov_indices=0)(DOCUMENTS)


def test_weights_of_tokens():
    layer = layers.StringLookup(output_mode="tf_idf")
    layer.set_vocabulary(["a", "b", "c", "d"], idf_weights=[0.25, 0.75, 0.6, 0.4])
    np.testing.assert_allclose(layer(DOCUMENTS), [[0, 0.25, 0, 0.6, 0.8], [1, 0, 0.75, 0, 0.4]])
    layer.set_vocabulary(["[UNK]", "a", "b", "c", "d"], idf_weights=[0.9, 0.25, 0.75, 0.6, 0.4])
    assert layer(DOCUMENTS)[1, 0] == np.float32(1.8)


def test_integer_lookup():
    x = np.array([[3, 10, 11], [12, -5, 7]])
    layer = layers.IntegerLookup(vocabulary=[3, 7], num_oov_indices=3, oov_method="farmhash")
    assert layer(x).tolist() == [[3, 2, 1], [1, 0, 4]]
    layer = layers.IntegerLookup(
        vocabulary=[3, 7], num_oov_indices=3, oov_method="farmhash", salt=7
    )
    assert layer(x).tolist() == [[3, 2, 2], [1, 2, 4]]
    assert layers.IntegerLookup(vocabulary=[3, 7], invert=True)(np.array([2, 0])).tolist() == [
        7,
        -1,
    ]


@pytest.mark.parametrize("output_mode", ["int", "one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("mask_token", [None, 7])
def test_integer_lookup_in_a_compiled_step(output_mode, mask_token):
    x = np.array([[3, 10, 11], [12, -5, 7]])
    layer = layers.IntegerLookup(
        vocabulary=[7, 3, -5], num_oov_indices=2, output_mode=output_mode, mask_token=mask_token,
        max_tokens=10,
    ) if mask_token is None else layers.IntegerLookup(
        vocabulary=[3, -5], num_oov_indices=2, output_mode=output_mode, mask_token=mask_token,
    )  # fmt: skip
    np.testing.assert_array_equal(Compiled(lambda x: layer(x))(x), layer(x))


VECTORIZED = [
    (
        {"ngrams": 2, "output_sequence_length": 5, "max_tokens": 10},
        ["", "[UNK]", "the", "é", "É é", "É", "the mat", "the cat", "spaced out", "spaced"],
        [[2, 1, 1, 1, 2], [1, 1, 1, 5, 3], [0, 0, 0, 0, 0], [9, 1, 2, 8, 1]],
    ),
    (
        {"output_mode": "tf_idf", "max_tokens": 6},
        ["[UNK]", "the", "é", "É", "spaced", "sat"],
        [
            [3.1450, 1.6946, 0.0, 0.0, 0.0, 1.0986],
            [3.1450, 0.0, 1.0986, 1.0986, 0.0, 0.0],
            [0.0] * 6,
            [1.0483, 0.8473, 0.0, 0.0, 1.0986, 0.0],
        ],
    ),
    (
        {"standardize": "lower", "split": "character", "output_mode": "count", "max_tokens": 8,
         "pad_to_max_tokens": True},
        ["[UNK]", " ", "t", "e", "a", "s", "o", "h"],
        [[5, 5, 5, 2, 3, 1, 1, 2], [11, 4, 0, 1, 1, 1, 1, 0], [0] * 8, [4, 7, 2, 2, 1, 1, 1, 1]],
    ),
]  # fmt: skip


@pytest.mark.parametrize("arguments, vocabulary, expected", VECTORIZED)
def test_text_vectorization(arguments, vocabulary, expected):
    for data in (TEXTS, np.array(TEXTS), ([text] for text in TEXTS)):
        layer = layers.TextVectorization(**arguments)
        layer.adapt(data)
        assert layer.get_vocabulary() == vocabulary
        np.testing.assert_allclose(layer(TEXTS), expected, atol=1e-4)


def test_own_cleaning_and_splitting():
    layer = layers.TextVectorization(
        standardize=np.char.upper, split=lambda x: [text.split("-") for text in x],
        vocabulary=["A", "B"],
    )  # fmt: skip
    assert layer(["a-b", "b"]).tolist() == [[2, 3], [3, 0]]
    words = layers.TextVectorization(split=None, vocabulary=["x y", "z"])
    assert words([["X y!", "q"], ["z", ""]]).tolist() == [[2, 1], [3, 0]]


def test_vocabulary_from_a_file(tmp_path):
    path = tmp_path / "tokens.txt"
    path.write_text("b\na\n", encoding="utf-8")
    layer = layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"]
    with pytest.raises(ValueError, match="reads no other files"):
        layers.StringLookup.from_config({**layer.get_config(), "vocabulary": str(path)})


@pytest.mark.parametrize("output_mode", ["int", "tf_idf", "multi_hot"])
def test_learned_vocabularies_are_assets_of_a_file(tmp_path, output_mode):
    integers = layers.IntegerLookup(output_mode="multi_hot")
    integers.adapt([[5, 5, 9], [1, 9, 5]])
    text = layers.TextVectorization(output_mode=output_mode, max_tokens=7)
    text.adapt(TEXTS)
    first = hornlet.Input((2,), dtype="int64")
    second = hornlet.Input((1,), dtype="string")
    model = hornlet.Model([first, second], [integers(first), text(second)])
    path = str(tmp_path / "m.keras")
    model.save(path)
    with zipfile.ZipFile(path) as file:
        name = "assets/layers/text_vectorization/vocabulary.txt"
        assert file.read(name).decode().split("\n") == text.get_vocabulary()
    again = hornlet.saving.load_model(path)
    for layer, other in zip(model.layers[2:], again.layers[2:]):
        assert other.get_vocabulary() == layer.get_vocabulary()
    x = np.array([["the mat on the cat"]])
    np.testing.assert_array_equal(again.layers[3](x), text(x))


BAD = [
    (lambda: layers.StringLookup(vocabulary=["a", "a"]), ValueError, "once"),
    (lambda: layers.StringLookup(vocabulary=[]), ValueError, "empty"),
    (lambda: layers.StringLookup(vocabulary=["a", "m"], mask_token="m"), ValueError, "mask token"),
    (lambda: layers.StringLookup(vocabulary=["a", "b"], max_tokens=2), ValueError, "max_tokens"),
    (lambda: layers.StringLookup(vocabulary="nowhere.txt"), ValueError, "does not exist"),
    (lambda: layers.StringLookup(output_mode="onehot"), ValueError, "one_hot"),
    (lambda: layers.StringLookup(output_mode="count", sparse=True), ValueError, "sparse"),
    (lambda: layers.StringLookup(output_mode="count")(["a"]), RuntimeError, "adapt"),
    (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]), ValueError, "given"),
    (lambda: layers.StringLookup()([1, 2]), TypeError, "IntegerLookup"),
    (lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf"), ValueError, "idf"),
    (lambda: layers.IntegerLookup(vocabulary_dtype="int32"), ValueError, "int64"),
    (lambda: layers.IntegerLookup(salt=3), ValueError, "farmhash"),
    (lambda: layers.TextVectorization(ragged=True), ValueError, "ragged"),
    (lambda: layers.TextVectorization(standardize="lowr"), ValueError, "lower"),
    (lambda: layers.TextVectorization(output_mode="count", output_sequence_length=3), ValueError,
     "output_sequence_length"),
    (lambda: layers.TextVectorization()([["a", "b"]]), ValueError, "rank 1"),
    (lambda: layers.Hashing(0), ValueError, "num_bins"),
    (lambda: layers.Hashing(3, dtype="float32"), ValueError, "int32"),
    (lambda: layers.Hashing(3, salt="x"), ValueError, "salt"),
    (lambda: layers.HashedCrossing(3)(np.array(["a"])), ValueError, "list or tuple"),
    (lambda: Compiled(lambda x: layers.Hashing(3)(x))(np.arange(3)), TypeError, "run_eagerly"),
]  # fmt: skip


@pytest.mark.parametrize("bad", range(len(BAD)))
def test_errors(bad):
    function, kind, words = BAD[bad]
    with pytest.raises(kind, match=words):
        function()


@pytest.mark.parametrize("make", [list, np.array, lambda x: np.char.encode(np.array(x))])
def test_splitting_by_a_function(make):
    layer = layers.TextVectorization(
        vocabulary=["foo", "bar", "foobar"], standardize=None,
        split=lambda texts: [make(text.split("|")) for text in texts.tolist()],
    )  # fmt: skip
    np.testing.assert_array_equal(layer(["foo|bar", "foobar|x"]), [[2, 3], [4, 1]])


class Tokens:
    """What a framework's strings are like: an array of them by `__array__` alone."""

    def __init__(self, tokens):
        self.tokens = tokens

    def __array__(self, dtype=None, copy=None):
        return np.array(self.tokens, dtype=object)

    def __iter__(self):
        return map(Tokens, self.tokens)


def test_tokens_that_a_framework_holds():
    layer = layers.TextVectorization(
        vocabulary=["foo", "bar"],
        split=lambda texts: [Tokens([t.encode() for t in text.split()]) for text in texts.tolist()],
    )
    np.testing.assert_array_equal(layer(["foo bar"]), [[2, 3]])


LOOKUPS = {
    "Discretization": lambda: layers.Discretization([4, 6], output_mode="one_hot"),
    "IntegerLookup": lambda: layers.IntegerLookup(vocabulary=[3, 7], output_mode="one_hot"),
    "Hashing": lambda: layers.Hashing(5, output_mode="one_hot"),
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_models_with_lookups_run_and_train(name):
    lookup = LOOKUPS[name]()
    inputs = hornlet.Input((1,), dtype="int32")
    model = hornlet.Model(inputs, layers.Dense(2)(lookup(inputs)))
    x = np.array([[3], [7], [3], [5]], "int32")
    expected = lookup(x) @ model.layers[-1].kernel.numpy()
    for _ in range(3):
        np.testing.assert_allclose(model(x), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)
    model.compile("sgd", "mse")
    before = model.evaluate(x, np.ones((4, 2)), verbose=0)
    model.fit(x, np.ones((4, 2)), epochs=3, verbose=0)
    assert model.evaluate(x, np.ones((4, 2)), verbose=0) < before
