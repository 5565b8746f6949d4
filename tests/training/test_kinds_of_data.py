"""What `fit` takes beside arrays: frames, loaders and data sets of other packages."""

import numpy as np
import pytest

import hornlet as keras

X = np.random.RandomState(0).randn(12, 3).astype("float32")
Y = X.sum(1)


def model():
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


def losses(*data, **kwargs):
    history = model().fit(*data, epochs=2, verbose=0, shuffle=False, **kwargs)
    return history.history["loss"]


@pytest.fixture(scope="module")
def expected():
    return losses(X, Y[:, None], batch_size=4)


class Frame:
    """What hornlet needs of a pandas or polars frame: columns, a shape and `__array__`."""

    def __init__(self, values):
        self.values = values
        self.columns = [f"c{i}" for i in range(values.shape[1])]
        self.shape = values.shape

    def __array__(self, dtype=None, copy=None):
        mixed = self.values.astype(object)  # as of columns of several dtypes
        return mixed if dtype is None else mixed.astype(dtype)

    def __len__(self):
        return len(self.values)


class Series:
    def __init__(self, values):
        self.values = values
        self.shape = values.shape

    def to_frame(self):
        return Frame(self.values[:, None])

    def __array__(self, dtype=None, copy=None):
        return self.values if dtype is None else self.values.astype(dtype)

    def __len__(self):
        return len(self.values)


class Tensor:
    """What hornlet needs of a torch tensor."""

    def __init__(self, values, on="cpu"):
        self.inner = values
        self.on = on
        self.shape = values.shape

    def detach(self):
        return Tensor(self.inner, "detached")

    def cpu(self):
        assert self.on == "detached"
        return Tensor(self.inner, "host")

    def __array__(self, dtype=None, copy=None):
        assert self.on == "host", "a tensor that needs a gradient, or on a device, is no array"
        return self.inner


class Batches:
    def __init__(self, wrap=lambda x: x, sized=True):
        self.wrap = wrap
        if sized:
            self.__class__ = type(type(self).__name__, (type(self),), {"__len__": lambda _: 3})

    def __iter__(self):
        for at in range(0, 12, 4):
            yield self.wrap(X[at : at + 4]), self.wrap(Y[at : at + 4, None])


class DataLoader(Batches):
    """Named as torch's."""


class BatchDataset(Batches):
    """Named as one of tf.data's, whose elements know `numpy`."""


def test_frames_by_their_protocol(expected):
    np.testing.assert_allclose(losses(Frame(X), Series(Y), batch_size=4), expected, rtol=1e-6)
    np.testing.assert_allclose(losses(Frame(X), Frame(Y[:, None]), batch_size=4), expected)
    assert model().predict(Frame(X), verbose=0).shape == (12, 1)


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("kind", [DataLoader, BatchDataset])
def test_loaders_by_their_protocol(kind, sized, expected):
    wrap = Tensor if kind is DataLoader else lambda x: x
    loader = kind(wrap, sized)
    np.testing.assert_allclose(losses(loader), expected, rtol=1e-6)
    found = model()
    found.fit(loader, validation_data=loader, verbose=0)
    assert found.predict(loader, verbose=0).shape == (12, 1)


class Arrays(keras.utils.PyDataset):
    """Gives arrays, not tuples."""

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return X[4 * i : 4 * i + 4]


class BareLoader(DataLoader):
    def __iter__(self):
        return iter(Arrays()[i] for i in range(3))


@pytest.mark.parametrize(
    "make, kind",
    [(lambda: X, "array"), (lambda: BareLoader(np.asarray, True), "array"), (Arrays, tuple)],
)
def test_a_batch_reaches_the_step_as_keras_hands_it_over(make, kind):
    """One array bare, as a loader gave it; a PyDataset's as a tuple."""
    seen = []

    class Watched(keras.Sequential):
        def predict_step(self, data):
            seen.append("array" if hasattr(data, "shape") else type(data))
            return super().predict_step(data)

    found = Watched([keras.layers.Dense(1)])
    assert found.predict(make(), verbose=0, batch_size=None).shape == (12, 1)
    assert set(seen) == {kind}


def test_pandas(expected):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abc"))
    frame["d"] = Y
    given = frame[["a", "b", "c"]], frame["d"]
    np.testing.assert_allclose(losses(*given, batch_size=4), expected, rtol=1e-6)


def test_polars(expected):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    given = frame, polars.Series("d", Y)
    np.testing.assert_allclose(losses(*given, batch_size=4), expected, rtol=1e-6)


def test_torch(expected):
    torch = pytest.importorskip("torch")
    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y[:, None]))
    loader = torch.utils.data.DataLoader(data, batch_size=4)
    np.testing.assert_allclose(losses(loader), expected, rtol=1e-6)


def test_tf_data(expected):
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices((X, Y[:, None])).batch(4)
    np.testing.assert_allclose(losses(data), expected, rtol=1e-6)
