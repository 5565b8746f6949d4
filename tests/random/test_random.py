"""Laws of `keras.random`: reproducible, independent, equal eager and compiled, right moments."""

import os
import subprocess
import sys

import numpy as np
import pytest

import hornlet as keras
from hornlet import random
from hornlet.engine.compiled import Compiled
from hornlet.engine.tape import GradientTape

N = 20_000
# name, arguments, mean, variance
ROWS = [
    ("normal", ((N,), 2.0, 3.0), 2, 9),
    ("truncated_normal", ((N,), 1.0, 2.0), 1, 4 * 0.7737413),
    ("uniform", ((N,), -1, 3), 1, 16 / 12),
    ("randint", ((N,), 0, 7), 3, 4),
    ("gamma", ((N,), 3.0), 3, 3),
    ("beta", ((N,), 2.0, 3.0), 0.4, 0.04),
    ("binomial", ((N,), 10, 0.25), 2.5, 1.875),
    ("categorical", (np.log(np.array([[1, 2, 5]], "float32")), N), 1.5, 0.5),
    ("dropout", (np.ones(N, "float32"), 0.25), 1, 1 / 3),
    ("shuffle", (np.arange(N, dtype="float32"),), (N - 1) / 2, N * N / 12),
]
IDS = [row[0] for row in ROWS]


def drawn(row, seed):
    return getattr(random, row[0])(*row[1], seed=seed)


def test_every_function_has_a_row():
    no_draw = {
        "SeedGenerator", "draw_seed", "get_seed", "global_seed_generator", "make_default_seed",
        "reset_global_seed_generator", "set_seed",
    }  # fmt: skip
    assert set(IDS) == set(random.__all__) - no_draw


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_moments(row):
    x = np.asarray(drawn(row, 3), "float64")
    assert x.mean() == pytest.approx(row[2], abs=5 * np.sqrt(row[3] / N))
    assert x.var() == pytest.approx(row[3], rel=0.05)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_an_integer_repeats_and_a_generator_goes_on(row):
    np.testing.assert_array_equal(drawn(row, 5), drawn(row, 5))
    assert (drawn(row, 5) != drawn(row, 6)).any()
    one, other = random.SeedGenerator(5), random.SeedGenerator(5)
    a, b = drawn(row, one), drawn(row, one)
    assert (a != b).any()
    np.testing.assert_array_equal(a, drawn(row, other))
    np.testing.assert_array_equal(b, drawn(row, other))


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_without_a_seed_the_global_generator_draws(row):
    random.set_seed(11)
    a, b = drawn(row, None), drawn(row, None)
    assert (a != b).any()
    random.set_seed(11)
    np.testing.assert_array_equal(a, drawn(row, None))
    np.testing.assert_array_equal(b, drawn(row, None))


@pytest.mark.parametrize("row", ROWS, ids=IDS)
@pytest.mark.parametrize("seed", ["generator", "global", 4])
def test_compiled_draws_the_same_bits(row, seed):
    def generator():
        random.set_seed(2)
        return {"generator": random.SeedGenerator(8), "global": None}.get(seed, seed)

    given = generator()
    eager = [drawn(row, given) for _ in range(3)]
    given = generator()
    compiled = Compiled(lambda: (drawn(row, given), drawn(row, given)))
    first, second = compiled()
    (third, _) = compiled()
    for a, b in zip(eager, (first, second, third)):
        np.testing.assert_array_equal(a, b)


def test_an_array_of_two_words_is_a_seed():
    words = np.array([5, 0], np.uint32)
    np.testing.assert_array_equal(random.normal((3,), seed=words), random.normal((3,), seed=5))


