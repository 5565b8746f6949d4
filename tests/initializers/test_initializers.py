"""Laws of initializers: values or distributions, seeds, configs, names."""

import keras
import numpy as np
import pytest

import hornlet.initializers as initializers
from hornlet.random import SeedGenerator

FIXED = [
    ("Zeros", {}, (2, 3)),
    ("Ones", {}, (2, 3)),
    ("Constant", {"value": 3.5}, (2, 3)),
    ("Constant", {"value": np.arange(3.0)}, (2, 3)),
    ("Identity", {}, (3, 4)),
    ("Identity", {"gain": 2.0}, (3, 3)),
    ("STFT", {}, (8, 1, 5)),
    ("STFT", {"side": "imag", "window": "hamming", "scaling": "spectrum"}, (8, 1, 5)),
    ("STFT", {"window": "blackman", "scaling": None, "periodic": True}, (8, 1, 5)),
    ("STFT", {"window": "tukey", "periodic": True}, (9, 1, 5)),
    ("STFT", {"window": None}, (6, 1, 4)),
]
# The standard deviation that a draw of shape (40, 50) has, and its largest absolute value.
DRAWN = [
    ("RandomNormal", {"stddev": 0.5}, 0.5, np.inf),
    ("RandomNormal", {"mean": 1.0}, 0.05, np.inf),
    ("RandomUniform", {}, 0.05 / 3**0.5, 0.05),
    ("TruncatedNormal", {"stddev": 0.5}, 0.5 * 0.8796, 1.0),
    ("VarianceScaling", {}, 40**-0.5, np.inf),
    ("VarianceScaling", {"mode": "fan_out", "scale": 2.0, "distribution": "uniform"}, 0.2, 0.3465),
    ("VarianceScaling", {"distribution": "untruncated_normal"}, 40**-0.5, np.inf),
    ("VarianceScaling", {"input_axes": [1], "output_axes": [0]}, 50**-0.5, np.inf),
    ("GlorotUniform", {}, 45**-0.5, (6 / 90) ** 0.5),
    ("GlorotNormal", {}, 45**-0.5, np.inf),
    ("HeNormal", {}, 20**-0.5, np.inf),
    ("HeUniform", {}, 20**-0.5, (6 / 40) ** 0.5),
    ("LecunNormal", {}, 40**-0.5, np.inf),
    ("LecunUniform", {}, 40**-0.5, (3 / 40) ** 0.5),
    ("Orthogonal", {"gain": 2.0}, 2 * 50**-0.5, 2.0),
]
ALL = [(name, arguments) for name, arguments, *_ in FIXED + DRAWN]


@pytest.mark.parametrize("name, arguments, shape", FIXED)
@pytest.mark.parametrize("dtype", [None, "float64", "float16"])
def test_fixed_values_equal_keras(name, arguments, shape, dtype):
    ours = getattr(initializers, name)(**arguments)(shape, dtype)
    theirs = getattr(keras.initializers, name)(**arguments)(shape, dtype)
    assert ours.dtype == dtype or (dtype is None and ours.dtype == "float32")
    tolerance = 2e-2 if dtype == "float16" else 1e-6  # Keras computes in float16
    np.testing.assert_allclose(
        ours, keras.ops.convert_to_numpy(theirs), rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize("name, arguments, stddev, limit", DRAWN)
def test_draws_have_their_distribution(name, arguments, stddev, limit):
    initializer = getattr(initializers, name)(**arguments, seed=7)
    x = initializer((40, 50))
    assert x.shape == (40, 50)
    assert x.dtype == "float32"
    assert np.std(x) == pytest.approx(stddev, rel=0.06)
    assert np.mean(x) == pytest.approx(arguments.get("mean", 0.0), abs=4 * stddev / 2000**0.5)
    assert np.max(np.abs(x)) <= limit * 1.0001
    theirs = getattr(keras.initializers, name)(**arguments, seed=7)((40, 50))
    assert np.std(keras.ops.convert_to_numpy(theirs)) == pytest.approx(np.std(x), rel=0.1)


@pytest.mark.parametrize("shape", [(3, 3), (6, 2), (2, 6), (3, 2, 4)])
def test_orthogonal(shape):
    w = initializers.Orthogonal(seed=1)(shape, "float64").reshape(-1, shape[-1])
    product = w @ w.T if w.shape[0] < w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)


