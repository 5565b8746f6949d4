"""hornlet warns where Keras does, names the argument and says what to do; and nowhere else."""

import warnings

import keras
import numpy as np
import pytest

import hornlet

X, Y = np.ones((12, 3), "float32"), np.ones((12, 1), "float32")


def trained(k, frozen=False, **kwargs):
    dense = k.layers.Dense(1, trainable=not frozen)
    model = k.Sequential([k.Input((3,)), k.layers.Dense(2), dense])
    model.compile("sgd", "mse", **kwargs)
    return model


def batches():
    while True:
        yield X, Y


def fit(k, data, **kwargs):
    return trained(k).fit(data, steps_per_epoch=1, verbose=0, **kwargs)


def endless(k):
    class Endless(k.utils.PyDataset):
        num_batches = None

        def __getitem__(self, index):
            return X, Y

    return Endless()


class DataLoader:
    """What hornlet sees of a torch DataLoader."""

    def __iter__(self):
        yield X, Y


def network(k, named="a", **kinds):
    a, b = k.Input((3,), name=named), k.Input((3,), name="b")
    return k.Model(kinds["make"](a, b), k.layers.Add()([a, b]))


def call(k, make, given):
    return network(k, make=make)(given)


PAIR = {"make": lambda a, b: [a, b]}
NAMED = {"make": lambda a, b: {"a": a, "b": b}}
NESTED = {"make": lambda a, b: [[a], b]}

# What is done, and what our warning says.
WARNED = {
    "softmax": (lambda k, _: k.ops.softmax(X[:, :1]), "size 1.*axis=-1.*sigmoid"),
    "softmax of symbols": (lambda k, _: k.ops.softmax(k.Input((1, 2)), axis=1), "axis=1"),
    "softmax layer": (lambda k, _: k.layers.Dense(1, "softmax")(X), "sigmoid"),
    "input_shape": (lambda k, _: k.layers.Dense(1, input_shape=(3,)), r"input_shape.*keras.Input"),
    "input_dim": (lambda k, _: k.layers.Dense(1, input_dim=3), "input_dim=3"),
    "alpha": (lambda k, _: k.layers.LeakyReLU(alpha=0.2), "alpha.*negative_slope"),
    "input_length": (lambda k, _: k.layers.Embedding(3, 2, input_length=4), "input_length.*out"),
    "rms_scaling": (
        lambda k, _: k.layers.LayerNormalization(rms_scaling=True), "RMSNormalization"),
    "key": (lambda k, _: network(k, "x", **NAMED), "'a'.*'x'.*Input"),
    "a list for a dictionary": (
        lambda k, _: call(k, **NAMED, given=[X, X]), "Expected: {.*Received: inputs=..Tensor"),
    "an extra key": (
        lambda k, _: call(k, **NAMED, given={"a": X, "b": X, "c": X}), "structure.*'c'"),
    "another nest": (lambda k, _: call(k, **NESTED, given=[X, X]), r"Expected: \[\['a'\]"),
    "more nest": (lambda k, _: call(k, **PAIR, given=[[X], X]), "taken in order"),
    "unbuilt": (
        lambda k, p: k.Sequential([k.layers.Dense(1)]).save(p / "m.keras"), "not been built"),
    "shards": (
        lambda k, p: trained(k).save_weights(p / "m.weights.h5", max_shard_size=1),
        r"`.weights.json`.*m.weights.json"),
    "generator": (lambda k, _: fit(k, batches()), "shuffle=True.*generator.*shuffle=False"),
    "endless": (lambda k, _: fit(k, endless(k)), "shuffle=True.*PyDataset"),
    "channels": (
        lambda k, _: k.applications.MobileNet(
            weights=None, input_shape=(64, 64, 5), alpha=0.25, include_top=False),
        "5 channels.*last"),
}  # fmt: skip
# The same where Keras has another backend's type, or fails.
OURS = {
    "loader": (lambda k, _: fit(k, DataLoader()), "shuffle=True.*DataLoader"),
    "function": (lambda k, _: fit(k, lambda: [(X, Y)]), "shuffle=True.*function"),
    "mesh": (
        lambda k, _: k.distribution.DataParallel(
            k.distribution.DeviceMesh((1, 1), ["a", "b"], ["cpu:0"])),
        "device_mesh.*first.*ModelParallel"),
}  # fmt: skip


@pytest.mark.parametrize("name", [*WARNED, *OURS])
def test_what_is_warned_of(name, tmp_path):
    do, said = {**WARNED, **OURS}[name]
    with pytest.warns(UserWarning, match=said) as caught:
        do(hornlet, tmp_path)
    assert {w.category for w in caught} == {UserWarning}


@pytest.mark.parametrize("name", WARNED)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_keras_warns_of_it_too(name, tmp_path):
    with pytest.warns(UserWarning):
        WARNED[name][0](keras, tmp_path)


def test_shards_are_where_the_warning_says(tmp_path):
    with pytest.warns(UserWarning, match="weights.json"):
        trained(hornlet).save_weights(tmp_path / "m.weights.h5", max_shard_size=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.weights.json", "m_00000.weights.h5"]


@pytest.mark.parametrize("frozen", [False, True])
def test_layers_frozen_or_set_free_after_training_began(frozen):
    model = trained(hornlet, frozen)
    dense = model.layers[-1]
    dense.trainable = frozen  # before the first step it counts
    model.fit(X, Y, verbose=0)
    dense.trainable = not frozen
    with pytest.warns(UserWarning, match=rf"trainable.*'{dense.name}'.*`compile\(\)` again"):
        model.fit(X, Y, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, Y, verbose=0)  # said once
        model.compile("sgd", "mse")
        before = dense.get_weights()
        model.train_on_batch(X, Y)
    assert (np.abs(before[0] - dense.get_weights()[0]).max() == 0) == frozen


class Shuffled(DataLoader):
    """A data set that is shuffled by a method of its own, as those of tf.data and hornlet are."""

    def shuffle(self, buffer_size):
        return self


CORRECT = {
    "arrays": lambda k: trained(k).fit(X, Y, verbose=0),
    "unshuffled generator": lambda k: fit(k, batches(), shuffle=False),
    "data set": lambda k: fit(k, Shuffled()),
    "evaluate": lambda k: trained(k).evaluate(batches(), steps=2, verbose=0),
    "pair": lambda k: [call(k, **PAIR, given=x) for x in ([X, X], (X, X), {"b": X, "a": X})],
    "named": lambda k: call(k, **NAMED, given={"b": X, "a": X}),
    "nested": lambda k: call(k, **NESTED, given=[(X,), X]),
    "alone": lambda k: [
        k.Model(*made)(given)
        for a in [k.Input((3,), name="a")]
        for made, given in [((a, a * 2), X), (([a], a * 2), X), (([a], a * 2), [X])]
    ],
    "attention to one key": lambda k: (
        k.layers.MultiHeadAttention(2, 3)(X[None, :1], X[None, :1]),
        k.layers.Attention()([X[None], X[None, :1]]),
    ),
    "freezing before training": lambda k: freeze(trained(k)).fit(X, Y, verbose=0),
    "a picture": lambda k: k.applications.MobileNet(
        weights=None, input_shape=(32, 32, 1), alpha=0.25, include_top=False),
}  # fmt: skip


def freeze(model):
    model.layers[0].trainable = False
    return model


@pytest.mark.parametrize("name", CORRECT)
def test_correct_programs_are_quiet(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CORRECT[name](hornlet)