@pytest.mark.parametrize("name", ["normal", "truncated_normal", "uniform", "gamma"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_float_dtypes(name, dtype):
    arguments = ((4,), 1.0) if name == "gamma" else ((4,),)
    assert getattr(random, name)(*arguments, dtype=dtype).dtype == dtype


def test_the_dtype_follows_floatx():
    keras.config.set_floatx("float64")
    assert random.normal((2,)).dtype == "float64"


@pytest.mark.parametrize("name", ["normal", "truncated_normal", "uniform"])
def test_integer_dtypes_are_refused(name):
    with pytest.raises(ValueError, match="dtype"):
        getattr(random, name)((2,), dtype="int32")


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8"])
def test_randint_dtypes(dtype):
    x = random.randint((500,), 3, 9, dtype=dtype, seed=1)
    assert x.dtype == dtype
    assert (x.min(), x.max()) == (3, 8)


@pytest.mark.parametrize(
    "call,message",
    [
        (lambda: random.randint((2,), 0, 3, dtype="float32"), "dtype"),
        (lambda: random.randint((2,), 3, 3), "minval"),
        (lambda: random.normal((2,), seed="one"), "seed"),
        (lambda: random.normal((2,), seed=1.5), "seed"),
        (lambda: random.SeedGenerator(1.5), "integer"),
        (lambda: random.SeedGenerator("one"), "integer"),
        (lambda: random.set_seed("one"), "integer"),
        (lambda: random.categorical(np.zeros(3), 2), "batch, classes"),
        (lambda: random.dropout(np.ones(3), 1.5), "rate"),
        (lambda: random.dropout(np.ones((2, 3)), 0.5, noise_shape=(2, 2)), "noise_shape"),
        (lambda: random.gamma((3,), np.ones(2)), "broadcast"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_seed_generator_counts_and_has_a_config():
    generator = random.SeedGenerator(7, name="mine")
    assert [generator.next().tolist() for _ in range(3)] == [[7, 0], [7, 1], [7, 2]]
    assert generator.state.shape == (2,)
    assert str(generator.state.dtype) == "uint32"
    assert not generator.state.trainable
    assert generator.get_config() == {"seed": 7, "name": "mine"}
    again = random.SeedGenerator.from_config(generator.get_config())
    assert again.next().tolist() == [7, 0]
    assert random.SeedGenerator().get_config()["seed"] is None


def test_generators_without_seeds_differ_and_follow_set_seed():
    random.set_seed(1)
    a, b = random.SeedGenerator().next(), random.SeedGenerator().next()
    assert (a != b).any()
    random.set_seed(1)
    np.testing.assert_array_equal(random.SeedGenerator().next(), a)


def test_set_seed_seeds_python_and_numpy_too():
    import random as python_random

    def numbers():
        random.set_seed(42)
        return python_random.random(), np.random.random(), float(random.uniform(()))

    assert numbers() == numbers()
    assert random.get_seed() == 42


def test_dropout_keeps_the_mean_and_its_noise_shape():
    x = np.ones((50, 3, 8), "float32")
    assert random.dropout(x, 0) is x
    assert not random.dropout(x, 1.0).any()
    y = random.dropout(x, 0.5, noise_shape=(None, 1, 8), seed=1)
    assert (y == y[:, :1]).all()
    assert set(np.unique(y)) == {0.0, 2.0}
    y = random.dropout(x, 0.5, noise_shape=(3, None), seed=1)
    assert (y == y[:1]).all() and y.shape == x.shape
    assert not random.dropout(np.full(3, np.nan), 1.0).any()


def test_randint_takes_bounds_for_every_element():
    x = random.randint((500, 2), np.array([0, 5]), np.array([2, 8]), dtype=None)
    assert x.dtype == np.int32
    assert [sorted(set(column.tolist())) for column in x.T] == [[0, 1], [5, 6, 7]]


def test_generators_take_no_other_arguments():
    with pytest.raises(ValueError, match="Unrecognized keyword"):
        random.SeedGenerator(1, sed=2)


def test_dropout_gradient_is_its_mask():
    x = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    with GradientTape() as tape:
        tape.watch(x)
        y = random.dropout(x, 0.5, seed=3)
    dx = np.asarray(tape.gradient(y, x))
    np.testing.assert_allclose(dx * x, np.asarray(y), rtol=1e-6)


def test_shuffle_moves_whole_slices():
    x = np.arange(12).reshape(4, 3)
    y = random.shuffle(x, axis=1, seed=2)
    assert sorted(map(tuple, y.T)) == sorted(map(tuple, x.T))


def test_functions_of_tensors_take_symbols():
    x = keras.Input((4,))
    assert random.dropout(x, 0.5, seed=1).shape == (None, 4)
    assert random.shuffle(x, seed=1).shape == (None, 4)
    assert random.categorical(x, 3, seed=1).shape == (None, 3)


def test_a_seed_gives_the_same_training_in_every_process():
    """Nothing may depend on the order of sets, which differs between processes."""
    program = (
        "import hornlet as k, numpy as np\n"
        "k.utils.set_random_seed(3)\n"
        "m = k.Sequential([k.layers.Dense(4), k.layers.Dropout(0.5), k.layers.Dense(1)])\n"
        "m.compile('adam', 'mse')\n"
        "x = np.random.normal(size=(40, 3))\n"
        "print(m.fit(x, x[:, :1], epochs=2, verbose=0).history['loss'], k.random.uniform((2,)))\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(printed) == 1 and "nan" not in printed.pop()