@pytest.mark.parametrize("name", [row[0] for row in DRAWN])
def test_seeds(name):
    make = getattr(initializers, name)
    fixed = make(seed=3)
    np.testing.assert_array_equal(fixed((4, 5)), fixed((4, 5)))
    np.testing.assert_array_equal(make(seed=3)((4, 5)), fixed((4, 5)))
    drawn_once = make()
    np.testing.assert_array_equal(drawn_once((4, 5)), drawn_once((4, 5)))
    assert (make()((4, 5)) != drawn_once((4, 5))).any()
    going_on = make(seed=SeedGenerator(3))
    assert (going_on((4, 5)) != going_on((4, 5))).any()
    with pytest.raises(ValueError, match="seed"):
        make(seed="three")


@pytest.mark.parametrize("name, arguments", ALL)
def test_config_equals_keras_and_round_trips(name, arguments):
    ours = getattr(initializers, name)(**arguments)
    theirs = getattr(keras.initializers, name)(**arguments)
    config = {k: v for k, v in ours.get_config().items() if (name, k) != ("Identity", "gain")}
    assert config == theirs.get_config()
    whole = {**initializers.serialize(ours), "config": config}
    assert whole == keras.initializers.serialize(theirs)
    twin = initializers.deserialize(initializers.serialize(ours))
    assert type(twin) is type(ours)
    assert twin.get_config() == ours.get_config()
    assert type(ours.clone()) is type(ours)


def test_get():
    get = initializers.get
    assert get(None) is None
    names = "glorot_uniform GlorotUniform he_normal zeros zero one normal uniform lecun_uniform"
    for name in (*names.split(), "variance_scaling", "IdentityInitializer"):
        assert type(get(name)).__name__ == type(keras.initializers.get(name)).__name__
    assert type(get(initializers.Ones)) is initializers.Ones
    assert get({"class_name": "Constant", "config": {"value": 2}}).value == 2
    assert get(np.arange(3.0))((3,)).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="shape"):
        get(np.arange(3.0))((4,))
    with pytest.raises(ValueError, match="glorot_uniform"):
        get("glorot_unifrom")


@pytest.mark.parametrize(
    "name, arguments, word",
    [
        ("VarianceScaling", {"scale": 0.0}, "scale"),
        ("VarianceScaling", {"mode": "fan"}, "mode"),
        ("VarianceScaling", {"distribution": "flat"}, "distribution"),
        ("STFT", {"side": "left"}, "side"),
        ("STFT", {"window": "glass"}, "window"),
        ("STFT", {"scaling": "big"}, "caling"),
    ],
)
def test_bad_arguments(name, arguments, word):
    with pytest.raises(ValueError, match=word):
        getattr(initializers, name)(**arguments)


@pytest.mark.parametrize("name, shape", [("Identity", (2,)), ("Orthogonal", (2,))])
def test_bad_shapes(name, shape):
    with pytest.raises(ValueError, match="shape"):
        getattr(initializers, name)()(shape)


def test_every_class_has_a_row():
    face = initializers
    named = {getattr(face, n).__name__ for n in face.__all__ if isinstance(getattr(face, n), type)}
    assert named - {"Initializer"} == {name for name, _ in ALL}


@pytest.mark.parametrize("name", ["Zeros", "Ones"])
def test_no_arguments_are_swallowed(name):
    with pytest.raises(TypeError, match="no arguments"):
        getattr(initializers, name)(3)
