"""FeatureSpace: its encodings, adapting, models on top, files."""

import numpy as np
import pytest

import hornlet as keras
from hornlet.utils.dataset import Dataset

FeatureSpace = keras.utils.FeatureSpace
DATA = {
    "age": [20.0, 30.0, 40.0, 50.0],
    "size": [1.0, 2.0, 3.0, 4.0],
    "town": ["Rome", "Bonn", "Rome", "Oslo"],
    "kind": [3, 5, 3, 3],
}
FEATURES = {
    "age": "float_normalized",
    "size": FeatureSpace.float_rescaled(2.0, 1.0),
    "town": "string_categorical",
    "kind": FeatureSpace.integer_categorical(num_oov_indices=0),
}


def made(**kwargs):
    return FeatureSpace(dict(FEATURES), **kwargs)


def test_columns_in_the_order_of_their_names():
    space = made()
    space.adapt(DATA)
    found = space(DATA)
    age = (np.array(DATA["age"]) - 35) / np.std(DATA["age"])
    np.testing.assert_allclose(found[:, 0], age, rtol=1e-5)
    np.testing.assert_array_equal(found[:, 1:3], [[1, 0], [0, 1], [1, 0], [1, 0]])
    np.testing.assert_array_equal(found[:, 3], [3, 5, 7, 9])
    # unknown, then by how often; of equals the later in the alphabet first
    np.testing.assert_array_equal(found[:, 4:].argmax(1), [1, 3, 1, 2])
    assert found.dtype == "float32" and found.shape == (4, 8)
    one = space({name: values[1] for name, values in DATA.items()})
    np.testing.assert_array_equal(one, found[1])


@pytest.mark.parametrize("size", [None, 2])
def test_adapts_to_data_sets(size):
    whole, streamed = made(), made()
    whole.adapt(DATA)
    data = Dataset.from_tensor_slices(DATA)
    streamed.adapt(data if size is None else data.batch(size))
    np.testing.assert_allclose(streamed(DATA), whole(DATA), rtol=1e-5)


@pytest.mark.parametrize(("kind", "values", "width"), [
    ("float", [1.5, 2.0], 1), ("float_discretized", [1.0, 2.0, 3.0, 9.0], 32),
    (FeatureSpace.float_discretized(None, [1.5, 2.5]), [1.0, 2.0, 3.0], 3),
    ("integer_hashed", [1, 2], 32), ("string_hashed", ["a", "b"], 32),
    (FeatureSpace.string_hashed(5), ["a", "b"], 5),
    (FeatureSpace.feature("float32", keras.layers.Rescaling(2.0), "float"), [1.0, 2.0], 1),
])  # fmt: skip
def test_kinds(kind, values, width):
    space = FeatureSpace({"x": kind})
    space.adapt({"x": values})
    found = space({"x": values})
    assert found.shape == (len(values), width)
    if width == 1:
        scale = 1 if kind == "float" else 2
        np.testing.assert_allclose(found[:, 0], np.array(values) * scale)
    else:
        np.testing.assert_array_equal(found.sum(1), 1)


def test_crosses_and_dictionaries():
    crosses = [("town", "kind"), FeatureSpace.cross(("kind", "town"), 7, "int")]
    space = made(crosses=crosses, crossing_dim=16, output_mode="dict")
    space.adapt(DATA)
    found = space(DATA)
    assert set(found) == {*DATA, "town_X_kind", "kind_X_town"}
    assert found["town_X_kind"].shape == (4, 16) and found["kind_X_town"].shape == (4, 1)
    np.testing.assert_array_equal(found["town_X_kind"][0], found["town_X_kind"][2])
    with pytest.raises(ValueError, match="output_mode='dict'"):
        made(crosses=crosses).adapt(DATA)


def test_a_model_on_top():
    space = made(crosses=[("town", "kind")])
    space.adapt(DATA)
    output = keras.layers.Dense(1)(space.get_encoded_features())
    model = keras.Model(space.get_inputs(), output)
    raw = {name: np.array(values)[:, None] for name, values in DATA.items()}
    expected = model.layers[-1](space(DATA))
    np.testing.assert_allclose(model(raw), expected, rtol=1e-5)
    small = keras.Sequential([keras.layers.Dense(1)])
    small.compile("sgd", "mse")
    data = Dataset.from_tensor_slices((DATA, np.ones((4, 1)))).batch(2)
    small.fit(data.map(lambda x, y: (space(x), y)), verbose=0)


def test_files(tmp_path):
    space = made(crosses=[("town", "kind")], output_mode="dict")
    space.adapt(DATA)
    space.save(tmp_path / "space.keras")
    loaded = keras.models.load_model(tmp_path / "space.keras")
    for name, values in space(DATA).items():
        np.testing.assert_array_equal(loaded(DATA)[name], values)


@pytest.mark.parametrize("arguments", [
    ({},), ({"x": "float_magic"},), ({"x": "float"}, "list"),
    ({"x": "float"}, "concat", [("x", "y")]),
    ({"x": "integer_hashed", "y": "integer_hashed"}, "concat", [("x", "y")], 0),
])  # fmt: skip
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError):
        FeatureSpace(*arguments)


def test_wrong_use():
    with pytest.raises(ValueError, match="adapt"):
        made()(DATA)
    with pytest.raises(ValueError, match="dictionary"):
        FeatureSpace({"x": "float"})([1.0])
    with pytest.raises(ValueError, match="dataset"):
        made().adapt(3)
    with pytest.raises(ValueError, match="one-hot"):
        FeatureSpace(
            {"x": FeatureSpace.feature("int32", keras.layers.Identity(), "one_hot")}
        )({"x": [1]})
    for mode in ("float", "x"):
        with pytest.raises(ValueError, match="output_mode"):
            FeatureSpace.cross(("a", "b"), 3, mode)


def test_layers_that_know_their_vocabulary_need_no_adapting():
    words = keras.layers.TextVectorization(
        vocabulary=["red", "blue"], output_sequence_length=2, name="words"
    )
    space = FeatureSpace(
        {
            "note": FeatureSpace.feature("string", words, "int"),
            "size": FeatureSpace.float_rescaled(2.0, 1.0),
        },
        output_mode="dict",
    )
    encoded = space({"note": ["blue red", "green"], "size": [1.0, 2.0]})
    np.testing.assert_array_equal(encoded["note"], [[3, 2], [1, 0]])
    np.testing.assert_allclose(encoded["size"], [[3.0], [5.0]])


def test_a_model_on_hashed_columns_predicts():
    space = FeatureSpace({"kind": FeatureSpace.integer_hashed(8)})
    model = keras.Model(space.get_inputs(), space.get_encoded_features())
    expected = space({"kind": DATA["kind"]})
    found = model.predict({"kind": np.array(DATA["kind"])[:, None]}, verbose=0)
    np.testing.assert_array_equal(found, expected)
